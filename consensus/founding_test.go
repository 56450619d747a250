package consensus_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/raft"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/consensus/consensustest"
)

// endingStore takes a number of writes and then, like the process that is killed there, no more.
type endingStore struct {
	consensus.EntryStore
	left *atomic.Int64
}

var errEnded = errors.New("killed")

func (s endingStore) Set(key, value []byte) error {
	if s.left.Add(-1) < 0 {
		return errEnded
	}
	return s.EntryStore.Set(key, value)
}

func (s endingStore) StoreLogs(logs []*raft.Log) error {
	if s.left.Add(-1) < 0 {
		return errEnded
	}
	return s.EntryStore.StoreLogs(logs)
}

// A founding that is interrupted before any of its writes, on all nodes at once or on the one that writes
// the record, goes on when the nodes are started again.
func TestFoundingInterruptedAtEveryWrite(t *testing.T) {
	t.Parallel()
	const writes, endless = 11, 1 << 40 // name, standings, term, first entry, votes, entries of the first leader
	for _, test := range []struct{ nodes, killed int }{{1, 1}, {3, 3}, {3, 1}} {
		for n := range writes {
			t.Run(fmt.Sprintf("%d of %d nodes before write %d", test.killed, test.nodes, n), func(t *testing.T) {
				t.Parallel()
				left := map[string]*atomic.Int64{}
				c := consensustest.New(t, consensustest.Options{Nodes: test.nodes, Unfounded: true, Configure: func(cfg *consensus.Config) {
					count := left[cfg.NodeID]
					consensus.WrapStore(cfg, func(s consensus.EntryStore) consensus.EntryStore { return endingStore{s, count} })
				}})
				var ended []*consensustest.Node
				for i, node := range c.Nodes {
					left[node.ID] = new(atomic.Int64)
					left[node.ID].Store(endless)
					if i < test.killed {
						left[node.ID].Store(int64(n))
						ended = append(ended, node)
					}
					if err := node.TryStart(); err != nil && !errors.Is(err, errEnded) {
						t.Fatal(err)
					}
				}
				c.Eventually("a node to be killed", func() error {
					for _, node := range ended { // the others may wait for it
						if left[node.ID].Load() < 0 {
							return nil
						}
					}
					return errors.New("all have writes left")
				})
				for _, node := range ended {
					if node.Replica != nil {
						node.Crash()
					}
					left[node.ID].Store(endless)
				}
				for _, node := range ended {
					node.Start()
				}
				for _, node := range c.Nodes {
					node.Member()
				}
				c.Put(c.Leader(), "a", "k", "1")
				c.Check()
			})
		}
	}
}

// heldStore keeps entries from being stored while a channel is there, until it is closed.
type heldStore struct {
	consensus.EntryStore
	hold *atomic.Pointer[chan struct{}]
}

func (s heldStore) StoreLogs(logs []*raft.Log) error {
	if ch := s.hold.Load(); ch != nil {
		<-*ch
	}
	return s.EntryStore.StoreLogs(logs)
}

// n3 was admitted after it had been emptied, but has not caught up when all nodes stop; n2 is lost. n1 has
// everything, and nobody who votes for it: n3 says so, and what to do, and that helps.
func TestNodeThatJoinsIsLeftWithoutALeader(t *testing.T) {
	t.Parallel()
	flags, held := map[string]bool{}, new(atomic.Pointer[chan struct{}])
	c := bootstrapping(t, flags, consensustest.Options{})
	n1, n2, n3 := c.Nodes[0], c.Nodes[1], c.Nodes[2]
	for i := range 100 { // more than one request or two bring
		c.Put(c.Leader(), fmt.Sprint("a", i), "k", fmt.Sprint(i))
	}
	c.Check()
	n3.Empty()
	hold := make(chan struct{})
	held.Store(&hold)
	c.Configure(func(cfg *consensus.Config) {
		cfg.Bootstrap = flags[cfg.NodeID]
		if cfg.NodeID == n3.ID {
			consensus.WrapStore(cfg, func(s consensus.EntryStore) consensus.EntryStore { return heldStore{s, held} })
		}
	})
	n3.Start()
	says(c, n3, "its log is at entry 0 of")
	n1.Stop()
	n2.Stop()
	held.Store(nil)
	close(hold)
	n1.Start()
	says(c, n3, "no leader that it could catch up with")
	flags[n3.ID] = true
	n3.Crash()
	n3.Start()
	if leader := c.Leader(); leader != n1 {
		t.Errorf("%s leads, which had not caught up", leader.ID)
	}
	n3.Member()
	n2.Start()
	c.Put(n2, "b", "k", "b")
	c.Check()
}
