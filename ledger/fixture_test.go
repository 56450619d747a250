package ledger

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

const domain = "registry.example"

// epoch is when tests begin.
var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// keyOf derives a key from a name, so that every run signs the same bytes.
func keyOf(t testing.TB, name string) multikey.PrivateKey {
	t.Helper()
	seed := sha256.Sum256([]byte(name))
	key, err := multikey.NewPrivate(multikey.Ed25519, seed[:])
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func obj(members ...any) jcs.Value {
	list := make([]jcs.Member, 0, len(members)/2)
	for i := 0; i < len(members); i += 2 {
		v, isValue := members[i+1].(jcs.Value)
		if s, isString := members[i+1].(string); isString && !isValue {
			v = jcs.FromString(s)
		}
		list = append(list, jcs.Member{Name: members[i].(string), Value: v})
	}
	return jcs.Object(list...)
}

func strs(items ...string) jcs.Value {
	list := make([]jcs.Value, len(items))
	for i, s := range items {
		list[i] = jcs.FromString(s)
	}
	return jcs.Array(list...)
}

// agent is a did:webvh DID with one key for everything.
type agent struct {
	t     testing.TB
	name  string
	key   multikey.PrivateKey
	state webvh.State
	// pending are entries that no operation has been made of yet.
	pending    []jcs.Value
	controller []string
}

func (a *agent) id() did.ID     { return a.state.DID }
func (a *agent) method() string { return string(a.id()) + "#key" }

// document is the agent's with those services.
func (a *agent) document(id did.ID, services ...string) jcs.Value {
	doc := obj(
		"@context", strs("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"),
		"id", string(id),
		"verificationMethod", jcs.Array(obj(
			"id", string(id)+"#key", "type", "Multikey", "controller", string(id),
			"publicKeyMultibase", a.key.Public().String())),
		"assertionMethod", strs(string(id)+"#key"),
		"authentication", strs(string(id)+"#key"),
	)
	if len(a.controller) > 0 {
		doc = doc.With("controller", strs(a.controller...))
	}
	for _, s := range services {
		doc = doc.With("service", jcs.Array(obj("id", string(id)+"#"+s, "type", "Example", "serviceEndpoint", "https://example.com/"+s)))
	}
	return doc
}

// newAgent creates a DID at a path; edit may change the options.
func newAgent(t testing.TB, name string, path []string, edit func(*webvh.CreateOptions), controller ...string) *agent {
	t.Helper()
	a := &agent{t: t, name: name, key: keyOf(t, name), controller: controller}
	o := webvh.CreateOptions{Domain: domain, Path: path, Time: epoch, Document: func(id did.ID) jcs.Value { return a.document(id) }}
	if edit != nil {
		edit(&o)
	}
	e, err := webvh.Create(o, a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.follow(e)
	return a
}

// follow makes e the head that the agent believes in.
func (a *agent) follow(e webvh.Entry) {
	a.t.Helper()
	var prev *webvh.State
	if a.state.Number > 0 {
		prev = &a.state
	}
	next, err := webvh.Extend(prev, []webvh.Entry{e}, nil, webvh.Context{Now: e.Time})
	if rule, _ := webvh.RuleOf(err); err != nil && rule != webvh.WitnessThreshold {
		a.t.Fatal(err)
	}
	if len(next) == 1 {
		a.state = next[0]
	} else {
		a.state = unwitnessed(a.t, prev, e)
	}
	a.pending = append(a.pending, e.Value)
}

// unwitnessed is the state after an entry whose witnesses are still to be asked.
func unwitnessed(t testing.TB, prev *webvh.State, e webvh.Entry) webvh.State {
	t.Helper()
	var s webvh.State
	if prev != nil {
		s = *prev
	}
	if w, ok := e.Parameters.Get("witness"); ok {
		s.Witness = witnessOf(w)
	}
	id, _ := e.State.GetString("id")
	parsed, err := webvh.ParseID(did.ID(id))
	if err != nil {
		t.Fatal(err)
	}
	s.DID, s.SCID, s.Method = did.ID(id), parsed.SCID, webvh.Method
	s.VersionID, s.VersionTime, s.Number, s.TTL = e.VersionID, e.VersionTime, e.Number, webvh.DefaultTTL
	if s.Created == "" {
		s.Created = e.VersionTime
	}
	keys, _ := e.Parameters.Get("updateKeys")
	for k := range keys.Elems() {
		text, _ := k.Str()
		s.UpdateKeys = append(s.UpdateKeys, text)
	}
	return s
}

func witnessOf(v jcs.Value) webvh.Witness {
	var w webvh.Witness
	threshold, _ := v.Get("threshold")
	n, _ := threshold.Int()
	w.Threshold = int(n)
	list, _ := v.Get("witnesses")
	for item := range list.Elems() {
		id, _ := item.GetString("id")
		w.Witnesses = append(w.Witnesses, webvh.WitnessID{ID: id})
	}
	return w
}

// update makes the next entry, a second later than the last, and follows it.
func (a *agent) update(o webvh.UpdateOptions, services ...string) jcs.Value {
	a.t.Helper()
	if o.Document.Kind() == jcs.KindNull {
		o.Document = a.document(a.id(), services...)
	}
	if o.Time.IsZero() {
		o.Time = a.later()
	}
	e, err := webvh.Update(a.state, o, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.follow(e)
	return e.Value
}

// later is a second after the newest entry.
func (a *agent) later() time.Time {
	a.t.Helper()
	t, err := time.Parse(time.RFC3339, a.state.VersionTime)
	if err != nil {
		a.t.Fatal(err)
	}
	return t.Add(time.Second)
}

func (a *agent) deactivate() jcs.Value {
	a.t.Helper()
	e, err := webvh.Deactivate(a.state, a.document(a.id()), a.later(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.follow(e)
	return e.Value
}

// sign secures a document with the agent's key.
func (a *agent) sign(doc jcs.Value) jcs.Value {
	a.t.Helper()
	return signBy(a.t, doc, a.key, a.method(), did.AssertionMethod)
}

func signBy(t testing.TB, doc jcs.Value, key multikey.PrivateKey, method string, purpose did.Relationship) jcs.Value {
	t.Helper()
	v, err := proof.Sign(doc, key, proof.SignOptions{VerificationMethod: method, Purpose: purpose, Created: epoch})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// credential is an unsecured credential of the agent's.
func (a *agent) credential(subject string) jcs.Value {
	return obj(
		"@context", strs("https://www.w3.org/ns/credentials/v2"),
		"type", strs("VerifiableCredential", "ExampleCredential"),
		"id", "urn:example:"+subject,
		"issuer", string(a.id()),
		"validFrom", "2026-01-01T00:00:00Z",
		"credentialSubject", obj("id", "did:example:"+subject, "role", "herald"),
	)
}

// statement is an unsecured status change.
func statement(ledgerID, target string, status record.Status, issued time.Time) jcs.Value {
	return obj("type", "StatusChange", "ledger", ledgerID, "target", target,
		"status", string(status), "issued", issued.UTC().Format(time.RFC3339))
}

// fixture is a ledger with its registry, and what has been applied to it.
type fixture struct {
	testing.TB
	l        *Ledger
	fs       *vfs.MemFS
	registry *agent
	index    uint64
	now      time.Time
	// sent are the commands of every batch so far.
	sent []entry
}

// entry is one call of Apply.
type entry struct {
	index     uint64
	unixMilli int64
	cmds      [][]byte
}

func open(t testing.TB, fs vfs.FS) *Ledger {
	t.Helper()
	l, err := Open(Config{Dir: "ledger", fs: fs, CacheBytes: 1 << 20, MemTableBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// newFixture has applied record 0.
func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := emptyFixture(t)
	f.accept(f.didOp(f.registry))
	return f
}

func emptyFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{TB: t, fs: vfs.NewCrashableMem(), now: epoch.Add(time.Minute)}
	f.l = open(t, f.fs)
	t.Cleanup(func() {
		if err := f.l.Close(); err != nil {
			t.Error(err)
		}
	})
	f.registry = newAgent(t, "registry", nil, nil)
	return f
}

func (f *fixture) ledgerID() string { return f.registry.state.SCID }

func must(t testing.TB) func(record.Op, error) record.Op {
	return func(op record.Op, err error) record.Op {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return op
	}
}

// didOp appends what is pending of an agent's log.
func (f *fixture) didOp(a *agent, witness ...jcs.Value) record.Op {
	f.Helper()
	op := must(f)(record.NewDIDOp(a.pending, witness))
	a.pending = nil
	return op
}

func (f *fixture) entryOp(entries ...jcs.Value) record.Op {
	f.Helper()
	return must(f)(record.NewDIDOp(entries, nil))
}

func (f *fixture) credentialOp(v jcs.Value, publish bool) record.Op {
	f.Helper()
	return must(f)(record.NewCredentialOp(v, publish))
}

func (f *fixture) statusOp(v jcs.Value) record.Op {
	f.Helper()
	return must(f)(record.NewStatusOp(v))
}

// apply applies operations in one batch, a second later than the last.
func (f *fixture) apply(ops ...record.Op) []record.Outcome {
	f.Helper()
	cmds := make([][]byte, len(ops))
	for i, op := range ops {
		cmds[i] = op.Encode()
	}
	f.now = f.now.Add(time.Second)
	return f.raw(f.now.UnixMilli(), cmds)
}

func (f *fixture) raw(unixMilli int64, cmds [][]byte) []record.Outcome {
	f.Helper()
	f.index++
	results, err := f.l.Apply(f.index, unixMilli, cmds)
	if err != nil {
		f.Fatal(err)
	}
	f.sent = append(f.sent, entry{f.index, unixMilli, cmds})
	outcomes := make([]record.Outcome, len(results))
	for i, b := range results {
		if outcomes[i], err = record.DecodeOutcome(b); err != nil {
			f.Fatal(err)
		}
	}
	return outcomes
}

// accept applies one operation that must be accepted.
func (f *fixture) accept(op record.Op) record.Outcome {
	f.Helper()
	out := f.apply(op)[0]
	if out.Code != record.Accepted {
		f.Fatalf("%s operation refused: %s (%v)", op.Name, out.Code, f.why(op))
	}
	return out
}

// refuse applies one operation that must be refused with that code, change nothing,
// and be judged the same by Check.
func (f *fixture) refuse(op record.Op, want record.Code) record.Outcome {
	f.Helper()
	before := dump(f, f.l)
	checked, err := f.l.Check(f.Context(), op, f.now.Add(time.Second))
	if err != nil {
		f.Fatal(err)
	}
	out := f.apply(op)[0]
	if out.Code != want {
		f.Errorf("%s operation: outcome %s, want %s (%v)", op.Name, out.Code, want, checked.Why)
	}
	if checked.Code != out.Code || checked.Head != out.Head {
		f.Errorf("Check says %s, Apply %s", checked.Code, out.Code)
	}
	if want != record.Accepted && !bytes.Equal(before, dump(f, f.l)) {
		f.Errorf("a refused operation (%s) changed the views", out.Code)
	}
	return out
}

func (f *fixture) why(op record.Op) error {
	j, err := f.l.Check(f.Context(), op, f.now)
	if err != nil {
		return err
	}
	return j.Why
}

// agent registers a new DID at a path of its name.
func (f *fixture) agent(name string, controllers ...string) *agent {
	f.Helper()
	a := newAgent(f, name, []string{"agents", name}, nil, controllers...)
	f.accept(f.didOp(a))
	return a
}

// change applies a status change that must be accepted.
func (f *fixture) change(by *agent, target string, status record.Status) record.Outcome {
	f.Helper()
	return f.accept(f.changeOp(by, target, status))
}

func (f *fixture) changeOp(by *agent, target string, status record.Status) record.Op {
	f.Helper()
	return f.statusOp(by.sign(statement(f.ledgerID(), target, status, f.now.Add(time.Second))))
}

func (f *fixture) reopen() {
	f.Helper()
	if err := f.l.Close(); err != nil {
		f.Fatal(err)
	}
	f.l = open(f, f.fs)
}

// dump is everything in the store but the applied index, in order.
func dump(t testing.TB, l *Ledger) []byte {
	t.Helper()
	snap, err := l.freeze()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Release()
	var b bytes.Buffer
	err = snap.Scan(nil, nil, func(key, value []byte) error {
		if !view.Unsettled(key) {
			fmt.Fprintf(&b, "%q = %q\n", key, value)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
