package consensus

import (
	"errors"
	"fmt"
	"time"
)

// ErrClock marks the refusals of a node whose clock differs from those of its peers.
var ErrClock = errors.New("clock differs from the peers'")

// sample compares a peer's clock with this node's, once.
type sample struct {
	at     time.Time     // of this node's monotonic clock: half way between question and answer
	peer   time.Time     // the peer's clock then
	offset time.Duration // how far it was ahead of this node's clock
	slack  time.Duration // by how much that may be wrong
}

// newSample takes the peer's clock and ours at the moment of asking.
func newSample(peer, own time.Time, asked, answered time.Time) sample {
	half := answered.Sub(asked) / 2
	own, peer = own.Round(0).Add(half), peer.Round(0)
	return sample{at: asked.Add(half), peer: peer, offset: peer.Sub(own), slack: half + time.Millisecond}
}

// sampleLife is how long a sample counts: monotonic clocks drift by less than a
// millisecond in that time.
const sampleLife = time.Minute

// clockWatch compares this node's clock with its peers'.
//
// Whatever the leader stamps is what time it is, for ever: ledger time never goes back.
// So a stamp is proposed only if a majority of the cluster, this node included, has
// about the same time. A majority that agrees on a wrong time cannot be told from one
// that agrees on the right one; a cluster of one believes its own clock.
type clockWatch struct {
	now   func() time.Time
	peers *peers
	bound time.Duration
	nodes int
}

// clockState says how many peers have the same time as this node.
type clockState struct {
	agree, differ, unknown int
	majority               int
	worst                  time.Duration // the offset of the peer farthest away
}

// ok: a majority has the same time. off: a majority has not.
func (s clockState) ok() bool  { return 1+s.agree >= s.majority }
func (s clockState) off() bool { return 1+s.agree+s.unknown < s.majority }

func (s clockState) err(bound time.Duration) error {
	if s.off() {
		return fmt.Errorf("%w: %w: %d of %d peers have another time, by up to %v (bound %v): set the clock of this node, or theirs",
			ErrNoLeader, ErrClock, s.differ, s.agree+s.differ+s.unknown, s.worst.Round(time.Millisecond), bound)
	}
	return fmt.Errorf("%w: %w: %d of %d peers have told theirs", ErrNoLeader, ErrClock, s.agree+s.differ, s.agree+s.differ+s.unknown)
}

// compare counts the peers by what offset says of each.
func (c *clockWatch) compare(at time.Time, offset func(sample) time.Duration) clockState {
	s := clockState{majority: c.nodes/2 + 1, unknown: c.nodes - 1}
	for _, v := range c.peers.views() {
		if v.clock.at.IsZero() || at.Sub(v.clock.at) > sampleLife {
			continue
		}
		s.unknown--
		off := offset(v.clock)
		if off.Abs() > s.worst.Abs() {
			s.worst = off
		}
		if off.Abs() <= c.bound+v.clock.slack {
			s.agree++
		} else {
			s.differ++
		}
	}
	return s
}

// state is how the clocks compared when they were last told.
func (c *clockWatch) state() clockState {
	return c.compare(time.Now(), func(s sample) time.Duration { return s.offset })
}

// stamp returns the time to propose, in milliseconds since 1970 UTC. The peers' clocks
// are taken to have gone on since they were told, as this node's monotonic clock has, so
// that a jump of its own clock shows before the peers have been asked again; they then
// are. The error is of the kinds ErrNoLeader and ErrClock.
func (c *clockWatch) stamp() (int64, error) {
	own, at := c.now(), time.Now()
	s := c.compare(at, func(s sample) time.Duration { return s.peer.Add(at.Sub(s.at)).Sub(own.Round(0)) })
	if s.ok() {
		return own.UnixMilli(), nil
	}
	c.peers.askAll()
	return 0, s.err(c.bound)
}

// heed makes a leader with a wrong clock hand its leadership on, and says what is wrong.
func (r *Replica) heed() {
	tick := time.NewTicker(r.cfg.PeerInterval)
	defer tick.Stop()
	wrong := false
	for {
		select {
		case <-tick.C:
		case <-r.ctx.Done():
			return
		}
		s := r.clock.state()
		switch {
		case s.off() && !wrong:
			r.cfg.Logger.Error("this node's clock is not that of its peers: it does not lead until it is",
				"node", r.cfg.NodeID, "differ", s.differ, "offset", s.worst, "bound", r.cfg.MaxClockSkew)
		case !s.off() && wrong:
			r.cfg.Logger.Info("this node's clock is that of its peers again", "node", r.cfg.NodeID)
		}
		wrong = s.off()
		if _, self := r.Leader(); wrong && self {
			if err := r.raft.LeadershipTransfer().Error(); err != nil {
				r.cfg.Logger.Debug("leadership was not handed over", "node", r.cfg.NodeID, "error", err)
			}
		}
	}
}
