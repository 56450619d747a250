// Package store keeps the ledger's keys and values on disk, in Pebble. What it
// promises:
//
//   - A batch is applied whole or not at all, and batches survive in the order in
//     which they were applied: after a crash the state is that after some batch, at
//     least the last one before the last Sync.
//   - Every block read from a file is checked against its checksum; a flipped bit
//     is an error that IsCorruption reports, never a value.
//   - A Snapshot is a consistent state that later batches do not change.
//
// Batches go to a write-ahead log, which nobody waits for: a process that is killed
// loses next to nothing, a machine that fails what was applied after the last Sync.
// That is applied again from the Raft log, signatures and all, which is what takes
// long. So Sync is called often; memtables can be large, which spares compactions, and
// need not be flushed for anything to be durable.
package store

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// ErrNotFound says that there is no such key.
var ErrNotFound = errors.New("not found")

// ErrCorrupt says that what is stored is not what was written.
var ErrCorrupt = errors.New("stored data is corrupt")

// Options of a DB. The zero value is good for use.
type Options struct {
	// FS is the file system; nil is the disk.
	FS vfs.FS
	// Logger gets the engine's events at debug level, its failures as errors.
	Logger *slog.Logger
	// Corrupt is called once, with the first sign that what is stored is not what was
	// written: met in a read, or by the engine in the background. It must not block.
	Corrupt func(error)
	// Rising is the first byte of keys that are written in ascending order. They have
	// tables of their own, which compactions need not merge; 0: there are none.
	Rising byte
	// CacheBytes is the size of the block cache (32 MiB), MemTableBytes that of a
	// memtable (32 MiB), of which there are at most three.
	CacheBytes, MemTableBytes int64
	// OpenFiles bounds the table files kept open; 512 if zero.
	OpenFiles int
}

// format is pinned: raising it is a decision, since no way leads back.
const format = pebble.FormatTableFormatV6

// DB is an open store. It is safe for concurrent use, except that batches are
// applied by one goroutine at a time.
type DB struct {
	db *pebble.DB
	// failure is the first error of a background flush or compaction.
	failure atomic.Pointer[error]
	damage  damage
}

// Open opens the store in dir or creates it. What it costs does not depend on how
// much the store holds.
func Open(dir string, o Options) (*DB, error) {
	d := &DB{damage: damage{tell: o.Corrupt}}
	memTable := orDefault(o.MemTableBytes, 32<<20)
	// The engine takes memtables out of what the cache may use.
	cache := pebble.NewCache(orDefault(o.CacheBytes, 32<<20) + 2*memTable)
	defer cache.Unref()
	logger := o.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	opts := &pebble.Options{
		Cache:                       cache,
		FS:                          o.FS,
		FormatMajorVersion:          format,
		WALBytesPerSync:             1 << 20, // nothing waits until the disk has much to do
		Logger:                      engineLogger{logger},
		EventListener:               d.events(logger),
		MemTableSize:                uint64(memTable),
		MemTableStopWritesThreshold: 3,
		// Most keys begin with a digest, so that every compaction out of level 0 rewrites all of
		// the next level, however little it adds. It is put off until four memtables can be
		// merged at once (the threshold counts each twice), and the next level is kept small. To
		// put it off longer would cost the look-ups of new keys, which ask every table that may
		// have them, more than it saves.
		L0CompactionThreshold:      8,
		L0StopWritesThreshold:      24,
		LBaseMaxBytes:              128 << 20,
		MaxOpenFiles:               int(orDefault(int64(o.OpenFiles), 512)),
		CompactionConcurrencyRange: func() (int, int) { return 1, 2 },
	}
	for i := range opts.Levels {
		opts.Levels[i].BlockSize = 8 << 10
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
		opts.TargetFileSizes[i] = 8 << 20
	}
	opts.ApplyCompressionSettings(func() pebble.DBCompressionSettings {
		return pebble.UniformDBCompressionSettings(sstable.SnappyCompression) // a table may be moved from level to level
	})
	if o.Rising != 0 {
		opts.Experimental.SpanPolicyFunc = apart(o.Rising)
	}
	db, err := pebble.Open(dir, opts)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", dir, err)
	}
	d.db = db
	return d, nil
}

// apart has tables end before and after the keys that begin with a byte. It asks for
// nothing else.
func apart(first byte) pebble.SpanPolicyFunc {
	return func(start []byte) (policy pebble.SpanPolicy, end []byte, err error) {
		switch {
		case len(start) == 0 || start[0] < first:
			return policy, []byte{first}, nil
		case start[0] == first && first < math.MaxUint8:
			return policy, []byte{first + 1}, nil
		}
		return policy, nil, nil
	}
}

func orDefault(n, fallback int64) int64 {
	if n <= 0 {
		return fallback
	}
	return n
}

// Get returns a copy of a value, or ErrNotFound.
func (d *DB) Get(key []byte) ([]byte, error) {
	value, err := get(d.db, key)
	return value, d.damage.noted(err)
}

func get(r pebble.Reader, key []byte) ([]byte, error) {
	value, closer, err := r.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read %x: %w", key, err)
	}
	out := append(make([]byte, 0, len(value)), value...)
	if err := closer.Close(); err != nil {
		return nil, fmt.Errorf("read %x: %w", key, err)
	}
	return out, nil
}

// Scan calls fn with every key of [lower, upper) and its value, in order, until fn
// fails. key and value are valid during the call only.
func (d *DB) Scan(lower, upper []byte, fn func(key, value []byte) error) error {
	return d.damage.noted(scan(d.db, lower, upper, fn))
}

func scan(r pebble.Reader, lower, upper []byte, fn func(key, value []byte) error) (err error) {
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return fmt.Errorf("scan from %x: %w", lower, err)
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return fmt.Errorf("read %x: %w", it.Key(), err)
		}
		if err := fn(it.Key(), value); err != nil {
			return err
		}
	}
	if err := it.Error(); err != nil {
		return fmt.Errorf("scan from %x: %w", lower, err)
	}
	return nil
}

// Last returns the last key of [lower, upper), or ErrNotFound.
func (d *DB) Last(lower, upper []byte) ([]byte, error) {
	key, err := last(d.db, lower, upper)
	return key, d.damage.noted(err)
}

func last(r pebble.Reader, lower, upper []byte) (key []byte, err error) {
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return nil, fmt.Errorf("last before %x: %w", upper, err)
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	if it.Last() {
		return append(make([]byte, 0, len(it.Key())), it.Key()...), nil
	}
	if err := it.Error(); err != nil {
		return nil, fmt.Errorf("last before %x: %w", upper, err)
	}
	return nil, ErrNotFound
}

// NewBatch returns an empty batch with room for size bytes.
func (d *DB) NewBatch(size int) *Batch {
	return &Batch{b: d.db.NewBatchWithSize(max(size, 1<<10))}
}

// Sync makes everything applied so far durable.
func (d *DB) Sync() error {
	if err := d.Failure(); err != nil {
		return err
	}
	if err := d.db.LogData(nil, pebble.Sync); err != nil {
		return fmt.Errorf("sync store: %w", err)
	}
	return d.Failure()
}

// Flush makes everything applied so far durable, in tables, so that the next Open has
// nothing to do.
func (d *DB) Flush() error {
	if err := d.Failure(); err != nil {
		return err
	}
	if err := d.db.Flush(); err != nil {
		return fmt.Errorf("flush store: %w", err)
	}
	return d.Failure()
}

// Fork makes dir a store of its own that holds what this one does now. They share the
// files that there are, so that it costs what is not in a file yet.
func (d *DB) Fork(dir string) error {
	if err := d.Flush(); err != nil {
		return err
	}
	if err := d.db.Checkpoint(dir); err != nil {
		return fmt.Errorf("fork store: %w", err)
	}
	return nil
}

// Failure is the first error that the engine met in the background, after which
// nothing more can be made durable.
func (d *DB) Failure() error {
	if err := d.failure.Load(); err != nil {
		return fmt.Errorf("store failed: %w", *err)
	}
	return nil
}

// Usage is what the store has written since it was opened, what it takes up, and how
// many compactions are under way.
type Usage struct {
	Written, Size uint64
	Compactions   int
}

// Usage returns the present state.
func (d *DB) Usage() Usage {
	m := d.db.Metrics()
	total := m.Total() // its flushed bytes include those of the log
	return Usage{
		Written: total.TableBytesFlushed + total.TableBytesCompacted + total.BlobBytesFlushed + total.BlobBytesCompacted,
		Size:    m.DiskSpaceUsage(), Compactions: int(m.Compact.NumInProgress),
	}
}

// Close closes the store, whose snapshots must have been closed before.
func (d *DB) Close() error {
	if err := d.db.Close(); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// Batch is a set of changes. Changes to one key apply in their order.
type Batch struct {
	b   *pebble.Batch
	err error
}

// Set sets a key. The arguments may be reused.
func (b *Batch) Set(key, value []byte) {
	if b.err == nil {
		b.err = b.b.Set(key, value, nil)
	}
}

// Delete removes a key, which need not be there.
func (b *Batch) Delete(key []byte) {
	if b.err == nil {
		b.err = b.b.Delete(key, nil)
	}
}

// Size is the size of the batch in bytes.
func (b *Batch) Size() int { return b.b.Len() }

// Apply applies the batch. It is not durable before the next Sync or Flush.
func (b *Batch) Apply() error {
	if b.err == nil {
		b.err = b.b.Commit(pebble.NoSync)
	}
	if b.err != nil {
		return fmt.Errorf("apply batch: %w", b.err)
	}
	return nil
}

// Close releases the batch, applied or not.
func (b *Batch) Close() error { return b.b.Close() }
