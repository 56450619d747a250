package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
)

// degraded is a cluster in a state that a test chooses: a replica whose answers are replaced.
type degraded struct {
	Cluster
	propose   error // instead of proposing
	barrier   error
	staleness time.Duration
	leader    bool
	unready   error
}

func (d *degraded) Unready() error { return d.unready }

func (d *degraded) Propose(ctx context.Context, cmd []byte) ([]byte, error) {
	if d.propose != nil {
		return nil, d.propose
	}
	return d.Cluster.Propose(ctx, cmd)
}

func (d *degraded) ReadBarrier(ctx context.Context) error {
	if d.barrier != nil {
		return d.barrier
	}
	return d.Cluster.ReadBarrier(ctx)
}

func (d *degraded) Staleness() time.Duration { return d.staleness }

func (d *degraded) Leader() (string, bool) {
	if d.leader {
		return d.Cluster.Leader()
	}
	return "", false
}

// degrade serves n's ledger over a cluster in that state.
func (n *testNode) degrade(d *degraded, change ...func(*Config)) *testNode {
	n.t.Helper()
	d.Cluster = n.raft
	cfg := Config{Ledger: n.ledger, Cluster: d, WaitLimit: 100 * time.Millisecond}
	for _, f := range change {
		f(&cfg)
	}
	h, err := New(cfg)
	if err != nil {
		n.t.Fatal(err)
	}
	other := *n
	other.server = httptest.NewServer(h)
	n.t.Cleanup(other.server.Close)
	return &other
}

func TestWritesWithoutALeader(t *testing.T) {
	whole := startNode(t)
	for _, c := range []struct {
		name    string
		err     error
		code    api.Code
		outcome string
	}{
		{"no leader", consensus.ErrNoLeader, api.NoLeader, api.NotApplied},
		{"overloaded", consensus.ErrOverloaded, api.Overloaded, api.NotApplied},
		{"closing", consensus.ErrClosed, api.ShuttingDown, api.NotApplied},
		{"leadership lost after the proposal", consensus.ErrOutcomeUnknown, api.OutcomeUnknown, api.Unknown},
		{"no answer in time", context.DeadlineExceeded, api.OutcomeUnknown, api.Unknown},
	} {
		t.Log(c.name)
		n := whole.degrade(&degraded{propose: c.err})
		a := n.draft(webvh.CreateOptions{}, "agents", "late")
		n.unchanged(func() {
			got := n.post(a.logPath(), "text/jsonl", a.entry.Value.Canonical())
			p := got.refused(c.code)
			if p.Status != http.StatusServiceUnavailable || !p.Retryable || p.Outcome != c.outcome || got.header.Get("Retry-After") == "" {
				t.Errorf("%+v", p)
			}
			bulk := n.post("/v1/records", api.TypeNDJSON, bulkBody(didLine(a.entry.Value))).outcomes()
			if p := bulk[0].Problem; p == nil || p.Code != c.code || p.Outcome != c.outcome {
				t.Errorf("in bulk: %+v", p)
			}
		})
	}
}

// losing is a cluster whose leader loses its leadership over the first proposals. One of those that are
// applied is applied all the same.
type losing struct {
	Cluster
	applies bool
	then    error // after the first loss

	mu     sync.Mutex
	losses int // still to come
}

func (l *losing) Propose(ctx context.Context, cmd []byte) ([]byte, error) {
	l.mu.Lock()
	lose := l.losses > 0
	l.losses--
	l.mu.Unlock()
	switch {
	case lose && l.applies:
		if _, err := l.Cluster.Propose(ctx, cmd); err != nil {
			return nil, err
		}
		return nil, consensus.ErrOutcomeUnknown
	case lose:
		return nil, consensus.ErrOutcomeUnknown
	case l.then != nil:
		return nil, l.then
	}
	return l.Cluster.Propose(ctx, cmd)
}

// A write whose entry was under way when leadership was lost goes on under the next leader, and has one
// record whatever became of that entry.
func TestWriteGoesOnUnderTheNextLeader(t *testing.T) {
	whole := startNode(t)
	for _, c := range []struct {
		name    string
		losses  int
		applies bool
		then    error
		want    api.Code
	}{
		{"lost", 1, false, nil, ""},
		{"lost twice", 2, false, nil, ""},
		{"applied", 1, true, nil, ""},
		{"applied, and no leader then", 1, true, consensus.ErrNoLeader, api.OutcomeUnknown},
		{"lost again and again", 1000, false, nil, api.OutcomeUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			cluster := &losing{Cluster: whole.raft, applies: c.applies, then: c.then, losses: c.losses}
			n := whole.within(t).degrade(&degraded{}, func(cfg *Config) { cfg.Cluster, cfg.WaitLimit = cluster, time.Minute })
			a := n.draft(webvh.CreateOptions{}, "agents", strings.ReplaceAll(strings.ReplaceAll(c.name, " ", "-"), ",", ""))
			before := whole.ledger.Size()
			got := n.post(a.logPath(), "text/jsonl", a.entry.Value.Canonical())
			if c.want != "" {
				got.refused(c.want)
			} else if got.status != http.StatusCreated {
				t.Errorf("%d %s", got.status, got.body)
			}
			if more := whole.ledger.Size() - before; more > 1 || c.want == "" && more != 1 {
				t.Errorf("%d records of one write", more)
			}
		})
	}
}

// A node that lags must not refuse, by its old state, what the cluster would accept.
func TestRefusalWaitsForTheLeader(t *testing.T) {
	n := startNode(t).degrade(&degraded{barrier: consensus.ErrNoLeader})
	issuer := &agent{n: n, key: newKey(t), id: "did:webvh:QmNXZqU7XNYkPT9JLFJHbJzsV6i4CBVkRn6wDBwfFQZ6c7:registry.example%3A8700:soon"}
	n.unchanged(func() {
		p := n.post("/v1/credentials", "application/json", registerBody(issuer.issue("x"), false)).refused(api.NoLeader)
		if p.Outcome != api.NotApplied {
			t.Errorf("outcome %q", p.Outcome)
		}
		// What no state would accept is refused all the same.
		n.post("/v1/credentials", "application/json", []byte(`{"credential":{}}`)).refused("credential-invalid")
	})
}

// A node that catches up for long knows the leader: it passes on what it cannot decide, and says of
// reads what is true.
func TestNodeThatCatchesUpPassesWritesOn(t *testing.T) {
	whole := startNode(t)
	behind := fmt.Errorf("%w: it has applied entry 3 of 9000", consensus.ErrBehind)
	n := whole.degrade(&degraded{barrier: behind, leader: true, unready: behind})
	a := n.draft(webvh.CreateOptions{}, "agents", "early")
	line := a.entry.Value.Canonical()
	n.post(a.logPath(), "text/jsonl", line).json(http.StatusCreated, new(api.Receipt))
	// What this node would refuse by its old state, the cluster refuses by the newest.
	issuer := &agent{n: n, key: newKey(t), id: "did:webvh:QmNXZqU7XNYkPT9JLFJHbJzsV6i4CBVkRn6wDBwfFQZ6c7:registry.example%3A8700:soon"}
	n.unchanged(func() {
		n.post("/v1/credentials", "application/json", registerBody(issuer.issue("x"), false)).refused("issuer-unresolvable")
	})
	for _, target := range []string{identifiers + string(issuer.id) + "?consistency=linearizable", "/readyz"} {
		if p := n.get(target).refused(api.StatusStale); !strings.Contains(p.Detail, "applied entry 3 of 9000") {
			t.Errorf("%s: %+v", target, p)
		}
	}
}

// What stands in the way is said where operators look.
func TestUnreadyNodeSaysWhy(t *testing.T) {
	whole := startNode(t)
	for code, err := range map[api.Code]error{
		api.NoLeader:     fmt.Errorf("%w: this node is empty and waits for n3", consensus.ErrNoLeader),
		api.ClockWrong:   fmt.Errorf("%w: %w: 2 of 2 peers have another time", consensus.ErrNoLeader, consensus.ErrClock),
		api.ShuttingDown: consensus.ErrClosed,
	} {
		n := whole.degrade(&degraded{leader: true, unready: err})
		if p := n.get("/readyz").refused(code); p.Detail != err.Error() || p.Status != http.StatusServiceUnavailable {
			t.Errorf("%+v", p)
		}
		var c api.Cluster
		n.get("/v1/cluster").json(http.StatusOK, &c)
		if len(c.Problems) != 1 || c.Problems[0] != err.Error() {
			t.Errorf("problems %q", c.Problems)
		}
	}
}

// The newest record was stamped by a clock a year ahead.
func TestLedgerAheadOfTheClock(t *testing.T) {
	whole := startNode(t)
	whole.register("issuers", "late")
	n := whole.degrade(&degraded{leader: true}, func(c *Config) { c.now = func() time.Time { return time.Now().AddDate(-1, 0, 0) } })
	var c api.Cluster
	n.get("/v1/cluster").json(http.StatusOK, &c)
	if len(c.Problems) != 1 || !strings.Contains(c.Problems[0], "ahead of this node's clock: if the clock is wrong, set it") {
		t.Errorf("problems %q", c.Problems)
	}
	c = api.Cluster{}
	whole.get("/v1/cluster").json(http.StatusOK, &c)
	if len(c.Problems) != 0 {
		t.Errorf("problems %q", c.Problems)
	}
}

func TestStaleNodeVouchesForNothing(t *testing.T) {
	whole := startNode(t)
	issuer := whole.register("issuers", "acme")
	vc := issuer.issue("x")
	n := whole.degrade(&degraded{staleness: 6 * time.Second, barrier: consensus.ErrNoLeader})
	p := n.post("/credentials/verify", "application/json", verifyBody(vc)).refused(api.StatusStale)
	if !p.Retryable || p.Outcome != "" {
		t.Errorf("%+v", p)
	}
	if got := n.post("/credentials/verify?max-stale=1m", "application/json", verifyBody(vc)); got.status != http.StatusOK {
		t.Errorf("with a wider bound: %d %s", got.status, got.body)
	}
	target := identifiers + string(issuer.id)
	if got := n.get(target); got.status != http.StatusOK || got.header.Get(api.HeaderAge) != "6000" {
		t.Errorf("a local read: %d, age %q", got.status, got.header.Get(api.HeaderAge))
	}
	n.get(target + "?max-stale=5s").refused(api.StatusStale)
	n.get(target + "?consistency=linearizable").refused(api.NoLeader)
	n.get("/readyz").refused(api.NoLeader)
	whole.degrade(&degraded{staleness: 6 * time.Second, leader: true}).get("/readyz").refused(api.StatusStale)
	if n.get("/healthz").status != http.StatusOK {
		t.Error("a stale node is taken for a dead one")
	}
}

func TestContentIsNotAdmitted(t *testing.T) {
	whole := startNode(t)
	vc := whole.register("issuers", "private").issue("permit")
	private, err := admission.New(admission.Config{NoContent: true})
	if err != nil {
		t.Fatal(err)
	}
	n := whole.degrade(&degraded{leader: true}, func(c *Config) { c.Admission = private })
	n.unchanged(func() {
		n.post("/v1/credentials", "application/json", registerBody(vc, true)).refused(api.NotAdmitted)
		line := fmt.Appendf(nil, `{"op":"credential","credential":%s,"publish":true}`+"\n", vc.Canonical())
		if out := n.post("/v1/records", api.TypeNDJSON, line).outcomes(); len(out) != 1 || out[0].Problem == nil || out[0].Problem.Code != api.NotAdmitted {
			t.Errorf("in bulk: %+v", out)
		}
	})
	whole.post("/v1/credentials", "application/json", registerBody(vc, true)).json(http.StatusCreated, new(api.Receipt))
}

func TestAdmissionOverHTTP(t *testing.T) {
	whole := startNode(t)
	friend := newKey(t)
	list, err := admission.New(admission.Config{Mode: admission.AllowList, Controllers: []did.ID{did.ID("did:key:" + friend.Public().String())}})
	if err != nil {
		t.Fatal(err)
	}
	n := whole.degrade(&degraded{leader: true}, func(c *Config) { c.Admission = list })
	a := n.draft(webvh.CreateOptions{}, "agents", "stranger")
	n.unchanged(func() {
		p := n.post(a.logPath(), "text/jsonl", a.entry.Value.Canonical()).refused(api.NotAdmitted)
		if p.Status != http.StatusForbidden || p.Outcome != api.NotApplied {
			t.Errorf("%+v", p)
		}
	})

	slow, err := admission.New(admission.Config{Writes: admission.Rate{PerSecond: 0.1, Burst: 2}, Reads: admission.Rate{PerSecond: 0.1, Burst: 1}})
	if err != nil {
		t.Fatal(err)
	}
	n = whole.degrade(&degraded{leader: true}, func(c *Config) { c.Admission = slow })
	lines := n.post("/v1/records", api.TypeNDJSON, []byte("{}\n{}\n{}\n")).outcomes()
	if lines[1].Problem.Code != api.Malformed || lines[2].Problem.Code != api.RateLimited {
		t.Errorf("a bulk request got around the rate: %v %v", lines[1].Problem, lines[2].Problem)
	}
	n.get("/v1/cluster")
	got := n.get("/v1/cluster")
	if p := got.refused(api.RateLimited); p.RetryAfter != 10 || got.header.Get("Retry-After") != "10" {
		t.Errorf("%+v", p)
	}
}
