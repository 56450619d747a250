package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/client"
)

// story is one telling of the demonstration. Every step checks what it claims.
type story struct {
	*narrator
	nodes   []string         // base URLs
	at      []*client.Client // one client per node
	cluster api.Cluster
	alice   *actor // owns the agent and issues to it
	agent   *actor
	vc      jcs.Value
	digest  string // what the registry knows it by
	last    client.Receipt
}

func (s *story) tell(ctx context.Context) error {
	steps := []func(context.Context) error{
		s.meet, s.create, s.resolveEverywhere, s.issue, s.verifyEverywhere, s.revoke, s.refusedEverywhere,
		s.rotate, s.oldKeyIsRefused, s.oldVersion, s.deactivate,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			s.failed(err)
			return err
		}
	}
	return nil
}

func (s *story) first() *client.Client { return s.at[0] }

func (s *story) meet(ctx context.Context) error {
	s.chapter("A cluster of %d node(s)", len(s.nodes))
	start := time.Now()
	var err error
	if s.cluster, err = s.first().Cluster(ctx); err != nil {
		return err
	}
	for i, node := range s.nodes {
		c, err := s.at[i].Cluster(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", node, err)
		}
		if c.Ledger != s.cluster.Ledger {
			return fmt.Errorf("%s keeps ledger %s, %s keeps %s", node, c.Ledger, s.nodes[0], s.cluster.Ledger)
		}
		s.say("%s  node %s, %s, %d records", node, c.Node, c.State, c.Size)
	}
	s.done(time.Since(start), "all keep ledger %s", s.cluster.Ledger)
	return nil
}

func (s *story) create(ctx context.Context) error {
	s.chapter("Alice, and an agent that she owns, get DIDs; their keys stay here")
	domain, err := url.PathUnescape(s.cluster.Domain)
	if err != nil {
		return err
	}
	run := strconv.FormatInt(time.Now().UnixNano(), 36)
	for _, who := range []struct {
		name  string
		actor **actor
	}{{"alice", &s.alice}, {"agent", &s.agent}} {
		var owner did.ID
		if s.alice != nil {
			owner = s.alice.did()
		}
		a, err := newActor(who.name, domain, []string{"demo", run, who.name}, owner)
		if err != nil {
			return err
		}
		start := time.Now()
		if s.last, err = s.first().Append(ctx, a.did(), []webvh.Entry{a.last}, nil); err != nil {
			return fmt.Errorf("create %s: %w", a.name, err)
		}
		*who.actor = a
		s.done(time.Since(start), "%s  record %d", a.did(), s.last.Seq)
	}
	if _, err := s.first().Confirm(ctx, s.last); err != nil {
		return fmt.Errorf("the receipt does not hold: %w", err)
	}
	s.say("The receipt holds: record %d hashes to leaf %s…", s.last.Seq, s.last.Leaf.String()[:16])
	return nil
}

func (s *story) resolveEverywhere(ctx context.Context) error {
	s.chapter("Every node resolves the agent, and nobody has to be believed: its log is verified here")
	return s.everywhere(func(node string, cl *client.Client) error {
		start := time.Now()
		log, err := cl.Log(ctx, s.agent.did(), client.MinSeq(s.last.Seq))
		if err != nil {
			return err
		}
		r, err := log.Verified.Resolve(s.agent.did(), did.Options{})
		if err != nil {
			return err
		}
		if r.Document.ID() != s.agent.did() || r.Metadata.VersionID != s.agent.state.VersionID {
			return fmt.Errorf("resolved %s at version %s", r.Document.ID(), r.Metadata.VersionID)
		}
		s.done(time.Since(start), "%s  version %s…", node, r.Metadata.VersionID[:12])
		return nil
	})
}

func (s *story) issue(ctx context.Context) error {
	s.chapter("Alice signs a credential for the agent, and registers it")
	now := time.Now().UTC()
	secured, err := proof.Sign(jcs.Object(
		jcs.Member{Name: "@context", Value: texts(credential.ContextV2, undefinedTerms)},
		jcs.Member{Name: "type", Value: texts(credential.Type, "AgentCredential")},
		jcs.Member{Name: "issuer", Value: jcs.FromString(string(s.alice.did()))},
		jcs.Member{Name: "validFrom", Value: jcs.FromString(now.Truncate(time.Second).Format(time.RFC3339))},
		jcs.Member{Name: "validUntil", Value: jcs.FromString(now.Add(24 * time.Hour).Truncate(time.Second).Format(time.RFC3339))},
		jcs.Member{Name: "credentialSubject", Value: jcs.Object(
			jcs.Member{Name: "id", Value: jcs.FromString(string(s.agent.did()))},
			jcs.Member{Name: "mayBook", Value: jcs.FromString("flights")},
		)},
	), s.alice.signing, proof.SignOptions{VerificationMethod: s.alice.method(), Purpose: did.AssertionMethod, Created: now})
	if err != nil {
		return err
	}
	s.vc = secured
	start := time.Now()
	if s.last, err = s.first().RegisterCredential(ctx, secured, false); err != nil {
		return err
	}
	s.digest = client.Digest(secured)
	s.done(time.Since(start), "credential %s…  record %d", s.digest[:16], s.last.Seq)
	return nil
}

func (s *story) verifyEverywhere(ctx context.Context) error {
	s.chapter("Every node verifies it: proof, issuer, dates, the issuer's state, the credential's status")
	err := s.everywhere(func(node string, cl *client.Client) error {
		start := time.Now()
		verdict, err := cl.Verify(ctx, s.vc, client.MinSeq(s.last.Seq), client.RequireRegistered())
		if err != nil {
			return err
		}
		if !verdict.Verified {
			return fmt.Errorf("not verified: %+v", verdict.Checks)
		}
		s.done(time.Since(start), "%s  verified", node)
		return nil
	})
	if err != nil {
		return err
	}
	s.say("It is registered, so that Alice can revoke it here: who relies on that asks for --require-registered, as was done.")
	return nil
}

func (s *story) revoke(ctx context.Context) error {
	watcher, revoker := len(s.nodes)-1, s.first()
	s.chapter("Somebody watches %s while Alice revokes the credential on %s", s.nodes[watcher], s.nodes[0])
	ctx, stop := context.WithTimeout(ctx, 20*time.Second)
	defer stop()
	connected, heard := make(chan struct{}), make(chan heardFrame, 1)
	go listen(ctx, s.at[watcher], s.digest, connected, heard)
	select {
	case <-connected:
	case h := <-heard:
		return fmt.Errorf("watch: %w", h.err)
	}
	change, err := client.StatusChange{
		Ledger: s.cluster.Ledger, Target: s.digest, Status: "revoked",
		Reason: "the demonstration ends", Issued: time.Now(),
	}.Sign(s.alice.signing, s.alice.method())
	if err != nil {
		return err
	}
	sent := time.Now()
	if s.last, err = revoker.ChangeStatus(ctx, change); err != nil {
		return err
	}
	receipted := time.Since(sent)
	h := <-heard
	if h.err != nil {
		return fmt.Errorf("watch: %w", h.err)
	}
	if *h.frame.Seq != s.last.Seq || h.frame.Status != "revoked" {
		return fmt.Errorf("heard record %d, %q, instead", *h.frame.Seq, h.frame.Status)
	}
	s.done(receipted, "revoked  record %d", s.last.Seq)
	s.done(h.at.Sub(sent), "the watcher knows  cursor …:%d", *h.frame.Seq)
	s.say("Both are counted from the moment the change was sent; the watcher does not wait for Alice's receipt.")
	return nil
}

// heardFrame is what the watcher in the story heard, and when.
type heardFrame struct {
	frame api.Frame
	at    time.Time
	err   error
}

// listen waits for the first status change of a credential. It closes connected once it listens.
func listen(ctx context.Context, cl *client.Client, digest string, connected chan<- struct{}, heard chan<- heardFrame) {
	announced := false
	frames := cl.Watch(ctx, client.WatchOptions{Kinds: []string{"status"}, Notify: func(e client.WatchEvent) {
		if e.Err == nil && !announced {
			announced = true
			close(connected)
		}
	}})
	for frame, err := range frames {
		if err != nil || frame.Target == digest {
			heard <- heardFrame{frame, time.Now(), err}
			return
		}
	}
}

func (s *story) refusedEverywhere(ctx context.Context) error {
	s.chapter("Every node refuses the credential now")
	return s.everywhere(func(node string, cl *client.Client) error {
		start := time.Now()
		verdict, err := cl.Verify(ctx, s.vc, client.MinSeq(s.last.Seq))
		if err != nil {
			return err
		}
		row, _ := verdict.Check(credential.CheckStatus)
		if verdict.Verified || row.Code != credential.CodeRevoked {
			return fmt.Errorf("verified %t, status %q", verdict.Verified, row.Code)
		}
		s.done(time.Since(start), "%s  refused: %s", node, row.Code)
		return nil
	})
}

func (s *story) rotate(ctx context.Context) error {
	s.chapter("Alice rotates her keys")
	start := time.Now()
	var err error
	if s.last, err = s.alice.rotate(ctx, s.first()); err != nil {
		return err
	}
	s.done(time.Since(start), "version %s…  record %d", s.last.VersionID[:12], s.last.Seq)
	return nil
}

func (s *story) oldKeyIsRefused(ctx context.Context) error {
	s.chapter("A thief with a key that was never Alice's tries to take her DID over")
	stolen, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		return err
	}
	forged := s.alice.state
	forged.UpdateKeys = []string{stolen.Public().String()}
	at, err := s.alice.nextTime(ctx)
	if err != nil {
		return err
	}
	e, err := webvh.Update(forged, webvh.UpdateOptions{Document: s.alice.last.State, Time: at}, stolen)
	if err != nil {
		return err
	}
	start := time.Now()
	_, err = s.first().Append(ctx, s.alice.did(), []webvh.Entry{e}, nil)
	var problem *client.Problem
	if !errors.As(err, &problem) || problem.Code != api.Code(webvh.UnauthorisedKey) {
		return fmt.Errorf("the forged entry was not refused as %s: %v", webvh.UnauthorisedKey, err)
	}
	s.done(time.Since(start), "refused: %s", problem.Code)
	return nil
}

func (s *story) oldVersion(ctx context.Context) error {
	s.chapter("What Alice's DID was before is still there")
	return s.everywhere(func(node string, cl *client.Client) error {
		start := time.Now()
		got, err := cl.ResolveURL(ctx, string(s.alice.did())+"?versionNumber=1", client.MinSeq(s.last.Seq))
		if err != nil {
			return err
		}
		if err := got.Err(); err != nil {
			return err
		}
		meta, _ := got.Value.Get("didDocumentMetadata")
		version, _ := meta.GetString("versionId")
		next, _ := meta.GetString("nextVersionId")
		if next != s.alice.state.VersionID {
			return fmt.Errorf("version 1 is followed by %q, not %q", next, s.alice.state.VersionID)
		}
		s.done(time.Since(start), "%s  version %s…, followed by %s…", node, version[:12], next[:12])
		return nil
	})
}

func (s *story) deactivate(ctx context.Context) error {
	s.chapter("The agent's DID is deactivated, for good")
	start := time.Now()
	var err error
	if s.last, err = s.agent.deactivate(ctx, s.first()); err != nil {
		return err
	}
	s.done(time.Since(start), "record %d", s.last.Seq)
	return s.everywhere(func(node string, cl *client.Client) error {
		start := time.Now()
		got, err := cl.ResolveURL(ctx, string(s.agent.did()), client.MinSeq(s.last.Seq))
		if err != nil {
			return err
		}
		if got.Status != http.StatusGone {
			return fmt.Errorf("resolves with status %d, want %d", got.Status, http.StatusGone)
		}
		s.done(time.Since(start), "%s  %d %s", node, got.Status, http.StatusText(got.Status))
		return nil
	})
}

// everywhere does the same at every node.
func (s *story) everywhere(do func(node string, cl *client.Client) error) error {
	for i, node := range s.nodes {
		if err := do(node, s.at[i]); err != nil {
			return fmt.Errorf("%s: %w", node, err)
		}
	}
	return nil
}
