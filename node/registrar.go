package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
)

// registrar keeps the registry's own DID: while its node leads it writes record 0
// if there is none, and adds the keys of nodes that the document lacks. Every step
// starts from the ledger as it is, so it may be cut off anywhere and taken up by
// another leader.
type registrar struct {
	node    string
	public  multikey.PublicKey
	update  multikey.PrivateKey // the registry's update key
	domain  string
	replica replica
	ledger  *ledger.Ledger
	log     *slog.Logger
	fatal   func(error)
	now     func() time.Time
	// checkIdentity finds out when the ledger says that this node is another one.
	checkIdentity func() error
}

// replica is what the registrar needs of consensus.
type replica interface {
	Propose(ctx context.Context, cmd []byte) ([]byte, error)
	ReadBarrier(ctx context.Context) error
	Leader() (id string, self bool)
	Hello(ctx context.Context, peer string) ([]byte, error)
	Peers() []consensus.Peer
	LeadershipChanges() <-chan struct{}
}

// Times of the registrar: how long it waits for peers to tell their keys, and when
// it looks again after it did what there was to do, or after it failed.
const (
	helloWait  = time.Second
	lookAgain  = 2 * time.Second
	retryFirst = 200 * time.Millisecond
	retryLast  = time.Minute
	stepWait   = 10 * time.Second
)

// run works until ctx ends.
func (r *registrar) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	failed := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.replica.LeadershipChanges():
		case <-timer.C:
		}
		if err := r.checkDomain(); err != nil {
			r.fatal(err)
			return
		}
		wait := lookAgain
		if _, self := r.replica.Leader(); self {
			err := r.step(ctx)
			if errors.Is(err, errNoDomain) && len(r.replica.Peers()) == 1 {
				r.fatal(misconfigured(err)) // nobody else could begin the ledger
				return
			}
			if err != nil && ctx.Err() == nil {
				wait = min(retryFirst<<min(failed, 10), retryLast)
				failed++
				r.log.Warn("the registry's document is not up to date", "error", err)
			} else {
				failed = 0
			}
		}
		timer.Reset(wait)
	}
}

// checkDomain finds out when a ledger fetched from peers is not the one that this
// node is configured for.
func (r *registrar) checkDomain() error {
	view := r.ledger.View()
	defer view.Close()
	if view.Size() > 0 && r.domain != "" && view.Domain() != r.domain {
		return misconfigured(fmt.Errorf("the cluster's ledger is of the domain %s, not of %s", view.Domain(), r.domain))
	}
	if r.checkIdentity != nil {
		return r.checkIdentity()
	}
	return nil
}

// step does what there is to do.
func (r *registrar) step(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stepWait)
	defer cancel()
	// A new leader may not have applied what its predecessor wrote.
	if err := r.replica.ReadBarrier(ctx); err != nil {
		return fmt.Errorf("learn the newest state: %w", err)
	}
	keys := r.gather(ctx)
	if r.ledger.Size() == 0 {
		return r.begin(ctx, keys)
	}
	return r.complete(ctx, keys)
}

// hello is what a node tells its peers of itself.
type hello struct {
	Node string `json:"node"`
	Key  string `json:"key"` // Multikey
}

func encodeHello(node string, key multikey.PublicKey) ([]byte, error) {
	return json.Marshal(hello{Node: node, Key: key.String()})
}

// maxHello bounds what a peer may tell.
const maxHello = 4 << 10

// parseHello reads what the peer of that id told.
func parseHello(peer string, data []byte) (multikey.PublicKey, error) {
	if len(data) > maxHello {
		return multikey.PublicKey{}, fmt.Errorf("%d bytes", len(data))
	}
	var h hello
	if err := json.Unmarshal(data, &h); err != nil {
		return multikey.PublicKey{}, err
	}
	if h.Node != peer {
		return multikey.PublicKey{}, fmt.Errorf("it calls itself %.64q", h.Node)
	}
	key, err := multikey.ParsePublic(h.Key)
	if err == nil && key.Type() != multikey.Ed25519 {
		err = fmt.Errorf("its key is of type %s", key.Type())
	}
	return key, err
}

// gather returns the keys of this node and of the peers that answer in time.
func (r *registrar) gather(ctx context.Context) nodeKeys {
	ctx, cancel := context.WithTimeout(ctx, helloWait)
	defer cancel()
	var (
		mu    sync.Mutex
		group sync.WaitGroup
		keys  = nodeKeys{r.node: r.public}
	)
	for _, peer := range r.replica.Peers() {
		if peer.ID == r.node {
			continue
		}
		group.Go(func() {
			data, err := r.replica.Hello(ctx, peer.ID)
			if err != nil {
				r.log.Debug("peer does not answer", "peer", peer.ID, "error", err)
				return
			}
			key, err := parseHello(peer.ID, data)
			if err != nil {
				r.log.Error("peer tells no key", "peer", peer.ID, "error", err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			keys[peer.ID] = key
		})
	}
	group.Wait()
	return keys
}

var errNoDomain = errors.New("the ledger is empty and no domain is configured")

// begin proposes record 0.
func (r *registrar) begin(ctx context.Context, keys nodeKeys) error {
	if r.domain == "" {
		return errNoDomain
	}
	entry, err := webvh.Create(webvh.CreateOptions{
		Domain:   r.domain,
		Document: func(id did.ID) jcs.Value { return registryDocument(id, keys) },
		Time:     r.now(),
	}, r.update)
	if err != nil {
		return fmt.Errorf("make the registry's DID: %w", err)
	}
	if err := r.propose(ctx, entry); err != nil {
		return fmt.Errorf("record the registry's DID: %w", err)
	}
	r.log.Info("ledger begun", "domain", r.domain, "keys", len(keys))
	return nil
}

// complete proposes an update if the registry's document lacks a key.
func (r *registrar) complete(ctx context.Context, keys nodeKeys) error {
	view := r.ledger.View()
	defer view.Close()
	found, err := view.Resolve(ctx, view.RegistryDID(), did.Options{})
	if err != nil {
		return fmt.Errorf("resolve the registry's DID: %w", err)
	}
	if found.Document == nil {
		return nil // deactivated: nothing can be added
	}
	missing := missingKeys(found.Document, keys)
	if len(missing) == 0 {
		return nil
	}
	state, _, err := view.Head(view.LedgerID())
	if err != nil {
		return fmt.Errorf("head of the registry's DID: %w", err)
	}
	document, err := r.document(view)
	if err != nil {
		return err
	}
	if err := r.waitFor(ctx, state.NextTime()); err != nil {
		return err
	}
	entry, err := webvh.Update(state, webvh.UpdateOptions{
		Document: withKeys(document, state.DID, missing), Time: r.now(),
	}, r.update)
	if err != nil {
		return fmt.Errorf("update the registry's DID: %w", err)
	}
	if err := r.propose(ctx, entry); err != nil {
		return fmt.Errorf("record the registry's DID: %w", err)
	}
	r.log.Info("node keys recorded", "nodes", sortedIDs(missing))
	return nil
}

// waitFor waits until that time has come by the node's clock.
func (r *registrar) waitFor(ctx context.Context, t time.Time) error {
	for wait := t.Sub(r.now()); wait > 0; wait = t.Sub(r.now()) {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return fmt.Errorf("the newest version of the registry's DID is dated ahead of this node's clock: %w", ctx.Err())
		}
	}
	return nil
}

// document is the registry's document as its newest entry has it, without what
// resolution adds.
func (r *registrar) document(view *ledger.View) (jcs.Value, error) {
	var last []byte
	for entry, err := range view.Log(view.LedgerID()) {
		if err != nil {
			return jcs.Value{}, fmt.Errorf("log of the registry's DID: %w", err)
		}
		last = entry
	}
	value, err := jcs.Decode(last)
	if err != nil {
		return jcs.Value{}, fmt.Errorf("log of the registry's DID: %w", err)
	}
	document, _ := value.Get("state")
	return document, nil
}

func (r *registrar) propose(ctx context.Context, entry webvh.Entry) error {
	op, err := record.NewDIDOp([]jcs.Value{entry.Value}, nil)
	if err != nil {
		return err
	}
	result, err := r.replica.Propose(ctx, op.Encode())
	if err != nil {
		return err
	}
	outcome, err := record.DecodeOutcome(result)
	if err != nil {
		return err
	}
	switch outcome.Code {
	case record.Accepted:
		return nil
	case record.ReservedPath, record.PathTaken, record.StalePredecessor:
		// Another leader was faster: the domain's root is taken, or the document has
		// a newer version. The next look sees what it wrote.
		return nil
	}
	return fmt.Errorf("refused: %s", outcome.Code)
}
