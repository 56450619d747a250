package httpapi

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// A node that may be cut off says of nothing that it is active. The test asks every route that there is
// for something revoked, and holds those that tell a status to the bound of verdicts.
func TestStaleNodeTellsNoStatus(t *testing.T) {
	whole := startNode(t)
	issuer := whole.register("issuers", "acme")
	list := issuer.list(record.Revocation, 0)
	vc := issuer.issueWith("permit", listOrigin+list.Path(), record.Revocation, 7)
	digest := record.CredentialDigest(vc).String()
	whole.post("/v1/credentials", "application/json", registerBody(vc, true)).json(http.StatusCreated, new(api.Receipt))
	own := issuer.ownList(1)
	whole.post("/v1/status-lists", api.TypeJSON, own.Canonical()).json(http.StatusCreated, new(api.Receipt))
	ownURL, _ := own.GetString("id")

	asked := map[string]string{
		"/1.0/identifiers/{did}":                   "/1.0/identifiers/" + string(issuer.id),
		"/v1/credentials/{digest}":                 "/v1/credentials/" + digest,
		"/v1/status/{target}":                      "/v1/status/" + digest,
		"/v1/observations/{did}":                   "/v1/observations/did:web:elsewhere.example",
		"/v1/records/{seq}":                        "/v1/records/1",
		"/v1/status-lists":                         "/v1/status-lists?url=" + url.QueryEscape(ownURL),
		"/v1/watcher/log":                          "/v1/watcher/log?scid=" + issuer.state.SCID,
		"/v1/watcher/witness":                      "/v1/watcher/witness?scid=" + issuer.state.SCID,
		"/v1/watcher/resource":                     "/v1/watcher/resource?scid=" + issuer.state.SCID + "&path=did.json",
		"/{path}/did.jsonl":                        issuer.logPath(),
		"/{path}/did.json":                         "/issuers/acme/did.json",
		"/{path}/did-witness.json":                 "/issuers/acme/did-witness.json",
		"/{path}/whois.vp":                         "/issuers/acme/whois.vp",
		"/v1/records":                              "/v1/records?limit=1000", // what was recorded, not what holds
		record.ListPath + "{issuer}/{purpose}/{n}": list.Path(),
	}
	stale := whole.degrade(&degraded{staleness: 6 * time.Second, barrier: consensus.ErrNoLeader}, func(c *Config) {
		c.Key, c.NodeID = &whole.key, "n1"
	})
	telling := 0
	for _, name := range readRoutes() {
		target, ok := asked[name]
		if !ok && !strings.Contains(name, "{") {
			target, ok = name, true
		}
		if !ok {
			t.Errorf("%s: a new route: does it tell a status?", name)
			continue
		}
		fresh := whole.get(target)
		if !tellsStatus(fresh.body) || name == "/v1/records" {
			continue
		}
		telling++
		with := func(query string) string {
			if strings.Contains(target, "?") {
				return target + "&" + query
			}
			return target + "?" + query
		}
		stale.get(target).refused(api.StatusStale)
		stale.get(with("min-seq=1")).refused(api.StatusStale)
		if got := stale.get(with("max-stale=1m")); got.status != http.StatusOK || got.header.Get(api.HeaderAge) != "6000" {
			t.Errorf("%s with a wider bound: %d %s", name, got.status, got.body)
		}
	}
	if telling < 4 {
		t.Errorf("%d routes tell a status: the test sees too little", telling)
	}
	stale.get("/v1/status/" + string(issuer.id)).refused(api.StatusStale)
	stale.get("/v1/status/" + strings.Repeat("0", 64)).refused(api.StatusStale) // nor that nothing is known
	if got := stale.get("/v1/credentials/"+digest, "Accept", api.TypeCredential); got.status != http.StatusOK {
		t.Errorf("the content, which never changes: %d %s", got.status, got.body)
	}
}

// readRoutes are the names of all routes that serve GET.
func readRoutes() []string {
	var names []string
	for path, rt := range fixed {
		if rt.methods.get != nil {
			names = append(names, path)
		}
	}
	for _, p := range prefixed {
		names = append(names, p.route.name)
	}
	for _, rt := range hosted {
		names = append(names, rt.name)
	}
	return names
}

// tellsStatus reports whether a reply says of anything that it is active, suspended or revoked, or is a
// status list.
func tellsStatus(body []byte) bool {
	v, err := jcs.Decode(body)
	return err == nil && tells(v)
}

func tells(v jcs.Value) bool {
	for name, member := range v.Members() {
		text, _ := member.Str()
		if name == "encodedList" || name == "status" && (text == "active" || text == "suspended" || text == "revoked") || tells(member) {
			return true
		}
	}
	for item := range v.Elems() {
		if tells(item) {
			return true
		}
	}
	return false
}
