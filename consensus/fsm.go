package consensus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
)

// StateMachine is what the commands are applied to. Calls of Apply never overlap, nor
// do those of Holding and RestoreSnapshot; all else may be called at any time.
type StateMachine interface {
	// Apply applies the commands of one log entry, stamped with the leader's
	// clock, as one atomic change that includes index as the new AppliedIndex,
	// and returns a result for each. Indexes rise with gaps; one that is not
	// above AppliedIndex changes nothing, and its results do not matter. It
	// reads nothing but its arguments and its state. An error stops the node.
	// Apply may keep commands but must not modify them.
	Apply(index uint64, unixMilli int64, cmds [][]byte) ([][]byte, error)
	// AppliedIndex is the index of the last Apply, or that of the contents
	// restored since, 0 if none. After a restart it may be lower, never below
	// what Flush made durable.
	AppliedIndex() uint64
	// Flush makes everything applied before the call durable.
	Flush() error
	// Holding describes, in at most 4 KiB, what WriteSnapshot of another node may
	// leave out for RestoreSnapshot here.
	Holding() ([]byte, error)
	// WriteSnapshot writes one consistent state, at least as new as
	// AppliedIndex before the call, for a node that holds that.
	WriteSnapshot(w io.Writer, holding []byte) error
	// RestoreSnapshot replaces the state by what WriteSnapshot wrote
	// elsewhere, all or nothing, durably, unless the state is newer. Right
	// before, it calls before with the AppliedIndex that there will be. It
	// reads r to io.EOF; any other error means that the contents are damaged
	// or did not arrive: what it can keep of them, Holding will describe.
	RestoreSnapshot(r io.Reader, before func(applied uint64) error) error
}

// fsm adapts StateMachine to raft.BatchingFSM and keeps track of progress.
type fsm struct {
	sm        StateMachine
	fatal     func(error)
	clock     func() time.Time
	snapshots *snapStore

	failed     atomic.Bool
	sinceSnap  atomic.Int64 // bytes applied since the last snapshot
	leaderTime atomic.Int64 // clock of the newest applied entry, Unix ms; 0 if none
	appliedAt  atomic.Int64 // when it was applied, nanoseconds since start
	start      time.Time

	mu      sync.Mutex // guards what follows
	applied uint64     // index of the last entry handed to sm, ticks included
	term    uint64     // its term; 0 if none since start
	changed chan struct{}
}

// outcome is the response to one Raft entry.
type outcome struct {
	results [][]byte
	err     error
}

func newFSM(sm StateMachine, snapshots *snapStore, fatal func(error)) *fsm {
	return &fsm{clock: time.Now, sm: sm, fatal: fatal, snapshots: snapshots, start: time.Now()}
}

// ApplyBatch implements raft.BatchingFSM.
func (f *fsm) ApplyBatch(logs []*raft.Log) []any {
	out := make([]any, len(logs))
	for i, l := range logs {
		out[i] = f.Apply(l)
	}
	return out
}

// Apply implements raft.FSM. After a failure nothing is applied any more.
func (f *fsm) Apply(l *raft.Log) any {
	if f.failed.Load() {
		return &outcome{err: errors.New("state machine has failed")}
	}
	var results [][]byte
	if l.Type == raft.LogCommand {
		var err error
		if results, err = f.applyBatch(l); err != nil {
			err = fmt.Errorf("apply log entry %d: %w", l.Index, err)
			f.failed.Store(true)
			f.fatal(err)
			return &outcome{err: err}
		}
	}
	f.advance(l.Index, l.Term)
	return &outcome{results: results}
}

func (f *fsm) applyBatch(l *raft.Log) ([][]byte, error) {
	ms, commands, err := decodeBatch(l.Data)
	if err != nil {
		return nil, err
	}
	f.sinceSnap.Add(int64(len(l.Data)))
	var results [][]byte
	if len(commands) > 0 && l.Index > f.sm.AppliedIndex() {
		if results, err = f.sm.Apply(l.Index, ms, commands); err != nil {
			return nil, err
		}
		if len(results) != len(commands) {
			return nil, fmt.Errorf("state machine gave %d results for %d commands", len(results), len(commands))
		}
	}
	f.leaderTime.Store(ms)
	f.appliedAt.Store(int64(time.Since(f.start)))
	return results, nil
}

// advance publishes that all up to index is applied.
func (f *fsm) advance(index, term uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if index > f.applied {
		f.applied = index
	}
	f.term = max(f.term, term)
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
}

// waitUntil returns nil once ok holds of the applied index and its term.
func (f *fsm) waitUntil(ctx context.Context, ok func(index, term uint64) bool) error {
	for {
		f.mu.Lock()
		if ok(f.applied, f.term) {
			f.mu.Unlock()
			return nil
		}
		if f.changed == nil {
			f.changed = make(chan struct{})
		}
		changed := f.changed
		f.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// staleness is the age of the newest applied entry. It is the larger of what the
// leader's clock and ours say and of the time since it was applied here, so that
// a clock of ours running behind cannot hide that nothing arrives any more.
func (f *fsm) staleness() time.Duration {
	ms := f.leaderTime.Load()
	if ms == 0 {
		return NeverApplied
	}
	wall := f.clock().Sub(time.UnixMilli(ms))
	return max(0, wall, time.Since(f.start)-time.Duration(f.appliedAt.Load()))
}

// NeverApplied is the staleness of a replica that has applied nothing yet.
const NeverApplied = time.Duration(1<<63 - 1)

// Snapshot implements raft.FSM.
func (f *fsm) Snapshot() (raft.FSMSnapshot, error) {
	if f.failed.Load() {
		return nil, errors.New("state machine has failed")
	}
	return flusher{f}, nil
}

// flusher is the snapshot of a state machine that keeps its own durable state.
type flusher struct{ *fsm }

// Persist implements raft.FSMSnapshot: flushes the state machine, then records
// that all up to the sink's index is durable. Only after that may Raft truncate.
func (f flusher) Persist(sink raft.SnapshotSink) error {
	applied := f.sm.AppliedIndex()
	if err := f.sm.Flush(); err != nil {
		err = fmt.Errorf("flush state machine: %w", err)
		f.failed.Store(true)
		f.fatal(err)
		return errors.Join(err, sink.Cancel())
	}
	f.sinceSnap.Store(0)
	k, ok := sink.(*snapSink)
	if !ok {
		return errors.Join(fmt.Errorf("snapshot sink of type %T", sink), sink.Cancel())
	}
	if err := k.local(applied); err != nil {
		return errors.Join(err, sink.Cancel())
	}
	return sink.Close()
}

// Release implements raft.FSMSnapshot.
func (flusher) Release() {}

// Restore implements raft.FSM. What the snapshot stands for the state machine has
// already: see install.
func (f *fsm) Restore(r io.ReadCloser) error {
	defer r.Close()
	h, err := readStream(r)
	if err != nil {
		return err
	}
	if err := f.snapshots.restored(f.sm.AppliedIndex()); err != nil {
		return fmt.Errorf("restore snapshot of entry %d: %w", h.index, err)
	}
	f.advance(h.index, h.term)
	return nil
}
