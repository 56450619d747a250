package httpapi

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestRequestsAreLogged(t *testing.T) {
	n := startNode(t)
	var out bytes.Buffer
	cfg := Config{Ledger: n.ledger, Cluster: n.raft, Logger: slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ method, target, level, code string }{
		{http.MethodGet, "/v1/cluster", "DEBUG", ""},
		{http.MethodGet, "/v1/records?after=secret", "INFO", "invalid-parameter"},
		{http.MethodGet, "/1.0/identifiers/did:key:z6Mk", "INFO", "INVALID_DID"},
		{http.MethodGet, "/" + strings.Repeat("x", 5000), "INFO", "not-found"},
	} {
		out.Reset()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(c.method, c.target, nil))
		var line struct{ Level, Msg, Route, Code string }
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatalf("%v: %s", err, out.Bytes())
		}
		if line.Level != c.level || line.Code != c.code || line.Route == "" || strings.Contains(out.String(), "secret") || out.Len() > 1000 {
			t.Errorf("%s: %s", c.target, out.Bytes())
		}
	}
}
