package consensus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/hashicorp/raft"
)

// serve begins to answer: proposals, peers, and changes of leadership.
func (r *Replica) serve() {
	r.queue = newQueue(&r.cfg)
	if len(r.cfg.Peers) > 1 {
		r.fence.raft.Store(r.raft)
	}
	r.batch = newBatcher(r.raft, r.queue, r.clock.stamp, &r.cfg)
	r.mux.serve = func(c net.Conn) { serveCalls(c, peerCalls{r}, &r.cfg) }
	r.trans.start(r.running.Go)
	r.mux.install = r.takeContents
	r.mux.start()
	r.begin()
	for id := range r.links {
		r.running.Go(func() { r.follow(id) })
	}
	r.running.Go(r.enter)
	r.running.Go(r.heed)
	r.running.Go(r.watch)
	r.running.Go(r.compact)
	r.running.Go(r.shrink)
}

// watch tells those who wait of changes of leadership, and has a new leader
// propose a tick at once: reads wait for an entry of its term.
func (r *Replica) watch() {
	seen := make(chan raft.Observation, 1) // full: a change is still to be looked at
	o := raft.NewObserver(seen, false, func(o *raft.Observation) bool {
		switch o.Data.(type) {
		case raft.LeaderObservation, raft.RaftState:
			return true
		}
		return false
	})
	r.raft.RegisterObserver(o)
	defer r.raft.DeregisterObserver(o)
	var leader string
	var self bool
	var since time.Time // when there was no leader any more; zero before the first
	for {
		r.fence.open()
		id, me := r.Leader()
		switch {
		case id == "" && leader != "":
			since = time.Now()
		case id != "" && leader == "" && !since.IsZero():
			r.longestElection.Store(max(r.longestElection.Load(), int64(time.Since(since))))
		}
		if id != leader || me != self {
			leader, self = id, me
			r.cfg.Logger.Info("leader changed", "node", r.cfg.NodeID, "leader", id, "term", r.raft.CurrentTerm())
			r.announce()
		}
		if self {
			select {
			case r.batch.kick <- struct{}{}:
			default:
			}
		}
		select {
		case <-seen:
		case <-r.ctx.Done():
			return
		}
	}
}

func (r *Replica) announce() {
	r.mu.Lock()
	close(r.changed)
	r.changed = make(chan struct{})
	r.mu.Unlock()
	select {
	case r.changes <- struct{}{}:
	default:
	}
}

// leaderChanged returns a channel that is closed at the next change.
func (r *Replica) leaderChanged() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// compact takes a snapshot as soon as the log has grown by SnapshotBytes.
func (r *Replica) compact() {
	const look = 250 * time.Millisecond
	ticker := time.NewTicker(min(look, r.cfg.SnapshotInterval))
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-r.ctx.Done():
			return
		}
		if r.fsm.sinceSnap.Load() < int64(r.cfg.SnapshotBytes) {
			continue
		}
		if err := r.Snapshot(); err != nil {
			r.cfg.Logger.Warn("cannot take a snapshot", "error", err)
		}
	}
}

// shrink makes the log's file smaller when entries were deleted and it is due.
func (r *Replica) shrink() {
	for {
		select {
		case <-r.disk.file.freed:
		case <-r.ctx.Done():
			return
		}
		started, did := time.Now(), false
		err := caught(func() (err error) {
			did, err = r.disk.file.shrink(r.ctx)
			return err
		})
		switch {
		case err != nil && r.ctx.Err() == nil:
			r.cfg.Logger.Warn("cannot make the file of the log smaller", "file", r.disk.file.path, "error", err)
		case did:
			r.cfg.Logger.Info("made the file of the log smaller", "file", r.disk.file.path, "took", time.Since(started))
		}
	}
}

// Snapshot flushes the state machine now and lets the log before it go.
func (r *Replica) Snapshot() error {
	err := r.raft.Snapshot().Error()
	if errors.Is(err, raft.ErrNothingNewToSnapshot) {
		return nil
	}
	return err
}

// Leader returns the id of the leader as far as this node knows, "" if it knows
// none, and whether it is this node. Neither is proof: see ReadBarrier.
func (r *Replica) Leader() (id string, self bool) {
	if r.fatalErr.Load() != nil || r.fence.closed.Load() {
		return "", false
	}
	_, leader := r.raft.LeaderWithID()
	if string(leader) != r.cfg.NodeID {
		return string(leader), false
	}
	if r.raft.State() != raft.Leader {
		return "", false // it was this node until just now
	}
	return string(leader), true
}

// LeadershipChanges returns a channel that receives after the answer of Leader has
// changed, at least once for any number of changes. It has one consumer.
func (r *Replica) LeadershipChanges() <-chan struct{} { return r.changes }

// Peers returns all members of the cluster, ordered by id.
func (r *Replica) Peers() []Peer { return append([]Peer(nil), r.cfg.Peers...) }

// Hello returns what peer tells of itself (its Config.Hello). Errors: ErrNoLeader
// if the peer cannot be reached, or ErrOverloaded, ErrClosed, ErrOutcomeUnknown.
func (r *Replica) Hello(ctx context.Context, peer string) ([]byte, error) {
	if peer == r.cfg.NodeID {
		return peerCalls{r}.hello(), nil
	}
	l, ok := r.links[peer]
	if !ok {
		return nil, fmt.Errorf("%q: %w", peer, errNotPeer)
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.RPCTimeout)
	defer cancel()
	return l.call(ctx, callHello, nil)
}
