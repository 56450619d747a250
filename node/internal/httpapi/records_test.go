package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"
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
