package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

func didLine(entries ...jcs.Value) jcs.Value {
	return jcs.Object(jcs.Member{Name: "op", Value: jcs.FromString("did")}, jcs.Member{Name: "entries", Value: jcs.Array(entries...)})
}

func bulkBody(payloads ...jcs.Value) []byte {
	var b []byte
	for _, p := range payloads {
		b = append(jcs.Object(jcs.Member{Name: "op", Value: p}).Append(b), '\n')
	}
	return b
}

// outcomes reads the reply to a bulk request: one line for each, in order.
func (a answer) outcomes() []api.BulkOutcome {
	a.t.Helper()
	if a.status != http.StatusOK || a.header.Get("Content-Type") != api.TypeNDJSON {
		a.t.Fatalf("%d %s", a.status, a.body)
	}
	var list []api.BulkOutcome
	for line := range bytes.Lines(a.body) {
		var o api.BulkOutcome
		if err := json.Unmarshal(line, &o); err != nil {
			a.t.Fatalf("%v: %s", err, line)
		}
		if o.Line != len(list)+1 {
			a.t.Fatalf("line %d where %d was due", o.Line, len(list)+1)
		}
		list = append(list, o)
	}
	return list
}

// A whole story in one request: each line depends on those before it.
func TestBulkKeepsTheOrderOfWhatDepends(t *testing.T) {
	n := startNode(t)
	a := n.draft(webvh.CreateOptions{}, "bulk", "issuer")
	vc := a.issue("x")
	digest := record.CredentialDigest(vc).String()
	status := func(s string, after int) jcs.Value {
		return jcs.Object(jcs.Member{Name: "op", Value: jcs.FromString("status")}, jcs.Member{Name: "change", Value: a.change(digest, s, after)})
	}
	cred := jcs.Object(jcs.Member{Name: "op", Value: jcs.FromString("credential")},
		jcs.Member{Name: "credential", Value: vc}, jcs.Member{Name: "publish", Value: jcs.FromBool(false)})
	body := bulkBody(didLine(a.entry.Value), cred, status("suspended", 1), status("active", 2), status("revoked", 3), status("active", 4))
	got := n.post("/v1/records", api.TypeNDJSON, body).outcomes()
	if len(got) != 6 {
		t.Fatalf("%d outcomes", len(got))
	}
	for i, o := range got[:5] {
		if o.Receipt == nil || o.Receipt.Seq != record.Seq(i+1) {
			t.Errorf("line %d: %+v %v", i+1, o.Receipt, o.Problem)
		}
	}
	if p := got[5].Problem; p == nil || p.Code != "final-status" || p.Outcome != api.NotApplied {
		t.Errorf("%+v", p)
	}
}

func TestBulkGoesOnAfterARefusal(t *testing.T) {
	n := startNode(t)
	var body []byte
	want := map[int]api.Code{}
	const lines = 60
	for i := range lines {
		switch i % 6 {
		case 1:
			body = append(body, "{\"op\":\n"...)
			want[i+1] = api.Malformed
		case 2:
			body = append(body, "{\"op\":{\"op\":\"did\",\"entries\":[{}]}}\n\n\n"...)
			want[i+1] = "entry-malformed"
		case 3:
			body = append(body, "{\"op\":{\"op\":\"erase\"}}\n"...)
			want[i+1] = api.Malformed
		default:
			body = append(body, bulkBody(didLine(n.draft(webvh.CreateOptions{}, "bulk", strconv.Itoa(i)).entry.Value))...)
		}
	}
	for i, o := range n.post("/v1/records", api.TypeNDJSON, body).outcomes() {
		switch code, refused := want[i+1]; {
		case refused && (o.Problem == nil || o.Problem.Code != code):
			t.Errorf("line %d: %+v, want %s", i+1, o.Problem, code)
		case !refused && o.Receipt == nil:
			t.Errorf("line %d: %+v", i+1, o.Problem)
		}
	}
	if size := n.ledger.Size(); size != 1+lines/2 {
		t.Errorf("%d records", size)
	}
}

// A client that writes everything before it reads anything must not be able to wedge the node.
func TestBulkClientThatReadsLast(t *testing.T) {
	n := startNode(t)
	const lines = 20000
	body := strings.Repeat("{\"op\":{}}\n", lines)
	got := n.do(http.MethodPost, "/v1/records", &readLast{Reader: strings.NewReader(body)}, "Content-Type", api.TypeNDJSON).outcomes()
	if len(got) != lines {
		t.Errorf("%d outcomes", len(got))
	}
}

// readLast hides the length of a body.
type readLast struct{ io.Reader }

func TestBulkLimits(t *testing.T) {
	n := startNode(t)
	long := append(bytes.Repeat([]byte("x"), api.MaxBody+10), '\n')
	got := n.post("/v1/records", api.TypeNDJSON, append(long, "{}\n"...)).outcomes()
	if len(got) != 1 || got[0].Problem == nil || got[0].Problem.Code != api.BodyTooLarge {
		t.Errorf("a line too long: %+v", got)
	}
	n.do(http.MethodPost, "/v1/records", bytes.NewReader(make([]byte, api.MaxBulkBody+1)), "Content-Type", api.TypeNDJSON).refused(api.BodyTooLarge)

	many := n.post("/v1/records", api.TypeNDJSON, bytes.Repeat([]byte("1\n"), api.MaxBulkLines+5)).outcomes()
	if last := many[len(many)-1]; len(many) != api.MaxBulkLines+1 || last.Problem.Code != api.TooManyLines {
		t.Errorf("%d outcomes, the last %+v", len(many), last.Problem)
	}
	if got := n.post("/v1/records", api.TypeNDJSON, nil).outcomes(); len(got) != 0 {
		t.Errorf("an empty body: %+v", got)
	}
}

// TestBulkClientThatFallsSilent must not hold one of the few places: it is answered what it sent, and
// why no more was waited for.
func TestBulkClientThatFallsSilent(t *testing.T) {
	n := startNode(t, func(c *Config) { c.bulkIdle, c.BulkRequests = 500*time.Millisecond, 1 })
	var got []api.BulkOutcome
	try := 0
	eventually(t, func() bool {
		body, client := io.Pipe()
		defer client.Close()
		line := bulkBody(didLine(n.draft(webvh.CreateOptions{}, "bulk", strconv.Itoa(try)).entry.Value))
		try++
		go client.Write(line) // fails with the test
		got = n.do(http.MethodPost, "/v1/records", body, "Content-Type", api.TypeNDJSON).outcomes()
		return len(got) > 1 // the line may have come too late, on a busy machine
	})
	if len(got) != 2 || got[0].Receipt == nil || got[1].Problem == nil || got[1].Problem.Code != api.RequestTimeout {
		t.Errorf("%+v", got)
	}
	if again := n.post("/v1/records", api.TypeNDJSON, []byte("{}\n")).outcomes(); len(again) != 1 {
		t.Errorf("the next request: %+v", again)
	}
}

// crowded counts the proposals that are made at once.
type crowded struct {
	Cluster
	now, most atomic.Int64
}

func (c *crowded) Propose(ctx context.Context, cmd []byte) ([]byte, error) {
	n := c.now.Add(1)
	defer c.now.Add(-1)
	for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
	}
	return c.Cluster.Propose(ctx, cmd)
}

// What several bulk requests have under way is bounded in sum: a node with thousands of goroutines ready
// to run has no time for the heartbeats of its leadership.
func TestBulkRequestsShareWhatIsUnderWay(t *testing.T) {
	whole := startNode(t)
	cluster := &crowded{Cluster: whole.raft}
	const inFlight, requests, lines = 8, 4, 40
	n := whole.degrade(&degraded{}, func(cfg *Config) { cfg.Cluster, cfg.BulkInFlight, cfg.BulkRequests = cluster, inFlight, 2*requests }) // one client has half
	var group sync.WaitGroup
	for i := range requests {
		var payloads []jcs.Value
		for j := range lines {
			payloads = append(payloads, didLine(n.draft(webvh.CreateOptions{}, "crowd", fmt.Sprint(i, "-", j)).entry.Value))
		}
		group.Go(func() {
			for _, o := range n.post("/v1/records", api.TypeNDJSON, bulkBody(payloads...)).outcomes() {
				if o.Receipt == nil {
					t.Errorf("request %d, line %d: %+v", i, o.Line, o.Problem)
				}
			}
		})
	}
	group.Wait()
	if most := cluster.most.Load(); most > inFlight {
		t.Errorf("%d operations were under way at once, want at most %d", most, inFlight)
	}
}
