package consensus_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/consensus/consensustest"
)

const year = 365 * 24 * time.Hour

// clocks has an offset for the clock of each node.
type clocks map[string]*atomic.Int64

func newClocks() clocks {
	return clocks{"n1": new(atomic.Int64), "n2": new(atomic.Int64), "n3": new(atomic.Int64)}
}

func (c clocks) configure(cfg *consensus.Config) {
	offset := c[cfg.NodeID]
	cfg.Clock = func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
}

// stampedNow demands that nothing was stamped with a time that never was.
func stampedNow(t *testing.T, c *consensustest.Cluster, from time.Time) {
	t.Helper()
	for _, n := range c.Running() {
		for _, ms := range n.M().Times() {
			if at := time.UnixMilli(ms); at.Before(from.Add(-time.Minute)) || at.After(time.Now().Add(time.Minute)) {
				t.Fatalf("%s applied an entry of %v", n.ID, at)
			}
		}
	}
}

// One leader after another gets a wrong clock: it hands its leadership on, and nothing is
// stamped by it.
func TestNodeWithAWrongClockDoesNotLead(t *testing.T) {
	t.Parallel()
	start := time.Now()
	off := newClocks()
	c := consensustest.New(t, consensustest.Options{Configure: off.configure})
	for i, by := range []time.Duration{year, -year, 10 * time.Second} {
		wrong := c.Leader()
		off[wrong.ID].Store(int64(by))
		c.Eventually("another to lead", func() error {
			if id, _ := c.Others(wrong)[0].Replica.Leader(); id == "" || id == wrong.ID {
				return fmt.Errorf("%q leads", id)
			}
			return nil
		})
		c.Put(c.Others(wrong)[0], fmt.Sprint("a", i), "k", "1")
		c.Put(wrong, fmt.Sprint("b", i), "k", "2") // it forwards
		c.Eventually(wrong.ID+" to say so", func() error {
			if err := wrong.Replica.Unready(); !errors.Is(err, consensus.ErrClock) || !wrong.Replica.Status().ClockWrong {
				return fmt.Errorf("it says %v", err)
			}
			return nil
		})
		off[wrong.ID].Store(0)
		c.Eventually("the clock to be right again", wrong.Replica.Unready)
	}
	c.Check()
	stampedNow(t, c, start)
}

// Of two nodes that differ nobody can tell which is right: neither leads until the third
// is back.
func TestTwoClocksThatDiffer(t *testing.T) {
	t.Parallel()
	start := time.Now()
	off := newClocks()
	c := consensustest.New(t, consensustest.Options{Configure: off.configure})
	c.Put(c.Leader(), "a", "k", "1")
	n1, n2, n3 := c.Nodes[0], c.Nodes[1], c.Nodes[2]
	for _, n := range c.Nodes {
		n.Stop() // n3's clock is forgotten, too
	}
	off["n2"].Store(int64(year))
	n1.Start()
	n2.Start()
	for _, n := range []*consensustest.Node{n1, n2} {
		c.Eventually(n.ID+" to refuse for the clocks", func() error {
			if err := n.Replica.Unready(); err == nil || !strings.Contains(err.Error(), "clock differs") {
				return fmt.Errorf("it says %v", err)
			}
			return nil
		})
	}
	err := c.Propose(within(t, 3*time.Second), n1.Replica, consensustest.Command{ID: "b", Key: "k"})
	if !consensus.NotProposed(err) {
		t.Errorf("a write between two clocks ended in %v", err)
	}
	n3.Start()
	c.Eventually("one whose clock is right to lead", func() error {
		if leader := c.Leader(); leader == n2 {
			return errors.New("n2 leads")
		}
		return nil
	})
	c.Put(n1, "c", "k", "3")
	c.Check()
	stampedNow(t, c, start)
}
