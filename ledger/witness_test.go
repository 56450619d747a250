package ledger

import (
	"strconv"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

func (f *fixture) witnessOp(items ...jcs.Value) record.Op {
	f.Helper()
	return must(f)(record.NewWitnessOp(items))
}

func TestWitnessProofsComeWithTheEntryOrBefore(t *testing.T) {
	f := newFixture(t)
	a := witnessed(f, "a", 2, "w1", "w2", "w3")
	f.accept(f.didOp(a, witnessItem(t, a.state.VersionID, "stranger", "w1", "w3", "w2")))
	a.update(webvh.UpdateOptions{})
	out := f.accept(f.witnessOp(witnessItem(t, a.state.VersionID, "w2")))
	if out.Count != 0 || f.l.Size() != 2 {
		t.Errorf("setting proofs aside made records: %+v", out)
	}
	update := f.didOp(a)
	f.refuse(update, record.WitnessThreshold)
	f.accept(f.witnessOp(witnessItem(t, a.state.VersionID, "w1", "stranger")))
	f.accept(update)
	CheckInvariants(t, f.l)
	v := f.l.View()
	defer v.Close()
	file, err := v.Witnesses(a.state.SCID)
	if err != nil {
		t.Fatal(err)
	}
	log := logOf(t, v, a.state.SCID)
	if _, err := webvh.VerifyLog(log, file.Canonical(), f.now); err != nil {
		t.Errorf("log and did-witness.json do not verify: %v", err)
	}
	if _, err := webvh.VerifyLog(log, nil, f.now); err == nil {
		t.Error("the log verifies without its did-witness.json")
	}
	if staged, err := v.Staged(a.state.VersionID); err != nil || staged.Len() != 0 {
		t.Errorf("proofs remain set aside: %s, %v", staged.Canonical(), err)
	}
}

// A witness's proof of a later version approves the earlier ones, also in records
// that have to prove it by themselves.
func TestLaterProofsApproveEarlierEntries(t *testing.T) {
	f := newFixture(t)
	a := witnessed(f, "a", 1, "w1", "w2")
	first := a.state.VersionID
	a.update(webvh.UpdateOptions{}, "one")
	a.update(webvh.UpdateOptions{}, "two")
	out := f.accept(f.didOp(a, witnessItem(t, first, "stranger"), witnessItem(t, a.state.VersionID, "w2")))
	if out.Count != 3 {
		t.Fatalf("%d records", out.Count)
	}
	CheckInvariants(t, f.l)
	v := f.l.View()
	defer v.Close()
	file, err := v.Witnesses(a.state.SCID)
	if err != nil {
		t.Fatal(err)
	}
	if file.Len() != 1 {
		t.Errorf("did-witness.json has %d items", file.Len())
	}
	if _, err := webvh.VerifyLog(logOf(t, v, a.state.SCID), file.Canonical(), f.now); err != nil {
		t.Error(err)
	}
}

func TestProofsSetAsideAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("signs thousands of proofs")
	}
	f := newFixture(t)
	item := func(n int) jcs.Value { return witnessItem(t, "1-Qm"+strconv.Itoa(n), "w") }
	items := make([]jcs.Value, 0, 512)
	for n := range view.MaxStaged + 512 {
		if items = append(items, item(n)); len(items) == 512 {
			f.accept(f.witnessOp(items...))
			items = items[:0]
		}
	}
	v := f.l.View()
	defer v.Close()
	kept := 0
	for n := range view.MaxStaged + 512 {
		staged, err := v.Staged("1-Qm" + strconv.Itoa(n))
		if err != nil {
			t.Fatal(err)
		}
		if kept += staged.Len(); staged.Len() == 1 && n < 512 {
			t.Fatalf("proof %d, of the oldest, was kept", n)
		}
	}
	if kept != view.MaxStaged {
		t.Errorf("%d versions kept, want %d", kept, view.MaxStaged)
	}
	restores(t, f.l)
}

func logOf(t testing.TB, v *View, scid string) []byte {
	t.Helper()
	var log []byte
	for entry, err := range v.Log(scid) {
		if err != nil {
			t.Fatal(err)
		}
		log = append(append(log, entry...), '\n')
	}
	return log
}
