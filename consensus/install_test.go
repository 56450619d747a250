package consensus_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/consensus/consensustest"
)

// cutShort fails the deletion that an install ends with, as a crash right before it would.
type cutShort struct {
	consensus.EntryStore
}

func (s cutShort) DeleteRange(_, _ uint64) error { return errDisk }

// A follower that fell behind the log and dies between taking over a snapshot and dropping
// the log that ends before it starts again, and goes on after the snapshot.
func TestRestartBetweenInstallAndEndOfOldLog(t *testing.T) {
	var cut bool
	c := consensustest.New(t, consensustest.Options{Configure: func(cfg *consensus.Config) {
		snapshotting(cfg)
		if cfg.NodeID == "n3" && cut {
			consensus.WrapStore(cfg, func(s consensus.EntryStore) consensus.EntryStore { return cutShort{s} })
		}
	}})
	n := c.Nodes[2]
	fill(c, c.Leader(), "a", 10)
	c.Check()
	n.Stop()
	leader := c.Leader()
	fill(c, leader, "b", 30)
	for _, p := range c.Running() {
		snapshot(t, p)
	}
	cut = true
	n.Start()
	if err := <-n.Fatal; !errors.Is(err, errDisk) {
		t.Fatalf("the install ended in %v, want a failed deletion of the old log", err)
	}
	n.Crash()
	if len(metaFiles(t, n)) == 0 {
		t.Fatal("no snapshot was installed")
	}
	cut = false
	n.Start()
	fill(c, c.Leader(), "c", 5)
	c.Check()
	// The log goes on after the snapshot, and is found sound by another start.
	n.Crash()
	n.Start()
	c.Check()
}

// A log that ends before a snapshot taken here has lost entries: what is said is that, and
// not that other nodes have another history.
func TestLogCutShortBeforeOwnSnapshotIsRefused(t *testing.T) {
	var lose bool
	c := consensustest.New(t, consensustest.Options{Configure: func(cfg *consensus.Config) {
		snapshotting(cfg)
		if cfg.NodeID == "n1" && lose {
			consensus.WrapStore(cfg, func(s consensus.EntryStore) consensus.EntryStore { return allButFirst(t, s) })
		}
	}})
	n := c.Nodes[0]
	fill(c, c.Leader(), "a", 20)
	c.Check()
	snapshot(t, n)
	n.Stop()
	lose = true
	err := n.TryStart()
	if err == nil || !errors.Is(err, consensus.ErrCorrupt) || !strings.Contains(err.Error(), "entries are lost") {
		t.Fatalf("start on a log cut short: %v", err)
	}
}

// allButFirst drops all entries of a log but the first.
func allButFirst(t *testing.T, s consensus.EntryStore) consensus.EntryStore {
	t.Helper()
	first, err := s.FirstIndex()
	if err != nil {
		t.Fatal(err)
	}
	last, err := s.LastIndex()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteRange(first+1, last); err != nil {
		t.Fatal(err)
	}
	return s
}
