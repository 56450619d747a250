package ledger

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/tabard-id/tabard/ledger/record"
)

// replayed is a ledger that has applied the first n entries of another.
func replayed(t testing.TB, f *fixture, n int) *fixture {
	t.Helper()
	g := &fixture{TB: t, fs: vfs.NewCrashableMem(), registry: f.registry, now: f.now}
	g.l = open(t, g.fs)
	t.Cleanup(func() { closing(t, g.l) })
	for _, e := range f.sent[:n] {
		if _, err := g.l.Apply(e.index, e.unixMilli, e.cmds); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

func holdingOf(t testing.TB, l *Ledger) []byte {
	t.Helper()
	held, err := l.Holding()
	if err != nil {
		t.Fatal(err)
	}
	return held
}

// restFor is the snapshot for a node that holds that.
func restFor(t testing.TB, l *Ledger, held []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := l.WriteSnapshot(&b, held); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sameAs(t testing.TB, f *fixture, l *Ledger) {
	t.Helper()
	if !bytes.Equal(dump(t, f.l), dump(t, l)) || l.AppliedIndex() != f.l.AppliedIndex() {
		t.Fatal("the ledgers differ")
	}
}

// A node that fell behind is sent what it lacks, wherever it was, and becomes the same.
func TestSnapshotForOneWhoHasTheFirstRecords(t *testing.T) {
	f := full(t)
	whole := len(snapshotOf(t, f.l))
	for n := 1; n < len(f.sent); n += 5 {
		g := replayed(t, f, n)
		size := g.l.Size()
		rest := restFor(t, f.l, holdingOf(t, g.l))
		if size > 0 && len(rest) >= whole {
			t.Fatalf("with %d records there already: %d bytes, the whole is %d", size, len(rest), whole)
		}
		before := dump(t, g.l)
		if err := g.l.RestoreSnapshot(bytes.NewReader(rest[:len(rest)-1]), nil); !errors.Is(err, ErrSnapshot) {
			t.Fatalf("cut short: %v", err)
		}
		if !bytes.Equal(before, dump(t, g.l)) {
			t.Fatal("an interrupted restoration changed the ledger")
		}
		if err := g.l.RestoreSnapshot(bytes.NewReader(restFor(t, f.l, holdingOf(t, g.l))), nil); err != nil {
			t.Fatal(err)
		}
		sameAs(t, f, g.l)
		g.reopen()
		sameAs(t, f, g.l)
	}
}

// What was restored when the stream broke off is there when it comes again, also after a
// crash, and nothing of it is seen until all is there.
func TestRestorationIsTakenUp(t *testing.T) {
	f := full(t)
	for range 700 { // more than are judged at a time
		f.raw(f.now.UnixMilli(), nil)
	}
	for i, cmd := range creations(t, 3*replayRecords) {
		if out := f.raw(f.now.UnixMilli(), [][]byte{cmd})[0]; out.Code != record.Accepted {
			t.Fatalf("creation %d: %s", i, out.Code)
		}
	}
	for _, crash := range []bool{false, true} {
		fs := vfs.NewCrashableMem()
		g := open(t, fs)
		var last record.Seq
		rounds := 0
		for g.Size() == 0 {
			if rounds++; rounds > 10 {
				t.Fatal("it never ends")
			}
			held := holdingOf(t, g)
			rest := restFor(t, f.l, held)
			err := g.RestoreSnapshot(io.LimitReader(bytes.NewReader(rest), int64(max(len(rest)/2, 2*blockSize))), nil)
			if err == nil {
				break
			}
			if g.Size() > 0 {
				t.Fatal("a part of a ledger is seen")
			}
			if g.incoming == nil || g.incoming.size < last || g.incoming.size == 0 {
				t.Fatalf("%+v is kept, %d records were there", g.incoming, last)
			}
			last = g.incoming.size
			if crash {
				if err := g.incoming.gen.db.Flush(); err != nil {
					t.Fatal(err)
				}
				fs = fs.CrashClone(vfs.CrashCloneCfg{})
			}
			closing(t, g)
			g = open(t, fs)
		}
		if rounds < 3 {
			t.Errorf("%d rounds: nothing was taken up", rounds)
		}
		sameAs(t, f, g)
		closing(t, g)
	}
}

// A restoration that was interrupted is forgotten once the ledger has as much from the log.
func TestInterruptedRestorationIsForgotten(t *testing.T) {
	f := full(t)
	g := replayed(t, f, 1)
	rest := restFor(t, f.l, holdingOf(t, g.l))
	if err := g.l.RestoreSnapshot(bytes.NewReader(rest[:len(rest)-1]), nil); err == nil {
		t.Fatal("restored what was cut short")
	}
	g.reopen()
	if g.l.incoming == nil {
		t.Fatal("nothing is taken up")
	}
	for _, e := range f.sent[1:] {
		if _, err := g.l.Apply(e.index, e.unixMilli, e.cmds); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.l.Flush(); err != nil {
		t.Fatal(err)
	}
	if there, err := g.l.generations.Has(g.l.gen.n + 1); there || err != nil {
		t.Errorf("the store is still there (%v)", err)
	}
	sameAs(t, f, g.l)
}

// Whoever has another history, or one whose views are not what its records make, gets
// all from the first record on.
func TestRestorationThatCannotGoOnBeginsAnew(t *testing.T) {
	f := full(t)
	other := newFixture(t)
	other.agent("of another history")
	if rest := restFor(t, f.l, holdingOf(t, other.l)); len(rest) != len(snapshotOf(t, f.l)) {
		t.Error("what another history has is left out")
	}
	g := replayed(t, f, len(f.sent)/2)
	b := g.l.gen.db.NewBatch(1 << 10)
	b.Set([]byte("pnobody"), []byte("x"))
	if err := errors.Join(b.Apply(), b.Close()); err != nil {
		t.Fatal(err)
	}
	if err := g.l.RestoreSnapshot(bytes.NewReader(restFor(t, f.l, holdingOf(t, g.l))), nil); !errors.Is(err, ErrSnapshot) {
		t.Fatalf("went on from a store with a path that nobody took: %v", err)
	}
	held := holdingOf(t, g.l)
	if held != nil {
		t.Fatal("it asks for the rest once more")
	}
	if err := g.l.RestoreSnapshot(bytes.NewReader(restFor(t, f.l, held)), nil); err != nil {
		t.Fatal(err)
	}
	sameAs(t, f, g.l)
}

// The rest for somebody else does not fit.
func TestRestThatWasNotAskedForIsRefused(t *testing.T) {
	f := full(t)
	behind, empty := replayed(t, f, 20), replayed(t, f, 0)
	rest := restFor(t, f.l, holdingOf(t, behind.l))
	if err := empty.l.RestoreSnapshot(bytes.NewReader(rest), nil); !errors.Is(err, ErrSnapshot) {
		t.Errorf("error %v", err)
	}
}

// The index is told before anything is replaced, and what has got further by itself is not.
func TestRestorationTellsIndexFirst(t *testing.T) {
	f := full(t)
	snapshot := snapshotOf(t, f.l)
	g := replayed(t, f, 3)
	refused := errors.New("no")
	size := g.l.Size()
	err := g.l.RestoreSnapshot(bytes.NewReader(snapshot), func(applied uint64) error {
		if applied != f.l.AppliedIndex() || g.l.Size() != size {
			t.Errorf("told %d with %d records", applied, g.l.Size())
		}
		return refused
	})
	if !errors.Is(err, refused) || g.l.Size() != size {
		t.Errorf("error %v, %d records", err, g.l.Size())
	}
	for _, e := range f.sent[3:] {
		if _, err := g.l.Apply(e.index, e.unixMilli, e.cmds); err != nil {
			t.Fatal(err)
		}
	}
	g.index = f.index
	g.agent("further")
	want := dump(t, g.l)
	if err := g.l.RestoreSnapshot(bytes.NewReader(snapshot), func(uint64) error { return refused }); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, dump(t, g.l)) {
		t.Error("it went back")
	}
}
