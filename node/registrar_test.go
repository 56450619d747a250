package node

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/ledger"
)

func testKey(t testing.TB) multikey.PublicKey {
	t.Helper()
	key, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	return key.Public()
}

// TestTwoBeginnings: leaders that do not know of each other both propose record 0;
// the ledger takes one, and the other's is no failure.
func TestTwoBeginnings(t *testing.T) {
	t.Parallel()
	n := single(t, 0)
	if err := n.registrar.begin(context.Background(), nodeKeys{"node9": testKey(t)}); err != nil {
		t.Fatal(err)
	}
	if size := n.ledger.Size(); size != 1 {
		t.Errorf("%d records", size)
	}
}

// TestEmptyLedgerWithoutDomain: what a crash left is looked at before a node says that
// it has nothing; a node that has nothing then says so, and stops.
func TestEmptyLedgerWithoutDomain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := Config{Dir: dir, HTTP: "127.0.0.1:0"}
	if _, err := Start(context.Background(), cfg); !errors.Is(err, errNoDomain) {
		t.Fatalf("a first start: %v", err)
	}
	if consensus.Exists(filepath.Join(dir, "raft")) {
		t.Fatal("a start that was refused has begun a log")
	}
	secret, err := clusterSecret(dir)
	if err != nil {
		t.Fatal(err)
	}
	state, err := ledger.Open(ledger.Config{Dir: filepath.Join(dir, "ledger")})
	if err != nil {
		t.Fatal(err)
	}
	replica, err := consensus.Start(consensus.Config{ // as a node that is killed before it has written anything
		NodeID: defaultNodeID, Dir: filepath.Join(dir, "raft"), Secret: secret, StateMachine: state,
		Peers: []Peer{{ID: defaultNodeID, Address: "127.0.0.1:0"}}, Fatal: func(err error) { t.Error(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(replica.Close(), state.Close()); err != nil {
		t.Fatal(err)
	}
	n, err := Start(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Wait(); !errors.Is(err, errNoDomain) || !errors.Is(err, ErrConfig) {
		t.Errorf("stopped because of %v", err)
	}
}

// TestForeignSecret: whoever has not the secret of the cluster that began the ledger
// cannot change the registry's document.
func TestForeignSecret(t *testing.T) {
	t.Parallel()
	n := single(t, 0)
	other, err := registryKey(make([]byte, minSecret))
	if err != nil {
		t.Fatal(err)
	}
	r := *n.registrar
	r.update = other
	if err := r.complete(context.Background(), nodeKeys{"node9": testKey(t)}); err == nil {
		t.Error("an update by another key was recorded")
	}
	if size := n.ledger.Size(); size != 1 {
		t.Errorf("%d records", size)
	}
}

// TestUpdateKeepsTheRest: adding a node's key keeps what operators put into the
// document.
func TestUpdateKeepsTheRest(t *testing.T) {
	t.Parallel()
	const id = did.ID("did:example:registry")
	one, two, renewed := testKey(t), testKey(t), testKey(t)
	doc := registryDocument(id, nodeKeys{"node1": one})
	service := jcs.Array(jcs.Object(
		jcs.Member{Name: "id", Value: jcs.FromString("#about")},
		jcs.Member{Name: "type", Value: jcs.FromString("LinkedDomains")},
		jcs.Member{Name: "serviceEndpoint", Value: jcs.FromString("https://a.example")},
	))
	doc = doc.With("service", service)
	doc = withKeys(doc, id, nodeKeys{"node2": two, "node1": renewed})
	parsed, err := did.ParseDocument(doc)
	if err != nil {
		t.Fatal(err)
	}
	if missing := missingKeys(parsed, nodeKeys{"node1": renewed, "node2": two}); len(missing) != 0 {
		t.Errorf("missing: %v", missing)
	}
	if missing := missingKeys(parsed, nodeKeys{"node1": one, "node2": two, "node3": one}); len(missing) != 2 {
		t.Errorf("missing: %v", missing)
	}
	if got, _ := doc.Get("service"); !got.Equal(service) || len(parsed.VerificationMethods()) != 2 {
		t.Errorf("document %s", doc.Canonical())
	}
}

func FuzzHello(f *testing.F) {
	valid, err := encodeHello("node1", testKey(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(valid)
	f.Add([]byte(`{"node":"node2","key":"z6Mk"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		key, err := parseHello("node1", data)
		if err != nil {
			return
		}
		if key.Type() != multikey.Ed25519 {
			t.Errorf("a key of type %s", key.Type())
		}
	})
}

func TestHelloRefusals(t *testing.T) {
	t.Parallel()
	valid, err := encodeHello("node1", testKey(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseHello("node1", valid); err != nil {
		t.Error(err)
	}
	p256, err := multikey.Generate(multikey.P256)
	if err != nil {
		t.Fatal(err)
	}
	other, err := encodeHello("node1", p256.Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"another node": []byte(`{"node":"node2","key":"` + testKey(t).String() + `"}`),
		"no key":       []byte(`{"node":"node1"}`),
		"a P-256 key":  other,
		"too long":     append(valid, make([]byte, maxHello)...),
		"no JSON":      []byte("hello"),
		"nothing":      nil,
	} {
		if _, err := parseHello("node1", data); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestParsePeersAndSecrets(t *testing.T) {
	t.Parallel()
	peers, err := ParsePeers([]string{"node1=10.0.0.1:8701", " node2=[::1]:8701"})
	if err != nil || len(peers) != 2 || peers[1] != (Peer{ID: "node2", Address: "[::1]:8701"}) {
		t.Errorf("%v %v", peers, err)
	}
	for _, bad := range []string{"", "node1", "=a:1", "node1=", "node1=host"} {
		if _, err := ParsePeers([]string{bad}); err == nil {
			t.Errorf("peer %q was accepted", bad)
		}
	}
	for _, bad := range []string{"", "zz", "00", "0"} {
		if _, err := ParseSecret(bad); err == nil {
			t.Errorf("secret %q was accepted", bad)
		}
	}
}
