package faulttest

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/node/api"
)

// empty takes everything from a stopped server that it has on disk.
func (s *server) empty() {
	s.t.Helper()
	if err := os.RemoveAll(s.dir); err != nil {
		s.t.Fatal(err)
	}
}

// saysUnready waits until the server is not ready, for a reason that contains the words.
func (s *server) saysUnready(words string) {
	s.t.Helper()
	eventually(s.t, s.id+" says "+words, func() bool {
		got, err := get(impatient, s.url+"/readyz")
		return err == nil && got.status == http.StatusServiceUnavailable && strings.Contains(string(got.body), words)
	})
}

// refusesWrites demands that a write ends in no-leader.
func (s *server) refusesWrites(path string) {
	s.t.Helper()
	got, err := newCreation(s.t, path).post(http.DefaultClient, s)
	if err != nil || got.status != http.StatusServiceUnavailable || got.code() != string(api.NoLeader) {
		s.t.Errorf("%s: a write ended in %d %s, %v", s.id, got.status, got.body, err)
	}
}

func (s *server) has(path string) bool {
	got, err := get(patient, s.url+"/"+path+"/did.jsonl")
	return err == nil && got.status == http.StatusOK
}

// n1 alone has the ledger and is down. n2 and n3 lost their disks: they begin nothing, and when n1 is back
// one word of the operator brings all three back with everything that was acknowledged.
func TestServersWithoutTheirDisksBeginNothing(t *testing.T) {
	t.Parallel()
	faults(t)
	c := newCluster(t)
	n1, n2, n3 := c.servers[0], c.servers[1], c.servers[2]
	n2.create("agents/kept")
	c.checkAgree(2)
	before, _ := n1.state()
	for _, s := range c.servers {
		s.kill()
	}
	n2.empty()
	n3.empty()
	n2.start()
	n3.start()
	n2.saysUnready("waits for n1")
	n3.saysUnready("waits for n1")
	n2.refusesWrites("agents/lost")
	n1.start()
	n2.saysUnready("no leader that could admit it")
	n3.saysUnready("no leader that could admit it")
	n1.refusesWrites("agents/lost")
	n2.stop()
	n2.start("--bootstrap")
	c.ready(c.servers...)
	c.checkAgree(2)
	for _, s := range c.servers {
		if after, _ := s.state(); after.Ledger != before.Ledger || !s.has("agents/kept") {
			t.Errorf("%s: ledger %s became %s", s.id, before.Ledger, after.Ledger)
		}
	}
	// One disk alone is replaced without a word, even where --bootstrap was left in the settings.
	n2.kill()
	n2.empty()
	n2.start("--bootstrap")
	c.ready(n2)
	n2.waitLog("this node has caught up")
	n3.create("agents/after")
}

// n1 comes back to servers that began anew without it, as the operator said: neither side takes the other
// down, nor takes anything from it.
func TestServersOfTwoLedgers(t *testing.T) {
	t.Parallel()
	faults(t)
	c := newCluster(t)
	n1, n2, n3 := c.servers[0], c.servers[1], c.servers[2]
	n1.create("agents/old")
	c.checkAgree(2)
	before, _ := n1.state()
	for _, s := range c.servers {
		s.stop() // what is only in the log of a killed one, it cannot know to be acknowledged
	}
	n2.empty()
	n3.empty()
	n2.start("--bootstrap")
	n3.start()
	c.ready(n2, n3)
	n2.create("agents/new")
	n1.start()
	n1.saysUnready("node of another ledger")
	n2.waitLog("node of another ledger")
	n3.create("agents/newer")
	for _, s := range c.servers {
		if !s.running() {
			t.Fatalf("%s was taken down with status %d", s.id, s.exit())
		}
	}
	if after, _ := n1.state(); after.Ledger != before.Ledger || after.Size < before.Size || after.Size == before.Size && after.Root != before.Root {
		t.Errorf("n1 had %d records of %s and has %d of %s", before.Size, before.Ledger, after.Size, after.Ledger)
	}
	eventually(t, "n2 has what n3 took", func() bool { return n2.has("agents/newer") })
	if n2.has("agents/old") || !n2.has("agents/new") {
		t.Error("n2 has taken something over, or lost it")
	}
	if state, _ := n1.state(); state.Leader != "" {
		t.Errorf("n1 follows %s", state.Leader)
	}
}
