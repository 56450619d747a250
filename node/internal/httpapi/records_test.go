package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

func TestReadTheLedger(t *testing.T) {
	n := startNode(t)
	for i := range 5 {
		n.register("agents", strconv.Itoa(i))
	}
	page := func(query string, from, count int) {
		t.Helper()
		got := n.get("/v1/records" + query)
		if got.status != http.StatusOK || got.header.Get(api.HeaderSeq) != "6" {
			t.Fatalf("%s: %d %s", query, got.status, got.body)
		}
		seq := from
		for line := range bytes.Lines(got.body) {
			var r api.Record
			if err := json.Unmarshal(line, &r); err != nil {
				t.Fatal(err)
			}
			if r.Seq != record.Seq(seq) || record.LeafHash(r.Record) != r.Leaf {
				t.Errorf("%s: record %d where %d was due, or not its leaf", query, r.Seq, seq)
			}
			one := n.get("/v1/records/" + strconv.Itoa(seq))
			if !bytes.Equal(one.body, r.Record) || one.header.Get("Etag") != `"`+r.Leaf.String()+`"` ||
				!strings.Contains(one.header.Get("Cache-Control"), "immutable") {
				t.Errorf("record %d by itself: %v %s", seq, one.header, one.body)
			}
			seq++
		}
		if seq-from != count {
			t.Errorf("%s: %d records, want %d", query, seq-from, count)
		}
	}
	page("", 0, 6)
	page("?limit=2", 0, 2)
	page("?after=1&limit=3", 2, 3)
	page("?after=5", 6, 0)
	page("?after="+n.id+":2", 3, 3)
	page("?after="+n.id+":start&limit=1", 0, 1)
	n.get("/v1/records?after=6").refused(api.FutureCursor)
	n.get("/v1/records?after=start").refused(api.InvalidParameter)
}

// Of the ledger one may ask for some kinds and a period alone. A page with nothing that matches goes on after
// what was looked at all the same.
func TestReadTheLedgerByKindAndTime(t *testing.T) {
	n := startNode(t)
	a := n.register("agents", "a")
	var receipts []api.Receipt
	for i, status := range []string{"suspended", "active", "suspended", "revoked"} {
		var r api.Receipt
		n.post("/v1/status", "application/json", a.change(string(a.id), status, i+1).Canonical()).json(http.StatusCreated, &r)
		receipts = append(receipts, r)
		n.register("agents", "b"+strconv.Itoa(i))
	}
	// 0 and 1 are DIDs, then 2 to 9 a status and a DID by turns.
	page := func(query string) (seqs []int, cursor string) {
		t.Helper()
		got := n.get("/v1/records?" + query)
		if got.status != http.StatusOK {
			t.Fatalf("%s: %d %s", query, got.status, got.body)
		}
		for line := range bytes.Lines(got.body) {
			var r api.Record
			if err := json.Unmarshal(line, &r); err != nil || record.LeafHash(r.Record) != r.Leaf {
				t.Fatalf("%s: %v %s", query, err, line)
			}
			seqs = append(seqs, int(r.Seq))
		}
		return seqs, got.header.Get(api.HeaderCursor)
	}
	at := func(i int) string { return receipts[i].Time }
	for _, x := range []struct {
		query string
		want  []int
		next  int
	}{
		{"kind=status", []int{2, 4, 6, 8}, 10},
		{"kind=status&limit=2", []int{2, 4}, 5},
		{"kind=status&limit=2&after=4", []int{6, 8}, 9},
		{"kind=status&after=8", nil, 10},
		{"kind=status,did&limit=4", []int{0, 1, 2, 3}, 4},
		{"kind=credential", nil, 10},
		{"since=" + at(1), []int{4, 5, 6, 7, 8, 9}, 10},
		{"until=" + at(1), []int{0, 1, 2, 3}, 4},
		{"kind=status&since=" + at(1) + "&until=" + at(3), []int{4, 6}, 8},
		{"kind=status&since=" + at(1) + "&after=5", []int{6, 8}, 10},
		{"since=2999-01-01T00:00:00Z", nil, 10},
		{"until=2001-01-01T00:00:00%2B01:00", nil, 0},
		{"until=" + at(1) + "&after=6", nil, 7},
	} {
		got, cursor := page(x.query)
		if want := (api.Cursor{Ledger: n.id, Next: record.Seq(x.next)}).String(); !slices.Equal(got, x.want) || cursor != want {
			t.Errorf("%s: %v and %s, want %v and %s", x.query, got, cursor, x.want, want)
		}
	}
	for _, query := range []string{"kind=", "kind=did,", "kind=nothing", "kind=did&kind=status", "kinds=did", "since=yesterday", "since=", "until=2026-01-01",
		"since=2026-01-01T00:00:00+01:00Z", "until=0001-01-01T00:00:00Z", "since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "since=2026-01-02T00:00:00Z&until=2026-01-02T00:00:00Z"} {
		n.get("/v1/records?" + query).refused(api.InvalidParameter)
	}
}

// What a page of a rare kind costs is bounded: it may have nothing, and whoever goes on where it ended gets all.
func TestPagesOfARareKind(t *testing.T) {
	n := startNode(t, func(c *Config) { c.looked = 3 })
	for i := range 4 {
		n.register("agents", strconv.Itoa(i))
	}
	a := n.register("agents", "a")
	n.post("/v1/status", "application/json", a.change(string(a.id), "suspended", 1).Canonical()).json(http.StatusCreated, new(api.Receipt))
	n.register("agents", "b")
	found, empty, after := 0, 0, ""
	for {
		got := n.get("/v1/records?kind=status" + after)
		lines := bytes.Count(got.body, []byte("\n"))
		if found += lines; lines == 0 {
			empty++
		}
		next := "&after=" + got.header.Get(api.HeaderCursor)
		if got.status != http.StatusOK || next == after {
			break
		}
		after = next
	}
	if found != 1 || empty != 3 {
		t.Errorf("found %d, with %d empty pages", found, empty)
	}
}

func TestClusterAndHealth(t *testing.T) {
	n := startNode(t)
	var c api.Cluster
	n.get("/v1/cluster?consistency=linearizable").json(http.StatusOK, &c)
	if c.Node != "n1" || c.Leader != "n1" || c.Ledger != n.id || c.Domain != testDomain && c.Domain != "registry.example%3A8700" ||
		c.Size != 1 || c.Root != n.root() || c.Term == 0 || c.State != "leader" || len(c.Peers) != 1 || c.AgeMS == nil {
		t.Errorf("%+v", c)
	}
	var ready api.Ready
	n.get("/healthz").json(http.StatusOK, &ready)
	n.get("/readyz").json(http.StatusOK, &ready)
	var methods []string
	n.get("/1.0/methods").json(http.StatusOK, &methods)
	if len(methods) != 4 {
		t.Errorf("%v", methods)
	}
	metrics := string(n.get("/metrics").body)
	for _, want := range []string{`tabard_http_requests_total{route="/readyz",status="200"} 1`, `tabard_http_request_duration_seconds_count{route="/v1/cluster"} 1`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s in the metrics", want)
		}
	}
}
