package agent

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/client"
)

// Registry is what the agent asks of a registry; *client.Client is one.
type Registry interface {
	RegisterCredential(ctx context.Context, vc jcs.Value, publish bool) (api.Receipt, error)
	ChangeStatus(ctx context.Context, change jcs.Value) (api.Receipt, error)
	Cluster(ctx context.Context) (api.Cluster, error)
	StatusList(ctx context.Context, listURL string, opts ...client.ReadOption) (*statuslist.List, error)
}

// asking bounds a question within ctx.
func (a *Agent) asking(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, min(a.Timeout, askTimeout))
}

// registryHome returns the registry's ledger and the URL below which its status lists
// live: what the wallet says of them, once it has had a registry, and what the registry
// says the first time. Once in the life of a process a registry says whether it still is
// the same; what is signed for one must not be for another that answers in its place.
func (a *Agent) registryHome(ctx context.Context) (home, error) {
	return a.home.ask(ctx, a.Now, func(answer[home]) bool { return true }, func() (home, error) {
		ctx, stop := a.asking(a.running)
		defer stop()
		cluster, err := a.Registry.Cluster(ctx)
		if err != nil {
			return home{}, fmt.Errorf("ask the registry: %w", err)
		}
		if cluster.Ledger == "" || cluster.Domain == "" {
			return home{}, api.NewProblem(api.NoLeader, "the registry has no ledger yet")
		}
		return a.pin(home{Ledger: cluster.Ledger, Domain: cluster.Domain})
	})
}

// listsURL is the URL below which a registry's lists live.
func (a *Agent) listsURL(h home) string { return a.RegistryScheme + "://" + h.Domain + record.ListPath }

// registryList asks the registry for a list that it makes itself; ok is false for
// any other URL. That the registry's node signed it has been checked, and that the
// list is the registry's is checked here: whoever trusts the registry trusts its bits.
func (a *Agent) registryList(ctx context.Context, url string) (doc credential.ListDocument, ok bool, err error) {
	if a.Registry == nil {
		return doc, false, nil
	}
	home, known := a.pinned.get()
	if !known {
		if home, err = a.registryHome(ctx); err != nil {
			return doc, true, err
		}
	}
	if !strings.HasPrefix(url, a.listsURL(home)) {
		return doc, false, nil
	}
	ctx, stop := a.asking(ctx)
	defer stop()
	list, err := a.Registry.StatusList(ctx, url)
	if err != nil {
		return doc, true, err
	}
	if !strings.HasPrefix(list.Issuer, "did:webvh:"+home.Ledger+":") {
		return doc, false, nil
	}
	return credential.ListDocument{Own: true, List: list, FetchedAt: a.Now()}, true, nil
}

// askTimeout bounds one question to the registry.
const askTimeout = 5 * time.Second

// statuses are the statuses that a registry tells within ctx. A registry that cannot be
// reached is an error, which fails the check.
type statuses struct {
	*Follower
	ctx context.Context
}

// within is the source of statuses for what is verified within ctx.
func (f *Follower) within(ctx context.Context) credential.StatusSource { return statuses{f, ctx} }

var (
	_ credential.StatusSource = (*Follower)(nil)
	_ credential.GraphSource  = statuses{}
)

// CredentialStatus implements credential.StatusSource, each question by itself.
func (f *Follower) CredentialStatus(digest [32]byte, issuer did.ID) (credential.StatusInfo, bool, error) {
	return f.within(context.Background()).CredentialStatus(digest, issuer)
}

// DIDStatus implements credential.StatusSource, each question by itself.
func (f *Follower) DIDStatus(id did.ID) (credential.StatusInfo, bool, error) {
	return f.within(context.Background()).DIDStatus(id)
}

func (s statuses) CredentialStatus(digest [32]byte, issuer did.ID) (credential.StatusInfo, bool, error) {
	text := hex.EncodeToString(digest[:])
	return statusInfo(s.status(s.ctx, "credential "+text+" "+string(issuer), issuer, func(ctx context.Context, opts ...client.ReadOption) (api.Status, error) {
		return s.Client.CredentialStatus(ctx, text, issuer, opts...)
	}))
}

// CredentialByGraph implements credential.GraphSource.
func (s statuses) CredentialByGraph(graph [32]byte, issuer did.ID) (digest [32]byte, ok bool, err error) {
	text := hex.EncodeToString(graph[:])
	got, err := s.status(s.ctx, "graph "+text+" "+string(issuer), issuer, func(ctx context.Context, opts ...client.ReadOption) (api.Status, error) {
		return s.StatusByGraph(ctx, text, issuer, opts...)
	})
	if _, known, err := statusInfo(got, err); err != nil || !known {
		return digest, false, err
	}
	name, err := hex.DecodeString(got.Digest)
	if err != nil || len(name) != len(digest) {
		return digest, false, errors.New("the registry names a credential by what is no digest")
	}
	return [32]byte(name), true, nil
}

// DIDStatus asks only about DIDs that a registry can have a status of.
func (s statuses) DIDStatus(id did.ID) (credential.StatusInfo, bool, error) {
	return statusInfo(s.status(s.ctx, "status "+string(id), id, func(ctx context.Context, opts ...client.ReadOption) (api.Status, error) {
		return s.Status(ctx, string(id), opts...)
	}))
}

func statusInfo(got api.Status, err error) (credential.StatusInfo, bool, error) {
	var p *client.Problem
	if errors.As(err, &p) && p.Code == unknownTarget {
		return credential.StatusInfo{}, false, nil
	}
	if err != nil {
		return credential.StatusInfo{}, false, err
	}
	info := credential.StatusInfo{Status: got.Status, Reason: got.Reason}
	for text, field := range map[string]*time.Time{got.Since: &info.Since, got.InvalidFrom: &info.InvalidFrom} {
		if text == "" {
			continue
		}
		if *field, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return credential.StatusInfo{}, false, err
		}
	}
	return info, true, nil
}
