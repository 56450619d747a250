package httpapi

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
)

// withService is an agent's document with one service more.
func (a *agent) withService(id, endpoint string) jcs.Value {
	doc := document(a.id, a.key.Public())
	return doc.With("service", jcs.Array(jcs.Object(
		jcs.Member{Name: "id", Value: jcs.FromString(string(a.id) + "#" + id)},
		jcs.Member{Name: "type", Value: jcs.FromString("LinkedDomains")},
		jcs.Member{Name: "serviceEndpoint", Value: jcs.FromString(endpoint)},
	)))
}

// redirects checks that a DID URL leads to a location.
func (n *testNode) redirects(didURL, location string) {
	n.t.Helper()
	got := n.get(identifiers+url.QueryEscape(didURL), "Accept", api.TypeURIList)
	if got.status != http.StatusSeeOther || got.header.Get("Location") != location || len(got.body) != 0 {
		n.t.Errorf("%s: %d %q %s", didURL, got.status, got.header.Get("Location"), got.body)
	}
}

// TestServicesFollowUpdates: what a service leads to is that of the version asked for, the newest at once.
func TestServicesFollowUpdates(t *testing.T) {
	n := startNode(t)
	a := n.register("agents", "served")
	id := string(a.id)
	n.redirects(id+"?service=files", "https://registry.example:8700/agents/served/")
	n.redirects(id+"/a/b.txt", "https://registry.example:8700/agents/served/a/b.txt")
	first := a.state
	for _, host := range []string{"one", "two"} {
		a.post(a.update(webvh.UpdateOptions{Document: a.withService("files", "https://"+host+".example/x/")}))
		n.redirects(id+"?service=files&relativeRef=y", "https://"+host+".example/x/y")
		n.redirects(id+"/a/b.txt", "https://"+host+".example/x/a/b.txt")
		n.redirects(id+"?service=files&versionId="+first.VersionID, "https://registry.example:8700/agents/served/")
		for range 2 { // the second comes from the cache
			node := n.get(identifiers+url.QueryEscape(id+"#files"), "Accept", api.TypeDID).content()
			if endpoint, _ := node.GetString("serviceEndpoint"); endpoint != "https://"+host+".example/x/" {
				t.Errorf("%s: %s", host, node.Canonical())
			}
		}
	}
	web := "did:web:registry.example%3A8700:agents:served"
	n.redirects(web+"/a", "https://two.example/x/a")
	old := n.get(identifiers+url.QueryEscape(id+"#key-1")+"?versionId="+first.VersionID, "Accept", api.TypeDID)
	if old.status != http.StatusOK || !strings.Contains(old.header.Get("Cache-Control"), "immutable") {
		t.Errorf("%d %v", old.status, old.header)
	}
}

func TestWhoisIsWhatWasPublished(t *testing.T) {
	n := startNode(t)
	a := n.register("agents", "known")
	issuer := n.register("issuers", "one")
	web := "did:web:registry.example%3A8700:agents:known"
	for _, id := range []string{string(a.id), web} {
		got := n.get(identifiers+url.QueryEscape(id+"/whois"), "Accept", api.TypeURIList)
		if got.status != http.StatusNotFound {
			t.Errorf("%s before: %d %s", id, got.status, got.body)
		}
	}
	vc := issuer.sign(issuer.issue("x").Without("proof").With("credentialSubject", jcs.Object(jcs.Member{Name: "id", Value: jcs.FromString(string(a.id))})))
	n.post("/agents/known/whois.vp", "application/vp", a.present("", "", vc).Canonical()).json(http.StatusCreated, new(api.Receipt))
	for _, id := range []string{string(a.id), web} {
		n.redirects(id+"/whois", "https://registry.example:8700/agents/known/whois.vp")
	}
	got := n.get(identifiers + url.QueryEscape(string(a.id)+"/whois") + "?service=files")
	got.checkNothing((&did.Error{Code: did.InvalidOptions}).Type())
}
