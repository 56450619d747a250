package httpapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/node/api"
)

// Whatever a request looks like, the node neither panics nor calls it an error of its own, and an
// answer that is not a success changes nothing.
func FuzzRequest(f *testing.F) {
	n := startNode(f)
	a := n.register("agents", "seed")
	for _, seed := range [][4]string{
		{"GET", identifiers + string(a.id), "", ""},
		{"GET", identifiers + string(a.id) + "?versionNumber=1&max-stale=5s", "application/did", ""},
		{"POST", identifiers + string(a.id), "application/json", `{"versionId":"1-x"}`},
		{"POST", a.logPath(), "text/jsonl", string(a.entry.Value.Canonical())},
		{"POST", "/agents/seed/did-witness.json", "application/json", `[{"versionId":"1-x","proof":[]}]`},
		{"POST", "/v1/credentials", "application/json", string(registerBody(a.issue("x"), true))},
		{"POST", "/v1/status", "application/json", string(a.change(string(a.id), "suspended", 1).Canonical())},
		{"POST", "/credentials/verify", "application/json", string(verifyBody(a.issue("x")))},
		{"POST", "/v1/records", "application/x-ndjson", string(bulkBody(didLine(a.entry.Value)))},
		{"POST", "/credentials/verify?at=0", "application/json", string(verifyBody(a.issue("x")))},
		{"POST", "/credentials/verify", "application/vc+jwt", "eyJhbGciOiJFZERTQSIsInR5cCI6InZjK2p3dCJ9.e30.AA"},
		{"POST", "/presentations/verify", "application/json", string(presentationBody(a.present("c", "d", a.issue("x")), `{"challenge":"c","domain":["d"]}`))},
		{"POST", "/presentations/verify?at=2026-01-01T00:00:00Z", "application/vp", string(a.unsigned(a.issue("x")).Canonical())},
		{"POST", "/challenges", "application/json", "{}"},
		{"GET", identifiers + string(a.id) + "%23key-1?verificationRelationship=authentication", "application/did", ""},
		{"GET", identifiers + string(a.id) + "?service=files&relativeRef=/a/../b", "text/uri-list", ""},
		{"GET", "/v1/records?after=0&limit=1", "", ""},
		{"GET", "/.well-known/did.json", "", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, method, target, contentType, body string) {
		if !strings.HasPrefix(target, "/") || strings.ContainsAny(target, " \x00") || strings.Contains(target, "min-seq") {
			return
		}
		r, err := http.NewRequest(method, "http://registry.example"+target, strings.NewReader(body))
		if err != nil {
			return
		}
		r.RequestURI, r.RemoteAddr = target, "192.0.2.1:1"
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Accept", contentType)
		size, w := n.ledger.Size(), httptest.NewRecorder()
		n.server.Config.Handler.ServeHTTP(w, r)
		relationship := strings.Contains(w.Body.String(), "https://w3id.org/security#INVALID_") // 500, says DID Resolution
		if w.Code == http.StatusInternalServerError && !relationship || w.Header().Get(api.HeaderSeq) == "" {
			t.Fatalf("%s %q: %d %v %s", method, target, w.Code, w.Header(), w.Body)
		}
		if w.Code >= http.StatusBadRequest && n.ledger.Size() != size {
			t.Fatalf("%s %q: refused with %d, and the ledger grew", method, target, w.Code)
		}
	})
}
