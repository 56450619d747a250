package ledger

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/merkle"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// restores checks that what a ledger writes makes the same ledger elsewhere.
func restores(t testing.TB, l *Ledger) {
	t.Helper()
	g := open(t, vfs.NewMem())
	defer closing(t, g)
	if err := g.RestoreSnapshot(bytes.NewReader(snapshotOf(t, l)), nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(dump(t, l), dump(t, g)) {
		t.Error("the stores differ")
	}
	if g.AppliedIndex() != l.AppliedIndex() {
		t.Errorf("applied index %d, want %d", g.AppliedIndex(), l.AppliedIndex())
	}
}

// keyCredential is by a did:key of that type.
func keyCredential(t testing.TB, a *agent, kind multikey.Type, subject string) jcs.Value {
	t.Helper()
	seed := bytes.Repeat([]byte{7}, 32)
	if kind == multikey.P384 {
		seed = seed48(7)
	}
	k, err := multikey.NewPrivate(kind, seed)
	if err != nil {
		t.Fatal(err)
	}
	id := string(key.FromPublic(k.Public()))
	return signBy(t, a.credential(subject).With("issuer", jcs.FromString(id)), k, key.MethodID(k.Public()), did.AssertionMethod)
}

// full has what populated has, and everything that a restoration has to derive.
func full(t testing.TB) *fixture {
	t.Helper()
	f := populated(t)
	owner := f.agent("owner")
	a := f.agent("owned", string(owner.id()))
	f.change(a, string(a.id()), record.Suspended)
	f.change(owner, string(a.id()), record.Suspended)
	f.change(owner, string(a.id()), record.Active)
	for _, kind := range []multikey.Type{multikey.Ed25519, multikey.P256, multikey.P384} {
		f.accept(f.credentialOp(keyCredential(t, owner, kind, "hidden"), false))
		f.accept(f.credentialOp(keyCredential(t, owner, kind, "shown"), true))
	}
	chained, err := proof.Sign(owner.credential("chain"), owner.key, proof.SignOptions{
		VerificationMethod: owner.method(), Purpose: did.AssertionMethod, Created: epoch, ID: "urn:example:first"})
	if err != nil {
		t.Fatal(err)
	}
	chained, err = proof.Sign(chained, owner.key, proof.SignOptions{
		VerificationMethod: owner.method(), Purpose: did.AssertionMethod, Created: epoch, PreviousProof: []string{"urn:example:first"}})
	if err != nil {
		t.Fatal(err)
	}
	f.accept(f.credentialOp(chained, false))
	c := a.credential("digest")
	f.accept(must(t)(record.NewDigestOp(record.CredentialDigest(c), a.id(), proofOf(a.sign(c)))))
	f.change(a, record.CredentialDigest(c).String(), record.Revoked)
	gone := f.agent("gone")
	gone.deactivate()
	f.accept(f.didOp(gone))
	fullOfLists(f, owner, a)
	fullOfStrangers(f)
	return f
}

// fullOfLists adds what status lists and presentations can have behind them.
func fullOfLists(f *fixture, owner, a *agent) {
	f.Helper()
	for i := range 4 {
		c := owner.revocable(fmt.Sprint("listed", i), 100+i)
		f.accept(f.credentialOp(c, i == 0))
		digest := record.CredentialDigest(c).String()
		for range i {
			f.change(owner, digest, record.Suspended)
			f.change(owner, digest, record.Active)
		}
		if i > 1 {
			f.change(owner, digest, record.Revoked)
		}
	}
	entry := string(a.id()) + "/status-lists/suspension/9#77"
	f.change(a, entry, record.Suspended)
	f.change(owner, entry, record.Suspended) // taken over
	f.change(owner, entry, record.Active)
	for _, set := range [][]uint64{{}, {3}, {3, 5}} {
		f.accept(f.listOp(owner, owner.statusList(elsewhere("2"), "revocation", set...)))
		f.accept(f.listOp(a, a.statusList(elsewhere("2"), "suspension", set...)))
		f.accept(f.listOp(a, a.statusList(ownList(a.id(), "revocation", 1), "revocation", set...)))
	}
	f.accept(f.listOp(a, a.statusList(elsewhere("2"), "suspension")))
	for _, of := range []string{"one", "two", "two"} {
		f.accept(f.whoisOp(owner, owner.presentation(of)))
	}
	f.accept(f.whoisOp(a, a.presentation("a").Without("holder")))
}

// fullOfStrangers adds what observations can have behind them.
func fullOfStrangers(f *fixture) {
	f.Helper()
	s := newStranger(f, "stranger")
	f.observe(s)
	c := s.sign(s.credential("s"))
	f.accept(f.credentialOp(c, true))
	f.observe(s.grow("x"))
	f.change(s.agent, record.CredentialDigest(c).String(), record.Revoked)
	fork := newStranger(f, "stranger")
	f.observe(fork.grow("y"))
	f.observe(fork.grow("z"))
	f.observe(s.grow("back"))
	s.deactivate()
	f.observe(s.take())
	for _, service := range []string{"a", "b", "a"} {
		f.accept(f.observationOp(f.seenWeb("did:web:elsewhere.example:w", service), nil))
	}
}

// wanderers are DIDs whose operations of several entries have to be found again.
func wanderers(t testing.TB) *fixture {
	t.Helper()
	f := newFixture(t)
	a := newAgent(t, "a", []string{"a"}, portable)
	home := a.id()
	created := f.didOp(a)
	moved(a, "elsewhere.example")
	f.apply(created, f.didOp(a)) // at one time, and not to be had as one
	back := func() {
		a.update(webvh.UpdateOptions{Document: a.document(home).With("alsoKnownAs", strs(string(a.id())))})
	}
	back()
	f.accept(f.didOp(a))
	moved(a, "elsewhere.example")
	a.update(webvh.UpdateOptions{}, "there")
	f.accept(f.didOp(a))
	a.update(webvh.UpdateOptions{}, "still")
	back()
	first := f.didOp(a)
	moved(a, "third.example")
	f.apply(first, f.didOp(a))
	in := newAgent(t, "in", []string{"old"}, func(o *webvh.CreateOptions) { o.Domain, o.Portable = "elsewhere.example", true })
	in.update(webvh.UpdateOptions{Document: in.document(did.ID(strings.Replace(string(in.id()), "elsewhere.example:old", domain+":new", 1))).
		With("alsoKnownAs", strs(string(in.id())))})
	f.accept(f.didOp(in))
	w := witnessed(t, "w", 2, "w1", "w2", "w3")
	var versions []string
	for i := range 300 {
		versions = append(versions, w.state.VersionID)
		w.update(webvh.UpdateOptions{}, fmt.Sprint("s", i))
	}
	f.accept(f.witnessOp(witnessItem(t, versions[7], "w3")))
	f.now = f.now.Add(1000e9)
	f.accept(f.didOp(w, witnessItem(t, versions[3], "w1"), witnessItem(t, w.state.VersionID, "w1", "w2")))
	return f
}

func TestHonestSnapshotsAreRestored(t *testing.T) {
	restores(t, emptyFixture(t).l)
	restores(t, full(t).l)
	f := wanderers(t)
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

// forge is the snapshot of a ledger whose store was changed, with all its hashes made
// right again.
func forge(t testing.TB, l *Ledger, edit func(f *forgery)) []byte {
	t.Helper()
	f := &forgery{TB: t, kv: make(map[string][]byte)}
	snap, err := l.freeze()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Release()
	err = snap.Scan(nil, nil, func(key, value []byte) error {
		f.kv[string(key)] = bytes.Clone(value)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	edit(f)
	state := view.State{}
	for seq := record.Seq(0); ; seq++ {
		value, ok := f.kv[string(view.RecordKey(seq))]
		if !ok {
			break
		}
		leaf := record.LeafHash(value[sha256.Size:])
		copy(value, leaf[:])
		state.Tree.Append(merkle.Hash(leaf), func(merkle.Stored) {})
		state.Time = f.record(seq).Time
	}
	k, v := view.StateEntry(&state)
	f.kv[string(k)] = v
	return f.snapshot()
}

// snapshot is that of the store.
func (f *forgery) snapshot() []byte {
	f.Helper()
	header, err := headerOf(f)
	if err != nil {
		f.Fatal(err)
	}
	var out bytes.Buffer
	if err := writeSnapshot(&out, header, f); err != nil {
		f.Fatal(err)
	}
	return out.Bytes()
}

// forgery is a view.Scanner.
type forgery struct {
	testing.TB
	kv map[string][]byte
}

func (f *forgery) Get(key []byte) ([]byte, error) {
	if value, ok := f.kv[string(key)]; ok {
		return bytes.Clone(value), nil
	}
	return nil, store.ErrNotFound
}

func (f *forgery) Scan(lower, upper []byte, fn func(key, value []byte) error) error {
	for _, k := range slices.Sorted(maps.Keys(f.kv)) {
		if k < string(lower) || upper != nil && k >= string(upper) {
			continue
		}
		if err := fn([]byte(k), f.kv[k]); err != nil {
			return err
		}
	}
	return nil
}

func (f *forgery) Last(_, _ []byte) ([]byte, error) { return nil, store.ErrNotFound }

func (f *forgery) record(seq record.Seq) record.Record {
	f.Helper()
	r, err := record.Decode(f.kv[string(view.RecordKey(seq))][sha256.Size:])
	if err != nil {
		f.Fatal(err)
	}
	return r
}

// find returns the last record of a kind for which is holds.
func (f *forgery) find(kind record.Kind, is func(body jcs.Value) bool) record.Seq {
	f.Helper()
	for seq := record.Seq(len(f.kv)); ; seq-- {
		if _, ok := f.kv[string(view.RecordKey(seq))]; ok {
			if r := f.record(seq); r.Kind == kind && is(r.Body) {
				return seq
			}
		}
		if seq == 0 {
			f.Fatalf("no such %s record", kind)
		}
	}
}

// hidden returns the credential record by a key of that type whose content was not
// published.
func (f *forgery) hidden(kind multikey.Type) record.Seq {
	f.Helper()
	return f.find(record.KindCredential, func(b jcs.Value) bool {
		issuer, _ := b.GetString("issuer")
		id, _ := b.GetString("id")
		k, err := multikey.ParsePublic(strings.TrimPrefix(issuer, "did:key:"))
		return err == nil && k.Type() == kind && id == "urn:example:hidden"
	})
}

func (f *forgery) put(seq record.Seq, r record.Record) {
	f.Helper()
	data, err := r.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.kv[string(view.RecordKey(seq))] = append(make([]byte, sha256.Size), data...)
}

func (f *forgery) rewrite(seq record.Seq, body func(jcs.Value) jcs.Value) {
	r := f.record(seq)
	r.Body = body(r.Body)
	f.put(seq, r)
}

// append adds a record after the last.
func (f *forgery) append(kind record.Kind, body jcs.Value) {
	last := f.find(record.KindDID, func(jcs.Value) bool { return true })
	for f.kv[string(view.RecordKey(last+1))] != nil {
		last++
	}
	f.put(last+1, record.Record{Kind: kind, Time: f.record(last).Time, Body: body})
}

// key returns a key of a family, the last one.
func (f *forgery) key(family byte) string {
	f.Helper()
	keys := slices.Sorted(maps.Keys(f.kv))
	for _, k := range slices.Backward(keys) {
		if k[0] == family && k != string([]byte{family}) {
			return k
		}
	}
	f.Fatalf("no key of family %c", family)
	return ""
}

// spoil changes a signature within a body.
func spoil(body jcs.Value) jcs.Value {
	p := proofOf(body)
	value, _ := p.GetString("proofValue")
	last := byte('2')
	if value[len(value)-1] == last {
		last = '3'
	}
	return body.With("proof", p.With("proofValue", jcs.FromString(value[:len(value)-1]+string(last))))
}

func anyBody(jcs.Value) bool { return true }

func has(names ...string) func(jcs.Value) bool {
	return func(body jcs.Value) bool {
		for _, name := range names {
			if _, ok := body.Get(name); !ok {
				return false
			}
		}
		return true
	}
}

func byDigest(body jcs.Value) bool { return !has("types")(body) }

func TestForgedSnapshotsAreRefused(t *testing.T) {
	source := full(t)
	mallory := newAgent(t, "mallory", []string{"agents", "mallory"}, nil)
	owner := newAgent(t, "owner", []string{"agents", "owner"}, nil)
	cut := func(family byte) func(*forgery) { return func(f *forgery) { delete(f.kv, f.key(family)) } }
	flip := func(family byte) func(*forgery) {
		return func(f *forgery) { v := f.kv[f.key(family)]; v[len(v)-1] ^= 1 }
	}
	cases := []forgeryCase{
		{"signature of a log entry", "record ", func(f *forgery) {
			f.rewrite(f.find(record.KindDID, anyBody), func(b jcs.Value) jcs.Value { e, _ := b.Get("entry"); return b.With("entry", spoil(e)) })
		}},
		{"signature of a status change", "record ", func(f *forgery) { f.rewrite(f.find(record.KindStatus, anyBody), spoil) }},
		{"signature over a digest", "record ", func(f *forgery) { f.rewrite(f.find(record.KindCredential, byDigest), spoil) }},
		{"signature of a credential that was not published", "record ", func(f *forgery) {
			f.rewrite(f.hidden(multikey.Ed25519), spoil)
		}},
		{"issuer of a credential", "record ", func(f *forgery) {
			f.rewrite(f.hidden(multikey.P384), func(b jcs.Value) jcs.Value {
				return b.With("issuer", jcs.FromString(string(owner.id())))
			})
		}},
		{"witness proofs left out", "record ", func(f *forgery) {
			f.rewrite(f.find(record.KindDID, has("witness")), func(b jcs.Value) jcs.Value { return b.Without("witness") })
		}},
		{"status change by a stranger", "record ", func(f *forgery) {
			f.append(record.KindStatus, mallory.sign(statement(source.ledgerID(), string(owner.id()), record.Revoked, source.now)))
		}},
		{"credential by nobody", "record ", func(f *forgery) {
			c := mallory.credential("s")
			body := record.CredentialBody{Digest: record.CredentialDigest(c), Issuer: mallory.id(), Proof: proofOf(mallory.sign(c))}
			f.append(record.KindCredential, body.Value())
		}},
		{"record said twice", "record ", func(f *forgery) {
			f.append(record.KindStatus, f.record(f.find(record.KindStatus, anyBody)).Body)
		}},
		{"time that goes back", "before", func(f *forgery) {
			seq := f.find(record.KindDID, anyBody)
			r := f.record(seq)
			r.Time = f.record(seq-1).Time - 1
			f.put(seq, r)
		}},
		{"record that is left out", "record ", func(f *forgery) {
			at := f.find(record.KindDID, func(b jcs.Value) bool { return strings.Contains(string(b.Canonical()), "agents:owner\"") }) - 1
			for next := f.kv[string(view.RecordKey(at+1))]; next != nil; next = f.kv[string(view.RecordKey(at+1))] {
				f.kv[string(view.RecordKey(at))] = next
				at++
			}
			delete(f.kv, string(view.RecordKey(at)))
		}},
		{"status view left out", otherwise, cut('t')},
		{"status view", otherwise, flip('t')},
		{"head", otherwise, flip('h')},
		{"head left out", otherwise, cut('h')},
		{"owner of a path", otherwise, func(f *forgery) { f.kv[f.key('p')] = []byte(owner.state.SCID) }},
		{"path that nobody took", otherwise, func(f *forgery) { f.kv["pagents/zoe"] = []byte(owner.state.SCID) }},
		{"registration", otherwise, flip('c')},
		{"receipt", otherwise, flip('o')},
		{"receipt left out", otherwise, cut('o')},
		{"witness file", "", flip('f')},
		{"content of no record", otherwise, func(f *forgery) {
			f.kv["k"+strings.Repeat("x", 32)] = []byte(`{}`)
		}},
		{"other content", "record ", func(f *forgery) {
			f.kv[f.key('k')] = owner.sign(owner.credential("other")).Canonical()
		}},
		{"staged proof that does not verify", "set aside", func(f *forgery) {
			k := f.key('w')
			v := f.kv[k]
			at := bytes.Index(v, []byte(`"proofValue":"z`)) + 20
			v[at] = map[bool]byte{true: '3', false: '2'}[v[at] == '2']
		}},
		{"staged proofs outside the queue", "set aside", func(f *forgery) { f.kv["w7-Qm"] = f.kv[f.key('w')] }},
		{"staged proofs of another version", "set aside", func(f *forgery) {
			f.kv[f.key('w')] = parse(f, "["+string(witnessItem(f, "8-Qm", "w2").Canonical())+"]").Canonical()
		}},
		{"queue with a hole", "set aside", cut('Q')},
		{"queue that is longer than it is", "set aside", func(f *forgery) {
			f.kv["Q"+strings.Repeat("\xff", 8)] = []byte("9-Qm")
		}},
		{"key of no family", otherwise, func(f *forgery) { f.kv["z"] = []byte{1} }},
	}
	if !bytes.Equal(forge(t, source.l, func(*forgery) {}), snapshotOf(t, source.l)) {
		t.Fatal("forging nothing makes another snapshot")
	}
	refuseForgeries(t, source.l, append(cases, newForgeries(source)...))
}

// otherwise is what is said of views that are not what the records make.
const otherwise = "do not make what it has in family"

// forgeryCase is what must not get through, and what the error says of it.
type forgeryCase struct {
	name, says string
	edit       func(f *forgery)
}

func refuseForgeries(t *testing.T, source *Ledger, cases []forgeryCase) {
	t.Helper()
	target := newFixture(t)
	before := dump(t, target.l)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := target.l.RestoreSnapshot(bytes.NewReader(forge(t, source, c.edit)), nil)
			if !errors.Is(err, ErrSnapshot) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v", err)
			}
			if !bytes.Equal(before, dump(t, target.l)) {
				t.Error("the ledger is not what it was")
			}
		})
	}
	target.reopen()
	if !bytes.Equal(before, dump(t, target.l)) {
		t.Error("the ledger on disk is not what it was")
	}
}

// What a SHA-384 was signed of is not in the ledger: the signature is taken as it is.
func TestSignatureThatCannotBeCheckedWithoutContent(t *testing.T) {
	snapshot := forge(t, full(t).l, func(f *forgery) { f.rewrite(f.hidden(multikey.P384), spoil) })
	g := newFixture(t)
	if err := g.l.RestoreSnapshot(bytes.NewReader(snapshot), nil); err != nil {
		t.Error(err)
	}
}
