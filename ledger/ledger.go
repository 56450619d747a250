package ledger

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/tabard-id/tabard/ledger/internal/merkle"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// Ledger is one node's copy. Apply and Close exclude each other; everything else may be
// called at any time.
type Ledger struct {
	cfg         Config
	generations *store.Generations
	touched     *touched
	grown       broadcast

	size    atomic.Uint64
	applied atomic.Uint64
	// current is what views are taken of; nil once closed.
	current atomic.Pointer[published]
	damage  atomic.Pointer[damage]

	syncer syncer

	progress progress

	// restoring keeps restorations apart and guards what follows. It is taken before mu.
	restoring sync.Mutex
	incoming  *incoming // nil if none is prepared or under way
	// mistrusted: a restoration that went on from what was here failed, so that the
	// next begins with the first record.
	mistrusted bool

	// mu guards the rest, and keeps writers apart.
	mu       sync.Mutex
	gen      *generation
	state    view.State
	identity view.Identity
	// failed is why no more batches are taken.
	failed error
}

// published is a state that views are taken of. It holds a reference to snap.
type published struct {
	snap     *store.Snapshot
	size     record.Seq
	root     record.Hash
	time     record.Time
	identity view.Identity
	// documents are of the generation, and so is whatever is damaged.
	documents  *documents
	generation uint64
}

// generation is an open store. It is closed with the last snapshot of it.
type generation struct {
	db   *store.DB
	n    uint64
	refs sync.WaitGroup
	// documents are those of its records. Who still reads an older generation must
	// not leave its documents to the judgements of this one.
	documents *documents
	// flushed is the index up to which it is known on disk to be durable.
	flushed uint64
	// unbuilt is the corruption that ended the making of the views which an earlier
	// version did not have, nil if there was none.
	unbuilt error
}

// Open opens the ledger in cfg.Dir, or makes an empty one. Its cost does not grow
// with the ledger, but where an earlier version wrote it: then the views that this one
// has besides are made once.
func Open(cfg Config) (*Ledger, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	generations, err := store.NewGenerations(cfg.fs, cfg.Dir)
	if err != nil {
		return nil, err
	}
	mark, ok, err := generations.Current()
	if err != nil {
		return nil, err
	}
	l := &Ledger{cfg: cfg, generations: generations, touched: new(touched)}
	gen, err := l.openGeneration(mark.Generation)
	if err != nil {
		return nil, err
	}
	gen.flushed = mark.Flushed
	if !ok {
		err = generations.Use(mark)
	}
	if err == nil {
		err = l.use(gen)
	}
	if applied := l.applied.Load(); err == nil && applied < mark.Flushed {
		err = fmt.Errorf("%w: the store is at index %d, and has been durable up to %d", store.ErrCorrupt, applied, mark.Flushed)
	}
	if err == nil {
		err = generations.RemoveOthers(mark.Generation)
	}
	if err == nil {
		err = l.recallDamage(gen)
	}
	if err == nil {
		_ = l.Report(gen.unbuilt) // it is for a snapshot to replace, as what later reads find
		err = l.resume(mark.Generation + 1)
	}
	if err != nil {
		if p := l.current.Load(); p != nil {
			p.snap.Release()
		}
		return nil, errors.Join(err, gen.db.Close())
	}
	l.syncer.start(l.cfg.SyncEvery, l.sync)
	return l, nil
}

func (l *Ledger) openGeneration(n uint64) (*generation, error) {
	db, err := store.Open(l.generations.Path(n), l.cfg.store(func(err error) { l.setDamaged(n, err) }))
	if err != nil {
		return nil, err
	}
	err = l.buildOwnerships(db)
	if err != nil && !IsCorruption(err) {
		return nil, errors.Join(err, db.Close())
	}
	return &generation{db: db, n: n, unbuilt: err, documents: newDocuments()}, nil
}

// use makes gen what the ledger works on. Callers hold mu, or are alone.
func (l *Ledger) use(gen *generation) error {
	state, err := view.GetState(gen.db)
	if err != nil {
		return err
	}
	identity, err := view.GetIdentity(gen.db)
	if err != nil {
		return err
	}
	applied, err := view.GetApplied(gen.db)
	if err != nil {
		return err
	}
	if err := checkEdge(gen.db, &state); err != nil {
		return err
	}
	l.gen, l.state, l.identity = gen, state, identity
	l.touched.reset(record.Seq(state.Tree.Size()))
	l.applied.Store(applied)
	l.publish()
	return nil
}

// checkEdge compares the newest record with what the state says of it, so that a
// store put together from unrelated files is not worked with.
func checkEdge(db *store.DB, s *view.State) error {
	size := s.Tree.Size()
	if size == 0 {
		return nil
	}
	data, err := view.GetRecord(db, record.Seq(size-1))
	if err != nil {
		return err
	}
	hashes, err := view.Nodes{From: db}.Hashes(0, size-1, 1)
	if err != nil {
		return err
	}
	if leaf := record.LeafHash(data); merkle.Hash(leaf) != hashes[0] {
		return fmt.Errorf("record %d: %w: its leaf hash is not that in the tree", size-1, store.ErrCorrupt)
	}
	return nil
}

// publish lets views be taken of the present state. Callers hold mu.
func (l *Ledger) publish() {
	gen := l.gen
	gen.refs.Add(1)
	next := &published{
		snap: gen.db.Snapshot(func(err error) {
			if err != nil {
				l.cfg.Logger.Error("release of a snapshot failed", "error", err)
			}
			gen.refs.Done()
		}),
		size:     record.Seq(l.state.Tree.Size()),
		root:     record.Hash(l.state.Tree.Root()),
		time:     l.state.Time,
		identity: l.identity, documents: gen.documents, generation: gen.n,
	}
	if old := l.current.Swap(next); old != nil {
		old.snap.Release()
	}
	l.size.Store(uint64(next.size))
	l.grown.announce()
}

// AppliedIndex is the index of the last consensus entry applied.
func (l *Ledger) AppliedIndex() uint64 { return l.applied.Load() }

// Size is the number of records.
func (l *Ledger) Size() record.Seq { return record.Seq(l.size.Load()) }

// Flush makes everything up to AppliedIndex durable.
func (l *Ledger) Flush() error {
	l.mu.Lock()
	failed := l.failed
	l.mu.Unlock()
	if failed != nil {
		return failed
	}
	gen, applied := l.acquire()
	if gen == nil {
		return ErrClosed
	}
	defer gen.refs.Done()
	if err := errors.Join(gen.db.Sync(), l.forget()); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gen != gen {
		return nil // it has been replaced or closed, which leaves a mark of its own
	}
	return l.mark(gen, applied)
}

// mark notes on disk that gen is in use and durable up to an index. Callers hold mu,
// or are the last to work with gen.
func (l *Ledger) mark(gen *generation, applied uint64) error {
	if applied <= gen.flushed {
		return nil
	}
	if err := l.generations.Use(store.Mark{Generation: gen.n, Flushed: applied}); err != nil {
		return err
	}
	gen.flushed = applied
	return nil
}

// Close makes everything durable and releases the directory. It waits for the
// views to be closed.
func (l *Ledger) Close() error {
	l.mu.Lock()
	gen, failed := l.gen, l.failed
	l.gen = nil
	l.mu.Unlock()
	if gen == nil {
		return nil
	}
	l.syncer.stop()
	if old := l.current.Swap(nil); old != nil {
		old.snap.Release()
	}
	l.grown.close()
	err := l.closeIncoming()
	gen.refs.Wait()
	if failed == nil {
		err = errors.Join(err, gen.db.Flush())
	}
	if failed == nil && err == nil {
		err = l.mark(gen, l.applied.Load())
	}
	return errors.Join(err, gen.db.Close())
}
