package consensus_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/raft"
	"go.etcd.io/bbolt"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/consensus/consensustest"
)

// Each test of this file is named after a hazard measured in the parts this
// package builds on.

// flakyStore lets a test fail, hold up or falsify what the log store does.
type flakyStore struct {
	consensus.EntryStore
	failing atomic.Bool // stores, and reports an error
	full    atomic.Bool // stores nothing
	stuck   atomic.Pointer[chan struct{}]
	flip    atomic.Uint64 // index whose data are returned with a flipped bit
}

var errDisk = errors.New("input/output error")

func (s *flakyStore) StoreLogs(logs []*raft.Log) error {
	if ch := s.stuck.Load(); ch != nil {
		<-*ch
	}
	if s.full.Load() {
		return errDisk
	}
	err := s.EntryStore.StoreLogs(logs)
	if s.failing.Load() {
		return errDisk // as after a failed fsync: the entry may well be there
	}
	return err
}

func (s *flakyStore) GetLog(index uint64, l *raft.Log) error {
	err := s.EntryStore.GetLog(index, l)
	if err == nil && s.flip.Load() == index {
		l.Data = slices.Clone(l.Data)
		l.Data[len(l.Data)/2] ^= 4
	}
	return err
}

func flakyCluster(t *testing.T, more func(*consensus.Config)) (*consensustest.Cluster, map[string]*flakyStore) {
	stores := make(map[string]*flakyStore)
	c := consensustest.New(t, consensustest.Options{Configure: func(cfg *consensus.Config) {
		consensus.WrapStore(cfg, func(s consensus.EntryStore) consensus.EntryStore {
			f := &flakyStore{EntryStore: s}
			stores[cfg.NodeID] = f
			return f
		})
		if more != nil {
			more(cfg)
		}
	}})
	return c, stores
}

func TestHazardFailedSyncIsFatalAndUnknown(t *testing.T) {
	t.Parallel()
	c, stores := flakyCluster(t, nil)
	leader := endedLeader(c, func(n *consensustest.Node) { stores[n.ID].failing.Store(true) }, func(err error) {
		if !errors.Is(err, errDisk) || !strings.Contains(err.Error(), "raft.db") {
			t.Errorf("fatal error %v names neither cause nor file", err)
		}
	})
	stores[leader.ID].failing.Store(false)
	err := c.Propose(within(t, time.Minute), leader.Replica, consensustest.Command{ID: "c", Key: "k", Value: "3"})
	if !errors.Is(err, consensus.ErrClosed) {
		t.Errorf("the store accepted a write after a failed sync: %v", err)
	}
	leader.Crash()
	c.Put(c.Leader(), "d", "k", "4")
	leader.Start()
	c.Check()
}

// endedLeader ends a leader by a fault that shows in a write, whose outcome has to be unknown. The write
// that went to another leader, since this one had just been deposed, is no such write: the fault ends the
// node all the same, and the next leader is tried.
func endedLeader(c *consensustest.Cluster, fault func(*consensustest.Node), fatal func(error)) (leader *consensustest.Node) {
	c.TB.Helper()
	try := 0
	c.Eventually("a leader to end in a write", func() error {
		leader = c.Leader()
		c.Put(leader, fmt.Sprint("before ", try), "k", "0")
		fault(leader)
		err := c.Propose(within(c.TB, time.Minute), leader.Replica, consensustest.Command{ID: fmt.Sprint("fault ", try), Key: "k", Value: "1"})
		fatal(<-leader.Fatal)
		if try++; err == nil || consensus.NotProposed(err) {
			leader.Crash()
			leader.Start()
			return fmt.Errorf("the write ended in %v", err)
		}
		if !errors.Is(err, consensus.ErrOutcomeUnknown) {
			c.TB.Errorf("the write ended in %v, want an unknown outcome", err)
		}
		return nil
	})
	return leader
}

func TestHazardFailingStateMachine(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{})
	broken := errors.New("state machine is out of disk")
	leader := endedLeader(c, func(n *consensustest.Node) { n.M().Fail(broken) }, func(err error) {
		if !errors.Is(err, broken) {
			t.Errorf("fatal error: %v", err)
		}
	})
	leader.Crash()
	leader.Start()
	c.Check()
	if got := leader.M().Get("k"); got != "1" {
		t.Errorf("committed command lost: register is %q", got)
	}
}

func flipInFile(t *testing.T, path, needle string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i := bytes.Index(b, []byte(needle)); i >= 0; i = bytes.Index(b, []byte(needle)) {
		b[i] ^= 1
		n++
	}
	if n == 0 {
		t.Fatalf("%s does not contain %q", path, needle)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestHazardFlippedBitInLogEntryOnOpen(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{})
	c.Put(c.Leader(), "a", "k", "a conspicuous value")
	n := c.Nodes[1]
	c.Check()
	n.Crash()
	path := filepath.Join(n.Dir, "raft.db")
	flipInFile(t, path, "a conspicuous value")
	err := n.TryStart()
	if !errors.Is(err, consensus.ErrCorrupt) || !strings.Contains(err.Error(), "log entry") || !strings.Contains(err.Error(), path) {
		t.Fatalf("start over a flipped bit: %v; want the entry and the file named", err)
	}
	// The remedy that the message names.
	if err := os.RemoveAll(n.Dir); err != nil {
		t.Fatal(err)
	}
	n.Machine = consensustest.NewMachine()
	n.Start()
	c.Check()
	if got := n.M().Get("k"); got != "a conspicuous value" {
		t.Errorf("register is %q", got)
	}
}

func TestHazardGarbledLogFileOnOpen(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{})
	c.Put(c.Leader(), "a", "k", "1")
	n := c.Nodes[1]
	c.Check()
	n.Crash()
	path := filepath.Join(n.Dir, "raft.db")
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(bytes.Repeat([]byte{0xa5}, 2*os.Getpagesize()), 0) // both meta pages
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	err = n.TryStart()
	if !errors.Is(err, consensus.ErrCorrupt) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "move "+n.Dir) {
		t.Errorf("start over garbled pages: %v; want the file named, and what to do", err)
	}
}

// A leader must not send, and a follower not apply, what its disk garbled later.
func TestHazardFlippedBitInLogEntryOnRead(t *testing.T) {
	t.Parallel()
	c, stores := flakyCluster(t, nil)
	leader := c.Leader()
	behind := c.Others(leader)[0]
	behind.Crash()
	for i := range 200 { // past what the leader keeps in memory
		c.Put(leader, fmt.Sprint("c", i), "k", fmt.Sprint(i))
	}
	up := c.Running()
	for _, n := range up { // whichever leads
		stores[n.ID].flip.Store(n.Replica.Status().LastIndex - 150)
	}
	behind.Start()
	var err error
	select {
	case err = <-up[0].Fatal:
	case err = <-up[1].Fatal:
	}
	if !errors.Is(err, consensus.ErrCorrupt) || !strings.Contains(err.Error(), "log entry") {
		t.Errorf("fatal error: %v", err)
	}
	for _, n := range up { // the other as well, should it lead by now
		n.Crash()
		n.Start()
	}
	c.Leader()
	c.Check()
}

func TestHazardTornPageLosesEntries(t *testing.T) {
	t.Parallel()
	for _, lost := range []string{"middle", "tail"} {
		t.Run(lost, func(t *testing.T) {
			c := consensustest.New(t, consensustest.Options{Nodes: 1})
			n := c.Leader()
			for i := range 5 {
				c.Put(n, fmt.Sprint("c", i), "k", fmt.Sprint(i))
			}
			n.Stop()
			path := filepath.Join(n.Dir, "raft.db")
			db, err := bbolt.Open(path, 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			err = db.Update(func(tx *bbolt.Tx) error {
				cur := tx.Bucket([]byte("logs")).Cursor()
				k, _ := cur.Last()
				last := binary.BigEndian.Uint64(k)
				if lost == "middle" {
					return tx.Bucket([]byte("logs")).Delete(binary.BigEndian.AppendUint64(nil, last-2))
				}
				for i := last; i > 2; i-- {
					if err := tx.Bucket([]byte("logs")).Delete(binary.BigEndian.AppendUint64(nil, i)); err != nil {
						return err
					}
				}
				return nil
			})
			if err = errors.Join(err, db.Close()); err != nil {
				t.Fatal(err)
			}
			if err := n.TryStart(); !errors.Is(err, consensus.ErrCorrupt) {
				t.Errorf("start without some entries: %v", err)
			} else {
				t.Log(err)
			}
		})
	}
}

// A leader that was paused still believes it leads when it wakes. Here its lease
// is so long that it believes so while the others have long elected another.
func TestHazardPausedLeaderAnswersNoReads(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{Configure: func(cfg *consensus.Config) {
		if cfg.NodeID == "n1" {
			cfg.HeartbeatTimeout, cfg.ElectionTimeout, cfg.LeaderLease = time.Hour, time.Hour, time.Hour
		}
	}})
	c.Eventually("n1 to lead", func() error {
		leader := c.Leader()
		if leader.ID == "n1" {
			return nil
		}
		leader.Stop() // hands over to one of the others
		leader.Start()
		return errors.New("it does not")
	})
	old := c.Nodes[0]
	old.Isolate()
	c.Put(c.Leader(c.Nodes[1:]...), "new", "k", "new")
	if _, self := old.Replica.Leader(); !self {
		t.Fatal("the old leader has noticed")
	}
	if err := old.Replica.ReadBarrier(within(t, 700*time.Millisecond)); !errors.Is(err, consensus.ErrNoLeader) {
		t.Errorf("barrier on a deposed leader: %v", err)
	}
	old.Rejoin()
	c.Check()
}

// Heartbeats go on while a follower's disk is stuck, and carry no commit index.
func TestHazardHeartbeatsWhileReplicationIsStuck(t *testing.T) {
	t.Parallel()
	c, stores := flakyCluster(t, consensustest.Steady)
	leader := c.Leader()
	follower := c.Others(leader)[0]
	c.Put(leader, "a", "k", "1")
	hold := make(chan struct{})
	stores[follower.ID].stuck.Store(&hold)
	c.Eventually("staleness to show it", func() error {
		c.Leader()
		if s := follower.Replica.Staleness(); s < 600*time.Millisecond {
			return fmt.Errorf("%v", s)
		}
		return nil
	})
	if id, _ := follower.Replica.Leader(); id != leader.ID {
		t.Errorf("follower lost its leader, so heartbeats did not go on: %q", id)
	}
	stores[follower.ID].stuck.Store(nil)
	close(hold)
	c.Eventually("staleness to fall", func() error {
		if s := follower.Replica.Staleness(); s > 300*time.Millisecond {
			return fmt.Errorf("%v", s)
		}
		return nil
	})
	c.Check()
}

func TestHazardGroupCommitSharesEntries(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{Configure: func(cfg *consensus.Config) {
		consensustest.Steady(cfg)
		cfg.TickInterval = time.Minute // whose entries are not counted here
	}})
	leader := c.Leader()
	before := leader.Replica.Status().LastIndex
	const writers, writes = 256, 4
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for j := range writes {
				untilProposed(t, func(ctx context.Context) error {
					err := c.Propose(ctx, c.Nodes[i%3].Replica, consensustest.Command{ID: fmt.Sprint(i, "-", j), Key: fmt.Sprint(i)})
					if errors.Is(err, consensus.ErrOutcomeUnknown) {
						return nil // an election, which is not what this is about
					}
					return err
				})
			}
		})
	}
	wg.Wait()
	entries := leader.Replica.Status().LastIndex - before
	t.Logf("%d commands in %d log entries", writers*writes, entries)
	if entries > writers*writes/4 {
		t.Errorf("%d commands took %d log entries", writers*writes, entries)
	}
	c.Check()
}

// raft 1.7.3 and raft-boltdb 2.3.1 build together; a replace directive, which
// other pairs need, would break "go install".
func TestHazardNoReplaceDirective(t *testing.T) {
	b, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"hashicorp/raft v1.7.3", "raft-boltdb/v2 v2.3.1"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("go.mod does not require %s", want)
		}
	}
	if strings.Contains(string(b), "\nreplace") {
		t.Error("go.mod has a replace directive")
	}
}
