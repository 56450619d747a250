package faulttest

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tabard-id/tabard/node/api"
)

// metric is a number of /metrics, -1 if it is not there.
func (s *server) metric(name string) float64 {
	got, err := get(impatient, s.url+"/metrics")
	if err != nil {
		return -1
	}
	for line := range strings.Lines(string(got.body)) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			if v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64); err == nil {
				return v
			}
		}
	}
	return -1
}

// load has n DIDs registered at a server, in bulk.
func (s *server) load(prefix string, n int) {
	s.t.Helper()
	const lines = 2000
	for at := 0; at < n; at += lines {
		got, err := post(patient, s.url+"/v1/records", api.TypeNDJSON, bulkOf(s.t, fmt.Sprint(prefix, at), min(lines, n-at)))
		if err != nil || got.status != http.StatusOK {
			s.t.Fatalf("bulk request: %v, %d %.200s", err, got.status, got.body)
		}
	}
}

// keepWriting has that many writers create DIDs, one after another, until stop is called, which
// returns how many were accepted.
func (c *cluster) keepWriting(prefix string, writers int, at ...*server) (accepted *atomic.Int64, stop func() int64) {
	c.t.Helper()
	accepted = new(atomic.Int64)
	done := make(chan struct{})
	var group sync.WaitGroup
	for w := range writers {
		client := &http.Client{Timeout: time.Minute}
		group.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				got, err := newCreation(c.t, fmt.Sprint(prefix, "/", w, "-", i)).post(client, at[w%len(at)])
				if err == nil && got.status/100 == 2 {
					accepted.Add(1)
				}
			}
		})
	}
	return accepted, func() int64 {
		close(done)
		group.Wait()
		return accepted.Load()
	}
}

// bytesIn is the disk space that the files of a directory take, each counted once.
func bytesIn(dir string) (total int64) {
	seen := map[uint64]bool{}
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil // files come and go meanwhile
		}
		if info, err := e.Info(); err == nil {
			if id := inode(info); !seen[id] {
				seen[id] = true
				total += info.Size()
			}
		}
		return nil
	})
	return total
}

// beyondTheLog writes until the leader's log does not reach back to an entry any more.
func (c *cluster) beyondTheLog(leader *server, entry float64, at ...*server) {
	c.t.Helper()
	_, stop := c.keepWriting(fmt.Sprint("beyond", entry, leader.id, time.Now().UnixNano()), 8, at...)
	defer stop()
	eventually(c.t, "the leader's log begins later", func() bool { return leader.metric("tabard_raft_first_index") > entry })
}

// An empty server becomes ready while sixteen writers go on. One install suffices, which tells how far
// it is and takes no more space than the ledger twice.
func TestEmptyServerCatchesUpWhileWritesContinue(t *testing.T) {
	loads(t)
	const records, writers = 20_000, 16
	c := newCluster(t, "--write-rate", "0")
	leader := c.leader()
	leader.load("fill", records)
	empty := c.followers()[0]
	other := c.followers()[1]
	empty.stop()
	if err := os.RemoveAll(empty.dir); err != nil {
		t.Fatal(err)
	}
	accepted, stop := c.keepWriting("during", writers, leader, other)
	eventually(t, "the log begins later", func() bool { return leader.metric("tabard_raft_first_index") > 1 })
	before, began := accepted.Load(), time.Now()
	empty.start()
	var peak int64
	var told string
	eventually(t, "it is ready while writes go on", func() bool {
		peak = max(peak, bytesIn(filepath.Join(empty.dir, "ledger")))
		if got, err := get(impatient, empty.url+"/readyz"); err == nil {
			if text := string(got.body); strings.Contains(text, "catching up") {
				told = text
			}
			return got.status == http.StatusOK
		}
		return false
	})
	took, during := time.Since(began), accepted.Load()-before
	stop()
	c.checkAgree(records)
	ledger := bytesIn(filepath.Join(empty.dir, "ledger"))
	t.Logf("%d records and %d written meanwhile in %v, peak %d MB of %d MB; %s", records, during, took, peak>>20, ledger>>20, told)
	for line := range strings.Lines(empty.log()) {
		if strings.Contains(line, "restor") {
			t.Log(strings.TrimSpace(line))
		}
	}
	if during == 0 {
		t.Error("nothing was written meanwhile")
	}
	if told == "" {
		t.Error("/readyz did not say how far it is")
	}
	if peak > 2*ledger {
		t.Errorf("%d bytes at most, the ledger has %d", peak, ledger)
	}
}

// A follower that is killed at any point of an install starts again and goes on, also when another
// server leads by then.
func TestFollowerKilledDuringAnInstall(t *testing.T) {
	t.Parallel()
	faults(t)
	c := newCluster(t, "--write-rate", "0", "--retain-log", "1")
	victim := c.followers()[0]
	victim.create("before/one")
	for _, point := range []string{"begun", "done", "begun", "done", "done"} {
		leader := c.leader()
		if leader == victim {
			leader.stop()
			leader.start()
			c.ready(c.servers...)
			leader = c.leader()
		}
		if leader == victim {
			t.Skip("the victim leads again")
		}
		last := victim.metric("tabard_raft_last_index")
		victim.kill()
		c.beyondTheLog(leader, last+1, leader)
		known := snapshotsOf(victim)
		began := strings.Count(victim.log(), "restoring a snapshot")
		victim.start()
		eventually(t, "the install is "+point, func() bool {
			if point == "done" {
				return len(newer(snapshotsOf(victim), known)) > 0
			}
			return strings.Count(victim.log(), "restoring a snapshot") > began
		})
		victim.kill()
		leader.kill()
		leader.start()
		victim.start()
		c.ready(c.servers...)
		if strings.Contains(victim.log(), "diverged") {
			t.Fatalf("killed when %s:\n%s", point, victim.tail())
		}
		t.Logf("killed when %s, and ready again", point)
	}
	c.checkAgree(uint64(victim.create("after/one").Seq))
}

// snapshotsOf are the snapshots that are complete in a server's directory.
func snapshotsOf(s *server) (names []string) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "raft", "snapshots"))
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(s.dir, "raft", "snapshots", e.Name(), "meta")); err == nil && !strings.HasSuffix(e.Name(), ".partial") {
			names = append(names, e.Name())
		}
	}
	return names
}

func newer(names, known []string) (out []string) {
	last := ""
	for _, name := range known {
		last = max(last, name)
	}
	for _, name := range names {
		if name > last {
			out = append(out, name)
		}
	}
	return out
}
