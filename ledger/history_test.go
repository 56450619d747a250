package ledger

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// history is a script whose DIDs have logs of every kind: with witnesses, thresholds
// and keys that change, with moves, and with entries in operations of any number, whose
// proofs come with them or before, by the version or by a later one. Most of it is
// accepted.
type history struct {
	*script
	t testing.TB
	// signers are the keys of witnesses, by DID.
	signers map[string]multikey.PrivateKey
	created int
}

func drawHistory(t testing.TB, rt *rapid.T, steps int) *history {
	h := &history{t: t, signers: make(map[string]multikey.PrivateKey)}
	for i := range 5 {
		k := keyOf(t, fmt.Sprint("witness", i))
		h.signers["did:key:"+k.Public().String()] = k
	}
	h.script = &script{T: rt, registry: newAgent(t, "registry", nil, nil), now: epoch.Add(time.Minute)}
	h.add(record.NewDIDOp(h.registry.pending, nil))
	h.registry.pending = nil
	for i := range rapid.IntRange(steps/3, steps).Draw(rt, "steps") {
		action := rapid.IntRange(0, 33).Draw(rt, "action")
		switch {
		case len(h.agents) > 0 && action >= 30:
			h.confirm(h.pick("who"))
		case len(h.agents) > 0 && action >= 22:
			h.register(h.pick("who"))
		case len(h.agents) == 0 || action >= 19:
			h.create()
		case action >= 14:
			h.grow(h.pick("who"), nil)
		default:
			h.act([]int{3, 3, 4, 5, 6, 7, 9, 10, 10, 11, 12, 13, 14, 5}[action], i, nil)
		}
	}
	return h
}

// drawWitnesses draws whom a log is witnessed by; often nobody.
func (h *history) drawWitnesses() (w webvh.Witness) {
	if rapid.IntRange(0, 2).Draw(h.T, "witnessed") == 0 {
		return w
	}
	all := slices.Sorted(maps.Keys(h.signers))
	for _, id := range rapid.Permutation(all).Draw(h.T, "witnesses")[:rapid.IntRange(1, len(all)).Draw(h.T, "number")] {
		w.Witnesses = append(w.Witnesses, webvh.WitnessID{ID: id})
	}
	w.Threshold = rapid.IntRange(1, len(w.Witnesses)).Draw(h.T, "threshold")
	return w
}

// create makes a DID, and begins its log with some entries.
func (h *history) create() {
	h.created++
	name := fmt.Sprint("agent", h.created)
	a := &agent{t: h.t, name: name, key: keyOf(h.t, name)}
	if len(h.agents) > 0 && rapid.Bool().Draw(h.T, "owned") {
		a.controller = []string{string(h.pick("owner").id())}
	}
	o := webvh.CreateOptions{
		Domain: domain, Path: []string{"agents", name}, Time: epoch, Witness: h.drawWitnesses(), Portable: rapid.Bool().Draw(h.T, "portable"),
		Document: func(id did.ID) jcs.Value { return a.document(id) },
	}
	if rapid.IntRange(0, 3).Draw(h.T, "comes from elsewhere") == 0 && o.Portable {
		o.Domain = "elsewhere.example"
	}
	e, err := webvh.Create(o, a.key)
	if err != nil {
		h.Fatal(err)
	}
	h.grow(a, &e)
	h.agents = append(h.agents, a)
}

// register makes a registration of one of a few credentials, in one of the forms that
// it can be registered by: by its digest, by content in one way of writing it or
// another, published or not.
func (h *history) register(a *agent) {
	n := rapid.IntRange(0, 2).Draw(h.T, "credential")
	doc := a.rdfCredential(fmt.Sprint("both", n))
	if n > 0 {
		doc = doc.With("credentialStatus", inList(ownList(a.id(), "revocation", 0), "revocation", 100+n).With("id", text(fmt.Sprint("urn:entry:", n))))
	}
	both, rdf := a.bothWays(doc)
	if n > 0 && rapid.Bool().Draw(h.T, "as an array") {
		rdf = arrayed(rdf)
	}
	if rapid.Bool().Draw(h.T, "written otherwise") {
		rdf = rewritten(rdf)
	}
	for _, c := range []jcs.Value{both, rdf} {
		h.digests = append(h.digests, record.CredentialDigest(c).String())
	}
	proofs, _ := both.Get("proof")
	switch rapid.IntRange(0, 3).Draw(h.T, "form") {
	case 0:
		h.add(record.NewDigestOp(record.CredentialDigest(both), a.id(), proofs.At(0)))
	case 1:
		h.add(record.NewCredentialOp(both, rapid.Bool().Draw(h.T, "publish")))
	default:
		h.add(record.NewCredentialOp(rdf, rapid.Bool().Draw(h.T, "publish")))
	}
}

// confirm makes a registration of one of a few credentials by which a DID confirms that
// others are its agents.
func (h *history) confirm(a *agent) {
	subjects := []string{string(h.pick("agent").id())}
	if rapid.Bool().Draw(h.T, "of two") {
		subjects = append(subjects, string(h.pick("other").id()), "urn:example:none")
	}
	c := a.sign(a.registration(subjects...).With("id", text(fmt.Sprint("urn:word:", rapid.IntRange(0, 2).Draw(h.T, "word")))))
	h.digests = append(h.digests, record.CredentialDigest(c).String())
	if rapid.IntRange(0, 2).Draw(h.T, "form") == 0 {
		h.add(record.NewDigestOp(record.CredentialDigest(c), a.id(), proofOf(c)))
		return
	}
	h.add(record.NewCredentialOp(c, rapid.Bool().Draw(h.T, "publish")))
}

// drawn is an entry in the making, and who has to approve it.
type drawn struct {
	webvh.Entry
	needs webvh.Witness
}

// grow makes one operation of several entries.
func (h *history) grow(a *agent, first *webvh.Entry) {
	var entries []drawn
	if first != nil {
		entries = append(entries, h.approved(a, *first))
	}
	for range rapid.IntRange(0, 3).Draw(h.T, "entries") {
		if a.state.Deactivated {
			break
		}
		entries = append(entries, h.next(a))
	}
	if home, err := webvh.ParseID(a.id()); err != nil {
		h.Fatal(err)
	} else if home.Domain != domain && first != nil {
		entries = append(entries, h.move(a, domain))
	}
	if len(entries) == 0 {
		return
	}
	list := make([]jcs.Value, len(entries))
	for i := range entries {
		list[i] = entries[i].Value
	}
	now, before := h.proofs(entries)
	if len(before) > 0 {
		if rapid.Bool().Draw(h.T, "at its path") {
			h.add(record.NewWitnessOpAt("agents/"+a.name, before))
		} else {
			h.add(record.NewWitnessOp(before))
		}
	}
	h.add(record.NewDIDOp(list, now))
}

// approved makes an entry the head that the agent believes in, with the word of all
// witnesses it may need.
func (h *history) approved(a *agent, e webvh.Entry) drawn {
	var prev *webvh.State
	if a.state.Number > 0 {
		prev = &a.state
	}
	var proofs []webvh.WitnessProof
	for _, k := range h.signers {
		p, err := webvh.WitnessSign(e.VersionID, epoch, k)
		if err != nil {
			h.Fatal(err)
		}
		proofs = append(proofs, p)
	}
	states, err := webvh.Extend(prev, []webvh.Entry{e}, proofs, webvh.Context{Now: e.Time})
	if err != nil {
		h.Fatal(err)
	}
	d := drawn{e, approvers(prev, &states[0])}
	a.state = states[0]
	return d
}

// next draws an entry.
func (h *history) next(a *agent) drawn {
	key, o := a.key, webvh.UpdateOptions{}
	switch kind := rapid.IntRange(0, 9).Draw(h.T, "kind"); {
	case kind < 2: // rotation
		a.key = keyOf(h.t, fmt.Sprint(a.name, "/", a.state.Number))
		o.UpdateKeys = []string{a.key.Public().String()}
	case kind < 5:
		w := h.drawWitnesses()
		o.Witness = &w
	case kind < 7 && a.state.Portable:
		return h.move(a, rapid.SampledFrom([]string{domain, domain, "elsewhere.example"}).Draw(h.T, "to"))
	case kind == 7 && strings.Contains(string(a.id()), ":"+domain+":"):
		o.Deactivate = rapid.IntRange(0, 4).Draw(h.T, "deactivate") == 0
	}
	o.Document = a.document(a.id(), rapid.SampledFrom([]string{"s", "t"}).Draw(h.T, "service"))
	return h.entry(a, o, key)
}

func (h *history) entry(a *agent, o webvh.UpdateOptions, key multikey.PrivateKey) drawn {
	o.Time = a.later()
	e, err := webvh.Update(a.state, o, key)
	if err != nil {
		h.Fatal(err)
	}
	return h.approved(a, e)
}

// move takes a log to another place.
func (h *history) move(a *agent, to string) drawn {
	id, err := webvh.ParseID(a.id())
	if err != nil {
		h.Fatal(err)
	}
	id.Domain, id.Path = to, []string{rapid.SampledFrom([]string{"agents", "people"}).Draw(h.T, "place"), a.name}
	doc := a.document(id.ID())
	if id.ID() != a.id() {
		doc = doc.With("alsoKnownAs", strs(string(a.id())))
	}
	return h.entry(a, webvh.UpdateOptions{Document: doc}, a.key)
}

// proofs draws who approves entries of one operation, by which version, in which order,
// and what of it is set aside before.
func (h *history) proofs(entries []drawn) (now, before []jcs.Value) {
	for i := range entries {
		needs := entries[i].needs
		if !needs.Active() {
			continue
		}
		least := needs.Threshold
		if rapid.IntRange(0, 9).Draw(h.T, "one is missing") == 0 {
			least--
		}
		for _, w := range rapid.Permutation(needs.Witnesses).Draw(h.T, "order")[:rapid.IntRange(least, len(needs.Witnesses)).Draw(h.T, "approvals")] {
			at := i
			if rapid.IntRange(0, 3).Draw(h.T, "later") == 0 {
				at = rapid.IntRange(i, len(entries)-1).Draw(h.T, "version")
			}
			p, err := webvh.WitnessSign(entries[at].VersionID, epoch.Add(time.Duration(rapid.IntRange(0, 1).Draw(h.T, "created"))*time.Second), h.signers[w.ID])
			if err != nil {
				h.Fatal(err)
			}
			item := webvh.FormatWitnessFile([]webvh.WitnessProof{p}).At(0)
			if rapid.IntRange(0, 3).Draw(h.T, "set aside") == 0 {
				before = append(before, item)
			} else {
				now = append(now, item)
			}
		}
	}
	if len(now) > 1 && rapid.Bool().Draw(h.T, "shuffled") {
		now = rapid.Permutation(now).Draw(h.T, "items")
	}
	return now, before
}

// apart divides the operations of several entries, where nothing in their records shows
// that they were one: outcome is what became of each, of the ledger l.
func apart(rt *rapid.T, t testing.TB, l *Ledger, list []timed, outcomes [][]byte) []timed {
	v := l.View()
	defer v.Close()
	var out []timed
	for i, s := range list {
		op, err := record.DecodeOp(s.cmd)
		if err != nil {
			t.Fatal(err)
		}
		outcome, err := record.DecodeOutcome(outcomes[i])
		if err != nil {
			t.Fatal(err)
		}
		if op.Name != record.OpDID || outcome.Code != record.Accepted || len(op.Entries) == 1 {
			out = append(out, s)
			continue
		}
		for _, part := range divided(rt, t, v, op, outcome) {
			out = append(out, timed{part.Encode(), s.unixMilli})
		}
	}
	return out
}

// divided returns operations that make the records of one.
func divided(rt *rapid.T, t testing.TB, v *View, op record.Op, outcome record.Outcome) []record.Op {
	t.Helper()
	var parts []record.Op
	var entries, witness []jcs.Value
	for i, entry := range op.Entries {
		data, err := v.Record(outcome.Seq + 1 - record.Seq(len(op.Entries)-i))
		if err != nil {
			t.Fatal(err)
		}
		h := heldRecord{value: append(make([]byte, 32), data...)}
		if err := h.open(); err != nil {
			t.Fatal(err)
		}
		if h.proven > h.version {
			return []record.Op{op}
		}
		entries, witness = append(entries, entry), append(witness, asFile(h.did.Witness)...)
		last := i == len(op.Entries)-1
		if last || h.id.Domain == domain && rapid.Bool().Draw(rt, "cut here") {
			parts = append(parts, must(t)(record.NewDIDOp(entries, witness)))
			entries, witness = nil, nil
		}
	}
	return parts
}

// projections is everything that is a function of the records alone, in order.
func projections(t testing.TB, l *Ledger) []byte {
	t.Helper()
	v := l.View()
	defer v.Close()
	var b bytes.Buffer
	err := v.from.Scan(nil, nil, func(key, value []byte) error {
		if !view.Beside(key) {
			fmt.Fprintf(&b, "%q = %q\n", key, value)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestRecordsAloneMakeTheLedger: whatever operations records came by, in whatever
// batches, what Apply makes, what a restoration makes, and what a restoration of what
// that writes makes, are the same bytes.
func TestRecordsAloneMakeTheLedger(t *testing.T) {
	accepted, refused := 0, 0
	kinds := make(map[record.Kind]int)
	completing := 0
	rapid.Check(t, func(rt *rapid.T) {
		list := quantise(drawHistory(t, rt, 40).list)
		one := open(t, vfs.NewMem())
		defer closing(t, one)
		outcomes := play(t, func() *Ledger { return one }, list, func(int) bool { return true }, func(uint64) {})
		for i := range outcomes {
			if o, err := record.DecodeOutcome(outcomes[i]); err == nil && o.Code == record.Accepted {
				accepted++
				if o.Completes != 0 {
					completing++
				}
			} else {
				refused++
			}
		}
		countKinds(t, one, kinds)
		want := dump(t, one)
		same := func(what string, l *Ledger) {
			t.Helper()
			if got := dump(t, l); !bytes.Equal(want, got) {
				rt.Fatalf("%s: the stores differ:\n%s\n%s", what, want, got)
			}
		}
		cut := func(int) bool { return rapid.IntRange(0, 3).Draw(rt, "cut") == 0 }
		batched, divided := open(t, vfs.NewMem()), open(t, vfs.NewMem())
		defer closing(t, batched)
		defer closing(t, divided)
		play(t, func() *Ledger { return batched }, list, cut, func(uint64) {})
		same("in batches", batched)
		play(t, func() *Ledger { return divided }, apart(rt, t, one, list, outcomes), cut, func(uint64) {})
		if a, b := projections(t, one), projections(t, divided); !bytes.Equal(a, b) {
			rt.Fatalf("taken apart: the projections differ:\n%s\n%s", a, b)
		}
		CheckInvariants(t, one)
		again := one
		for _, what := range []string{"restored", "restored once more"} {
			written := snapshotOf(t, again)
			l := open(t, vfs.NewMem())
			defer closing(t, l)
			if err := l.RestoreSnapshot(bytes.NewReader(written), nil); err != nil {
				rt.Fatalf("%s: %v", what, err)
			}
			same(what, l)
			if !bytes.Equal(written, snapshotOf(t, l)) {
				rt.Fatalf("%s: it writes another snapshot", what)
			}
			again = l
		}
	})
	if accepted < 500 {
		return // fewer histories were asked for than show anything
	}
	if accepted < 2*refused {
		t.Errorf("%d operations were accepted, %d refused: this shows little", accepted, refused)
	}
	for _, kind := range record.Kinds() {
		if kinds[kind] == 0 {
			t.Errorf("no %s record was made: this shows nothing of them", kind)
		}
	}
	if completing == 0 {
		t.Error("no registration completed another: this shows nothing of them")
	}
	t.Logf("%d operations accepted, %d of which completed a registration, %d refused; records %v", accepted, completing, refused, kinds)
}

func countKinds(t testing.TB, l *Ledger, kinds map[record.Kind]int) {
	v := l.View()
	defer v.Close()
	for seq, data := range v.Records(0, int(v.Size())) {
		r, err := record.Decode(data)
		if err != nil {
			t.Fatalf("record %d: %v", seq, err)
		}
		kinds[r.Kind]++
	}
	if err := v.Err(); err != nil {
		t.Fatal(err)
	}
}
