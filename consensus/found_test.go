package consensus

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// foundingView is what node id knows of peers that are empty and in reach, as long as the views are fresh.
func foundingView(id string, flags []string, now time.Time, reached ...string) (*Replica, map[string]view) {
	r := &Replica{cfg: Config{
		NodeID: id, Peers: []Peer{{ID: "n1"}, {ID: "n2"}, {ID: "n3"}}, Bootstrap: slices.Contains(flags, id),
		ElectionTimeout: time.Second,
	}}
	return r, foundingViews(flags, now, reached...)
}

func foundingViews(flags []string, now time.Time, reached ...string) map[string]view {
	views := make(map[string]view)
	for _, peer := range reached {
		views[peer] = view{
			state: introduction{Node: peer, Status: statusEmpty, Incarnation: newID(), Bootstrap: slices.Contains(flags, peer)},
			asked: now, heard: now, emptySince: now.Add(-time.Second),
		}
	}
	return views
}

// All nodes have --bootstrap in their settings, and one answers late: were another to begin without it at
// once, it would begin, too, and one of them would be left in a cluster of its own.
func TestBootstrapDoesNotFoundTwice(t *testing.T) {
	now, all := time.Now(), []string{"n1", "n2", "n3"}
	self := standing{Status: statusEmpty, Incarnation: newID()}
	r, views := foundingView("n2", all, now, "n3")
	if m := r.foundCluster(self, views, now); m.step != stepWait || !strings.Contains(m.reason, "waits for n1") {
		t.Errorf("n1 is late: %+v", m)
	}
	if m := r.foundCluster(self, foundingViews(all, now, "n1", "n3"), now.Add(time.Second)); m.step != stepWait || !strings.Contains(m.reason, "n1 is about") {
		t.Errorf("n1 is there: %+v", m)
	}
	later := now.Add(time.Minute)
	if m := r.foundCluster(self, foundingViews(all, later, "n3"), later); m.step != stepWait {
		t.Errorf("n1 is late again, for the first time since it was there: %+v", m)
	}
	later = later.Add(bootstrapPatience * time.Second)
	if m := r.foundCluster(self, foundingViews(all, later, "n3"), later); m.step != stepFound || len(m.founders) != 2 {
		t.Errorf("n1 does not come: %+v", m)
	}
}

// Where all are there, the same node founds the cluster, whichever has --bootstrap.
func TestBootstrapChangesNothingWhereAllAreThere(t *testing.T) {
	now := time.Now()
	for _, flags := range [][]string{nil, {"n2"}, {"n1", "n3"}} {
		for _, id := range []string{"n1", "n2", "n3"} {
			var others []string
			for _, other := range []string{"n1", "n2", "n3"} {
				if other != id {
					others = append(others, other)
				}
			}
			r, views := foundingView(id, flags, now, others...)
			m := r.foundCluster(standing{Status: statusEmpty, Incarnation: newID()}, views, now)
			if founds := m.step == stepFound; founds != (id == "n1") {
				t.Errorf("--bootstrap at %v: %s finds %+v", flags, id, m)
			}
		}
	}
}

// n1 has the ledger, and n2 was started with --bootstrap to go on with that. When n1 is slow to answer
// once, or ends, n2 and n3 do not begin another ledger: they have heard of the one there is.
func TestBootstrapBeginsNoLedgerWhereOneWasSeen(t *testing.T) {
	now := time.Now()
	r, views := foundingView("n2", []string{"n2"}, now, "n3")
	views["n1"] = view{
		state: introduction{Node: "n1", Status: statusMember, Incarnation: newID(), Cluster: newID()},
		asked: now, heard: now, err: ErrNoLeader,
	}
	r.incomplete = now.Add(-time.Hour)
	m := r.foundCluster(standing{Status: statusEmpty, Incarnation: newID()}, views, now)
	if m.step != stepWait || !strings.Contains(m.reason, "a ledger was at n1") {
		t.Errorf("n2 finds %+v", m)
	}
}
