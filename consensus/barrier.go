package consensus

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/raft"
)

// ReadBarrier returns nil once the local state includes every write acknowledged,
// on any node, before the call. Errors: ErrNoLeader, ErrOverloaded, ErrClosed and,
// if the leader was heard but this node has yet to catch up with it, ErrBehind; in each case nothing is known of how current the local state is.
func (r *Replica) ReadBarrier(ctx context.Context) error {
	ctx, cancel := r.bounded(ctx)
	defer cancel()
	var index uint64
	err := r.withLeader(ctx, func(leader string) (err error) {
		if leader == r.cfg.NodeID {
			index, err = r.localRounds.wait(ctx)
		} else {
			index, err = r.rounds[leader].wait(ctx)
		}
		if errors.Is(err, ErrOutcomeUnknown) {
			// Asking has no effect, so there is nothing to be unsure of.
			err = fmt.Errorf("%w: no answer from %s: %s", ErrNoLeader, leader, err)
		}
		return err
	})
	if err == nil {
		if err = r.fsm.waitUntil(ctx, func(applied, _ uint64) bool { return applied >= index }); err != nil {
			return r.behind(index, err)
		}
	}
	if err != nil && !NotProposed(err) {
		err = fmt.Errorf("%w: %w", ErrNoLeader, err)
	}
	return err
}

// behind says how far this node is from an index that the leader named.
func (r *Replica) behind(index uint64, err error) error {
	r.fsm.mu.Lock()
	applied := r.fsm.applied
	r.fsm.mu.Unlock()
	return fmt.Errorf("%w: it has applied entry %d of %d: %w", ErrBehind, applied, index, err)
}

// leaderIndex returns a log index such that a state that has applied it includes
// every write acknowledged before the call. A paused leader that wakes up still
// believes that it leads, so that belief is never enough:
//
//  1. An entry of the own term is applied, hence committed. A new leader's commit
//     index may be behind what its predecessor acknowledged until then.
//  2. The commit index is taken.
//  3. A quorum confirms the leadership, after 2.
//  4. The term is still the same: steps 1 and 3 speak of one leadership.
//
// By 1 the entry at the index is one that reaches the state machine: only a
// leader's first entry, a no-op, does not.
func (r *Replica) leaderIndex() (uint64, error) {
	term := r.raft.CurrentTerm()
	if r.raft.State() != raft.Leader {
		return 0, fmt.Errorf("%w: not the leader", ErrNoLeader)
	}
	ctx, cancel := context.WithTimeout(r.ctx, r.cfg.RPCTimeout)
	defer cancel()
	err := r.fsm.waitUntil(ctx, func(_, applied uint64) bool { return applied >= term })
	if err != nil {
		return 0, fmt.Errorf("%w: no entry of term %d is committed: %w", ErrNoLeader, term, err)
	}
	index := r.raft.CommitIndex()
	if err := r.raft.VerifyLeader().Error(); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNoLeader, err)
	}
	if r.raft.State() != raft.Leader || r.raft.CurrentTerm() != term {
		return 0, fmt.Errorf("%w: leadership changed", ErrNoLeader)
	}
	return index, nil
}

// remoteIndex asks peer for its leaderIndex.
func (r *Replica) remoteIndex(peer string) (uint64, error) {
	ctx, cancel := context.WithTimeout(r.ctx, r.cfg.RPCTimeout)
	defer cancel()
	b, err := r.links[peer].call(ctx, callReadIndex, nil)
	if err != nil {
		return 0, err
	}
	if len(b) != 8 {
		return 0, fmt.Errorf("%w: %s answered with %d bytes", ErrNoLeader, peer, len(b))
	}
	return binary.BigEndian.Uint64(b), nil
}

// Staleness is how far the local state may be behind: the age of the newest
// applied entry, which the leader renews every Config.TickInterval, by its clock
// and by ours. It is NeverApplied before anything was applied. That a leader is in
// touch does not lower it: only what was replicated does.
func (r *Replica) Staleness() time.Duration { return r.fsm.staleness() }
