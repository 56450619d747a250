package ledger

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
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

// A stranger's thousands of proofs, for versions that never come, made the oldest give
// way: those of owners who were about to send their entries.
func TestFloodOfProofsEvictsNobody(t *testing.T) {
	f := newFixture(t)
	early := witnessed(f, "early", 1, "w1")
	f.accept(f.witnessOp(witnessItem(t, early.state.VersionID, "w1")))
	settled := witnessed(f, "settled", 1, "w2")
	f.accept(f.didOp(settled, witnessItem(t, settled.state.VersionID, "w2")))
	settled.update(webvh.UpdateOptions{})
	f.accept(f.awaitedOp(settled, "w2"))

	flood(f, view.MaxStaged-1)
	f.refuse(f.witnessOp(witnessItem(t, "1-QmOneMore", "stranger")), record.StagingFull)
	restores(t, f.l)
	f.accept(f.didOp(early))
	f.accept(f.didOp(settled))
	settled.update(webvh.UpdateOptions{})
	f.accept(f.awaitedOp(settled, "w2"))
	f.accept(f.didOp(settled))

	f.now = f.now.Add(record.StagedLife) // then their time is over
	f.accept(f.witnessOp(witnessItem(t, "1-QmOneMore", "stranger")))
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

// flood sets proofs of a stranger aside for so many versions that there are not. It
// shares the places with what was there, but for those that were left.
func flood(f *fixture, versions int) {
	f.Helper()
	var items []jcs.Value
	for n := range versions {
		items = append(items, witnessItem(f, "1-Qm"+strconv.Itoa(n), "stranger"))
		if len(items) == 512 || n == versions-1 {
			f.accept(f.witnessOp(items...))
			items = nil
		}
	}
}

// awaitedOp sets proofs for an agent's newest version aside at its path.
func (f *fixture) awaitedOp(a *agent, witnesses ...string) record.Op {
	f.Helper()
	return f.witnessAt("agents/"+a.name, witnessItem(f, a.state.VersionID, witnesses...))
}

func (f *fixture) witnessAt(path string, items ...jcs.Value) record.Op {
	f.Helper()
	return must(f)(record.NewWitnessOpAt(path, items))
}

// A place is free again when its version has come, however long others hold theirs.
func TestPlaceOfAVersionThatCameIsFree(t *testing.T) {
	f := newFixture(t)
	come := func(name string) {
		t.Helper()
		a := witnessed(f, name, 1, "w")
		f.accept(f.witnessOp(witnessItem(t, a.state.VersionID, "w")))
		f.accept(f.didOp(a))
	}
	come("a")
	come("b")
	flood(f, view.MaxStaged-2)
	come("c")
	come("d")
	f.refuse(f.witnessOp(witnessItem(t, "1-QmOneMore", "w")), record.StagingFull)
	restores(t, f.l)
}

// What the witnesses of a DID approve waits for it alone, and goes when its entry has
// come or it names others.
func TestProofsThatADIDAwaits(t *testing.T) {
	f := newFixture(t)
	a := witnessed(f, "a", 2, "w1", "w2", "w3")
	f.accept(f.didOp(a, witnessItem(t, a.state.VersionID, "w1", "w2")))
	first := a.state.VersionID
	a.update(webvh.UpdateOptions{})
	second := a.state.VersionID
	f.accept(f.witnessAt("agents/a", witnessItem(t, second, "w1"), witnessItem(t, first, "w3"), witnessItem(t, "7-QmFar", "w2")))
	f.accept(f.witnessAt("agents/a", witnessItem(t, second, "stranger"))) // no witness yet: not awaited
	checkAwaited(f, a, second+" 7-QmFar")
	f.refuse(f.witnessAt("agents/a", witnessItem(t, "2000-QmTooFar", "w2")), record.WitnessProof)
	entry := f.didOp(a)
	f.refuse(entry, record.WitnessThreshold)
	f.accept(f.witnessAt("agents/a", witnessItem(t, second, "w3")))
	restores(t, f.l)
	f.accept(entry)
	checkAwaited(f, a, "7-QmFar")
	a.update(webvh.UpdateOptions{Witness: &webvh.Witness{}})
	f.accept(f.didOp(a, witnessItem(t, a.state.VersionID, "w1", "w2")))
	checkAwaited(f, a, "")
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

func checkAwaited(f *fixture, a *agent, want string) {
	f.Helper()
	v := f.l.View()
	defer v.Close()
	awaited, err := view.GetAwaited(v.in, a.state.SCID)
	if err != nil {
		f.Fatal(err)
	}
	var versions []string
	for _, p := range awaited {
		versions = append(versions, p.VersionID)
	}
	if got := strings.Join(versions, " "); got != want {
		f.Errorf("awaited: %q, want %q", got, want)
	}
}

// One witness takes up no room of another's, and its proofs for the next versions stay.
func TestOneWitnessCannotTakeTheRoomOfOthers(t *testing.T) {
	f := newFixture(t)
	a := witnessed(f, "a", 1, "greedy", "modest")
	f.accept(f.didOp(a, witnessItem(t, a.state.VersionID, "modest")))
	version := func(n int) string { return strconv.Itoa(n) + "-QmX" }
	for n := 3; n < 3+record.MaxAwaited; n++ {
		f.accept(f.witnessAt("agents/a", witnessItem(t, version(n), "greedy")))
	}
	f.refuse(f.witnessAt("agents/a", witnessItem(t, version(100), "greedy")), record.StagingFull)
	f.accept(f.witnessAt("agents/a", witnessItem(t, version(2), "greedy"))) // in the place of the last
	f.refuse(f.witnessAt("agents/a", witnessItem(t, version(2+record.MaxAwaited), "greedy")), record.StagingFull)
	f.accept(f.witnessAt("agents/a", witnessItem(t, version(100), "modest")))
	padding := make([]jcs.Value, 700)
	for n := range record.MaxAwaited { // large ones, as many as there is room for
		p := paddedProof(t, version(n+2), "modest", jcs.Array(padding...))
		f.apply(f.witnessAt("agents/a", obj("versionId", version(n+2), "proof", jcs.Array(p))))
	}
	restores(t, f.l)
}

// Proofs that were set aside before places had times are still found, and give way.
func TestProofsSetAsideBeforePlacesHadTimes(t *testing.T) {
	f := newFixture(t)
	a := witnessed(f, "a", 1, "w")
	f.accept(f.witnessOp(witnessItem(t, a.state.VersionID, "w"), witnessItem(t, "1-QmOld", "w")))
	forgetTimes(t, f.l)
	restores(t, f.l)
	f.accept(f.didOp(a))
	flood(f, view.MaxStaged)
	v := f.l.View()
	defer v.Close()
	if staged, err := v.Staged("1-QmOld"); err != nil || staged.Len() != 0 {
		t.Errorf("%s, %v", staged.Canonical(), err)
	}
	restores(t, f.l)
}

// forgetTimes leaves the ledger as it was before places of staged proofs had times.
func forgetTimes(t testing.TB, l *Ledger) {
	t.Helper()
	b := l.gen.db.NewBatch(1 << 10)
	err := l.gen.db.Scan([]byte{'W'}, []byte{'W' + 1}, func(key, _ []byte) error {
		b.Delete(bytes.Clone(key))
		return nil
	})
	if err := errors.Join(err, b.Apply(), b.Close()); err != nil {
		t.Fatal(err)
	}
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
