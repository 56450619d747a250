package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// down resolves nothing: no other host answers.
type down struct{}

func (down) Resolve(context.Context, did.ID, did.Options) (did.Resolution, error) {
	return did.Resolution{}, &did.Error{Code: did.InternalError, Detail: "the host is down"}
}

// What a client sends, and what comes of it, is a line at debug and says nothing of its secrets: nobody
// fills a node's log from outside.
func TestRequestsAreLoggedAtDebug(t *testing.T) {
	n := startNode(t)
	issuer := n.register("issuers", "acme")
	forged := issuer.issue("permit").With("name", jcs.FromString("another"))
	var out bytes.Buffer
	h, err := New(Config{Ledger: n.ledger, Logger: slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Cluster: &degraded{Cluster: n.raft, staleness: 6 * time.Second}, Foreign: down{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, target, body string
		status               int
		code                 string
	}{
		{http.MethodGet, "/v1/cluster", "", 200, ""},
		{http.MethodGet, "/v1/records?after=secret", "", 400, "invalid-parameter"},
		{http.MethodGet, "/1.0/identifiers/did:key:z6Mk", "", 400, "INVALID_DID"},
		{http.MethodGet, "/1.0/identifiers/did:secret:x", "", 501, "METHOD_NOT_SUPPORTED"},
		{http.MethodGet, "/" + strings.Repeat("x", 5000), "", 404, "not-found"},
		{http.MethodPost, "/credentials/verify?max-stale=1m", string(verifyBody(forged)), 400, ""},
		{http.MethodPost, "/credentials/verify", string(verifyBody(forged)), 503, "status-stale"},
		{http.MethodGet, "/readyz", "", 503, "no-leader"},
	} {
		out.Reset()
		r := httptest.NewRequest(c.method, c.target, strings.NewReader(c.body))
		r.Header.Set("Content-Type", "application/json")
		h.ServeHTTP(httptest.NewRecorder(), r)
		var line struct {
			Level, Msg, Route, Code string
			Status                  int
		}
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v: %s", c.target, err, out.Bytes())
		}
		if line.Level != "DEBUG" || line.Status != c.status || line.Code != c.code || line.Route == "" || strings.Contains(out.String(), "after=") || out.Len() > 1000 {
			t.Errorf("%.80s: %s", c.target, out.Bytes())
		}
	}
	out.Reset()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/1.0/identifiers/did:web:elsewhere.example", nil))
	if got := strings.Count(out.String(), `"level":"DEBUG"`); got != strings.Count(out.String(), "\n") || got == 0 {
		t.Errorf("of a host that is down: %s", out.Bytes())
	}
}
