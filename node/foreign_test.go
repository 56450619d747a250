package node

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
)

// home is a registry that serves https, as others have it, and what signs there.
type home struct {
	t      *testing.T
	dev    *Dev
	client *http.Client
	roots  *x509.CertPool
}

func newHome(t *testing.T) *home {
	t.Helper()
	h := &home{t: t, dev: startDev(t, DevConfig{Nodes: 1, TLS: true}), roots: x509.NewCertPool()}
	ca, err := os.ReadFile(h.dev.CA)
	if err != nil {
		t.Fatal(err)
	}
	h.roots.AppendCertsFromPEM(ca)
	h.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: h.roots}}}
	t.Cleanup(h.client.CloseIdleConnections)
	return h
}

// agent is the controller of a DID.
type agent struct {
	key   multikey.PrivateKey
	place webvh.Identifier
	state webvh.State
	entry webvh.Entry
}

func (a *agent) id() did.ID { return a.state.DID }

// create registers a DID.
func (h *home) create(path ...string) *agent {
	h.t.Helper()
	key, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		h.t.Fatal(err)
	}
	a := &agent{key: key}
	a.entry, err = webvh.Create(webvh.CreateOptions{Domain: h.dev.Domain, Path: path, Time: time.Now().Add(-time.Hour), Document: func(id did.ID) jcs.Value {
		return registryDocument(id, nodeKeys{"key": key.Public()})
	}}, key)
	if err != nil {
		h.t.Fatal(err)
	}
	if a.state, err = webvh.Genesis(a.entry, nil, webvh.Context{Now: time.Now()}); err != nil {
		h.t.Fatal(err)
	}
	h.post(a)
	return a
}

// update adds a service to a DID's document.
func (h *home) update(a *agent, name string) {
	h.t.Helper()
	service := jcs.Object(
		jcs.Member{Name: "id", Value: jcs.FromString(string(a.id()) + "#" + name)},
		jcs.Member{Name: "type", Value: jcs.FromString("Note")},
		jcs.Member{Name: "serviceEndpoint", Value: jcs.FromString("https://" + name + ".example")})
	var err error
	a.entry, err = webvh.Update(a.state, webvh.UpdateOptions{
		Document: a.entry.State.With("service", jcs.Array(service)), Time: a.entry.Time.Add(time.Minute),
	}, a.key)
	if err != nil {
		h.t.Fatal(err)
	}
	if a.state, err = a.state.Next(a.entry, nil, webvh.Context{Now: time.Now()}); err != nil {
		h.t.Fatal(err)
	}
	h.post(a)
}

func (h *home) post(a *agent) {
	h.t.Helper()
	place, err := webvh.ParseID(a.id())
	if err != nil {
		h.t.Fatal(err)
	}
	a.place = place
	path := strings.TrimPrefix(place.LogURL(), "https://"+h.dev.Domain)
	resp, err := h.client.Post(h.dev.URLs[0]+path, api.TypeJSONLines, bytes.NewReader(append(a.entry.Value.Canonical(), '\n')))
	if err != nil {
		h.t.Fatal(err)
	}
	if body := readAll(h.t, resp); resp.StatusCode != http.StatusCreated {
		h.t.Fatalf("%d %s", resp.StatusCode, body)
	}
}

// resolution is what tests look at of a resolution result.
type resolution struct {
	DIDDocument struct {
		ID string `json:"id"`
	} `json:"didDocument"`
	DIDDocumentMetadata struct {
		VersionID string `json:"versionId"`
	} `json:"didDocumentMetadata"`
	DIDResolutionMetadata struct {
		Age, Fetched string
		Error        struct{ Type, Detail string }
		Observation  *struct {
			Seq, Fetched, Node, Digest, Age, Reason string
			Rewritten                               bool
		}
	} `json:"didResolutionMetadata"`
}

func resolve(t *testing.T, at, didURL string) (int, resolution) {
	t.Helper()
	code, body := get(t, at+"/1.0/identifiers/"+url.PathEscape(didURL))
	var r resolution
	if err := json.Unmarshal(body, &r); err != nil {
		t.Fatalf("%d %s: %v", code, body, err)
	}
	return code, r
}

// TestForeign: a registry resolves what another one hosts, by its log and as did:web, and no other
// host unless it is allowed to.
func TestForeign(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	a := h.create("agents", "bot")
	first := a.state.VersionID
	h.update(a, "two")
	d := startDev(t, DevConfig{Nodes: 1, Foreign: Foreign{Enabled: true, AllowPrivate: true, Roots: h.roots}})
	for _, id := range []did.ID{a.id(), a.place.Web()} {
		code, r := resolve(t, d.URLs[0], string(id))
		if code != http.StatusOK || r.DIDDocument.ID != string(id) || r.DIDResolutionMetadata.Fetched == "" || r.DIDResolutionMetadata.Age == "" {
			t.Errorf("%s: %d %+v", id, code, r)
		}
	}
	if code, r := resolve(t, d.URLs[0], string(a.id())+"?versionNumber=1"); code != http.StatusOK || r.DIDDocumentMetadata.VersionID != first {
		t.Errorf("%d %+v", code, r)
	}
	for name, c := range map[string]struct {
		id   string
		want int
	}{
		"not registered there":       {"did:web:" + strings.Replace(h.dev.Domain, ":", "%3A", 1) + ":nobody", http.StatusNotFound},
		"not registered here":        {"did:web:" + strings.Replace(d.Domain, ":", "%3A", 1) + ":nobody", http.StatusNotFound},
		"the same, under its own id": {strings.Replace(string(a.id()), strings.Replace(h.dev.Domain, ":", "%3A", 1), strings.Replace(d.Domain, ":", "%3A", 1), 1), http.StatusNotFound},
		"an address":                 {"did:web:127.0.0.1", http.StatusBadRequest},
		"a port of something else":   {"did:web:registry.localhost%3A22", http.StatusBadRequest},
	} {
		if code, r := resolve(t, d.URLs[0], c.id); code != c.want {
			t.Errorf("%s: %d %+v", name, code, r)
		}
	}
	if code, r := resolve(t, d.URLs[0], "did:web:registry.localhost%3A1024"); code != http.StatusInternalServerError ||
		!strings.HasSuffix(r.DIDResolutionMetadata.Error.Type, "#INTERNAL_ERROR") || r.DIDResolutionMetadata.Error.Detail == "" {
		t.Errorf("a host that is down: %d %+v", code, r)
	}
	guarded := startDev(t, DevConfig{Nodes: 1, Foreign: Foreign{Enabled: true, Roots: h.roots}})
	off := startDev(t, DevConfig{Nodes: 1})
	if code, r := resolve(t, guarded.URLs[0], string(a.id())); code != http.StatusBadRequest {
		t.Errorf("under guard: %d %+v", code, r)
	}
	if code, r := resolve(t, off.URLs[0], string(a.id())); code != http.StatusNotFound {
		t.Errorf("where nobody is asked: %d %+v", code, r)
	}
}

func TestForeignConfigIsChecked(t *testing.T) {
	t.Parallel()
	for _, f := range []Foreign{{MaxAge: -1}, {Ports: []int{0}}, {Ports: []int{65536}}} {
		cfg := Config{Dir: t.TempDir(), Foreign: f}
		if err := cfg.validate(); err == nil {
			t.Errorf("%+v is accepted", f)
		}
	}
}
