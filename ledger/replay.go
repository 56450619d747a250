package ledger

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// replayer makes a store of received records by judging them again, each at its own
// time and by what the records before it make of the state.
type replayer struct {
	from *store.DB
	size record.Seq
	// registry is who the received store says the ledger is. It decides nothing but
	// where an operation is taken to end.
	registry view.Identity
	// to is the ledger in the making. Nobody else sees it, and of it there are no
	// views: only its configuration, generation, state and identity are used.
	to *Ledger
}

const (
	// replayRecords is how many records are judged at a time.
	replayRecords = 256
	// maxRun is how many records are held at most to find the end of an operation.
	maxRun = record.MaxEntries
)

// replay fills to, which is empty, from the received store: with the records that
// hold, what they make of the views, and what is kept beside them if that holds. In
// the end the two stores are alike. Errors with ErrSnapshot say what does not hold.
func (l *Ledger) replay(from *store.DB, to *generation) error {
	state, err := view.GetState(from)
	if err != nil {
		return err
	}
	r := &replayer{from: from, size: record.Seq(state.Tree.Size()), to: &Ledger{cfg: l.cfg, gen: to}}
	r.to.cfg.Metrics = nil // they are of what is applied
	if r.registry, err = view.GetIdentity(from); err != nil {
		return err
	}
	var waiting []heldRecord
	for next := record.Seq(0); next < r.size || len(waiting) > 0; {
		more := min(replayRecords, r.size-next)
		read, err := r.read(next, next+more)
		if err != nil {
			return err
		}
		next += more
		var groups []*group
		groups, waiting = r.group(append(waiting, read...), next < r.size)
		if err := r.apply(groups); err != nil {
			return err
		}
	}
	if err := r.copyBeside(); err != nil {
		return err
	}
	return sameStores(from, to.db)
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
	b := r.to.newBatch(0, nil)
	for _, g := range groups {
		if err := r.settle(b, g); err != nil {
			return errors.Join(err, b.writes.Close())
		}
	}
	b.writes.Set(view.StateEntry(&b.state))
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
	op, past, err := r.derive(g)
	if err != nil {
		return g.refuse(err)
	}
	j := r.to.newJudge(g.time(), base, batch, identity, r.to.gen.documents)
	j.past = past
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
	return nil
}

// copyBeside copies what the records do not tell: the applied index as it is, witness
// proofs set aside if they are such as the ledger sets aside.
func (r *replayer) copyBeside() error {
	applied, err := view.GetApplied(r.from)
	if err != nil {
		return err
	}
	b := r.to.gen.db.NewBatch(1 << 20)
	if applied > 0 {
		b.Set(view.AppliedEntry(applied))
	}
	j := r.to.newJudge(r.to.state.Time, r.to.gen.db, nil, r.to.identity, r.to.gen.documents)
	set := func(key, value []byte) error {
		b.Set(key, value)
		if b.Size() < 1<<20 {
			return nil
		}
		err := errors.Join(b.Apply(), b.Close())
		b = r.to.gen.db.NewBatch(1 << 20)
		return err
	}
	err = view.CopyStaged(r.from, j.mayStage, set)
	if err == nil {
		err = view.CopyAwaited(r.from, j.mayAwait, set)
	}
	if err != nil {
		if errors.Is(err, view.ErrStaged) {
			err = fmt.Errorf("%w: %w", ErrSnapshot, err)
		}
		return errors.Join(err, b.Close())
	}
	return errors.Join(b.Apply(), b.Close())
}
