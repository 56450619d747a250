package agent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/client"
)

// lying is a registry that answers what a test wants it to, and remembers what it was sent.
type lying struct {
	mu       sync.Mutex
	cluster  api.Cluster
	receipt  func(sent jcs.Value) (api.Receipt, error)
	change   func(change jcs.Value) error
	register int
	changes  []jcs.Value
}

func (l *lying) RegisterCredential(_ context.Context, vc jcs.Value, _ bool) (api.Receipt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.register++
	if l.receipt != nil {
		return l.receipt(vc)
	}
	return api.Receipt{Digest: client.Digest(vc)}, nil
}

func (l *lying) ChangeStatus(_ context.Context, change jcs.Value) (api.Receipt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes = append(l.changes, change)
	if l.change != nil {
		return api.Receipt{}, l.change(change)
	}
	return api.Receipt{}, nil
}

func (l *lying) Cluster(context.Context) (api.Cluster, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cluster, nil
}

func (l *lying) StatusList(context.Context, string, ...client.ReadOption) (*statuslist.List, error) {
	return nil, errors.New("no lists here")
}

// targets are what was signed to be changed, in order.
func (l *lying) targets() (all []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.changes {
		target, _ := c.GetString("target")
		all = append(all, target)
	}
	return all
}

func newLying() *lying {
	return &lying{cluster: api.Cluster{Ledger: "QmLedger", Domain: "registry.example"}}
}

func issueAndRevoke(s served, suite, id string) (issued int, vc jcs.Value, revoked int) {
	s.t.Helper()
	issued, v := s.post("/issuers/status/credentials/issue", fmt.Sprintf(`{"credential":{"@context":["https://www.w3.org/ns/credentials/v2"],"id":%q,
		"type":["VerifiableCredential"],"credentialSubject":{"id":"did:example:bot"}},"options":{"cryptosuite":%q}}`, id, suite))
	vc, _ = v.Get("verifiableCredential")
	revoked, _ = s.post("/credentials/status", fmt.Sprintf(`{"credentialId":%q,"credentialStatus":{"statusPurpose":"revocation"}}`, id))
	return issued, vc, revoked
}

// A registry that names another credential, or a DID, in its receipt gets no signature about that one,
// whatever cryptosuite secured what was sent.
func TestReceiptDoesNotSayWhatIsRevoked(t *testing.T) {
	for _, swapped := range []string{"did:webvh:QmAlice:registry.example:alice", strings.Repeat("ab", 32), ""} {
		for _, suite := range []string{"eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019"} {
			registry := newLying()
			registry.receipt = func(jcs.Value) (api.Receipt, error) { return api.Receipt{Digest: swapped}, nil }
			s := serveAgent(t, func(c *Config) { c.Registry = registry })
			issued, vc, revoked := issueAndRevoke(s, suite, "urn:x:1")
			if issued != http.StatusBadGateway || vc.IsObject() {
				t.Errorf("%s, receipt for %q: %d", suite, swapped, issued)
			}
			if revoked != http.StatusOK {
				t.Errorf("%s: revoke: %d", suite, revoked)
			}
			for _, target := range registry.targets() {
				if target == swapped || strings.HasPrefix(target, "did:webvh") {
					t.Errorf("%s: a change of %s was signed", suite, target)
				}
			}
		}
	}
}

// What is revoked is what was sent, by the digest that the agent computed; one that never came to be
// registered is revoked by its entry, which only this issuer has.
func TestTargetsAreTheAgentsOwn(t *testing.T) {
	registry := newLying()
	s := serveAgent(t, func(c *Config) { c.Registry = registry })
	_, vc, revoked := issueAndRevoke(s, "eddsa-rdfc-2022", "urn:x:1")
	if got := registry.targets(); revoked != http.StatusOK || len(got) != 1 || got[0] != client.Digest(vc) {
		t.Errorf("%d, signed changes of %v, want %s", revoked, got, client.Digest(vc))
	}
	registry.receipt = func(jcs.Value) (api.Receipt, error) { return api.Receipt{}, client.ErrUnreachable }
	digest := ""
	registry.change = func(change jcs.Value) error {
		if target, _ := change.GetString("target"); len(target) == 64 {
			digest = target
			return api.NewProblem("unknown-target", "")
		}
		return nil
	}
	issued, _, revoked := issueAndRevoke(s, "eddsa-jcs-2022", "urn:x:2")
	got := registry.targets()[1:]
	if issued != http.StatusServiceUnavailable || revoked != http.StatusOK || len(got) != 2 || got[0] != digest ||
		!strings.HasPrefix(got[1], "did:key:") || !strings.Contains(got[1], "/status-lists/revocation/0#") {
		t.Errorf("issued %d, revoked %d, signed changes of %v", issued, revoked, got)
	}
}

// A journal into which a registry had its say before is not believed either.
func TestJournalDoesNotNameDIDs(t *testing.T) {
	e := entry{listName: listName{Issuer: "did:example:a", Purpose: "revocation"}, Index: 7, Digest: "did:webvh:QmAlice:registry.example:alice"}
	if got := e.targets(); len(got) != 1 || got[0] != "did:example:a/status-lists/revocation/0#7" {
		t.Errorf("%v", got)
	}
}

// The first registry that a wallet has had is its registry: what is signed for its ledger is not signed
// for another's, and no credential points to the lists of one that answers in its place.
func TestAnotherRegistryIsNotSignedFor(t *testing.T) {
	registry := newLying()
	var wallet *Wallet
	s := serveAgent(t, func(c *Config) { c.Registry, wallet = registry, c.Wallet })
	if issued, _, revoked := issueAndRevoke(s, "eddsa-jcs-2022", "urn:x:1"); issued != http.StatusCreated || revoked != http.StatusOK {
		t.Fatalf("issued %d, revoked %d", issued, revoked)
	}
	pinned, err := wallet.readHome()
	if err != nil || pinned != (home{"QmLedger", "registry.example"}) {
		t.Fatalf("%+v, %v", pinned, err)
	}
	for _, other := range []api.Cluster{{Ledger: "QmOther", Domain: "registry.example"}, {Ledger: "QmLedger", Domain: "evil.example"}} {
		registry := newLying()
		registry.cluster = other
		s := serveAgent(t, func(c *Config) {
			c.Registry = registry
			if err := copyFile(wallet.path(homeFile), c.Wallet.path(homeFile)); err != nil {
				t.Fatal(err)
			}
		})
		status, v := s.post("/issuers/status/credentials/issue", `{"credential":`+draft+`}`)
		code, _ := v.GetString("code")
		if status != http.StatusConflict || code != string(api.UnknownLedger) || registry.register > 0 {
			t.Errorf("%+v: %d %s", other, status, v.Canonical())
		}
	}
}
