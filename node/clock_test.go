package node

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/node/api"
)

// A node whose clock is a year ahead is the only one that is there in time to lead, and
// then one of three: it never leads, says why, and no record has its time.
func TestProcessWithAWrongClock(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3)
	offsets := []time.Duration{365 * 24 * time.Hour, 0, 0}
	procs := make([]*process, 3)
	start := func(i int) {
		procs[i] = startProcess(t, childConfig{
			NodeID: c.peers[i].ID, Dir: c.path(i), Peers: c.peers, Secret: c.secret, ClockOffset: offsets[i],
		})
	}
	for i := range procs {
		start(i)
	}
	began := time.Now().Add(-time.Minute)
	for round := range 3 {
		r := register(t, procs[1].url, "agent-"+itoa(uint64(round)))
		at, err := time.Parse(time.RFC3339, r.Time)
		if err != nil || at.Before(began) || at.After(time.Now().Add(time.Minute)) {
			t.Fatalf("a record of %s: %v", r.Time, err)
		}
		eventually(t, "the node with the wrong clock says so", func() bool {
			code, body := get(t, procs[0].url+"/readyz")
			return code == http.StatusServiceUnavailable && strings.Contains(string(body), "clock-wrong")
		})
		var cluster api.Cluster
		eventually(t, "there is a leader", func() bool {
			cluster = state(t, procs[1].url)
			return cluster.Leader != ""
		})
		if cluster.Leader == c.peers[0].ID {
			t.Errorf("%q leads", cluster.Leader)
		}
		// Whoever leads goes: the two that are left are one with a right clock and one without.
		for i := range procs {
			if cluster.Leader == c.peers[i].ID {
				procs[i].kill()
				start(i)
			}
		}
	}
	code, metrics := get(t, procs[0].url+"/metrics")
	if code != http.StatusOK || !strings.Contains(string(metrics), "\ntabard_clock_wrong 1\n") {
		t.Errorf("metrics: %d, no tabard_clock_wrong 1", code)
	}
	if s := state(t, procs[0].url); len(s.Problems) == 0 || !strings.Contains(s.Problems[0], "clock differs") {
		t.Errorf("problems %q", s.Problems)
	}
	// Its clock is set right.
	procs[0].kill()
	offsets[0] = 0
	start(0)
	eventually(t, "the node with the right clock is ready", func() bool {
		code, _ := get(t, procs[0].url+"/readyz")
		return code == http.StatusOK
	})
}
