package faulttest

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// logDisk mounts a file system of its own for a server's Raft log, before the server has run. args are
// those of mount. The test needs to be root for that, and is skipped if it is not.
func (s *server) logDisk(args ...string) (dir string) {
	s.t.Helper()
	if os.Geteuid() != 0 {
		s.t.Skip("mounts a file system: needs root")
	}
	dir = filepath.Join(s.dir, "raft")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		s.t.Fatal(err)
	}
	if out, err := exec.Command("mount", append(args, dir)...).CombinedOutput(); err != nil {
		s.t.Skipf("cannot mount here: %v: %s", err, out)
	}
	s.t.Cleanup(func() {
		s.kill()
		s.must("umount", dir)
	})
	return dir
}

func (s *server) must(name string, args ...string) {
	s.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		s.t.Errorf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
}

// A leader whose disk is stuck makes way: the others elect one of them, and it comes back when its disk
// does.
func TestStuckDiskOfTheLeader(t *testing.T) {
	t.Parallel()
	faults(t)
	c := prepareCluster(t)
	disks := map[*server]string{}
	for _, s := range c.servers {
		image := filepath.Join(c.dir, s.id+".img")
		if err := os.WriteFile(image, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(image, 64<<20); err != nil {
			t.Fatal(err)
		}
		s.must("mkfs.ext4", "-q", "-F", image)
		disks[s] = s.logDisk("-o", "loop", image)
		s.start()
	}
	c.ready(c.servers...)
	before := c.leader().create("before")
	leader, others := c.leader(), c.followers()
	leader.must("fsfreeze", "--freeze", disks[leader])
	frozen := true
	thaw := func() {
		if frozen {
			leader.must("fsfreeze", "--unfreeze", disks[leader])
			frozen = false
		}
	}
	t.Cleanup(thaw) // before the server is killed, which could not end
	start := time.Now()
	eventually(t, "another server leads", func() bool {
		state, ok := others[0].state()
		return ok && (state.Leader == others[0].id || state.Leader == others[1].id)
	})
	led := time.Since(start)
	newest := others[0].create("meanwhile")
	t.Logf("another led after %v; a write went through after %v", led, time.Since(start))
	eventually(t, leader.id+" does not take itself for the leader", func() bool {
		state, ok := leader.state()
		return ok && state.Leader != leader.id && !leader.isReady()
	})
	thaw()
	c.ready(leader)
	if newest.Seq <= before.Seq {
		t.Errorf("record %d came after %d", newest.Seq, before.Seq)
	}
	c.checkAgree(uint64(newest.Seq) + 1)
}

// A leader whose log cannot be written any more ends at once, whatever is under way, and says why, once.
func TestFullDiskEndsTheLeader(t *testing.T) {
	t.Parallel()
	faults(t)
	c := prepareCluster(t, "--write-rate", "0")
	small := c.servers[0]
	small.logDisk("-t", "tmpfs", "-o", "size=4m", "tmpfs")
	for _, s := range c.servers {
		s.start()
	}
	c.ready(c.servers...)
	for leader := c.leader(); leader != small; leader = c.leader() {
		leader.stop() // hands over to one of the others
		leader.start()
		c.ready(c.servers...)
	}
	var group sync.WaitGroup
	var seen atomic.Int64
	for w := range 32 {
		group.Go(func() {
			for i := 0; small.running(); i++ {
				got, err := newCreation(t, fmt.Sprintf("fill/%d/%d", w, i)).post(http.DefaultClient, small)
				if err == nil && got.status == http.StatusCreated {
					seen.Add(1)
				}
			}
		})
	}
	eventually(t, "the disk of "+small.id+" is full", func() bool { return strings.Contains(small.log(), "no space left on device") })
	start, lines := time.Now(), strings.Count(small.log(), "\n")
	code := small.exit()
	took := time.Since(start)
	group.Wait()
	more := strings.Count(small.log(), "\n") - lines
	t.Logf("after %d writes: ended with status %d, %v after the first word of it, with %d more lines of log", seen.Load(), code, took, more)
	if code != 9 || took > 2*time.Second || more > 50 {
		t.Errorf("ended with status %d after %v and %d lines; want 9 at once, with a few\n%s", code, took, more, small.tail())
	}
	said := lastWords(small.log())
	if len(said) != 1 || !strings.Contains(said[0], "raft.db") || !strings.Contains(said[0], "no space left on device") {
		t.Errorf("its last words are %q: want the file and the cause", said)
	}
	c.servers[1].create("after")
	c.checkAgree(uint64(seen.Load()))
}

// lastWords are what the process said to people, as it ended, rather than to its log.
func lastWords(text string) (said []string) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "tabard: ") {
			said = append(said, line)
		}
	}
	return said
}
