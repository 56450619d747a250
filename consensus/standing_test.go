package consensus_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	raftboltdb "github.com/hashicorp/raft-boltdb/v2"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/consensus/consensustest"
)

// says waits until the node is unready for a reason that contains words.
func says(c *consensustest.Cluster, n *consensustest.Node, words string) {
	c.TB.Helper()
	c.Eventually(n.ID+" to say "+words, func() error {
		if err := n.Replica.Unready(); err == nil || !strings.Contains(err.Error(), words) {
			return fmt.Errorf("it says %v", err)
		}
		return nil
	})
}

// leaderless demands that nobody leads and no write is taken.
func leaderless(c *consensustest.Cluster, nodes ...*consensustest.Node) {
	c.TB.Helper()
	for _, n := range nodes {
		err := c.Propose(within(c.TB, 3*time.Second), n.Replica, consensustest.Command{ID: "to " + n.ID, Key: "k", Value: "lost"})
		if !errors.Is(err, consensus.ErrNoLeader) {
			c.TB.Errorf("%s took a write: %v", n.ID, err)
		}
		if id, _ := n.Replica.Leader(); id != "" {
			c.TB.Errorf("%s follows %s", n.ID, id)
		}
	}
}

// bootstrapping is a cluster whose nodes get Config.Bootstrap where flags says so.
func bootstrapping(t *testing.T, flags map[string]bool, o consensustest.Options) *consensustest.Cluster {
	o.Configure = func(cfg *consensus.Config) { cfg.Bootstrap = flags[cfg.NodeID] }
	return consensustest.New(t, o)
}

// n1 alone has what was acknowledged and is down; n2 and n3 start empty.
func TestEmptiedMajorityFoundsNothing(t *testing.T) {
	t.Parallel()
	flags := map[string]bool{}
	c := bootstrapping(t, flags, consensustest.Options{})
	n1, n2, n3 := c.Nodes[0], c.Nodes[1], c.Nodes[2]
	c.Put(c.Leader(), "a", "k", "1")
	c.Check()
	for _, n := range c.Nodes {
		n.Stop()
	}
	n2.Empty()
	n3.Empty()
	n2.Start()
	n3.Start()
	says(c, n2, "waits for n1")
	says(c, n3, "waits for n1")
	leaderless(c, n2, n3)
	// With n1 there is a ledger, but no majority that has a vote.
	n1.Start()
	says(c, n2, "no leader that could admit it")
	says(c, n1, "n2 is empty and has no vote; n3 is empty and has no vote")
	leaderless(c, n1, n2, n3)
	// The operator's word for one of them gives it a vote, and n1's log wins.
	flags["n2"] = true
	n2.Stop()
	n2.Start()
	if leader := c.Leader(); leader != n1 {
		t.Errorf("%s leads, which had nothing", leader.ID)
	}
	n3.Member()
	c.Check()
	for _, n := range c.Nodes {
		if got := n.M().Get("k"); got != "1" {
			t.Errorf("%s reads %q", n.ID, got)
		}
	}
}

// An entry is on n1 and n3 alone. n3 forgets it, n1 is down, n2 comes back without it:
// with n3's vote n2 would lead.
func TestEmptiedNodeElectsNobodyWhoLacksWhatItForgot(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{})
	n1 := c.Leader()
	others := c.Others(n1)
	n2, n3 := others[0], others[1]
	n2.Isolate()
	c.Put(n1, "a", "k", "1")
	n1.Stop()
	n3.Empty()
	n2.Rejoin()
	n3.Start()
	says(c, n3, "no leader that could admit it")
	leaderless(c, n2, n3)
	n1.Start()
	c.Leader()
	n3.Member()
	c.Check()
	// It votes again: with n1 away, nothing can be decided without it.
	n1.Stop()
	c.Put(c.Leader(), "b", "k", "2")
	n1.Start()
	c.Check()
}

// A vote is forgotten just as an acknowledgement: what a leader of an earlier term sends
// to a node that a later one admitted is refused, after a restart too.
func TestAdmittedNodeKeepsItsStanding(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{})
	leader := c.Leader()
	n := c.Others(leader)[0]
	c.Put(leader, "a", "k", "1")
	for range 3 {
		n.Empty()
		n.Start()
		n.Member()
		n.Crash()
		n.Start()
		n.Member()
		c.Put(c.Leader(), fmt.Sprint("b", time.Now().UnixNano()), "k", "2")
	}
	c.Check()
}

func TestClusterStartsInAnyOrderOnceAllAreThere(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{Unfounded: true})
	n1, n2, n3 := c.Nodes[0], c.Nodes[1], c.Nodes[2]
	n3.Start()
	n2.Start()
	says(c, n3, "waits for n1")
	says(c, n2, "waits for n1")
	leaderless(c, n2, n3)
	n3.Crash() // before anything began
	n3.Start()
	n1.Start()
	for _, n := range c.Nodes {
		n.Member()
	}
	c.Put(c.Leader(), "a", "k", "1")
	c.Check()
}

// Two of three never saw the third: with the operator's word for one they begin, and the
// third is admitted later.
func TestBootstrapWithoutTheThird(t *testing.T) {
	t.Parallel()
	c := bootstrapping(t, map[string]bool{"n3": true}, consensustest.Options{Unfounded: true})
	n1, n2, n3 := c.Nodes[0], c.Nodes[1], c.Nodes[2]
	n3.Start()
	says(c, n3, "majority")
	n1.Start()
	n1.Member()
	n3.Member()
	c.Put(c.Leader(), "a", "k", "1")
	n2.Start()
	n2.Member()
	c.Check()
}

// A node that still has --bootstrap in its settings loses its disk: there is a leader, so
// it is admitted like any other.
func TestBootstrapGivesNoVoteWhereThereIsALeader(t *testing.T) {
	t.Parallel()
	flags := map[string]bool{"n1": true, "n2": true, "n3": true}
	c := bootstrapping(t, flags, consensustest.Options{})
	leader := c.Leader()
	c.Put(leader, "a", "k", "1")
	n := c.Others(leader)[0]
	n.Empty()
	n.Start()
	n.Member()
	if got := n.Replica.Status().LastIndex; got < 3 {
		t.Errorf("a member with a log of %d entries", got)
	}
	c.Check()
}

// n1 comes back to a cluster that was founded anew without it, as the operator said.
func TestNodesOfTwoLedgersLeaveEachOtherAlone(t *testing.T) {
	t.Parallel()
	for _, recorded := range []bool{true, false} {
		t.Run(fmt.Sprint("recorded ", recorded), func(t *testing.T) {
			flags, ledgers := map[string]bool{}, map[string]string{}
			c := consensustest.New(t, consensustest.Options{Configure: func(cfg *consensus.Config) {
				cfg.Bootstrap = flags[cfg.NodeID]
				cfg.Ledger = func() string { return ledgers[cfg.NodeID] }
			}})
			n1, n2, n3 := c.Nodes[0], c.Nodes[1], c.Nodes[2]
			for i := range 10 {
				c.Put(c.Leader(), fmt.Sprint("a", i), "k", "old")
			}
			for _, n := range c.Nodes {
				n.Stop()
			}
			n2.Empty()
			n3.Empty()
			flags["n2"] = true
			if recorded {
				ledgers["n1"], ledgers["n2"], ledgers["n3"] = "the old ledger", "a new ledger", "a new ledger"
			}
			n2.Start()
			n3.Start()
			n3.Member()
			leader := c.Leader(n2, n3)
			c.Put(leader, "b", "k", "new")
			n1.Start()
			says(c, n1, "node of another ledger")
			for i := range 10 {
				c.Put(leader, fmt.Sprint("c", i), "k", "newer")
			}
			for _, n := range c.Nodes {
				select {
				case err := <-n.Fatal:
					t.Errorf("%s was taken down: %v", n.ID, err)
				default:
				}
			}
			if got := n1.M().Get("k"); got != "old" {
				t.Errorf("n1 reads %q", got)
			}
			if id, _ := n1.Replica.Leader(); id != "" {
				t.Errorf("n1 follows %s", id)
			}
			if recorded && !strings.Contains(n1.Replica.Unready().Error(), "a new ledger") {
				t.Errorf("n1 does not name the other ledger: %v", n1.Replica.Unready())
			}
		})
	}
}

// What operators get wrong about names and members is said in words, to the node that
// has it wrong.
func TestWhyANodeIsRefused(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{Secret: []byte("sixteen bytes or more")})
	c.Leader()
	start := func(change func(*consensus.Config)) *consensus.Replica {
		cfg := c.Nodes[2].Config()
		cfg.Dir, cfg.StateMachine = t.TempDir(), consensustest.NewMachine()
		cfg.Network = c.Net.Node("elsewhere")
		cfg.Bind = "elsewhere"
		change(&cfg)
		r, err := consensus.Start(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for name, test := range map[string]struct {
		change func(*consensus.Config)
		words  string
	}{
		"no member": {func(cfg *consensus.Config) {
			cfg.NodeID = "n4"
			cfg.Peers = append(cfg.Peers, consensus.Peer{ID: "n4", Address: "elsewhere"})
		}, "this node is no member of n"},
		"second of a name": {func(*consensus.Config) {}, "another node runs under the name n3"},
		"other peers": {func(cfg *consensus.Config) {
			cfg.NodeID = "n2"
			cfg.Peers = cfg.Peers[:2]
		}, "other peers"},
		"wrong secret": {func(cfg *consensus.Config) { cfg.Secret = []byte("another secret, long enough") }, "another secret"},
		"wrong address": {func(cfg *consensus.Config) {
			cfg.NodeID = "n1"
			cfg.Peers = []consensus.Peer{{ID: "n1", Address: "elsewhere"}, {ID: "n2", Address: "n3"}, {ID: "n3", Address: "n3"}}
		}, `n2 at n3 is "n3.node.tabard.internal"`},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(test.change)
			defer r.Close()
			c.Eventually("the node to say "+test.words, func() error {
				var all []string
				for _, p := range r.Status().Peers {
					if all = append(all, p.Problem); strings.Contains(p.Problem, test.words) {
						return nil
					}
				}
				return fmt.Errorf("it says %q", all)
			})
		})
	}
	c.Put(c.Leader(), "a", "k", "1")
	c.Check()
}

// forgetful is a store of before there were standings.
type forgetful struct {
	consensus.EntryStore
	forget *atomic.Bool
}

func (f forgetful) Get(key []byte) ([]byte, error) {
	if f.forget.Load() && string(key) == "tabard standing" {
		return nil, raftboltdb.ErrKeyNotFound
	}
	return f.EntryStore.Get(key)
}

// Directories from before there were standings open, and their nodes have a vote.
func TestMembersFromBeforeThereWereStandings(t *testing.T) {
	t.Parallel()
	var forget atomic.Bool
	c := consensustest.New(t, consensustest.Options{Configure: func(cfg *consensus.Config) {
		consensus.WrapStore(cfg, func(s consensus.EntryStore) consensus.EntryStore { return forgetful{s, &forget} })
	}})
	c.Put(c.Leader(), "a", "k", "1")
	for _, n := range c.Nodes {
		n.Crash()
	}
	forget.Store(true)
	for _, n := range c.Nodes {
		n.Start()
		n.Member()
	}
	forget.Store(false)
	c.Put(c.Leader(), "b", "k", "2")
	// One that is emptied is admitted to such a cluster, too.
	c.Nodes[1].Empty()
	c.Nodes[1].Start()
	c.Nodes[1].Member()
	c.Check()
}

// Who left --bootstrap in the settings is told at every start.
func TestBootstrapLeftInTheSettings(t *testing.T) {
	t.Parallel()
	var said lockedBuffer
	flag := true
	c := consensustest.New(t, consensustest.Options{Nodes: 1, Configure: func(cfg *consensus.Config) {
		cfg.Bootstrap, cfg.Logger = flag, slog.New(slog.NewTextHandler(&said, nil))
	}})
	const warning = "--bootstrap is still set"
	if strings.Contains(said.String(), warning) {
		t.Error("said at the first start")
	}
	for want := 1; want <= 2; want++ {
		c.Nodes[0].Stop()
		c.Nodes[0].Start()
		if got := strings.Count(said.String(), warning); got != want {
			t.Errorf("said %d times, want %d", got, want)
		}
	}
	flag = false
	c.Nodes[0].Stop()
	c.Nodes[0].Start()
	if got := strings.Count(said.String(), warning); got != 2 {
		t.Errorf("said %d times, though the flag is gone", got)
	}
}
