package consensus

import (
	"fmt"
	"strings"
	"time"
)

// Status describes a replica at one moment, for operators.
type Status struct {
	NodeID, Advertise string
	Leader            string // "" if none is known
	State             string // Leader, Follower, Candidate, Shutdown
	// Standing is member, or empty or joining of a node that does not vote: because it
	// holds nothing yet, or has yet to catch up.
	Standing     string
	Term         uint64
	FirstIndex   uint64 // of the log
	LastIndex    uint64
	CommitIndex  uint64
	AppliedIndex uint64 // of the state machine, ticks included
	Staleness    time.Duration
	Retained     []Retained // what a leader keeps of the log for followers
	Queued       int        // proposals waiting for a log entry
	Fatal        error      // why the replica has stopped, nil if it has not
	// ClockWrong says that a majority of the cluster has another time than this node;
	// ClockOffset is how far the clock of the peer farthest away is ahead.
	ClockWrong  bool
	ClockOffset time.Duration
	Peers       []PeerStatus // the other nodes, ordered by id
}

// PeerStatus is what a node knows of another.
type PeerStatus struct {
	Peer
	Reachable bool          // it answered lately
	Standing  string        // as in Status, "" if it has never answered
	Heard     time.Duration // since it answered last; NeverApplied if never
	Offset    time.Duration // how far its clock was ahead then
	Problem   string        // why it is not reachable
}

// Status returns the present state.
func (r *Replica) Status() Status {
	leader, _ := r.Leader()
	clock := r.clock.state()
	s := Status{
		NodeID: r.cfg.NodeID, Advertise: r.cfg.Advertise, Leader: leader, State: r.raft.State().String(),
		Standing: r.standing.get().Status,
		Term:     r.raft.CurrentTerm(), LastIndex: r.raft.LastIndex(), CommitIndex: r.raft.CommitIndex(),
		Staleness: r.Staleness(), Queued: r.queue.len(),
		ClockWrong: clock.off(), ClockOffset: clock.worst, Peers: r.peerStatus(),
	}
	s.FirstIndex, _ = r.disk.log.FirstIndex() // never fails
	s.Retained = r.trans.keep.status()
	r.fsm.mu.Lock()
	s.AppliedIndex = r.fsm.applied
	r.fsm.mu.Unlock()
	if err := r.fatalErr.Load(); err != nil {
		s.Fatal = *err
	}
	return s
}

func (r *Replica) peerStatus() (out []PeerStatus) {
	now := time.Now()
	views := r.peers.views()
	for _, p := range r.cfg.Peers {
		if p.ID == r.cfg.NodeID {
			continue
		}
		v := views[p.ID]
		s := PeerStatus{Peer: p, Reachable: v.fresh(now), Standing: v.state.Status, Heard: NeverApplied, Offset: v.clock.offset}
		if !v.heard.IsZero() {
			s.Heard = now.Sub(v.heard)
		}
		if v.err != nil {
			s.Problem = strings.TrimPrefix(v.err.Error(), ErrNoLeader.Error()+": ")
		}
		out = append(out, s)
	}
	return out
}

// Unready says why this node cannot take part now: why writes sent to it cannot reach
// the leader, or why what it says cannot be relied on. It is nil if nothing stands in the
// way; how current the state is, Staleness tells. The error wraps ErrNoLeader, and
// ErrClock or ErrBehind where these say more.
func (r *Replica) Unready() error {
	if r.fatalErr.Load() != nil || r.ctx.Err() != nil {
		return ErrClosed
	}
	switch s := r.standing.get(); s.Status {
	case statusEmpty:
		if why := r.waiting.Load(); why != nil && *why != "" {
			return fmt.Errorf("%w: %s", ErrNoLeader, *why)
		}
		return fmt.Errorf("%w: this node is empty and has not been admitted to the cluster", ErrNoLeader)
	case statusJoining:
		if why := r.waiting.Load(); why != nil && *why != "" {
			return fmt.Errorf("%w: %s", ErrNoLeader, *why)
		}
		return fmt.Errorf("%w: its log is at entry %d of %d", ErrBehind, r.raft.LastIndex(), s.Index)
	}
	if s := r.clock.state(); s.off() {
		return s.err(r.cfg.MaxClockSkew)
	}
	return r.leaderUnready()
}

// leaderUnready says why writes do not reach a leader that takes them.
func (r *Replica) leaderUnready() error {
	leader, self := r.Leader()
	if leader == "" {
		return fmt.Errorf("%w: none is known%s", ErrNoLeader, r.troubles())
	}
	if self {
		_, err := r.clock.stamp()
		return err
	}
	v := r.peers.view(leader)
	switch {
	case v.fresh(time.Now()) && v.state.Trouble != "":
		return fmt.Errorf("%w: it is %s, which takes no writes: %s", ErrNoLeader, leader, v.state.Trouble)
	case v.fresh(time.Now()):
		return nil
	case v.err != nil:
		return fmt.Errorf("%w: it is %s, which this node does not reach: %w", ErrNoLeader, leader, v.err)
	}
	return fmt.Errorf("%w: it is %s, which has not answered this node yet", ErrNoLeader, leader)
}

// troubles lists what keeps this node from its peers, and those from a vote.
func (r *Replica) troubles() string {
	var out []string
	for _, p := range r.peerStatus() {
		switch {
		case p.Problem != "":
			out = append(out, p.ID+": "+p.Problem)
		case p.Reachable && p.Standing == statusEmpty:
			out = append(out, p.ID+" is empty and has no vote")
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "; " + strings.Join(out, "; ")
}
