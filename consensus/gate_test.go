package consensus

import (
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

// What a node lets its Raft see, by its standing. A leader of a term before that of the
// admission may not be answered: it would count the node for what it has forgotten.
func TestWhatAStandingLetsThrough(t *testing.T) {
	requests := map[string]any{
		"entries of term 6":  &raft.AppendEntriesRequest{Term: 6},
		"entries of term 7":  &raft.AppendEntriesRequest{Term: 7},
		"snapshot of term 6": &raft.InstallSnapshotRequest{Term: 6},
		"snapshot of term 8": &raft.InstallSnapshotRequest{Term: 8},
		"vote":               &raft.RequestVoteRequest{Term: 9},
		"pre-vote":           &raft.RequestPreVoteRequest{Term: 9},
		"timeout now":        &raft.TimeoutNowRequest{},
	}
	for status, through := range map[string]map[string]bool{
		statusEmpty:   {},
		statusJoining: {"entries of term 7": true, "snapshot of term 8": true},
		statusMember: {"entries of term 6": true, "entries of term 7": true, "snapshot of term 6": true,
			"snapshot of term 8": true, "vote": true, "pre-vote": true, "timeout now": true},
	} {
		s := &standings{now: standing{Status: status, Term: 7, Index: 100}}
		g := &gate{standing: s, clock: &clockWatch{now: time.Now, peers: &peers{}, nodes: 1}, caughtUp: func() {}}
		for name, request := range requests {
			if err := g.incoming(request); (err == nil) != through[name] {
				t.Errorf("%s node, %s: %v", status, name, err)
			}
		}
		if err := g.mayStand(); (err == nil) != (status == statusMember) {
			t.Errorf("%s node stands for election: %v", status, err)
		}
	}
}

// A node whose clock is off takes what leaders send and votes, but does not stand.
func TestWrongClockDoesNotStand(t *testing.T) {
	g := &gate{
		standing: &standings{now: standing{Status: statusMember}}, caughtUp: func() {},
		clock: watchWith(time.Now, time.Hour, time.Hour, time.Hour, time.Hour),
	}
	if err := g.incoming(&raft.TimeoutNowRequest{}); !errors.Is(err, ErrClock) {
		t.Errorf("told to stand: %v", err)
	}
	if err := g.RequestPreVote("n2", "n2", nil, nil); !errors.Is(err, ErrClock) {
		t.Errorf("asks for a pre-vote: %v", err)
	}
	if err := g.RequestVote("n2", "n2", nil, nil); !errors.Is(err, ErrClock) {
		t.Errorf("asks for a vote: %v", err)
	}
	for _, request := range []any{&raft.AppendEntriesRequest{}, &raft.RequestVoteRequest{}} {
		if err := g.incoming(request); err != nil {
			t.Errorf("%T: %v", request, err)
		}
	}
}

// All were empty at one moment only if each said so before and after it.
func TestAgreedNeedsOneMoment(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	views := func(since2, asked2, since3, asked3 int) map[string]view {
		return map[string]view{"n2": {emptySince: at(since2), asked: at(asked2)}, "n3": {emptySince: at(since3), asked: at(asked3)}}
	}
	ids := []string{"n1", "n2", "n3"}
	if !agreed(views(1, 5, 3, 4), ids, "n1") {
		t.Error("n2 was empty from 1 to 5, n3 from 3 to 4")
	}
	if agreed(views(1, 2, 3, 4), ids, "n1") {
		t.Error("n2 was empty from 1 to 2, n3 from 3 to 4")
	}
	if agreed(views(3, 2, 1, 4), ids, "n1") {
		t.Error("n2 has said it once only")
	}
	if !agreed(nil, []string{"n1"}, "n1") {
		t.Error("a cluster of one")
	}
}
