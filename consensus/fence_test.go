package consensus_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/consensus/consensustest"
)

// Heartbeats need no disk, so that a leader whose disk is stuck would lead for ever,
// while nothing is committed any more and everybody's state grows old.
func TestStuckDiskOfTheLeaderMakesWay(t *testing.T) {
	t.Parallel()
	c, stores := flakyCluster(t, func(cfg *consensus.Config) { cfg.AppendTimeout = 200 * time.Millisecond })
	leader := c.Leader()
	c.Put(leader, "before", "k", "1")
	hold := make(chan struct{})
	stores[leader.ID].stuck.Store(&hold)
	for i, n := range c.Others(leader) {
		c.Put(n, fmt.Sprint("meanwhile ", i), "k", "2")
	}
	next := c.Leader(c.Others(leader)...)
	c.Eventually("the old leader to know that "+next.ID+" leads", func() error {
		if id, self := leader.Replica.Leader(); self || id == leader.ID {
			return fmt.Errorf("it takes itself for the leader (%q)", id)
		}
		return nil
	})
	for _, n := range c.Others(leader) {
		c.Eventually("the state of "+n.ID+" to be current under the new leader", func() error {
			if s := n.Replica.Staleness(); s > time.Second {
				return fmt.Errorf("it is %v old", s)
			}
			return nil
		})
	}
	stores[leader.ID].stuck.Store(nil)
	close(hold)
	c.Put(leader, "after", "k", "3")
	c.Check()
}

// What waits at a leader whose disk is stuck goes to the next one.
func TestWritesWaitingAtAStuckDiskGoOn(t *testing.T) {
	t.Parallel()
	c, stores := flakyCluster(t, func(cfg *consensus.Config) { cfg.AppendTimeout = 200 * time.Millisecond })
	leader := c.Leader()
	hold := make(chan struct{})
	stores[leader.ID].stuck.Store(&hold)
	first := make(chan error, 1)
	go func() { // gets into the entry that is stuck
		first <- c.Propose(within(t, time.Minute), leader.Replica, consensustest.Command{ID: "first", Key: "k"})
	}()
	c.Eventually("the leader to make way", func() error {
		if _, self := leader.Replica.Leader(); self {
			return errors.New("it does not")
		}
		return nil
	})
	c.Leader(c.Others(leader)...)
	stores[leader.ID].stuck.Store(nil)
	close(hold)
	if err := <-first; err != nil && !errors.Is(err, consensus.ErrOutcomeUnknown) && !consensus.NotProposed(err) {
		t.Errorf("write into the stuck entry: %v", err)
	}
	c.Put(leader, "second", "k", "2")
	c.Check()
}

// A cluster of one has nobody to make way for.
func TestStuckDiskOfAClusterOfOne(t *testing.T) {
	t.Parallel()
	stores := make(map[string]*flakyStore)
	c := consensustest.New(t, consensustest.Options{Nodes: 1, Configure: func(cfg *consensus.Config) {
		cfg.AppendTimeout = 20 * time.Millisecond
		consensus.WrapStore(cfg, func(s consensus.EntryStore) consensus.EntryStore {
			stores[cfg.NodeID] = &flakyStore{EntryStore: s}
			return stores[cfg.NodeID]
		})
	}})
	n := c.Leader()
	hold := make(chan struct{})
	stores[n.ID].stuck.Store(&hold)
	done := make(chan error, 1)
	go func() {
		done <- c.Propose(within(t, time.Minute), n.Replica, consensustest.Command{ID: "a", Key: "k"})
	}()
	c.Eventually("the disk to be stuck for longer than the limit", func() error {
		if s := n.Replica.Staleness(); s < 200*time.Millisecond {
			return fmt.Errorf("state is %v old", s)
		}
		return nil
	})
	if _, self := n.Replica.Leader(); !self {
		t.Error("the only member makes way")
	}
	stores[n.ID].stuck.Store(nil)
	close(hold)
	if err := <-done; err != nil {
		t.Errorf("write that waited for the disk: %v", err)
	}
	c.Check()
}
