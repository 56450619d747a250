package consensus

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

func mustHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func testLog(t *testing.T) (*sealedLog, *raft.InmemStore, *error) {
	t.Helper()
	var fatal error
	store := raft.NewInmemStore()
	l, err := openLog(store, "memory", &guard{fatal: func(err error) { fatal = err }})
	if err != nil {
		t.Fatal(err)
	}
	l.running.Store(true)
	return l, store, &fatal
}

func entry(index, term uint64, data string) *raft.Log {
	return &raft.Log{Index: index, Term: term, Data: []byte(data)}
}

func TestLogRefusesAnotherHistory(t *testing.T) {
	ours, _, fatal := testLog(t)
	theirs, _, _ := testLog(t)
	for _, err := range []error{
		ours.StoreLogs([]*raft.Log{entry(1, 1, "a"), entry(2, 1, "b")}),
		theirs.StoreLogs([]*raft.Log{entry(1, 1, "a"), entry(2, 1, "not b"), entry(3, 1, "c")}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var l raft.Log
	if err := theirs.GetLog(3, &l); err != nil {
		t.Fatal(err)
	}
	if err := ours.StoreLog(&l); !errors.Is(err, ErrDiverged) || !errors.Is(*fatal, ErrDiverged) {
		t.Errorf("stored an entry of another history: %v, fatal %v", err, *fatal)
	}
	if err := ours.StoreLog(entry(3, 1, "c")); err == nil {
		t.Error("the log is still written to")
	}
}

func TestLogRefusesEntryGarbledOnTheWay(t *testing.T) {
	from, _, _ := testLog(t)
	to, _, fatal := testLog(t)
	if err := from.StoreLog(entry(1, 1, "a")); err != nil {
		t.Fatal(err)
	}
	var l raft.Log
	if err := from.GetLog(1, &l); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(l *raft.Log){
		func(l *raft.Log) { l.Data = []byte("b") },
		func(l *raft.Log) { l.Term = 2 },
		func(l *raft.Log) { l.Type = raft.LogNoop },
		func(l *raft.Log) { l.Extensions = l.Extensions[1:] },
	} {
		bad := l
		change(&bad)
		if err := to.StoreLog(&bad); !errors.Is(err, ErrCorrupt) {
			t.Errorf("stored a garbled entry: %v", err)
		}
	}
	if *fatal != nil {
		t.Errorf("what a peer sends must not stop this node: %v", *fatal)
	}
	if err := to.StoreLog(&l); err != nil {
		t.Error(err)
	}
}

func TestLogGoesOnAfterSnapshot(t *testing.T) {
	from, _, _ := testLog(t)
	if err := from.StoreLogs([]*raft.Log{entry(1, 1, "a"), entry(2, 1, "b"), entry(3, 1, "c")}); err != nil {
		t.Fatal(err)
	}
	to, _, _ := testLog(t)
	if err := to.StoreLog(entry(3, 1, "c")); err == nil {
		t.Error("stored an entry of our own without knowing its predecessor")
	}
	sum, ok := from.digestAt(2)
	if !ok {
		t.Fatal("no digest")
	}
	to.anchor(2, sum)
	if err := to.StoreLog(entry(3, 1, "c")); err != nil {
		t.Fatal(err)
	}
	a, _ := from.digestAt(3)
	if b, _ := to.digestAt(3); a != b {
		t.Error("equal logs have different digests")
	}
	if err := from.DeleteRange(1, 3); err != nil {
		t.Fatal(err)
	}
	if first, _ := from.FirstIndex(); first != 0 {
		t.Errorf("first index of an empty log is %d", first)
	}
}

func TestLogDeletesPrefixAndSuffixOnly(t *testing.T) {
	l, store, _ := testLog(t)
	for i := range uint64(10) {
		if err := l.StoreLog(entry(i+1, 1, "x")); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.DeleteRange(3, 4); err == nil {
		t.Error("left a gap")
	}
	if err := errors.Join(l.DeleteRange(1, 3), l.DeleteRange(9, 10), l.StoreLog(entry(9, 2, "y"))); err != nil {
		t.Fatal(err)
	}
	again, err := openLog(store, "memory", &guard{})
	if err != nil || again.first != 4 || again.last != 9 {
		t.Errorf("reopened from %d to %d: %v", again.first, again.last, err)
	}
}

func TestStableNotices(t *testing.T) {
	store := raft.NewInmemStore()
	s := &sealedStable{guard: &guard{}, store: store, path: "memory"}
	if err := s.SetUint64([]byte("CurrentTerm"), 7); err != nil {
		t.Fatal(err)
	}
	if v, err := s.GetUint64([]byte("CurrentTerm")); v != 7 || err != nil {
		t.Fatalf("%d, %v", v, err)
	}
	raw, err := store.Get([]byte("CurrentTerm"))
	if err != nil {
		t.Fatal(err)
	}
	raw[7] ^= 1
	if _, err := s.GetUint64([]byte("CurrentTerm")); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "CurrentTerm") {
		t.Errorf("a flipped bit in the term: %v", err)
	}
}

// future is a raft.ApplyFuture with a fixed end.
type future struct {
	err   error
	index uint64
	resp  any
}

func (f future) Error() error  { return f.err }
func (f future) Index() uint64 { return f.index }
func (f future) Response() any { return f.resp }

func TestThreeEndings(t *testing.T) {
	for _, tc := range []struct {
		name string
		f    future
		want error
	}{
		{"not the leader", future{err: raft.ErrNotLeader}, ErrNoLeader},
		{"leadership is being handed over", future{err: raft.ErrLeadershipTransferInProgress}, ErrNoLeader},
		{"no room", future{err: raft.ErrEnqueueTimeout}, ErrNoLeader},
		{"shut down before", future{err: raft.ErrRaftShutdown}, ErrClosed},
		{"shut down after", future{err: raft.ErrRaftShutdown, index: 5}, ErrOutcomeUnknown},
		{"leadership lost", future{err: raft.ErrLeadershipLost, index: 5}, ErrOutcomeUnknown},
		{"restore", future{err: raft.ErrAbortedByRestore, index: 5}, ErrOutcomeUnknown},
		{"disk", future{err: errors.New("input/output error"), index: 5}, ErrOutcomeUnknown},
		{"state machine", future{resp: &outcome{err: errors.New("no")}, index: 5}, ErrOutcomeUnknown},
		{"a result", future{resp: &outcome{}, index: 5}, nil},
	} {
		_, err := settle(tc.f)
		if !errors.Is(err, tc.want) || NotProposed(err) != (tc.want != nil && tc.want != ErrOutcomeUnknown) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
		if tc.want != nil && statusOf(err).err() != tc.want && tc.want != ErrClosed {
			t.Errorf("%s: tells a peer %v", tc.name, statusOf(err).err())
		}
	}
	if NotProposed(nil) || NotProposed(errors.New("other")) {
		t.Error("NotProposed of something else")
	}
}

type discard struct{ err *error }

func (d discard) reply(_ []byte, err error) { *d.err = err }

func TestQueueBounds(t *testing.T) {
	cfg := Config{QueueCommands: 5, QueueBytes: 100, MaxBatchCommands: 3, MaxBatchBytes: 20}.withDefaults()
	q := newQueue(&cfg)
	push := func(n int) error { return q.push(&proposal{cmd: make([]byte, n)}) }
	sizes := func() (out []int) {
		for _, p := range q.take() {
			out = append(out, len(p.cmd))
		}
		return out
	}
	for _, n := range []int{99, 1} { // one larger than a batch goes alone
		if err := push(n); err != nil {
			t.Fatal(err)
		}
	}
	if err := push(1); !errors.Is(err, ErrOverloaded) {
		t.Errorf("bytes beyond the bound: %v", err)
	}
	if got := sizes(); len(got) != 1 || got[0] != 99 {
		t.Errorf("first batch %v", got)
	}
	for range 4 {
		if err := push(9); err != nil {
			t.Fatal(err)
		}
	}
	if err := push(0); !errors.Is(err, ErrOverloaded) {
		t.Errorf("commands beyond the bound: %v", err)
	}
	if a, b := sizes(), sizes(); len(a) != 3 || len(b) != 2 {
		t.Errorf("batches %v and %v", a, b)
	}
	var late error
	expired := &proposal{deadline: time.Now().Add(-time.Second), reply: discard{&late}}
	if err := q.push(expired); err != nil || len(q.take()) != 0 || !errors.Is(late, ErrOverloaded) {
		t.Errorf("an expired proposal: %v, answered %v", err, late)
	}
	gone := &proposal{reply: discard{&late}}
	if err := q.push(gone); err != nil || !gone.abandon() || len(q.take()) != 0 {
		t.Errorf("a withdrawn proposal was taken: %v", err)
	}
	waiting := &proposal{reply: discard{&late}}
	if err := q.push(waiting); err != nil {
		t.Fatal(err)
	}
	if q.close(); !errors.Is(late, ErrClosed) || !errors.Is(push(1), ErrClosed) {
		t.Errorf("after close: %v", late)
	}
}

func TestConfigRefuses(t *testing.T) {
	good := Config{
		NodeID: "a", Dir: "x", StateMachine: nopMachine{},
		Peers: []Peer{{"a", "127.0.0.1:1"}, {"b", "127.0.0.1:2"}},
	}
	if c := good.withDefaults(); c.validate() != nil {
		t.Fatal(c.validate())
	}
	for name, change := range map[string]func(*Config){
		"public address without a secret": func(c *Config) { c.Peers[1].Address = "192.0.2.1:1" },
		"bind to all without a secret":    func(c *Config) { c.Bind = ":1" },
		"short secret":                    func(c *Config) { c.Secret = []byte("short") },
		"not a peer":                      func(c *Config) { c.NodeID = "c" },
		"two peers of one id":             func(c *Config) { c.Peers[1].ID = "a" },
		"id that is no DNS label":         func(c *Config) { c.Peers[1].ID = "B.example" },
		"no port":                         func(c *Config) { c.Peers[1].Address = "127.0.0.1" },
		"no directory":                    func(c *Config) { c.Dir = "" },
		"no state machine":                func(c *Config) { c.StateMachine = nil },
		"huge batches":                    func(c *Config) { c.MaxBatchBytes = 1 << 30 },
		"too many commands":               func(c *Config) { c.MaxBatchCommands = 1 << 20 },
		"negative limit":                  func(c *Config) { c.MaxInFlight = -1 },
	} {
		c := good
		c.Peers = append([]Peer(nil), good.Peers...)
		change(&c)
		if c = c.withDefaults(); c.validate() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

type nopMachine struct{ StateMachine }

// A clock of ours that runs behind must not make old state look fresh.
func TestStaleness(t *testing.T) {
	f := &fsm{clock: time.Now, start: time.Now().Add(-time.Minute)}
	if f.staleness() != NeverApplied {
		t.Error("fresh without anything applied")
	}
	f.leaderTime.Store(time.Now().Add(time.Hour).UnixMilli()) // a leader ahead of us
	f.appliedAt.Store(int64(20 * time.Second))
	if s := f.staleness(); s < 39*time.Second || s > 30*time.Minute {
		t.Errorf("applied 40 s ago by our own count, staleness %v", s)
	}
	f.leaderTime.Store(time.Now().Add(-time.Hour).UnixMilli())
	if s := f.staleness(); s < 59*time.Minute {
		t.Errorf("an hour old, staleness %v", s)
	}
}
