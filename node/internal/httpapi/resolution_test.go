package httpapi

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
)

// resolved is a resolution result.
type resolved struct {
	DIDDocument           map[string]any
	DIDDocumentMetadata   map[string]any
	DIDResolutionMetadata map[string]any
}

const identifiers = "/1.0/identifiers/"

func TestResolveEveryMethod(t *testing.T) {
	n := startNode(t)
	a := n.register("agents", "alice")
	for _, id := range []string{
		string(a.id),
		"did:web:registry.example%3A8700:agents:alice",
		"did:key:" + a.key.Public().String(),
		"did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9",
	} {
		for _, target := range []string{identifiers + id, identifiers + url.QueryEscape(id)} {
			var res resolved
			got := n.get(target)
			got.json(http.StatusOK, &res)
			if res.DIDDocument["id"] != id || res.DIDResolutionMetadata["contentType"] != api.TypeDID {
				t.Errorf("%s: %s", target, got.body)
			}
			if got.header.Get("Content-Type") != api.TypeDIDResolution || got.header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%s: %v", target, got.header)
			}
			var doc map[string]any
			bare := n.get(target, "Accept", api.TypeDID)
			bare.json(http.StatusOK, &doc)
			if doc["id"] != id || doc["didDocument"] != nil || bare.header.Get("Content-Type") != api.TypeDID {
				t.Errorf("%s as a document: %s", target, bare.body)
			}
			if bare.header.Get("Etag") == got.header.Get("Etag") {
				t.Errorf("%s: two representations share an entity tag", target)
			}
		}
	}
}

func TestResolveVersions(t *testing.T) {
	n := startNode(t)
	a := n.register("agents", "versions")
	first := a.state
	a.post(a.update(webvh.UpdateOptions{}))
	second := a.state
	encoded := identifiers + url.QueryEscape(string(a.id))
	for _, c := range []struct{ name, target, want string }{
		{"newest", encoded, second.VersionID},
		{"versionId", encoded + "?versionId=" + first.VersionID, first.VersionID},
		{"versionNumber", encoded + "?versionNumber=1", first.VersionID},
		{"versionTime", encoded + "?versionTime=" + first.VersionTime, first.VersionID},
		{"in the DID URL, encoded", identifiers + url.QueryEscape(string(a.id)+"?versionId="+first.VersionID), first.VersionID},
		{"beside a literal DID", identifiers + string(a.id) + "?versionNumber=1", first.VersionID},
		{"with a consistency parameter", encoded + "?versionNumber=2&min-seq=1&consistency=linearizable&max-stale=10s", second.VersionID},
	} {
		var res resolved
		n.get(c.target).json(http.StatusOK, &res)
		if res.DIDDocumentMetadata["versionId"] != c.want {
			t.Errorf("%s: %v, want %s", c.name, res.DIDDocumentMetadata["versionId"], c.want)
		}
	}
	var res resolved
	n.post(encoded, "application/json", []byte(`{"versionNumber":1}`)).json(http.StatusOK, &res)
	if res.DIDDocumentMetadata["versionId"] != first.VersionID {
		t.Errorf("by POST: %v", res.DIDDocumentMetadata)
	}
	var doc map[string]any
	n.post(encoded, "application/json", []byte(`{"accept":"application/did"}`)).json(http.StatusOK, &doc)
	if doc["id"] != string(a.id) {
		t.Errorf("with the accept option: %v", doc)
	}
	n.get(encoded+"?versionNumber=9").json(http.StatusNotFound, &res)
	n.get(encoded+"?versionTime=2001-01-01T00:00:00Z").json(http.StatusNotFound, &res)

	immutable := n.get(encoded+"?versionNumber=1", "Accept", api.TypeDID).header.Get("Cache-Control")
	if !strings.Contains(immutable, "immutable") {
		t.Errorf("a versioned document may not be cached: %q", immutable)
	}
	if whole := n.get(encoded + "?versionNumber=1").header.Get("Cache-Control"); strings.Contains(whole, "immutable") {
		t.Errorf("metadata that names the next version is %q", whole)
	}
}

func TestResolutionFollowsUpdatesAtOnce(t *testing.T) {
	n := startNode(t)
	a := n.register("agents", "followed")
	web := identifiers + "did:web:registry.example%3A8700:agents:followed"
	for i := range 6 {
		target := identifiers + string(a.id)
		if i%2 == 1 {
			target = web
		}
		var res resolved
		for range 3 { // the second and third come from the cache
			got := n.get(target)
			got.json(http.StatusOK, &res)
			if res.DIDDocumentMetadata["versionId"] != a.state.VersionID {
				t.Fatalf("%s: resolved %v, the head is %s", target, res.DIDDocumentMetadata, a.state.VersionID)
			}
			if same := n.get(target, "If-None-Match", got.header.Get("Etag")); same.status != http.StatusNotModified {
				t.Errorf("unchanged: %d", same.status)
			}
		}
		n.get(web) // both are in the cache when the update comes
		n.get(identifiers + string(a.id))
		a.post(a.update(webvh.UpdateOptions{}))
	}
}

func TestDeactivatedIsGone(t *testing.T) {
	n := startNode(t)
	a := n.register("agents", "gone")
	first := a.state
	target := identifiers + string(a.id)
	n.get(target)
	end, err := webvh.Deactivate(a.state, document(a.id, a.key.Public()), n.now.Add(10*time.Minute), a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.post(end)
	for _, accept := range []string{"", api.TypeDID, api.TypeDIDResolution} {
		var res resolved
		n.get(target, "Accept", accept).json(http.StatusGone, &res)
		if res.DIDDocument != nil || res.DIDDocumentMetadata["deactivated"] != true {
			t.Errorf("Accept %q: %+v", accept, res)
		}
	}
	var res resolved
	n.get(target+"?versionId="+first.VersionID).json(http.StatusOK, &res)
	if res.DIDDocument == nil || res.DIDDocumentMetadata["deactivated"] != true {
		t.Errorf("an old version: %+v", res)
	}
	n.get("/agents/gone/did.json").refused(api.Deactivated)
	if log := n.get(a.logPath()); log.status != http.StatusOK {
		t.Errorf("the log of a deactivated DID: %d", log.status)
	}
	n.unchanged(func() {
		n.post(a.logPath(), "text/jsonl", first2(t, a, first).Value.Canonical()).refused("already-deactivated")
	})
}

// first2 makes an entry that would follow the last if the log had not ended.
func first2(t *testing.T, a *agent, first webvh.State) webvh.Entry {
	t.Helper()
	open := first
	open.VersionID, open.VersionTime, open.Number = a.state.VersionID, a.state.VersionTime, a.state.Number
	entry, err := webvh.Update(open, webvh.UpdateOptions{Document: document(a.id, a.key.Public()), Time: a.n.now.Add(20 * time.Minute)}, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

func TestDereferenceFragment(t *testing.T) {
	n := startNode(t)
	a := n.register("agents", "keys")
	target := identifiers + url.QueryEscape(string(a.id)+"#key-1")
	var method map[string]any
	n.get(target, "Accept", api.TypeDID).json(http.StatusOK, &method)
	if method["id"] != string(a.id)+"#key-1" || method["publicKeyMultibase"] != a.key.Public().String() || method["@context"] == nil {
		t.Errorf("%v", method)
	}
	var res struct{ ContentStream, ContentMetadata, DereferencingMetadata map[string]any }
	got := n.get(target, "Accept", api.TypeDIDDereference)
	got.json(http.StatusOK, &res)
	if res.ContentStream["type"] != "Multikey" || res.ContentMetadata["versionId"] != a.state.VersionID || got.header.Get("Content-Type") != api.TypeDIDDereference {
		t.Errorf("%s", got.body)
	}
	n.get(target+"?verificationRelationship=assertionMethod").json(http.StatusOK, &res)
	n.get(target + "?verificationRelationship=keyAgreement").checkNothing("https://w3id.org/security#INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD")
}

func TestConsistencyOfReads(t *testing.T) {
	n := startNode(t)
	a := n.register("agents", "reader")
	target := identifiers + string(a.id)
	got := n.get(target + "?min-seq=1&consistency=linearizable")
	if got.status != http.StatusOK || got.header.Get(api.HeaderSeq) != "2" || got.header.Get(api.HeaderAge) == "" {
		t.Errorf("%d %v", got.status, got.header)
	}
	p := n.get(target + "?min-seq=2").refused(api.StatusStale)
	if !p.Retryable || p.RetryAfter == 0 {
		t.Errorf("%+v", p)
	}
	n.get(target + "?max-stale=1ns").refused(api.StatusStale)
	n.get(target + "?max-stale=0").refused(api.InvalidParameter)
}

func TestPreflight(t *testing.T) {
	n := startNode(t)
	got := n.do(http.MethodOptions, "/credentials/verify", nil, "Origin", "https://app.example", "Access-Control-Request-Method", "POST")
	if got.status != http.StatusNoContent || got.header.Get("Access-Control-Allow-Origin") != "*" ||
		!strings.Contains(got.header.Get("Access-Control-Allow-Methods"), "POST") {
		t.Errorf("%d %v", got.status, got.header)
	}
	if closed := n.do(http.MethodOptions, "/v1/status", nil); closed.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("writes are open to browsers: %v", closed.header)
	}
	for _, both := range []string{"/v1/records", "/agents/x/did.jsonl"} {
		got := n.do(http.MethodOptions, both, nil)
		if strings.Contains(got.header.Get("Access-Control-Allow-Methods")+got.header.Get("Access-Control-Allow-Headers"), "POST") ||
			strings.Contains(got.header.Get("Access-Control-Allow-Headers"), "Content-Type") {
			t.Errorf("%s: writes are open to browsers: %v", both, got.header)
		}
	}
}
