package consensus

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	"go.etcd.io/bbolt"
)

// fileStore holds Raft's log and stable values in one file of raft-boltdb, and keeps
// that file small: bbolt never gives back what was deleted, so that a file which is
// mostly free is copied and exchanged, at start and while it is in use.
//
// The free list is not written along with every commit, which would cost eight bytes
// for each free page: it is put together when the file is opened. That reads the
// headers of all pages in use, which is why the file has to stay small.
type fileStore struct {
	fileOptions
	path  string
	freed chan struct{} // capacity 1: entries were deleted

	// cuts counts deletions of anything but the oldest entries: a copy that has
	// begun may hold what was deleted.
	cuts atomic.Uint64

	mu   sync.RWMutex // held exclusively while the file is exchanged
	bolt *raftboltdb.BoltStore
	err  error           // the file is out of use
	keys map[string]bool // of stable values
	kmu  sync.Mutex      // guards keys
}

// fileOptions are what tests choose otherwise.
type fileOptions struct {
	floor int64                   // bytes of free space that are not worth a copy
	step  func(name string) error // called between two steps of an exchange
	log   *slog.Logger
}

const (
	copySuffix = ".copy"
	// freeFloor is the free space that a file of a log may have whatever it holds.
	freeFloor = 32 << 20
	openWait  = time.Second // for another process that may have the file open
)

var confBucket = []byte("conf") // of raft-boltdb

func boltOptions() *bbolt.Options {
	return &bbolt.Options{Timeout: openWait, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType}
}

func openBolt(path string, noSync bool) (*raftboltdb.BoltStore, error) {
	return raftboltdb.New(raftboltdb.Options{Path: path, NoSync: noSync, BoltOptions: boltOptions()})
}

// openFile opens the file at path, or makes it. A copy that a crash left behind is
// dropped: until it has the name of the file, nothing was stored in it alone.
func openFile(path string, o fileOptions) (*fileStore, error) {
	f := &fileStore{fileOptions: o, path: path, freed: make(chan struct{}, 1), keys: make(map[string]bool)}
	if err := removeIfThere(path + copySuffix); err != nil {
		return nil, err
	}
	if err := f.inspect(); err != nil {
		return nil, err
	}
	var err error
	f.bolt, err = openBolt(path, false)
	return f, err
}

// inspect learns the names of the stable values, and has a file that is mostly free
// copied before it is used.
func (f *fileStore) inspect() error {
	if _, err := os.Stat(f.path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	db, err := bbolt.Open(f.path, filePermission, boltOptions())
	if err != nil {
		return err
	}
	err = db.View(func(tx *bbolt.Tx) error {
		conf := tx.Bucket(confBucket)
		if conf == nil {
			return nil
		}
		return conf.ForEach(func(k, _ []byte) error {
			f.keys[string(k)] = true
			return nil
		})
	})
	if err == nil {
		err = countFree(db)
	}
	if err == nil && f.wasteful(db.Info().PageSize, db.Stats) {
		err = f.copyClosed(db)
	}
	return errors.Join(err, db.Close())
}

// countFree has db know how many of its pages are free, as it does after a
// transaction that may write.
func countFree(db *bbolt.DB) error {
	tx, err := db.Begin(true)
	if err != nil {
		return err
	}
	return tx.Rollback()
}

// copyClosed exchanges the file that is open as db, and for nobody else, for a copy.
// db is not to be used any more but for being closed. Where there is no room for a
// copy, the file is used as it is.
func (f *fileStore) copyClosed(db *bbolt.DB) error {
	options := boltOptions()
	options.NoSync = true
	next, err := bbolt.Open(f.path+copySuffix, filePermission, options)
	if err == nil {
		if err = bbolt.Compact(next, db, copyBatchBytes); err == nil {
			err = next.Sync()
		}
		err = errors.Join(err, next.Close())
	}
	if err != nil {
		f.log.Warn("cannot make the file of the log smaller", "file", f.path, "error", err)
		return removeIfThere(f.path + copySuffix)
	}
	if err := f.step("copied"); err != nil {
		return err
	}
	return f.rename()
}

// rename gives the copy the name of the file, durably.
func (f *fileStore) rename() error {
	if err := os.Rename(f.path+copySuffix, f.path); err != nil {
		return err
	}
	if err := f.step("renamed"); err != nil {
		return err
	}
	return errors.Join(syncDir(filepath.Dir(f.path)), f.step("directory synced"))
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// wasteful reports whether the file has more free space than used, and enough of it.
func (f *fileStore) wasteful(pageSize int, stats func() bbolt.Stats) bool {
	info, err := os.Stat(f.path)
	if err != nil {
		return false // it shows when the file is used
	}
	s := stats()
	free := int64(s.FreePageN+s.PendingPageN) * int64(pageSize)
	return free > f.floor && free > info.Size()-free
}

// use runs op with the file, which is not exchanged meanwhile.
func (f *fileStore) use(op func(*raftboltdb.BoltStore) error) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.err != nil {
		return f.err
	}
	return op(f.bolt)
}

// FirstIndex implements raft.LogStore.
func (f *fileStore) FirstIndex() (index uint64, err error) {
	err = f.use(func(b *raftboltdb.BoltStore) (err error) { index, err = b.FirstIndex(); return err })
	return index, err
}

// LastIndex implements raft.LogStore.
func (f *fileStore) LastIndex() (index uint64, err error) {
	err = f.use(func(b *raftboltdb.BoltStore) (err error) { index, err = b.LastIndex(); return err })
	return index, err
}

// GetLog implements raft.LogStore.
func (f *fileStore) GetLog(index uint64, l *raft.Log) error {
	return f.use(func(b *raftboltdb.BoltStore) error { return b.GetLog(index, l) })
}

// StoreLog implements raft.LogStore.
func (f *fileStore) StoreLog(l *raft.Log) error { return f.StoreLogs([]*raft.Log{l}) }

// StoreLogs implements raft.LogStore.
func (f *fileStore) StoreLogs(logs []*raft.Log) error {
	return f.use(func(b *raftboltdb.BoltStore) error { return b.StoreLogs(logs) })
}

// DeleteRange implements raft.LogStore.
func (f *fileStore) DeleteRange(low, high uint64) error {
	err := f.use(func(b *raftboltdb.BoltStore) error {
		first, last, err := bounds(b)
		if err != nil {
			return err
		}
		if low > first || high >= last {
			f.cuts.Add(1)
		}
		return b.DeleteRange(low, high)
	})
	select {
	case f.freed <- struct{}{}:
	default:
	}
	return err
}

// Set implements raft.StableStore.
func (f *fileStore) Set(key, value []byte) error {
	return f.use(func(b *raftboltdb.BoltStore) error {
		f.kmu.Lock()
		f.keys[string(key)] = true
		f.kmu.Unlock()
		return b.Set(key, value)
	})
}

// Get implements raft.StableStore.
func (f *fileStore) Get(key []byte) (value []byte, err error) {
	err = f.use(func(b *raftboltdb.BoltStore) (err error) { value, err = b.Get(key); return err })
	return value, err
}

// SetUint64 implements raft.StableStore.
func (f *fileStore) SetUint64(key []byte, v uint64) error {
	return f.use(func(b *raftboltdb.BoltStore) error {
		f.kmu.Lock()
		f.keys[string(key)] = true
		f.kmu.Unlock()
		return b.SetUint64(key, v)
	})
}

// GetUint64 implements raft.StableStore.
func (f *fileStore) GetUint64(key []byte) (v uint64, err error) {
	err = f.use(func(b *raftboltdb.BoltStore) (err error) { v, err = b.GetUint64(key); return err })
	return v, err
}

// Close closes the file. Everything that was stored is in it.
func (f *fileStore) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return nil // closed when it got out of use
	}
	f.err = fmt.Errorf("%s is closed", f.path)
	return f.bolt.Close()
}
