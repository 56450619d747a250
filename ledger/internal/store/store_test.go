package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

func open(t testing.TB, fs vfs.FS) *DB {
	t.Helper()
	db, err := Open("store", Options{FS: fs, CacheBytes: 1 << 20, MemTableBytes: 256 << 10})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func apply(t testing.TB, db *DB, kv ...string) {
	t.Helper()
	b := db.NewBatch(0)
	for i := 0; i < len(kv); i += 2 {
		if kv[i+1] == "" {
			b.Delete([]byte(kv[i]))
			continue
		}
		b.Set([]byte(kv[i]), []byte(kv[i+1]))
	}
	if err := errors.Join(b.Apply(), b.Close()); err != nil {
		t.Fatal(err)
	}
}

type getter interface {
	Get(key []byte) ([]byte, error)
}

func want(t testing.TB, r getter, key, value string) {
	t.Helper()
	got, err := r.Get([]byte(key))
	if value == "" && errors.Is(err, ErrNotFound) {
		return
	}
	if err != nil || string(got) != value {
		t.Errorf("%s is %q, %v, want %q", key, got, err, value)
	}
}

// A Lookup and a Snapshot see the state they were made in, at every level of the
// engine; the DB sees the present.
func TestReaders(t *testing.T) {
	db := open(t, vfs.NewMem())
	apply(t, db, "deep", "1", "gone", "1")
	if err := db.Flush(); err != nil {
		t.Fatal(err)
	}
	apply(t, db, "memory", "1", "gone", "")
	lookup, err := db.NewLookup()
	if err != nil {
		t.Fatal(err)
	}
	released := false
	snap := db.Snapshot(func(err error) { released = err == nil })
	apply(t, db, "deep", "2", "later", "1", "memory", "")
	for _, r := range []getter{lookup, snap} {
		want(t, r, "deep", "1")
		want(t, r, "memory", "1")
		want(t, r, "gone", "")
		want(t, r, "later", "")
		want(t, r, "dee", "")
		want(t, r, "deeper", "")
	}
	want(t, db, "deep", "2")
	want(t, db, "memory", "")
	want(t, db, "later", "1")
	if !snap.Acquire() {
		t.Fatal("a snapshot in use is gone")
	}
	snap.Release()
	if released {
		t.Error("released while in use")
	}
	snap.Release()
	if !released || snap.Acquire() {
		t.Error("not released by the last reference")
	}
	if err := lookup.Close(); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func TestScan(t *testing.T) {
	db := open(t, vfs.NewMem())
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	for i := range 300 {
		apply(t, db, fmt.Sprintf("k%03d", i), strings.Repeat("x", i+1))
	}
	var keys []string
	stop := errors.New("stop")
	err := db.Scan([]byte("k010"), []byte("k200"), func(key, value []byte) error {
		if keys = append(keys, string(key)); len(keys) == 50 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || len(keys) != 50 || keys[0] != "k010" || keys[49] != "k059" {
		t.Errorf("%v, %v", keys, err)
	}
}

// Without a Flush a crash may take batches away, from the last on; with one, none.
func TestCrash(t *testing.T) {
	fs := vfs.NewCrashableMem()
	db := open(t, fs)
	apply(t, db, "a", "1")
	if err := db.Flush(); err != nil {
		t.Fatal(err)
	}
	apply(t, db, "a", "2", "b", "2")
	crashed := open(t, fs.CrashClone(vfs.CrashCloneCfg{}))
	if b, err := crashed.Get([]byte("b")); err == nil {
		want(t, crashed, "a", string(b))
	} else {
		want(t, crashed, "a", "1")
	}
	for _, db := range []*DB{db, crashed} {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestGenerations(t *testing.T) {
	fs := vfs.NewCrashableMem()
	g, err := NewGenerations(fs, "dir/ledger")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := g.Current(); ok || err != nil {
		t.Errorf("in use before anything was: %v, %v", ok, err)
	}
	for _, mark := range []Mark{{0, 0}, {0, 17}, {3, 1<<63 + 1}} {
		if err := g.Use(mark); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := g.Current(); got != mark || !ok || err != nil {
			t.Errorf("%+v, %v, %v; want %+v", got, ok, err, mark)
		}
	}
	for _, n := range []uint64{0, 2, 3, 40} {
		if err := fs.MkdirAll(g.Path(n), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.RemoveOthers(3); err != nil {
		t.Fatal(err)
	}
	names, err := fs.List("dir/ledger")
	if err != nil || len(names) != 2 {
		t.Errorf("left: %v, %v", names, err)
	}
	line := Mark{3, 17}.encode()
	for i := range len(line) * 8 {
		flipped := []byte(line)
		flipped[i/8] ^= 1 << (i % 8)
		if m, ok := parseMark(string(flipped)); ok {
			t.Errorf("%q is read as %+v", flipped, m)
		}
	}
}
