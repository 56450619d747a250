package faulttest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// cli runs a command of tabard, this build's or another's, and demands that it ends with the status.
func (c *cluster) cli(exe string, status int, args ...string) []byte {
	c.t.Helper()
	var errs bytes.Buffer
	cmd := exec.Command(cmp.Or(exe, *binary), args...)
	cmd.Dir, cmd.Env, cmd.Stderr = c.dir, environment(), &errs
	out, err := cmd.Output()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		c.t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != status {
		c.t.Fatalf("%q ended with status %d, want %d: %s%s", args, got, status, out, errs.Bytes())
	}
	return out
}

// registered is what was acknowledged to a client: paths of DIDs, and files of revoked credentials.
type registered struct{ paths, witnessed, revoked []string }

// mixed registers n DIDs, each with a credential, some of which are revoked and some of which have a
// witness, through all servers in turn.
func (c *cluster) mixed(exe, prefix string, n int) (made registered) {
	c.t.Helper()
	witness := prefix + "-witness.json"
	var key struct{ DID string }
	if err := json.Unmarshal(c.cli(exe, 0, "key", "generate", witness, "-o", "json"), &key); err != nil {
		c.t.Fatal(err)
	}
	for i := range n {
		name, to := fmt.Sprint(prefix, i), c.servers[i%len(c.servers)].url
		create := []string{"did", "create", "agents/" + name, "-d", name, "-s", to}
		if i%2 == 0 {
			create = append(create, "--witness", key.DID, "--witness-key", witness)
			made.witnessed = append(made.witnessed, "agents/"+name)
		}
		c.cli(exe, 0, create...)
		made.paths = append(made.paths, "agents/"+name)
		credential := name + ".vc.json"
		issued := c.cli(exe, 0, "cred", "issue", "-d", name, "--subject", "did:example:x", "--valid-for", "100h")
		if err := os.WriteFile(filepath.Join(c.dir, credential), issued, 0o600); err != nil {
			c.t.Fatal(err)
		}
		c.cli(exe, 0, "cred", "register", credential, "-s", to)
		c.cli(exe, 0, "status", "set", "suspended", credential, "-d", name, "-s", to)
		if i%3 == 0 {
			c.cli(exe, 0, "status", "set", "revoked", credential, "-d", name, "-s", to)
			made.revoked = append(made.revoked, credential)
		}
	}
	return made
}

// creations registers DIDs through all servers at once, up to most at each, until a server is gone. It
// returns those that were acknowledged.
func (c *cluster) creations(prefix string, most int) (made registered) {
	c.t.Helper()
	const writers = 3 // per server
	var mu sync.Mutex
	var running sync.WaitGroup
	for i, s := range c.servers {
		for w := range writers {
			running.Go(func() {
				for n := range most / writers {
					path := fmt.Sprintf("%s/%d-%d-%d", prefix, i, w, n)
					got, err := newCreation(c.t, path).post(http.DefaultClient, s)
					if err != nil {
						return // it was killed
					}
					if got.status == http.StatusCreated {
						mu.Lock()
						made.paths = append(made.paths, path)
						mu.Unlock()
					}
				}
			})
		}
	}
	running.Wait()
	return made
}

// has demands that every server has all that was registered.
func (c *cluster) has(made registered) {
	c.t.Helper()
	for _, s := range c.servers {
		for _, path := range made.paths {
			if !s.has(path) {
				c.t.Errorf("%s has lost %s", s.id, path)
			}
		}
		for _, path := range made.witnessed {
			if got, err := get(http.DefaultClient, s.url+"/"+path+"/did-witness.json"); err != nil || got.status != http.StatusOK {
				c.t.Errorf("%s has lost the witness of %s: %v, %d", s.id, path, err, got.status)
			}
		}
		for _, file := range made.revoked {
			c.cli("", 4, "status", "get", file, "-s", s.url)
		}
	}
}

// What an earlier build left on disk, stopped or killed in the middle of writes, this one opens: nothing
// that was acknowledged is lost, the servers agree, take writes, and an emptied one catches up.
func TestDirectoriesOfAnEarlierBuild(t *testing.T) {
	t.Parallel()
	faults(t)
	if *before == "" {
		t.Skip("needs an earlier build: run with -before")
	}
	c := prepareCluster(t, "--write-rate", "0")
	for _, s := range c.servers {
		s.exe, _ = filepath.Abs(*before)
	}
	earlier := c.servers[0].exe
	startAll := func() {
		t.Helper()
		for _, s := range c.servers {
			s.start()
		}
		c.ready(c.servers...)
	}
	startAll()
	old := []registered{c.mixed(earlier, "a", 12), c.creations("many", 4200)}
	for _, s := range c.servers {
		s.stop()
	}
	startAll()
	old = append(old, c.mixed(earlier, "b", 6))
	killed := make(chan registered, 1)
	go func() { killed <- c.creations("last", 100_000) }()
	eventually(t, "writes go on", func() bool { return c.servers[0].has("last/0-0-20") })
	for _, s := range c.servers {
		s.signal(syscall.SIGKILL)
	}
	for _, s := range c.servers {
		s.kill()
		s.exe = ""
	}
	old = append(old, <-killed)
	startAll()
	c.checkAgree(uint64(len(old[1].paths)))
	for _, made := range old {
		c.has(made)
	}
	fresh := c.mixed("", "c", 6)
	c.has(fresh)
	for _, s := range c.servers { // the log alone does not reach back to the beginning any more
		if taken, err := filepath.Glob(filepath.Join(s.dir, "raft", "snapshots", "*", "meta")); err != nil || len(taken) == 0 {
			t.Errorf("%s has no snapshot: %v", s.id, err)
		}
	}
	victim := c.servers[1]
	victim.stop()
	victim.empty()
	victim.start()
	c.ready(victim)
	victim.waitLog("this node has caught up")
	c.checkAgree(uint64(len(old[1].paths)))
	for _, made := range append(old, fresh) {
		c.has(made)
	}
}
