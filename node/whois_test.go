package node

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
)

// presentation of a DID, signed for authentication.
func presentation(t *testing.T, id did.ID, method string, key multikey.PrivateKey, at time.Time, purpose did.Relationship) jcs.Value {
	t.Helper()
	v, err := jcs.Decode([]byte(`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiablePresentation"],"holder":"` + string(id) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := proof.Sign(v, key, proof.SignOptions{VerificationMethod: method, Purpose: purpose, Created: at})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// holder registers a DID with a key for authentication.
func holder(t *testing.T, d *Dev, path ...string) (did.ID, multikey.PrivateKey) {
	t.Helper()
	key, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := webvh.Create(webvh.CreateOptions{Domain: d.Domain, Path: path, Time: time.Now().Add(-time.Hour), Document: func(id did.ID) jcs.Value {
		doc := registryDocument(id, nodeKeys{"key": key.Public()})
		return doc.With("authentication", jcs.Array(jcs.FromString(string(id)+"#key")))
	}}, key)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := entry.State.GetString("id")
	if code := postJSON(t, d.URLs[0], "/"+strings.Join(path, "/")+"/did.jsonl", api.TypeJSONLines, string(entry.Value.Canonical())+"\n", nil); code != http.StatusCreated {
		t.Fatalf("%s: %d", text, code)
	}
	return did.ID(text), key
}

func TestWhois(t *testing.T) {
	t.Parallel()
	d := startDev(t, DevConfig{Nodes: 1})
	at := d.URLs[0]
	id, key := holder(t, d, "agents", "alice")
	other, otherKey := holder(t, d, "agents", "bob")
	const path = "/agents/alice/whois.vp"
	if code, _ := get(t, at+path); code != http.StatusNotFound {
		t.Errorf("before there is one: %d", code)
	}
	now := time.Now().Add(-time.Minute).Truncate(time.Second)
	vp := presentation(t, id, string(id)+"#key", key, now, did.Authentication)
	for name, c := range map[string]struct {
		path, media, body string
		code              int
	}{
		"for assertion":          {path, "application/vp", string(presentation(t, id, string(id)+"#key", key, now, did.AssertionMethod).Canonical()), http.StatusUnprocessableEntity},
		"by another":             {path, "application/vp", string(presentation(t, id, string(other)+"#key", otherKey, now, did.Authentication).Canonical()), http.StatusForbidden},
		"another's":              {path, "application/vp", string(presentation(t, other, string(other)+"#key", otherKey, now, did.Authentication).Canonical()), http.StatusConflict},
		"unsigned":               {path, "application/vp", string(vp.Without("proof").Canonical()), http.StatusUnprocessableEntity},
		"changed":                {path, "application/vp", strings.Replace(string(vp.Canonical()), `"holder"`, `"id":"urn:a","holder"`, 1), http.StatusUnprocessableEntity},
		"of nobody":              {"/agents/carol/whois.vp", "application/vp", string(vp.Canonical()), http.StatusConflict},
		"at the root":            {"/whois.vp", "application/vp", string(vp.Canonical()), http.StatusConflict},
		"as a page":              {path, "text/html", string(vp.Canonical()), http.StatusUnsupportedMediaType},
		"an array":               {path, "application/vp", "[" + string(vp.Canonical()) + "]", http.StatusBadRequest},
		"no JSON":                {path, "application/vp", "<", http.StatusBadRequest},
		"with two members alike": {path, "application/vp", `{"holder":"a",` + string(vp.Canonical())[1:], http.StatusBadRequest},
		"with a query":           {path + "?a=b", "application/vp", string(vp.Canonical()), http.StatusBadRequest},
	} {
		if code := postJSON(t, at, c.path, c.media, c.body, nil); code != c.code {
			t.Errorf("%s: %d, want %d", name, code, c.code)
		}
	}
	if code := postJSON(t, at, path, "application/vp", string(vp.Canonical()), nil); code != http.StatusCreated {
		t.Fatalf("%d", code)
	}
	resp, err := http.Get(at + path)
	if err != nil {
		t.Fatal(err)
	}
	if body := readAll(t, resp); resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/vp" || !bytes.Equal(body, vp.Canonical()) {
		t.Errorf("%d %s %s", resp.StatusCode, resp.Header.Get("Content-Type"), body)
	}
	later := presentation(t, id, string(id)+"#key", key, now.Add(time.Second), did.Authentication)
	if code := postJSON(t, at, path, "application/vp", string(later.Canonical()), nil); code != http.StatusCreated {
		t.Errorf("a later one: %d", code)
	}
	if code := postJSON(t, at, path, "application/vp", string(presentation(t, id, string(id)+"#key", key, now.Add(-time.Second), did.Authentication).Canonical()), nil); code != http.StatusConflict {
		t.Errorf("an earlier one: %d", code)
	}
	// What <did>/whois leads to.
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err = stay.Get(at + "/1.0/identifiers/" + strings.ReplaceAll(string(id), "%", "%25") + "%2Fwhois")
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, resp)
	if to := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || to != "https://"+d.Domain+path {
		t.Errorf("%d, to %s", resp.StatusCode, to)
	}
	scid := strings.Split(string(id), ":")[2]
	if code, body := get(t, at+"/v1/watcher/resource?scid="+scid+"&path=whois.vp"); code != http.StatusOK || !bytes.Equal(body, later.Canonical()) {
		t.Errorf("by the watcher: %d", code)
	}
	if code, body := get(t, at+"/v1/watcher/log?scid="+scid); code != http.StatusOK || !bytes.Contains(body, []byte(scid)) {
		t.Errorf("its log: %d", code)
	}
}

// TestWitnessNode: a node approves what its own registry and another host publish, never twice in one
// place, and remembers after a restart.
func TestWitnessNode(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	key, err := multikey.NewPrivate(multikey.Ed25519, bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	public := key.Public()
	begun := time.Now().Add(-time.Hour)
	id, lines := h.log(1, "a", begun, &public, "two", "three")
	_, forged := h.log(1, "a", begun, &public, "other", "three")
	cfg := Config{Dir: t.TempDir(), HTTP: "127.0.0.1:0", Domain: testDomain, Foreign: h.foreign(), Witness: Witness{Key: &key, Serve: []string{string(id)}}}
	start := func() *Node {
		n, err := Start(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Close() })
		if err := n.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		return n
	}
	n := start()
	at := func() string { return "http://" + n.Addr().String() }
	ask := func(body string) (int, []byte) {
		t.Helper()
		resp, err := http.Post(at()+"/v1/witness", api.TypeJSONLines, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, readAll(t, resp)
	}
	var who struct{ ID string }
	if code, body := get(t, at()+"/v1/witness"); code != http.StatusOK || json.Unmarshal(body, &who) != nil || who.ID != "did:key:"+public.String() {
		t.Errorf("%d %s", code, body)
	}
	// The second entry before the first is published, then after.
	if code, body := ask(lines[1]); code != http.StatusConflict {
		t.Errorf("unpublished: %d %s", code, body)
	}
	code, first := ask(lines[0])
	if code != http.StatusOK {
		t.Fatalf("%d %s", code, first)
	}
	h.set("/a/did.jsonl", lines[0])
	h.set("/a/did-witness.json", string(first))
	if code, body := ask(lines[1]); code != http.StatusOK {
		t.Fatalf("%d %s", code, body)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n = start()
	if code, body := ask(forged[1]); code != http.StatusConflict || !bytes.Contains(body, []byte(api.WitnessFork)) {
		t.Errorf("a fork: %d %s", code, body)
	}
	code, third := ask(lines[2])
	if code != http.StatusOK {
		t.Fatalf("%d %s", code, third)
	}
	h.set("/a/did.jsonl", strings.Join(lines, ""))
	h.set("/a/did-witness.json", string(third))
	if code, r := resolve(t, at(), string(id)); code != http.StatusOK || !strings.HasPrefix(r.DIDDocumentMetadata.VersionID, "3-") {
		t.Errorf("what it approved: %d %+v", code, r)
	}
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"nothing": {"", http.StatusBadRequest}, "no JSON": {"<", http.StatusBadRequest}, "no entry": {"{}", http.StatusBadRequest},
		"a gap": {lines[0] + lines[2], http.StatusBadRequest}, "forged": {strings.Replace(lines[0], "did/v1", "did/v2", 1), http.StatusConflict},
	} {
		if code, body := ask(c.body); code != c.want {
			t.Errorf("%s: %d %s", name, code, body)
		}
	}
	if code := postJSON(t, at(), "/v1/witness", "text/plain", lines[0], nil); code != http.StatusUnsupportedMediaType {
		t.Errorf("as text: %d", code)
	}
	if files, err := os.ReadDir(filepath.Join(cfg.Dir, "witness")); err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
	nobody := startDev(t, DevConfig{Nodes: 1})
	if code := postJSON(t, nobody.URLs[0], "/v1/witness", api.TypeJSONLines, lines[0], nil); code != http.StatusNotFound {
		t.Errorf("no witness: %d", code)
	}
}
