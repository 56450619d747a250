package webvh_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
)

// controller is a model of a DID's controller, who does anything that the
// specification permits and remembers what should have come of it.
type controller struct {
	*chain
	draw *rapid.T
	// signers may sign the next entry; committed have their hashes published.
	signers, committed []string
	keys               int
	witnesses          []string
	portable           bool
}

func (m *controller) freshKey() string {
	m.keys++
	return fmt.Sprintf("k%d", m.keys)
}

func (m *controller) multikeys(names []string) []string {
	var list []string
	for _, n := range names {
		list = append(list, public(m.t, n))
	}
	return list
}

func (m *controller) hashes(names []string) []string {
	list := []string{}
	for _, n := range names {
		list = append(list, webvh.KeyHash(public(m.t, n)))
	}
	return list
}

// drawWitness returns a list of witnesses, perhaps none.
func (m *controller) drawWitness() (webvh.Witness, []string) {
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"w1", "w2", "w3"}), 0, 3, rapid.ID[string]).Draw(m.draw, "witnesses")
	var w webvh.Witness
	for _, n := range names {
		w.Witnesses = append(w.Witnesses, witnessID(m.t, n))
	}
	if len(names) > 0 {
		w.Threshold = rapid.IntRange(1, len(names)).Draw(m.draw, "threshold")
	}
	return w, names
}

// step makes one more entry.
func (m *controller) step() {
	var next, commit []string
	signer := rapid.SampledFrom(m.signers).Draw(m.draw, "signer")
	appointed := m.witnesses
	m.update(signer, func(o *webvh.UpdateOptions) {
		if m.committed != nil || rapid.Bool().Draw(m.draw, "rotate") {
			next = m.drawKeys()
			o.UpdateKeys = m.multikeys(next)
		}
		if m.committed != nil || rapid.Bool().Draw(m.draw, "commit") {
			for range rapid.IntRange(0, 2).Draw(m.draw, "commitments") {
				commit = append(commit, m.freshKey())
			}
			o.NextKeyHashes = m.hashes(commit)
		}
		if rapid.Bool().Draw(m.draw, "appoint") {
			var w webvh.Witness
			w, appointed = m.drawWitness()
			o.Witness = &w
		}
		if m.portable && rapid.Bool().Draw(m.draw, "move") {
			o.Document = m.moved()
		}
	})
	if next != nil {
		m.signers = next
	}
	if m.committed = commit; commit != nil {
		m.signers = commit
	}
	m.approve(appointed)
}

// drawKeys are the update keys of a rotation: under pre-rotation those committed
// to, the one that signs among them.
func (m *controller) drawKeys() []string {
	if m.committed != nil {
		return m.committed
	}
	next := []string{m.freshKey()}
	if rapid.Bool().Draw(m.draw, "two") {
		next = append(next, m.freshKey())
	}
	return next
}

func (m *controller) moved() jcs.Value {
	host := rapid.SampledFrom([]string{"example.org", "example.net", "example.com"}).Draw(m.draw, "host")
	id := did.ID(fmt.Sprintf("did:webvh:%s:%s", m.state.SCID, host))
	return document(m.t, "doc")(id).With("alsoKnownAs", jcs.Array(jcs.FromString(string(m.state.DID))))
}

// approve has all witnesses sign that the newest entry can have needed.
func (m *controller) approve(appointed []string) {
	if len(m.witnesses) > 0 {
		m.witness(m.witnesses...)
	} else {
		m.witness(appointed...)
	}
	m.witnesses = appointed
}

func newController(t *testing.T, draw *rapid.T) *controller {
	m := &controller{draw: draw, signers: []string{"k0"}, portable: rapid.Bool().Draw(draw, "portable")}
	m.chain = &chain{t: t}
	w, names := m.drawWitness()
	m.chain = create(t, "k0", func(o *webvh.CreateOptions) { o.Portable, o.Witness = m.portable, w })
	m.approve(names)
	return m
}

// TestAnyLife: whatever a controller may do verifies; judged in any two parts it
// comes to the same state; and the state survives being stored in between.
func TestAnyLife(t *testing.T) {
	rapid.Check(t, func(draw *rapid.T) {
		m := newController(t, draw)
		for range rapid.IntRange(0, 6).Draw(draw, "steps") {
			m.step()
		}
		log, err := m.verify()
		if err != nil {
			t.Fatalf("%v\n%s\n%s", err, m.log(), m.witnessFile())
		}
		if !reflect.DeepEqual(log.Versions[len(log.Versions)-1].State, m.state) {
			t.Fatalf("%+v\nwant\n%+v", log.Versions[len(log.Versions)-1].State, m.state)
		}
		checkLog(t, log, day(100))
		m.inParts(rapid.IntRange(0, len(m.entries)).Draw(draw, "cut"))
	})
}

func (m *controller) inParts(cut int) {
	c := webvh.Context{Now: day(100)}
	states, err := webvh.Extend(nil, m.entries[:cut], m.proofs, c)
	if err != nil {
		m.t.Fatal(err)
	}
	var prev *webvh.State
	if cut > 0 {
		data, err := json.Marshal(states[cut-1])
		if err != nil {
			m.t.Fatal(err)
		}
		prev = new(webvh.State)
		if err := json.Unmarshal(data, prev); err != nil {
			m.t.Fatal(err)
		}
	}
	rest, err := webvh.Extend(prev, m.entries[cut:], m.proofs, c)
	if err != nil {
		m.t.Fatal(err)
	}
	if all := append(states, rest...); !reflect.DeepEqual(all[len(all)-1], m.state) {
		m.t.Fatalf("in parts: %+v\nwant\n%+v", all[len(all)-1], m.state)
	}
}

// TestAnyByte: no byte of a log can be changed without the entry it is in being
// refused, unless the entry is still the same JSON.
func TestAnyByte(t *testing.T) {
	log := create(t, "a", nil).update("a", nil).log()
	first := bytes.IndexByte(log, '\n')
	for i := range log {
		for _, flip := range []byte{1, 0x20, 0x80} {
			changed := bytes.Clone(log)
			changed[i] ^= flip
			l, err := webvh.VerifyLog(changed, nil, day(100))
			want := 0
			if i > first {
				want = 1
			}
			if err == nil || len(l.Versions) != want {
				t.Fatalf("byte %d changed by %#x: %v, %d versions\n%s", i, flip, err, len(l.Versions), changed)
			}
		}
	}
}

// FuzzVerifyLog: no input makes VerifyLog panic or vouch for what cannot be
// proved again, and whatever is valid is valid in its canonical form.
func FuzzVerifyLog(f *testing.F) {
	c := create(f, "a", func(o *webvh.CreateOptions) {
		o.Witness = webvh.Witness{Threshold: 1, Witnesses: []webvh.WitnessID{witnessID(f, "w1")}}
	})
	c.witness("w1").update("a", nil).witness("w1")
	f.Add(c.log(), c.witnessFile())
	f.Add(create(f, "a", nil).update("a", nil).log(), []byte("[]"))
	f.Add([]byte(strings.Repeat("{}\n", 3)), []byte(nil))
	f.Fuzz(func(t *testing.T, log, witness []byte) {
		l, err := webvh.VerifyLog(log, witness, day(100))
		if (err == nil) != (l.Err == nil) {
			t.Fatalf("%v, Err %v", err, l.Err)
		}
		checkLog(t, l, day(100))
		var canonical []byte
		for _, v := range l.Versions {
			canonical = append(v.Entry.Value.Append(canonical), '\n')
		}
		if again, _ := webvh.VerifyLog(canonical, witness, day(100)); err == nil && len(again.Versions) != len(l.Versions) {
			t.Errorf("%d versions, in canonical form %d: %v", len(l.Versions), len(again.Versions), again.Err)
		}
	})
}
