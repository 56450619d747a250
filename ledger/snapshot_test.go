package ledger

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/tabard-id/tabard/ledger/record"
)

// populated has some of everything.
func populated(t testing.TB) *fixture {
	t.Helper()
	f := newFixture(t)
	a := f.agent("a")
	c := a.sign(a.credential("s"))
	f.accept(f.credentialOp(c, true))
	f.change(a, record.CredentialDigest(c).String(), record.Suspended)
	w := witnessed(f, "w", 1, "w1")
	f.accept(f.witnessOp(witnessItem(f, w.state.VersionID, "w1"), witnessItem(f, "9-Qm", "w2")))
	f.accept(f.didOp(w))
	for _, name := range []string{"b", "c", "d"} {
		f.agent(name)
	}
	f.accept(f.credentialOp(a.revocable("r", 5), true))
	f.change(a, record.CredentialDigest(a.revocable("r", 5)).String(), record.Suspended)
	f.change(a, string(a.id())+"/status-lists/revocation/0#7", record.Revoked)
	f.accept(f.listOp(a, a.statusList(elsewhere("1"), "revocation", 3)))
	f.observe(newStranger(f, "s"))
	f.accept(f.whoisOp(a, a.presentation("s")))
	f.raw(f.now.UnixMilli(), nil) // the applied index runs ahead of the records
	return f
}

func snapshotOf(t testing.TB, l *Ledger) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := l.WriteSnapshot(&b, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSnapshotMakesTheSameLedger(t *testing.T) {
	f := populated(t)
	snapshot := snapshotOf(t, f.l)
	fs := vfs.NewMem()
	g := open(t, fs)
	if err := g.RestoreSnapshot(bytes.NewReader(snapshot), nil); err != nil {
		t.Fatal(err)
	}
	same := func() {
		t.Helper()
		if !bytes.Equal(dump(t, f.l), dump(t, g)) {
			t.Error("the stores differ")
		}
		if g.AppliedIndex() != f.l.AppliedIndex() || g.Size() != f.l.Size() {
			t.Errorf("applied %d, size %d; want %d, %d", g.AppliedIndex(), g.Size(), f.l.AppliedIndex(), f.l.Size())
		}
		CheckInvariants(t, g)
	}
	same()
	if !bytes.Equal(snapshot, snapshotOf(t, g)) {
		t.Error("the snapshot of what was restored is another one")
	}
	closing(t, g)
	g = open(t, fs)
	defer func() { closing(t, g) }()
	same()
	// Both go on alike.
	op := f.didOp(newAgent(t, "later", []string{"later"}, nil))
	f.accept(op)
	if _, err := g.Apply(f.index, f.now.UnixMilli(), [][]byte{op.Encode()}); err != nil {
		t.Fatal(err)
	}
	same()
}

func TestSnapshotReplacesWhatWasThere(t *testing.T) {
	f := populated(t)
	snapshot := snapshotOf(t, f.l)
	behind := newFixture(t)
	size := behind.l.Size()
	old := behind.l.View()
	grown := behind.l.Notify()
	if err := behind.l.RestoreSnapshot(bytes.NewReader(snapshot), nil); err != nil {
		t.Fatal(err)
	}
	<-grown
	if !bytes.Equal(dump(t, f.l), dump(t, behind.l)) {
		t.Error("the stores differ")
	}
	if !behind.l.ChangedSince("anything", size) {
		t.Error("what was computed before the restoration counts as good")
	}
	if data, err := old.Record(0); err != nil || len(data) == 0 || old.Size() != 1 {
		t.Errorf("a view taken before does not work any more: %v", err)
	}
	old.Close()
	behind.reopen()
	CheckInvariants(t, behind.l)
}

// Every bit of a snapshot matters: flip any, or cut it anywhere, and the ledger
// stays what it was.
func TestDamagedSnapshotsAreRefused(t *testing.T) {
	snapshot := snapshotOf(t, populated(t).l)
	f := newFixture(t)
	before := dump(t, f.l)
	refused := func(what string, data []byte) {
		t.Helper()
		err := f.l.RestoreSnapshot(bytes.NewReader(data), nil)
		if !errors.Is(err, ErrSnapshot) {
			t.Fatalf("%s: error %v", what, err)
		}
	}
	step := max(1, len(snapshot)/400)
	for i := 0; i < len(snapshot); i += step {
		flipped := bytes.Clone(snapshot)
		flipped[i] ^= 1 << (i % 8)
		refused("flipped bit", flipped)
	}
	for i := 0; i < len(snapshot); i += 20 * step {
		refused("cut", snapshot[:i])
	}
	refused("something after the end", append(bytes.Clone(snapshot), 0))
	if !bytes.Equal(before, dump(t, f.l)) {
		t.Error("a refused snapshot changed the ledger")
	}
	f.reopen()
	if !bytes.Equal(before, dump(t, f.l)) {
		t.Error("a refused snapshot changed the ledger on disk")
	}
	err := f.l.RestoreSnapshot(bytes.NewReader(append([]byte("TABARDLS\x00\x03"), snapshot[10:]...)), nil)
	if err == nil || !strings.Contains(err.Error(), "format version 3") {
		t.Errorf("a snapshot of a later version: %v", err)
	}
}

// A crash while a snapshot is being restored leaves the old ledger or the new one.
func TestCrashDuringRestore(t *testing.T) {
	f := populated(t)
	snapshot := snapshotOf(t, f.l)
	after := dump(t, f.l)
	g := newFixture(t)
	if err := g.l.Flush(); err != nil {
		t.Fatal(err)
	}
	before := dump(t, g.l)
	var crashes []*vfs.MemFS
	crash := func() { crashes = append(crashes, g.fs.CrashClone(vfs.CrashCloneCfg{})) }
	if err := g.l.RestoreSnapshot(&tapped{r: bytes.NewReader(snapshot), tap: crash}, nil); err != nil {
		t.Fatal(err)
	}
	restored := len(crashes)
	crash()
	for i, fs := range crashes {
		l := open(t, fs)
		want := before
		if i >= restored {
			want = after
		}
		if !bytes.Equal(dump(t, l), want) {
			t.Errorf("crash %d of %d left a ledger that is neither the old one nor the new one", i, restored)
		}
		closing(t, l)
	}
}

// tapped calls tap now and then while it is read.
type tapped struct {
	r   io.Reader
	tap func()
}

func (r *tapped) Read(b []byte) (int, error) {
	r.tap()
	return r.r.Read(b[:min(len(b), 4<<10)])
}

func TestSnapshotWhileApplying(t *testing.T) {
	f := populated(t)
	size := f.l.Size()
	var b bytes.Buffer
	var fresh int
	err := f.l.WriteSnapshot(writerFunc(func(p []byte) (int, error) {
		fresh++
		f.agent("during" + strings.Repeat("x", fresh))
		return b.Write(p)
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	l := open(t, vfs.NewMem())
	defer closing(t, l)
	if err := l.RestoreSnapshot(&b, nil); err != nil {
		t.Fatal(err)
	}
	if l.Size() != size || f.l.Size() == size {
		t.Errorf("the snapshot has %d records, %d when it was begun, %d now", l.Size(), size, f.l.Size())
	}
	CheckInvariants(t, l)
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(p []byte) (int, error) { return w(p) }
