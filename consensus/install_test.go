package consensus_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
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
	t.Parallel()
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

// joining empties the third node of a cluster that is beyond the log's first entries, and
// starts it again. Each install waits for proceed.
func joining(t *testing.T, retain int64, log *slog.Logger) (c *consensustest.Cluster, begun <-chan int, proceed chan<- struct{}) {
	t.Helper()
	c = consensustest.New(t, consensustest.Options{Configure: func(cfg *consensus.Config) {
		consensustest.Steady(cfg) // what is kept is kept by one leader
		snapshotting(cfg)
		cfg.RetainBytes, cfg.Logger = retain, log
	}})
	n := c.Nodes[2]
	n.Stop()
	if err := os.RemoveAll(n.Dir); err != nil {
		t.Fatal(err)
	}
	fill(c, c.Leader(), "a", 100)
	for _, p := range c.Running() {
		snapshot(t, p)
	}
	began, gate := make(chan int), make(chan struct{})
	m := consensustest.NewMachine()
	count := 0
	m.Restoring = func() {
		count++
		began <- count
		<-gate
	}
	n.Machine = m
	n.Start()
	return c, began, gate
}

// While a snapshot is being installed on a slow node, the log that comes next for it is
// kept however much is written, and it needs no other snapshot.
func TestInstallUnderWayKeepsTheLog(t *testing.T) {
	t.Parallel()
	c, begun, proceed := joining(t, 1<<20, slog.New(slog.DiscardHandler))
	<-begun
	leader := c.Leader(c.Nodes[0], c.Nodes[1])
	for i := range 4 {
		fill(c, leader, fmt.Sprint("during", i), 30)
		for _, p := range c.Others(c.Nodes[2]) {
			snapshot(t, p)
		}
	}
	kept := leader.Replica.Status().Retained
	if i := slices.IndexFunc(kept, func(r consensus.Retained) bool { return r.Peer == "n3" }); i < 0 || !kept[i].Installing || kept[i].Bytes == 0 {
		t.Errorf("kept for followers: %+v", kept)
	}
	close(proceed)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Check()
	}()
	select {
	case n := <-begun:
		t.Errorf("install %d", n)
	case <-done:
	}
	<-done
}

// What is kept has a bound in bytes: beyond it the log goes, that is said, and the node
// gets another snapshot.
func TestKeptLogIsBounded(t *testing.T) {
	t.Parallel()
	var said lockedBuffer
	c, begun, proceed := joining(t, 1<<10, slog.New(slog.NewTextHandler(&said, nil)))
	<-begun
	leader := c.Leader(c.Nodes[0], c.Nodes[1])
	at := leader.Replica.Status().LastIndex
	fill(c, leader, "during", 60)
	for _, p := range c.Others(c.Nodes[2]) {
		snapshot(t, p)
	}
	if first := leader.Replica.Status().FirstIndex; first <= at {
		t.Errorf("the log begins with entry %d, the install with %d: nothing went", first, at)
	}
	go func() {
		for range begun {
		}
	}()
	close(proceed)
	c.Check()
	if !strings.Contains(said.String(), "a follower needs more of the log than is kept for it") {
		t.Error("nothing was said of it")
	}
}

// A node that is cut off in the middle of an install gets there once it is back.
func TestInstallThatBreaksOff(t *testing.T) {
	t.Parallel()
	c, begun, proceed := joining(t, 1<<20, slog.New(slog.DiscardHandler))
	n := c.Nodes[2]
	<-begun
	n.Isolate()
	go func() {
		for range begun {
		}
	}()
	close(proceed)
	n.Rejoin()
	fill(c, c.Leader(), "b", 5)
	c.Check()
}

// lockedBuffer is a buffer that loggers of several nodes write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A log that ends before a snapshot taken here has lost entries: what is said is that, and
// not that other nodes have another history.
func TestLogCutShortBeforeOwnSnapshotIsRefused(t *testing.T) {
	t.Parallel()
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
