package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"

	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// replayer makes a store of received records by judging them again, each at its own
// time and by what the records before it make of the state.
type replayer struct {
	header *snapshotHeader
	source *source
	// whole is the ledger that gets to be this one, for its progress and end.
	whole *Ledger
	// written are the keys of its views, nil if there were some before.
	written *keySet
	// to is the ledger in the making. Nobody else sees it, and of it there are no
	// views: only its configuration, generation, state and identity are used.
	to *Ledger
}

const (
	// replayRecords is how many records are judged at a time.
	replayRecords = 512
	// maxRun is how many records are held at most to find the end of an operation.
	maxRun = record.MaxEntries
)

// replay fills to, which has the records before the snapshot's first, with those that
// hold, what they make of the views, and what is kept beside them if that holds. In the
// end it is the ledger that the snapshot promises. Errors with ErrSnapshot say what does
// not hold; a *readError, that the snapshot ended too early.
func (l *Ledger) replay(in *snapshotReader, header *snapshotHeader, to *generation) error {
	r := &replayer{header: header, whole: l, to: &Ledger{cfg: l.cfg, gen: to}}
	r.to.cfg.Metrics = nil // they are of what is applied
	r.to.cfg.Verify = l.cfg.VerifyRestored
	var err error
	if r.to.state, err = view.GetState(to.db); err != nil {
		return err
	}
	if r.to.identity, err = view.GetIdentity(to.db); err != nil {
		return err
	}
	if r.to.state.Tree.Size() == 0 {
		r.written = newKeySet(uint64(header.Size))
	}
	l.progress.begin(header.From, header.Size, l.cfg.Logger)
	r.source = openSource(in, header)
	defer r.source.close()
	if err := r.records(); err != nil {
		return err
	}
	if err := r.setAside(); err != nil {
		return err
	}
	return r.check()
}

func (r *replayer) records() error {
	var waiting []heldRecord
	for more := true; more || len(waiting) > 0; {
		read, err := r.source.next()
		if err != nil {
			return err
		}
		more = len(read) > 0
		var groups []*group
		groups, waiting = r.group(append(waiting, read...), more)
		if err := r.apply(groups); err != nil {
			return err
		}
		if r.whole.current.Load() == nil {
			return &readError{ErrClosed}
		}
		r.whole.progress.reach(record.Seq(r.to.state.Tree.Size()))
	}
	return nil
}

// apply judges operations, all by the state before them and then one by one, and
// writes what they make.
func (r *replayer) apply(groups []*group) error {
	if len(groups) == 0 {
		return nil
	}
	err := r.to.inParallel(len(groups), func(i int, before view.Reader) error {
		return r.judge(groups[i], before, nil, r.to.identity)
	})
	if err != nil {
		return err
	}
	size := 0
	for _, g := range groups {
		size += g.plan.size()
	}
	b := r.to.newBatch(0, 0, size)
	for _, g := range groups {
		if err := r.settle(b, g); err != nil {
			return errors.Join(err, b.writes.Close())
		}
	}
	b.writes.Set(view.StateEntry(&b.state))
	b.writes.Set(view.BuiltEntry(record.Seq(b.state.Tree.Size())))
	if err := r.to.gen.db.Failure(); err != nil {
		return errors.Join(err, b.writes.Close())
	}
	if err := errors.Join(b.writes.Apply(), b.writes.Close()); err != nil {
		return err
	}
	r.to.state, r.to.identity = b.state, b.identity
	return nil
}

func (r *replayer) judge(g *group, base view.Reader, batch *overlay, identity view.Identity) error {
	op, past, err := derive(g)
	if err != nil {
		return g.refuse(err)
	}
	if r.written != nil {
		base = writtenOnly{base, r.written}
	}
	j := r.to.newJudge(g.time(), base, batch, identity, r.to.gen.documents)
	j.past, past.records = past, g.records
	if g.plan, err = j.decide(op); err != nil {
		return fmt.Errorf("record %d: %w", g.records[0].seq, err)
	}
	return nil
}

// settle compares what an operation makes with the records that it is said to have
// made.
func (r *replayer) settle(b *batch, g *group) error {
	if g.time() < b.state.Time {
		return g.refuse(fmt.Errorf("its time %s is before that of the record before it, %s", g.time(), b.state.Time))
	}
	if b.changed.conflicts(g.plan) {
		if err := r.judge(g, r.to.gen.db, b.changed, b.identity); err != nil {
			return err
		}
	}
	p := g.plan
	if p.why != nil {
		return g.refuse(p.why)
	}
	if len(p.records) != len(g.records) {
		return g.refuse(errors.New("it says what is in the ledger already"))
	}
	for i := range p.records {
		if !bytes.Equal(p.records[i], g.records[i].value) {
			return g.records[i].refuse(errors.New("it is not what the ledger makes of its content"))
		}
	}
	b.now = g.time()
	b.carryOut(p)
	r.written.add(p.changes)
	return nil
}

// setAside makes the witness proofs that are set aside those of the snapshot, if they
// are such as the ledger sets aside, and the applied index what it says.
func (r *replayer) setAside() error {
	b := r.to.gen.db.NewBatch(1 << 20)
	err := view.ScanStaged(r.to.gen.db, func(key, _ []byte) error {
		b.Delete(key)
		return nil
	})
	for _, e := range r.source.staged {
		b.Set(e.key, e.value)
	}
	if r.header.Applied > 0 {
		b.Set(view.AppliedEntry(r.header.Applied))
	}
	if err == nil {
		err = b.Apply()
	}
	if err = errors.Join(err, b.Close()); err != nil {
		return err
	}
	j := r.to.newJudge(r.to.state.Time, r.to.gen.db, nil, r.to.identity, r.to.gen.documents)
	if err = view.CheckStaged(r.to.gen.db, j.mayStage); err == nil {
		err = view.CheckAwaited(r.to.gen.db, j.mayAwait)
	}
	if errors.Is(err, view.ErrStaged) {
		err = fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	return err
}

// check compares what was made with what the snapshot promised.
func (r *replayer) check() error {
	made, err := headerOf(r.to.gen.db)
	if err != nil {
		return err
	}
	made.From = r.header.From
	if *made != *r.header {
		return fmt.Errorf("%w: its records make %+v, its header says %+v", ErrSnapshot, *made, *r.header)
	}
	sums, err := sumFamilies(r.to.gen.db, r.workers())
	if err != nil {
		return err
	}
	return sums.differ(r.source.sums)
}

func (r *replayer) workers() int {
	if n := r.to.cfg.Workers; n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}
