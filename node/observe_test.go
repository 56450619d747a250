package node

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
)

// host is an HTTPS server of files that anybody could run; it calls itself example.com.
type host struct {
	t      *testing.T
	server *httptest.Server
	domain string
	mu     sync.Mutex
	files  map[string]string
	down   bool
}

type nameServer struct{}

func (nameServer) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}, nil
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{t: t, files: map[string]string{}}
	h.server = httptest.NewUnstartedServer(h)
	h.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	h.server.StartTLS()
	t.Cleanup(h.server.Close)
	_, port, _ := net.SplitHostPort(h.server.Listener.Addr().String())
	h.domain = "example.com:" + port
	return h
}

func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	body, ok := h.files[r.URL.Path]
	switch {
	case h.down:
		panic(http.ErrAbortHandler)
	case !ok:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, body)
}

func (h *host) set(path, body string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.files[path] = body
}

func (h *host) stop(down bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.down = down
}

func (h *host) foreign() Foreign {
	roots := x509.NewCertPool()
	roots.AddCert(h.server.Certificate())
	return Foreign{Enabled: true, AllowPrivate: true, Roots: roots, MaxAge: time.Nanosecond, ObserveEvery: time.Hour, resolver: nameServer{}}
}

func (h *host) web(path ...string) did.ID {
	return did.ID("did:web:" + strings.Join(append([]string{strings.Replace(h.domain, ":", "%3A", 1)}, path...), ":"))
}

// log writes the log of a new DID with a name in each document but the first.
func (h *host) log(seed byte, path string, at time.Time, witness *multikey.PublicKey, names ...string) (did.ID, []string) {
	h.t.Helper()
	key, err := multikey.NewPrivate(multikey.Ed25519, bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		h.t.Fatal(err)
	}
	opt := webvh.CreateOptions{Domain: h.domain, Path: []string{path}, Time: at}
	if witness != nil {
		opt.Witness = webvh.Witness{Threshold: 1, Witnesses: []webvh.WitnessID{{ID: "did:key:" + witness.String()}}}
	}
	entry, err := webvh.Create(opt, key)
	if err != nil {
		h.t.Fatal(err)
	}
	lines := []string{string(entry.Value.Canonical()) + "\n"}
	states, err := webvh.Candidates(nil, []webvh.Entry{entry}, webvh.Context{Now: time.Now()})
	if err != nil {
		h.t.Fatal(err)
	}
	state := states[0]
	for i, name := range names {
		alias := jcs.Array(jcs.FromString("urn:name:" + name))
		entry, err = webvh.Update(state, webvh.UpdateOptions{
			Document: entry.State.With("alsoKnownAs", alias), Time: at.Add(time.Duration(i+1) * time.Minute),
		}, key)
		if err != nil {
			h.t.Fatal(err)
		}
		if states, err = webvh.Candidates(&state, []webvh.Entry{entry}, webvh.Context{Now: time.Now()}); err != nil {
			h.t.Fatal(err)
		}
		state = states[0]
		lines = append(lines, string(entry.Value.Canonical())+"\n")
	}
	return state.DID, lines
}

func postJSON(t *testing.T, at, path, media, body string, v any) int {
	t.Helper()
	resp, err := http.Post(at+path, media, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	data := readAll(t, resp)
	if v != nil {
		if err := json.Unmarshal(data, v); err != nil {
			t.Fatalf("%d %s", resp.StatusCode, data)
		}
	}
	return resp.StatusCode
}

func pin(t *testing.T, at string, id did.ID) (int, api.Observation) {
	t.Helper()
	var o struct {
		api.Observation
		Code, Detail string
	}
	code := postJSON(t, at, "/v1/observations", api.TypeJSON, fmt.Sprintf(`{"did":%q}`, id), &o)
	if o.Code != "" {
		t.Logf("%s: %s %s", id, o.Code, o.Detail)
	}
	return code, o.Observation
}

// errorsIn collects what is logged as an error.
type errorsIn struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (e *errorsIn) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.text.Write(p)
}

func (e *errorsIn) has(text string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Contains(e.text.String(), text)
}

func (e *errorsIn) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(e, &slog.HandlerOptions{Level: slog.LevelError}))
}

// TestWithdrawnWebDIDIsNotAnsweredFromRecords: to remove the document is to deactivate a did:web DID. A
// host that is down says nothing of the kind.
func TestWithdrawnWebDIDIsNotAnsweredFromRecords(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	id := h.web("w")
	h.set("/w/did.json", `{"id":"`+string(id)+`"}`)
	d := startDev(t, DevConfig{Nodes: 1, Foreign: h.foreign()})
	if code, o := pin(t, d.URLs[0], id); code != http.StatusCreated {
		t.Fatalf("%d %+v", code, o)
	}
	h.stop(true)
	eventually(t, "the record answers while the host is down", func() bool {
		code, r := resolve(t, d.URLs[0], string(id))
		return code == http.StatusOK && r.DIDResolutionMetadata.Observation != nil
	})
	h.stop(false)
	h.mu.Lock()
	delete(h.files, "/w/did.json")
	h.mu.Unlock()
	eventually(t, "the DID is gone", func() bool {
		code, r := resolve(t, d.URLs[0], string(id))
		return code == http.StatusNotFound && r.DIDDocument.ID == ""
	})
}

// TestPinned: a pinned DID resolves when its host is down, at positions past, and when its history is
// rewritten, and always says that it is an observation.
func TestPinned(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	long := time.Now().Add(-time.Hour)
	id, lines := h.log(1, "a", long, nil, "two", "three")
	const file = "/a/did.jsonl"
	h.set(file, strings.Join(lines[:2], ""))
	logged := new(errorsIn)
	d := startDev(t, DevConfig{Nodes: 3, Foreign: h.foreign(), Logger: logged.logger()})
	at := d.URLs[1]
	code, first := pin(t, at, id)
	if code != http.StatusCreated || first.VersionID == "" || first.Number != 1 || first.Node == "" || first.Document == nil || !*first.Recorded {
		t.Fatalf("%d %+v", code, first)
	}
	if code, again := pin(t, at, id); code != http.StatusOK || *again.Recorded || again.Seq != first.Seq {
		t.Errorf("unchanged: %d %+v", code, again)
	}
	if code, r := resolve(t, at, string(id)); code != http.StatusOK || r.DIDResolutionMetadata.Observation != nil {
		t.Errorf("while the host is up: %d %+v", code, r)
	}
	fromRecord := func(what, url string, number string, rewritten bool) {
		t.Helper()
		code, r := resolve(t, at, url)
		o := r.DIDResolutionMetadata.Observation
		if code != http.StatusOK || o == nil || o.Rewritten != rewritten || o.Node == "" || o.Reason == "" ||
			!strings.HasPrefix(r.DIDDocumentMetadata.VersionID, number+"-") || r.DIDDocument.ID != string(id) {
			t.Errorf("%s: %d %+v %+v", what, code, r, o)
		}
	}
	h.stop(true)
	fromRecord("down", string(id), "2", false)
	fromRecord("down, a version", string(id)+"?versionNumber=1", "1", false)
	fromRecord("down, a time", string(id)+"?versionTime="+long.Add(30*time.Second).UTC().Format("2006-01-02T15:04:05Z"), "1", false)
	if code, _ := resolve(t, at, string(id)+"?versionNumber=3"); code != http.StatusInternalServerError {
		t.Errorf("a version that was not observed: %d", code)
	}
	h.stop(false)
	h.set(file, strings.Join(lines, ""))
	code, second := pin(t, d.URLs[2], id)
	if code != http.StatusCreated || second.Number != 2 || second.Rewritten || second.Diverged {
		t.Errorf("a new version: %d %+v", code, second)
	}

	// The controller rewrites history: another second version.
	if _, forged := h.log(1, "a", long, nil, "other"); forged[0] != lines[0] {
		t.Fatal("the forged log begins otherwise")
	} else {
		h.set(file, strings.Join(forged, ""))
	}
	eventually(t, "this node has the second observation", func() bool {
		_, body := get(t, at+"/v1/observations/"+url.PathEscape(string(id)))
		var list api.Observations
		return json.Unmarshal(body, &list) == nil && list.Newest.Number == 2
	})
	fromRecord("rewritten, not observed yet", string(id), "3", false)
	code, third := pin(t, at, id)
	if code != http.StatusCreated || !third.Rewritten || third.Number != 3 || !logged.has("rewritten") {
		t.Errorf("rewritten: %d %+v", code, third)
	}
	fromRecord("rewritten", string(id), "3", true)
	_, metrics := get(t, at+"/metrics")
	if !strings.Contains(string(metrics), `tabard_observations_total{outcome="rewritten"} 1`) {
		t.Error("nothing is counted")
	}

	// History, as of now and of then.
	var list api.Observations
	_, body := get(t, at+"/v1/observations/"+url.PathEscape(string(id))+"?after=1&limit=1")
	if err := json.Unmarshal(body, &list); err != nil || len(list.Observations) != 1 || list.Observations[0].Number != 2 || !list.More || list.Newest.Number != 3 {
		t.Errorf("%s, %v", body, err)
	}
	_, body = get(t, at+"/v1/observations/"+url.PathEscape(string(id))+"?at="+itoa(first.Seq))
	list = api.Observations{}
	if err := json.Unmarshal(body, &list); err != nil || list.Newest.Number != 1 || len(list.Observations) != 1 || list.More {
		t.Errorf("%s, %v", body, err)
	}
	h.watcher(at, id, strings.Join(lines[:1], ""))
}

// watcher asks a node what it saw of a DID, as a watcher.
func (h *host) watcher(at string, id did.ID, begins string) {
	t := h.t
	t.Helper()
	place, err := webvh.ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	h.set("/a/notes/1.txt", "a note")
	for _, c := range []struct {
		path, begins string
		code         int
	}{
		{"/log?scid=" + place.SCID, begins, http.StatusOK},
		{"/witness?scid=" + place.SCID, "[]", http.StatusOK},
		{"/resource?scid=" + place.SCID + "&path=notes/1.txt", "a note", http.StatusOK},
		{"/resource?scid=" + place.SCID + "&path=notes/2.txt", "", http.StatusBadGateway},
		{"/resource?scid=" + place.SCID + "&path=../b", "", http.StatusBadRequest},
		{"/resource?scid=" + place.SCID, "", http.StatusBadRequest},
		{"/log?scid=" + strings.Repeat("Q", 46), "", http.StatusNotFound},
		{"/log?scid=a", "", http.StatusBadRequest},
		{"/log?scid=" + place.SCID + ":b", "", http.StatusBadRequest},
		{"/log", "", http.StatusBadRequest},
		{"/witness", "", http.StatusBadRequest},
		{"/log?scid=" + place.SCID + "&x=y", "", http.StatusBadRequest},
	} {
		if code, body := get(t, at+"/v1/watcher"+c.path); code != c.code || !strings.HasPrefix(string(body), c.begins) {
			t.Errorf("GET %s: %d %.200s", c.path, code, body)
		}
	}
	const vp = `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":"VerifiablePresentation"}`
	for _, c := range []struct {
		path, body string
		code       int
	}{
		{"/log?did=" + url.QueryEscape(string(id)), "", http.StatusAccepted},
		{"/log?did=did:web:example.com", "", http.StatusBadRequest},
		{"/log", "", http.StatusBadRequest},
		{"/log?did=" + url.QueryEscape(strings.Replace(string(id), ":a", ":none", 1)), "", http.StatusUnprocessableEntity},
		{"/log/delete?scid=" + place.SCID, vp, http.StatusAccepted},
		{"/log/delete?scid=" + strings.Repeat("Q", 46), vp, http.StatusNotFound},
		{"/resource?scid=" + place.SCID + "&path=a", vp, http.StatusAccepted},
		{"/resource/delete?scid=" + place.SCID + "&path=a", vp, http.StatusAccepted},
		{"/resource/delete?scid=" + place.SCID, vp, http.StatusBadRequest},
	} {
		if code := postJSON(t, at, "/v1/watcher"+c.path, api.TypeJSON, c.body, nil); code != c.code {
			t.Errorf("POST %s: %d, want %d", c.path, code, c.code)
		}
	}
	if code, _ := get(t, at+"/v1/watcher/log?scid="+place.SCID); code != http.StatusOK {
		t.Errorf("after it was asked to forget: %d", code)
	}
}

// TestPinnedWeb: a did:web document that changes is a divergence, and what it was resolves by the time.
func TestPinnedWeb(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	id := h.web("b")
	h.set("/b/did.json", fmt.Sprintf(`{"id":%q,"alsoKnownAs":["urn:name:one"]}`, id))
	logged := new(errorsIn)
	cfg := h.foreign()
	cfg.Pins = []did.ID{id}
	d := startDev(t, DevConfig{Nodes: 1, Foreign: cfg, Logger: logged.logger()})
	at := d.URLs[0]
	var list api.Observations
	eventually(t, "the leader pins it", func() bool {
		code, body := get(t, at+"/v1/observations/"+url.PathEscape(string(id)))
		return code == http.StatusOK && json.Unmarshal(body, &list) == nil
	})
	first := list.Newest
	h.set("/b/did.json", fmt.Sprintf(`{"id":%q,"alsoKnownAs":["urn:name:two"]}`, id))
	code, second := pin(t, at, id)
	if code != http.StatusCreated || !second.Diverged || !logged.has("another than before") {
		t.Fatalf("%d %+v", code, second)
	}
	h.stop(true)
	code, r := resolve(t, at, string(id))
	if o := r.DIDResolutionMetadata.Observation; code != http.StatusOK || o == nil || o.Seq != itoa(second.Seq) || o.Digest != second.Digest {
		t.Errorf("%d %+v", code, r)
	}
	then, err := time.Parse(time.RFC3339Nano, first.Fetched)
	if err != nil {
		t.Fatal(err)
	}
	if code, r := resolve(t, at, string(id)+"?versionTime="+then.Add(-time.Hour).Format("2006-01-02T15:04:05Z")); code == http.StatusOK {
		t.Errorf("before it was observed: %+v", r)
	}
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"a method without hosts": {`{"did":"did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"}`, http.StatusUnprocessableEntity},
		"no DID":                 {`{"did":"x"}`, http.StatusBadRequest},
		"nothing":                {`{}`, http.StatusBadRequest},
		"more":                   {fmt.Sprintf(`{"did":%q,"x":1}`, id), http.StatusBadRequest},
		"a number":               {`{"did":1}`, http.StatusBadRequest},
		"the registry's own":     {fmt.Sprintf(`{"did":"did:web:%s"}`, strings.Replace(d.Domain, ":", "%3A", 1)), http.StatusBadGateway},
		"down":                   {fmt.Sprintf(`{"did":%q}`, h.web("c")), http.StatusBadGateway},
		"an address":             {`{"did":"did:web:127.0.0.1"}`, http.StatusUnprocessableEntity},
	} {
		if code := postJSON(t, at, "/v1/observations", api.TypeJSON, c.body, nil); code != c.want {
			t.Errorf("%s: %d, want %d", name, code, c.want)
		}
	}
	off := startDev(t, DevConfig{Nodes: 1})
	if code := postJSON(t, off.URLs[0], "/v1/observations", api.TypeJSON, fmt.Sprintf(`{"did":%q}`, id), nil); code != http.StatusNotImplemented {
		t.Errorf("where nobody is asked: %d", code)
	}
}
