package ledger

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/tabard-id/tabard/ledger/internal/view"
)

// files lists the files of a file system below a directory.
func files(t testing.TB, fs vfs.FS, dir string) []string {
	t.Helper()
	names, err := fs.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, name := range names {
		path := fs.PathJoin(dir, name)
		info, err := fs.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.IsDir() {
			list = append(list, files(t, fs, path)...)
			continue
		}
		list = append(list, path)
	}
	return list
}

func readFile(t testing.TB, fs vfs.FS, path string) []byte {
	t.Helper()
	f, err := fs.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return data
}

func writeFile(t testing.TB, fs vfs.FS, path string, data []byte) {
	t.Helper()
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// everything is all a ledger holds, or the first error met in reading it.
func everything(l *Ledger) ([]byte, error) {
	snap, err := l.freeze()
	if err != nil {
		return nil, err
	}
	defer snap.Release()
	var b bytes.Buffer
	err = snap.Scan(nil, nil, func(key, value []byte) error {
		b.Write(key)
		b.Write(value)
		if _, isRecord := view.RecordSeq(key); isRecord {
			return view.CheckRecord(key, value)
		}
		return nil
	})
	return b.Bytes(), err
}

// TestFlippedBitsAreFound flips bits of every file of a ledger. What can be read
// afterwards is what was written; all else is an error, by which the ledger either
// does not open or does not answer.
func TestFlippedBitsAreFound(t *testing.T) {
	f := populated(t)
	if err := f.l.Close(); err != nil {
		t.Fatal(err)
	}
	defer func() { f.l = open(t, f.fs) }()
	pristine := f.fs.CrashClone(vfs.CrashCloneCfg{})
	l := open(t, pristine)
	want, err := everything(l)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, l)
	found := make(map[string]int)
	for _, path := range files(t, f.fs, "ledger") {
		data := readFile(t, f.fs, path)
		for n := range min(len(data), 60) {
			at := n * len(data) / min(len(data), 60)
			fs := f.fs.CrashClone(vfs.CrashCloneCfg{})
			damaged := bytes.Clone(data)
			damaged[at] ^= 1 << (n % 8)
			writeFile(t, fs, path, damaged)
			l, err := Open(Config{Dir: "ledger", fs: fs, MemTableBytes: 1 << 20})
			if err != nil {
				found[path]++
				continue
			}
			got, err := everything(l)
			if err != nil {
				found[path]++
			} else if !bytes.Equal(got, want) {
				t.Errorf("%s: a bit flipped at %d of %d goes unnoticed", path, at, len(data))
			}
			if err := l.Close(); err != nil && !IsCorruption(err) {
				t.Log(err) // a damaged store may fail to close in many ways
			}
		}
	}
	tables := 0
	for path, n := range found {
		if strings.HasSuffix(path, ".sst") {
			tables += n
		}
	}
	if tables < 50 {
		t.Errorf("only %d flipped bits of tables were found: %v", tables, found)
	}
}

// A record whose stored bytes are not those of its leaf hash is named.
func TestRecordThatIsNotItsLeafIsNamed(t *testing.T) {
	f := populated(t)
	b := f.l.gen.db.NewBatch(0)
	data, err := f.l.gen.db.Get(view.RecordKey(2))
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 4
	b.Set(view.RecordKey(2), data)
	if err := errors.Join(b.Apply(), b.Close()); err != nil {
		t.Fatal(err)
	}
	f.raw(f.now.UnixMilli(), nil)
	f.l.mu.Lock()
	f.l.publish()
	f.l.mu.Unlock()
	v := f.l.View()
	defer v.Close()
	named := func(err error) {
		t.Helper()
		if !IsCorruption(err) || !strings.Contains(err.Error(), "record 2") {
			t.Errorf("error %v", err)
		}
	}
	_, err = v.Record(2)
	named(err)
	n := 0
	for range v.Records(0, 10) {
		n++
	}
	if n != 2 {
		t.Errorf("%d records before the damaged one", n)
	}
	named(v.Err())
	named(f.l.WriteSnapshot(io.Discard, nil))
}

// A store that has less than was durable, as when a file is put back from an old
// backup, does not open.
func TestStoreThatLostSomethingDoesNotOpen(t *testing.T) {
	f := newFixture(t)
	if err := f.l.Flush(); err != nil {
		t.Fatal(err)
	}
	old := f.fs.CrashClone(vfs.CrashCloneCfg{})
	f.agent("a")
	if err := f.l.Flush(); err != nil {
		t.Fatal(err)
	}
	writeFile(t, old, "ledger/CURRENT", readFile(t, f.fs, "ledger/CURRENT"))
	l, err := Open(Config{Dir: "ledger", fs: old})
	if err == nil {
		closing(t, l)
		t.Fatal("it opened")
	}
	if !IsCorruption(err) || !strings.Contains(err.Error(), "durable up to 2") {
		t.Errorf("error %v", err)
	}
}

func TestClosedLedger(t *testing.T) {
	l := open(t, vfs.NewMem())
	waiting := l.Notify()
	v := l.View()
	released := make(chan error)
	go func() { released <- l.Close() }()
	<-waiting
	v.Close() // Close waits for this
	if err := <-released; err != nil {
		t.Fatal(err)
	}
	if _, err := l.Apply(1, 1, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("Apply: %v", err)
	}
	if err := l.Flush(); !errors.Is(err, ErrClosed) {
		t.Errorf("Flush: %v", err)
	}
	if err := l.WriteSnapshot(io.Discard, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("WriteSnapshot: %v", err)
	}
	if err := l.RestoreSnapshot(bytes.NewReader(nil), nil); !errors.Is(err, ErrClosed) {
		t.Errorf("RestoreSnapshot: %v", err)
	}
	if err := l.Wait(t.Context(), 1); !errors.Is(err, ErrClosed) {
		t.Errorf("Wait: %v", err)
	}
	closed := l.View()
	defer closed.Close()
	if _, _, err := closed.Head("x"); !errors.Is(err, ErrClosed) {
		t.Errorf("Head: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

// Damage that a read meets is told once, names the file, is known again at the next
// start, and ends when the ledger is replaced.
func TestDamageIsRememberedUntilTheLedgerIsReplaced(t *testing.T) {
	f := populated(t)
	var whole bytes.Buffer
	if err := errors.Join(f.l.WriteSnapshot(&whole, nil), f.l.Close()); err != nil {
		t.Fatal(err)
	}
	fs := f.fs.CrashClone(vfs.CrashCloneCfg{})
	f.l = open(t, f.fs)
	for _, path := range files(t, fs, "ledger") {
		if !strings.HasSuffix(path, ".sst") {
			continue
		}
		data := readFile(t, fs, path)
		if at := bytes.Index(data, []byte(`{"body"`)); at > 0 {
			data[at] ^= 1 // a record that is not read at the start
			writeFile(t, fs, path, data)
		}
	}
	var told []error
	start := func() *Ledger {
		l, err := Open(Config{Dir: "ledger", fs: fs, MemTableBytes: 1 << 20, Corrupt: func(err error) { told = append(told, err) }})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := start()
	if err := l.Damage(); err != nil {
		t.Fatalf("damaged before anything was read: %v", err)
	}
	v := l.View()
	for range 2 {
		for range v.Records(0, 1<<20) { //nolint:revive // reads
		}
	}
	v.Close()
	if err := l.Damage(); !IsCorruption(v.Err()) || !IsCorruption(err) || !strings.Contains(err.Error(), ".sst") || len(told) != 1 {
		t.Fatalf("damage %v, told %v, after %v", err, told, v.Err())
	}
	if err := l.Close(); err != nil && !IsCorruption(err) {
		t.Fatal(err)
	}
	l = start()
	if err := l.Damage(); !IsCorruption(err) || !strings.Contains(err.Error(), ".sst") || len(told) != 2 {
		t.Fatalf("forgotten by the next start: %v, told %v", err, told)
	}
	if err := l.RestoreSnapshot(&whole, nil); err != nil {
		t.Fatal(err)
	}
	if err := l.Damage(); err != nil {
		t.Errorf("replaced, and still damaged: %v", err)
	}
	closing(t, l)
	l = start()
	if err := l.Damage(); err != nil || len(told) != 2 {
		t.Errorf("damaged after a replacement: %v, told %v", err, told)
	}
	closing(t, l)
}

// What was applied is durable after a while though nobody asks for it, so that a machine
// that fails has little to apply again.
func TestAppliedIsMadeDurableUnasked(t *testing.T) {
	fs := vfs.NewCrashableMem()
	l, err := Open(Config{Dir: "ledger", fs: fs, SyncEvery: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, l)
	f := &fixture{TB: t, l: l, now: epoch.Add(time.Minute)}
	f.registry = newAgent(t, "registry", nil, nil)
	f.accept(f.didOp(f.registry))
	f.agent("a")
	deadline := time.Now().Add(time.Minute)
	for {
		crashed := open(t, fs.CrashClone(vfs.CrashCloneCfg{})) // all that was not synced is lost
		applied := crashed.AppliedIndex()
		closing(t, crashed)
		if applied == l.AppliedIndex() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("index %d survives, of %d", applied, l.AppliedIndex())
		}
	}
}
