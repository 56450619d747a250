package consensus_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/consensus/consensustest"
)

// snapshotting takes snapshots when told to, and keeps little log behind them, for
// followers neither.
func snapshotting(cfg *consensus.Config) {
	cfg.SnapshotEntries, cfg.SnapshotInterval, cfg.TrailingEntries, cfg.RetainBytes = 1<<20, time.Hour, 4, 1
}

func fill(c *consensustest.Cluster, n *consensustest.Node, prefix string, count int) {
	c.TB.Helper()
	for i := range count {
		c.Put(n, fmt.Sprint(prefix, i), fmt.Sprint("k", i%7), fmt.Sprint(prefix, i))
	}
}

func snapshot(t *testing.T, n *consensustest.Node) {
	t.Helper()
	if err := n.Replica.Snapshot(); err != nil {
		t.Fatalf("snapshot of %s: %v", n.ID, err)
	}
}

func TestSnapshotInstalledOnEmptyNode(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{Configure: snapshotting, Secret: []byte("sixteen bytes or more")})
	leader := c.Leader()
	empty := c.Others(leader)[0]
	fill(c, leader, "a", 30)
	empty.Stop()
	if err := os.RemoveAll(empty.Dir); err != nil {
		t.Fatal(err)
	}
	empty.Machine = consensustest.NewMachine()
	for _, n := range c.Running() {
		snapshot(t, n)
	}
	if first := leader.Replica.Status().FirstIndex; first < 10 {
		t.Fatalf("log begins at %d: nothing to install", first)
	}
	fill(c, leader, "b", 5)
	empty.Start()
	c.Check()
	// It has what a restart and leadership need.
	empty.Crash()
	empty.Start()
	c.Check()
	for _, n := range c.Others(empty) {
		n.Stop()
		n.Start()
	}
	fill(c, c.Leader(), "c", 5)
	c.Check()
}

// What a leader sends may be newer than the entry it is sent for. A node that stops
// before it has the entries in between is ahead of its log, and starts again.
func TestRestartAheadOfLogAfterInstall(t *testing.T) {
	t.Parallel()
	var store *flakyStore
	c := consensustest.New(t, consensustest.Options{Configure: func(cfg *consensus.Config) {
		snapshotting(cfg)
		if cfg.NodeID == "n3" {
			consensus.WrapStore(cfg, func(s consensus.EntryStore) consensus.EntryStore {
				store = &flakyStore{EntryStore: s}
				return store
			})
		}
	}})
	n := c.Nodes[2]
	n.Stop()
	if err := os.RemoveAll(n.Dir); err != nil {
		t.Fatal(err)
	}
	n.Machine = consensustest.NewMachine()
	leader := c.Leader()
	fill(c, leader, "a", 30)
	c.Check()
	for _, p := range c.Running() {
		snapshot(t, p)
	}
	fill(c, leader, "b", 10)
	n.Start()
	store.full.Store(true)
	<-n.Fatal
	n.Crash()
	at := len(n.M().History())
	n.Start()
	c.Check()
	t.Logf("restarted with %d of %d commands", at, len(n.M().History()))
}

// All nodes but the refilled one are replaced: what was installed can be handed on.
func TestSnapshotHandedOnByRefilledNode(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{Configure: snapshotting})
	fill(c, c.Leader(), "a", 20)
	for range 2 {
		for _, n := range c.Nodes {
			for _, p := range c.Running() {
				snapshot(t, p)
			}
			n.Stop()
			if err := os.RemoveAll(n.Dir); err != nil {
				t.Fatal(err)
			}
			n.Machine = consensustest.NewMachine()
			fill(c, c.Leader(), "while "+n.ID+fmt.Sprint(time.Now().UnixNano()), 10)
			for _, p := range c.Running() {
				snapshot(t, p)
			}
			n.Start()
			c.Check()
		}
	}
}

func TestRestartAfterSnapshotReplaysOnlyTheRest(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{Configure: snapshotting})
	fill(c, c.Leader(), "a", 20)
	c.Check()
	for _, n := range c.Nodes {
		snapshot(t, n)
	}
	fill(c, c.Leader(), "b", 5)
	for _, n := range c.Nodes {
		n.Crash() // the machines fall back to what was flushed
	}
	for _, n := range c.Nodes {
		if got := len(n.M().History()); got < 20 {
			t.Fatalf("flush lost commands: %d left", got)
		}
		n.Start()
	}
	c.Leader()
	c.Check()
}

func metaFiles(t *testing.T, n *consensustest.Node) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(n.Dir, "snapshots", "*", "meta"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no snapshots: %v", err)
	}
	return files
}

func TestHazardCorruptNewestSnapshot(t *testing.T) {
	t.Parallel()
	for _, damage := range []string{"newest", "all", "empty file"} {
		t.Run(damage, func(t *testing.T) {
			var log bytes.Buffer
			c := consensustest.New(t, consensustest.Options{Configure: func(cfg *consensus.Config) {
				snapshotting(cfg)
				if cfg.NodeID == "n2" {
					cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))
				}
			}})
			n := c.Nodes[1]
			for i := range 3 {
				fill(c, c.Leader(), fmt.Sprint("a", i, "-"), 10)
				c.Check()
				snapshot(t, n)
			}
			n.Crash()
			files := metaFiles(t, n)
			if damage != "all" {
				files = files[len(files)-1:]
			}
			for _, f := range files {
				b, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				if b[len(b)/2] ^= 1; damage == "empty file" {
					b = nil
				}
				if err := os.WriteFile(f, b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			n.Start()
			fill(c, c.Leader(), "b", 3)
			c.Check()
			n.Stop()
			if !strings.Contains(log.String(), "damaged snapshot set aside") {
				t.Errorf("nothing was said of it: %s", log.String())
			}
			aside, err := os.ReadDir(filepath.Join(n.Dir, "snapshots", "quarantine"))
			if err != nil || len(aside) != len(files) {
				t.Errorf("%d set aside, want %d (%v)", len(aside), len(files), err)
			}
		})
	}
}

func TestStateMachineBehindItsSnapshotIsRefused(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{Configure: snapshotting})
	fill(c, c.Leader(), "a", 10)
	n := c.Nodes[0]
	c.Check()
	snapshot(t, n)
	n.Stop()
	n.Machine = consensustest.NewMachine()
	if err := n.TryStart(); err == nil || !strings.Contains(err.Error(), "its data are older than the log") {
		t.Errorf("start with an empty state machine over a truncated log: %v", err)
	}
}

func TestForeignDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{})
	c.Leader()
	a, b := c.Nodes[0], c.Nodes[1]
	a.Stop()
	b.Stop()
	a.Dir, b.Dir = b.Dir, a.Dir
	if err := a.TryStart(); err == nil || !strings.Contains(err.Error(), `belongs to node "n2"`) {
		t.Errorf("start on another node's directory: %v", err)
	}
	a.Dir, b.Dir = b.Dir, a.Dir
	a.Start()
	if _, err := consensus.Start(a.Config()); err == nil {
		t.Error("two replicas on one directory")
	}
}

func TestChangedPeersAreRefused(t *testing.T) {
	t.Parallel()
	extra := false
	c := consensustest.New(t, consensustest.Options{Configure: func(cfg *consensus.Config) {
		if extra {
			cfg.Peers = append(cfg.Peers, consensus.Peer{ID: "n4", Address: "n4"})
		}
	}})
	c.Leader()
	n := c.Nodes[0]
	n.Stop()
	extra = true
	if err := n.TryStart(); err == nil || !strings.Contains(err.Error(), "peers are") {
		t.Errorf("start with other peers: %v", err)
	}
	extra = false
	n.Start()
	c.Check()
}
