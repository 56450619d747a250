package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/challenge"
)

// testDomain is the registry's; nothing listens there.
const testDomain = "registry.example:8700"

// testNode is a cluster of one: a real ledger, real Raft on a loopback port, real HTTP.
type testNode struct {
	t      testing.TB
	ledger *ledger.Ledger
	raft   *consensus.Replica
	server *httptest.Server
	id     string // of the ledger
	key    multikey.PrivateKey
	now    time.Time
}

// startNode starts a node whose ledger has its first record. The configuration may be changed first.
func startNode(t testing.TB, change ...func(*Config)) *testNode {
	t.Helper()
	return startCluster(t, 1, change...)[0]
}

// startCluster starts nodes of one cluster, all of which have the first record.
func startCluster(t testing.TB, size int, change ...func(*Config)) []*testNode {
	t.Helper()
	listeners, peers := listen(t, size)
	now := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	wait := 500 * time.Millisecond // alone, a node has whatever was answered
	if size > 1 {
		wait = 2 * time.Minute
	}
	nodes := make([]*testNode, size)
	key := newKey(t) // of all nodes; the registry's document has it as the first one's
	for i := range nodes {
		n := &testNode{t: t, now: now, key: key}
		cache := multikey.NewCache(1 << 14)
		n.ledger = openLedger(t, cache)
		challenges, err := challenge.New(challenge.Config{Node: peers[i].ID, Secret: []byte("the secret of these nodes")})
		if err != nil {
			t.Fatal(err)
		}
		n.raft = startRaft(t, peers[i].ID, listeners[i], peers, n.ledger, challenges.Answer)
		cfg := Config{Ledger: n.ledger, Cluster: n.raft, NodeID: peers[i].ID, Verify: cache.Verify, Challenges: challenges,
			WaitLimit: wait, MaxStaleDefault: time.Minute, Key: &key}
		for _, f := range change {
			f(&cfg)
		}
		h, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		n.server = httptest.NewServer(h)
		t.Cleanup(n.server.Close)
		nodes[i] = n
	}
	nodes[0].genesis(key)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for _, n := range nodes {
		n.id = nodes[0].id
		if err := n.ledger.Wait(ctx, 1); err != nil {
			t.Fatal(err)
		}
	}
	return nodes
}

func openLedger(t testing.TB, cache *multikey.Cache) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(ledger.Config{Dir: t.TempDir(), Verify: cache.Verify})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func listen(t testing.TB, size int) (listeners []net.Listener, peers []consensus.Peer) {
	t.Helper()
	for i := range size {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners = append(listeners, l)
		peers = append(peers, consensus.Peer{ID: "n" + strconv.Itoa(i+1), Address: l.Addr().String()})
	}
	return listeners, peers
}

func startRaft(t testing.TB, id string, l net.Listener, peers []consensus.Peer, state consensus.StateMachine, answer func([]byte) []byte) *consensus.Replica {
	t.Helper()
	election := 20 * time.Millisecond // alone, a node need wait for nobody
	if len(peers) > 1 {
		election = 500 * time.Millisecond
	}
	r, err := consensus.Start(consensus.Config{
		NodeID: id, Dir: t.TempDir(), Listener: l, Peers: peers, StateMachine: state, Answer: answer,
		HeartbeatTimeout: election, ElectionTimeout: election,
		TickInterval: 50 * time.Millisecond, LeaderWait: 10 * time.Second, Fatal: func(err error) { t.Error(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// within returns the same node, reporting to a subtest.
func (n *testNode) within(t *testing.T) *testNode {
	other := *n
	other.t = t
	return &other
}

func (n *testNode) genesis(key multikey.PrivateKey) {
	n.t.Helper()
	entry, err := webvh.Create(webvh.CreateOptions{Domain: testDomain, Time: n.now,
		Document: func(id did.ID) jcs.Value { return documentWith(id, "n1", key.Public()) }}, newKey(n.t))
	if err != nil {
		n.t.Fatal(err)
	}
	op, err := record.NewDIDOp([]jcs.Value{entry.Value}, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	result, err := n.raft.Propose(context.Background(), op.Encode())
	if err != nil {
		n.t.Fatal(err)
	}
	if outcome, err := record.DecodeOutcome(result); err != nil || outcome.Code != record.Accepted {
		n.t.Fatalf("genesis: %v, %v", outcome.Code, err)
	}
	n.id, _ = entry.Parameters.GetString("scid")
}

func newKey(t testing.TB) multikey.PrivateKey {
	t.Helper()
	key, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// agent is a did:webvh DID hosted by a test node, with the key that updates it and signs for it.
type agent struct {
	n     *testNode
	key   multikey.PrivateKey
	path  []string
	id    did.ID
	state webvh.State
	entry webvh.Entry
}

// draft makes an agent's first entry without registering it.
func (n *testNode) draft(options webvh.CreateOptions, path ...string) *agent {
	n.t.Helper()
	a := &agent{n: n, key: newKey(n.t), path: path}
	options.Path, options.Time = path, n.now.Add(time.Minute)
	if options.Domain == "" {
		options.Domain = testDomain
	}
	if options.Document == nil {
		options.Document = func(id did.ID) jcs.Value { return document(id, a.key.Public()) }
	}
	entry, err := webvh.Create(options, a.key)
	if err != nil {
		n.t.Fatal(err)
	}
	a.entry = entry
	a.id = did.ID(stateID(entry.Value))
	return a
}

func document(id did.ID, key multikey.PublicKey) jcs.Value { return documentWith(id, "key-1", key) }

// documentWith is a document with one key of that fragment.
func documentWith(id did.ID, fragment string, key multikey.PublicKey) jcs.Value {
	text := `{"@context":["https://www.w3.org/ns/did/v1","https://w3id.org/security/multikey/v1"],"id":"ID",` +
		`"verificationMethod":[{"id":"ID#key-1","type":"Multikey","controller":"ID","publicKeyMultibase":"KEY"}],` +
		`"authentication":["ID#key-1"],"assertionMethod":["ID#key-1"]}`
	text = strings.NewReplacer("ID", string(id), "KEY", key.String(), "key-1", fragment).Replace(text)
	v, err := jcs.Decode([]byte(text))
	if err != nil {
		panic(err)
	}
	return v
}

// register creates an agent at a path.
func (n *testNode) register(path ...string) *agent {
	n.t.Helper()
	a := n.draft(webvh.CreateOptions{}, path...)
	a.post(a.entry)
	return a
}

// post appends an entry that must be accepted.
func (a *agent) post(e webvh.Entry) api.Receipt {
	a.n.t.Helper()
	var receipt api.Receipt
	a.n.post(a.logPath(), api.TypeJSONLines, e.Value.Canonical()).json(http.StatusCreated, &receipt)
	var err error
	if e.Number == 1 {
		a.state, err = webvh.Genesis(e, nil, webvh.Context{Now: time.Now()})
	} else {
		a.state, err = a.state.Next(e, nil, webvh.Context{Now: time.Now()})
	}
	if err != nil {
		a.n.t.Fatal(err)
	}
	return receipt
}

func (a *agent) logPath() string { return "/" + strings.Join(a.path, "/") + "/did.jsonl" }

// update makes the next entry without posting it, a minute after the last.
func (a *agent) update(o webvh.UpdateOptions) webvh.Entry {
	a.n.t.Helper()
	if !o.Document.IsObject() {
		o.Document = document(a.id, a.key.Public())
	}
	if o.Time.IsZero() {
		o.Time = a.n.now.Add(time.Duration(a.state.Number+1) * time.Minute)
	}
	entry, err := webvh.Update(a.state, o, a.key)
	if err != nil {
		a.n.t.Fatal(err)
	}
	return entry
}

func (a *agent) sign(doc jcs.Value) jcs.Value { return a.signAs(doc, string(a.id)+"#key-1") }

func (a *agent) signAs(doc jcs.Value, method string) jcs.Value {
	a.n.t.Helper()
	signed, err := proof.Sign(doc, a.key, proof.SignOptions{
		VerificationMethod: method, Purpose: did.AssertionMethod, Created: a.n.now})
	if err != nil {
		a.n.t.Fatal(err)
	}
	return signed
}

// issue makes a credential; its name tells it from others.
func (a *agent) issue(name string) jcs.Value {
	return a.sign(jcs.Object(
		jcs.Member{Name: "@context", Value: jcs.Array(jcs.FromString("https://www.w3.org/ns/credentials/v2"))},
		jcs.Member{Name: "type", Value: jcs.Array(jcs.FromString("VerifiableCredential"))},
		jcs.Member{Name: "issuer", Value: jcs.FromString(string(a.id))},
		jcs.Member{Name: "name", Value: jcs.FromString(name)},
		jcs.Member{Name: "credentialSubject", Value: jcs.Object(jcs.Member{Name: "id", Value: jcs.FromString("did:example:subject")})},
	))
}

// change makes a signed StatusChange, issued so many seconds after the node's beginning of time.
func (a *agent) change(target, status string, after int) jcs.Value {
	return a.sign(jcs.Object(
		jcs.Member{Name: "type", Value: jcs.FromString(record.StatusChangeType)},
		jcs.Member{Name: "ledger", Value: jcs.FromString(a.n.id)},
		jcs.Member{Name: "target", Value: jcs.FromString(target)},
		jcs.Member{Name: "status", Value: jcs.FromString(status)},
		jcs.Member{Name: "issued", Value: jcs.FromString(a.n.now.Add(time.Duration(after) * time.Second).Format("2006-01-02T15:04:05.000Z"))},
	))
}

// answer is a reply, read whole.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
}

func (n *testNode) do(method, target string, body io.Reader, header ...string) answer {
	n.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, n.server.URL+target, body)
	if err != nil {
		n.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := n.server.Client().Transport.RoundTrip(req) // follows no redirect
	if err != nil {
		n.t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	if res.Header.Get(api.HeaderSeq) == "" {
		n.t.Errorf("%s %s: no %s", method, target, api.HeaderSeq)
	}
	return answer{n.t, res.StatusCode, res.Header, got}
}

func (n *testNode) get(target string, header ...string) answer {
	n.t.Helper()
	return n.do(http.MethodGet, target, nil, header...)
}

func (n *testNode) post(target, contentType string, body []byte) answer {
	n.t.Helper()
	return n.do(http.MethodPost, target, bytes.NewReader(body), "Content-Type", contentType)
}

// json checks the status and decodes the body.
func (a answer) json(status int, into any) {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		a.t.Fatalf("%v: %s", err, a.body)
	}
}

// refused checks that the answer is a problem with that code, of the status the table gives it.
func (a answer) refused(code api.Code) api.Problem {
	a.t.Helper()
	var p api.Problem
	if got := a.header.Get("Content-Type"); got != api.TypeProblem {
		a.t.Errorf("content type %q of a refusal: %d %s", got, a.status, a.body)
		return p
	}
	a.json(code.Status(), &p)
	if p.Code != code || p.Status != a.status || p.Type != api.NewProblem(code, "").Type || p.Title == "" {
		a.t.Errorf("want %s, got %s", code, a.body)
	}
	return p
}

// unchanged runs f and checks that the ledger has as many records after it as before.
func (n *testNode) unchanged(f func()) {
	n.t.Helper()
	size, root := n.ledger.Size(), n.root()
	f()
	if got := n.ledger.Size(); got != size || n.root() != root {
		n.t.Errorf("the ledger went from %d records to %d", size, got)
	}
}

func (n *testNode) root() record.Hash {
	v := n.ledger.View()
	defer v.Close()
	return v.Root()
}
