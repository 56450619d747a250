package ledger

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tabard-id/tabard/ledger/internal/merkle"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// Apply applies the commands of one consensus entry, in one atomic batch, and
// returns the encoded Outcome of each. unixMilli is the leader's time; records
// never go back in time. An index that was applied before is skipped: its results
// are nil. After an error, which is never about a single operation, the ledger
// takes nothing more and the node has to stop.
func (l *Ledger) Apply(index uint64, unixMilli int64, cmds [][]byte) ([][]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return nil, l.failed
	}
	if l.gen == nil {
		return nil, ErrClosed
	}
	if index <= l.applied.Load() {
		return make([][]byte, len(cmds)), nil
	}
	started := time.Now()
	results, err := l.apply(index, unixMilli, cmds)
	if err != nil {
		l.failed = fmt.Errorf("apply entry %d: %w", index, l.Report(err))
		return nil, l.failed
	}
	l.cfg.Metrics.applied(len(cmds), time.Since(started))
	l.syncer.written()
	return results, nil
}

func (l *Ledger) apply(index uint64, unixMilli int64, cmds [][]byte) ([][]byte, error) {
	now, err := l.clock(unixMilli)
	if err != nil {
		return nil, err
	}
	size := 1 << 10
	for _, cmd := range cmds {
		size += 2*len(cmd) + 1<<10
	}
	b := l.newBatch(now, len(cmds), size)
	if err := b.judgeAll(cmds); err != nil {
		return nil, err
	}
	results := make([][]byte, len(cmds))
	for i := range cmds {
		outcome, err := b.settle(i)
		if err != nil {
			return nil, fmt.Errorf("command %d: %w", i, err)
		}
		results[i] = outcome.Encode()
	}
	return results, b.commit(index)
}

// clock returns the time of a batch: the leader's, unless that goes back.
func (l *Ledger) clock(unixMilli int64) (record.Time, error) {
	if unixMilli < 0 || record.Time(unixMilli) > record.MaxTime {
		return 0, fmt.Errorf("time %d ms is out of range", unixMilli)
	}
	return max(record.Time(unixMilli), l.state.Time), nil
}

// batch is the work on one consensus entry.
type batch struct {
	ledger *Ledger
	now    record.Time
	ops    []record.Op
	plans  []*plan
	// state and identity are those after the operations settled so far, changed what
	// those have changed.
	state    view.State
	identity view.Identity
	changed  *overlay
	touches  []string
	writes   *store.Batch
}

// newBatch begins the work on n operations; size is a guess at how many bytes they write.
func (l *Ledger) newBatch(now record.Time, n, size int) *batch {
	return &batch{
		ledger: l, now: now,
		ops: make([]record.Op, n), plans: make([]*plan, n),
		state: view.State{Time: l.state.Time, Tree: l.state.Tree.Clone()}, identity: l.identity,
		changed: new(overlay), writes: l.gen.db.NewBatch(size),
	}
}

// judgeAll judges every operation by the state before the batch, in parallel.
func (b *batch) judgeAll(cmds [][]byte) error {
	return b.ledger.inParallel(len(cmds), func(i int, before view.Reader) error {
		if err := b.judgeFirst(i, cmds[i], before); err != nil {
			return fmt.Errorf("command %d: %w", i, err)
		}
		return nil
	})
}

// inParallel calls work with every number below n and the state as it is, and returns
// the error of the lowest number that failed.
func (l *Ledger) inParallel(n int, work func(i int, before view.Reader) error) error {
	workers := l.cfg.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, n)
	errs := make([]error, n)
	failures := make([]error, workers)
	var next atomic.Int64
	loop := func(worker int) {
		lookup, err := l.gen.db.NewLookup()
		if err != nil {
			failures[worker] = err
			return
		}
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			errs[i] = work(i, lookup)
			// Go knows no priority: the heartbeats that keep this node its leadership
			// would else wait until the whole entry is judged.
			runtime.Gosched()
		}
		failures[worker] = lookup.Close()
	}
	if workers == 1 {
		loop(0)
	} else {
		var wg sync.WaitGroup
		for worker := range workers {
			wg.Go(func() { loop(worker) })
		}
		wg.Wait()
	}
	return errors.Join(firstError(errs), errors.Join(failures...))
}

func firstError(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// judgeFirst decodes command i and judges it by the state before the batch.
func (b *batch) judgeFirst(i int, cmd []byte, before view.Reader) error {
	op, err := record.DecodeOp(cmd)
	if errors.Is(err, record.ErrMalformed) {
		b.plans[i] = &plan{outcome: record.Outcome{Code: record.Malformed}, why: err}
		return nil
	}
	if err != nil {
		return err
	}
	b.ops[i] = op
	b.plans[i], err = b.ledger.decide(op, b.now, before, nil, b.ledger.identity, b.ledger.gen.documents)
	return err
}

// settle makes operation i count: its plan, or another one if the operations
// before it changed what the plan depends on.
func (b *batch) settle(i int) (record.Outcome, error) {
	p := b.plans[i]
	if b.changed.conflicts(p) {
		var err error
		if p, err = b.ledger.decide(b.ops[i], b.now, b.ledger.gen.db, b.changed, b.identity, b.ledger.gen.documents); err != nil {
			return record.Outcome{}, err
		}
		b.ledger.cfg.Metrics.rejudged()
	}
	b.plans[i] = nil
	b.ledger.cfg.Metrics.outcome(p.outcome.Code)
	b.carryOut(p)
	return p.outcome, nil
}

func (b *batch) carryOut(p *plan) {
	first := record.Seq(b.state.Tree.Size())
	p.place(first)
	b.changed.add(p, first)
	for _, c := range p.changes {
		if c.deleted {
			b.writes.Delete(c.key)
			continue
		}
		b.writes.Set(c.key, c.value)
	}
	for i, value := range p.records {
		b.writes.Set(view.RecordKey(first+record.Seq(i)), value)
		b.state.Tree.Append(merkle.Hash(view.LeafOf(value)), func(h merkle.Stored) { b.writes.Set(view.NodeEntry(h)) })
		b.state.Time = b.now
	}
	if p.founds != nil {
		b.identity = *p.founds
	}
	b.touches = append(b.touches, p.touches...)
}

// commit writes the batch and lets it be seen.
func (b *batch) commit(index uint64) error {
	l := b.ledger
	grown := b.state.Tree.Size() > l.state.Tree.Size()
	if grown {
		b.writes.Set(view.StateEntry(&b.state))
		b.writes.Set(view.BuiltEntry(record.Seq(b.state.Tree.Size())))
	}
	b.writes.Set(view.AppliedEntry(index))
	if err := l.gen.db.Failure(); err != nil {
		return errors.Join(err, b.writes.Close())
	}
	if err := errors.Join(b.writes.Apply(), b.writes.Close()); err != nil {
		return err
	}
	l.state, l.identity = b.state, b.identity
	for _, key := range b.touches {
		l.touched.touch(key, record.Seq(l.state.Tree.Size()))
	}
	if len(b.changed.hashes) > 0 {
		l.publish()
	}
	l.applied.Store(index)
	return nil
}
