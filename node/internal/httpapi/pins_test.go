package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
)

// scribe records an observation of whatever it is asked for, as the node that key is of.
type scribe struct {
	node  *testNode
	key   multikey.PrivateKey
	asked atomic.Int64
}

func (s *scribe) method() string {
	v := s.node.ledger.View()
	defer v.Close()
	return string(v.RegistryDID()) + "#n1"
}

func (s *scribe) sign(doc jcs.Value) (jcs.Value, error) {
	return proof.Sign(doc, s.key, proof.SignOptions{VerificationMethod: s.method(), Purpose: did.AssertionMethod, Created: time.Now()})
}

func (s *scribe) Observe(ctx context.Context, id did.ID) (ledger.Observation, bool, error) {
	s.asked.Add(1)
	v, err := jcs.Decode([]byte(fmt.Sprintf(`{"id":%q}`, id)))
	if err == nil {
		v, err = s.sign(record.Observation{Ledger: s.node.id, DID: id, Fetched: time.Now(), Document: v}.Value())
	}
	if err != nil {
		return ledger.Observation{}, false, err
	}
	op, err := record.NewObservationOp(v, nil, nil)
	if err != nil {
		return ledger.Observation{}, false, err
	}
	result, err := s.node.raft.Propose(ctx, op.Encode())
	if err != nil {
		return ledger.Observation{}, false, err
	}
	outcome, err := record.DecodeOutcome(result)
	if err != nil {
		return ledger.Observation{}, false, err
	}
	view := s.node.ledger.View()
	defer view.Close()
	last, _, err := view.Observation(id)
	return last, outcome.Code == record.Accepted, err
}

// startScribe starts a node whose clients may pin so many DIDs each.
func startScribe(t *testing.T, most int, policy admission.Config) (*testNode, *scribe) {
	t.Helper()
	s := &scribe{}
	admits, err := admission.New(policy)
	if err != nil {
		t.Fatal(err)
	}
	s.node = startNode(t, func(c *Config) {
		c.Observer, c.PinsPerAddress, c.Admission, s.key = s, most, admits, *c.Key
	})
	return s.node, s
}

func (n *testNode) pin(id string) answer {
	n.t.Helper()
	return n.post("/v1/observations", api.TypeJSON, []byte(fmt.Sprintf(`{"did":%q}`, id)))
}

func (s *scribe) unpin(id string) answer {
	s.node.t.Helper()
	signed, err := s.sign(record.Unpin{Ledger: s.node.id, DID: did.ID(id), Issued: time.Now()}.Value())
	if err != nil {
		s.node.t.Fatal(err)
	}
	return s.node.post("/v1/observations", api.TypeJSON, signed.Canonical())
}

// One client could take all the places there are for pins, and nobody could free one.
func TestOneAddressCannotTakeAllPins(t *testing.T) {
	n, s := startScribe(t, 2, admission.Config{})
	const a, b, c = "did:web:a.example", "did:web:b.example", "did:web:c.example"
	for _, id := range []string{a, b} {
		if got := n.pin(id); got.status != http.StatusCreated {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	n.pin(c).refused(api.PinLimit)
	if got := n.pin(a); got.status != http.StatusOK { // which it is already: only looked at
		t.Errorf("%d %s", got.status, got.body)
	}
	var receipt api.Receipt
	s.unpin(a).json(http.StatusCreated, &receipt)
	if receipt.Kind != "unpin" || receipt.DID != a {
		t.Errorf("%+v", receipt)
	}
	s.unpin(a).refused("no-change")
	deadline := time.Now().Add(time.Minute) // a node is given a moment to see what it passed on
	for {
		if got := n.pin(c); got.status == http.StatusCreated {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("the place is not free: %d %s", got.status, got.body)
		}
		time.Sleep(settled / 20)
	}
	n.pin(a).refused(api.PinLimit)
	if got := n.get("/v1/observations/" + a); got.status != http.StatusOK {
		t.Errorf("what was observed: %d", got.status)
	}
}

// Whoever could unpin his own DID could rewrite its history unseen.
func TestStrangersCannotUnpin(t *testing.T) {
	n, _ := startScribe(t, 10, admission.Config{})
	const id = "did:web:a.example"
	if got := n.pin(id); got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.body)
	}
	stranger := n.register("stranger")
	n.unchanged(func() {
		signed := stranger.sign(record.Unpin{Ledger: n.id, DID: id, Issued: time.Now()}.Value())
		n.post("/v1/observations", api.TypeJSON, signed.Canonical()).refused("not-authorised")
	})
}

// A look at another host costs more than a plain request, and nothing more is asked when it cannot be paid.
func TestLooksAreCharged(t *testing.T) {
	n, s := startScribe(t, 10, admission.Config{Writes: admission.Rate{PerSecond: 0.001, Burst: 2*tokensPerLook + 1}})
	for _, id := range []string{"did:web:a.example", "did:web:b.example"} {
		if got := n.pin(id); got.status != http.StatusCreated {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	n.pin("did:web:c.example").refused(api.RateLimited)
	if asked := s.asked.Load(); asked != 2 {
		t.Errorf("%d looks", asked)
	}
}
