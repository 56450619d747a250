package httpapi

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
)

func TestHostedLog(t *testing.T) {
	n := startNode(t)
	a := n.register("agents", "alice")
	a.post(a.update(webvh.UpdateOptions{}))

	got := n.get(a.logPath())
	if got.status != http.StatusOK || got.header.Get("Content-Type") != api.TypeJSONLines || got.header.Get("Etag") == "" {
		t.Fatalf("%d %v", got.status, got.header)
	}
	if got.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Error("browsers may not read a log")
	}
	log, err := webvh.VerifyLog(got.body, nil, time.Now())
	if err != nil || len(log.Versions) != 2 {
		t.Fatalf("what is served does not verify: %v", err)
	}
	if again := n.get(a.logPath(), "If-None-Match", got.header.Get("Etag")); again.status != http.StatusNotModified || len(again.body) != 0 {
		t.Errorf("unchanged: %d %q", again.status, again.body)
	}
	if head := n.do(http.MethodHead, a.logPath(), nil); head.status != http.StatusOK || head.header.Get("Content-Length") != strconv.Itoa(len(got.body)) {
		t.Errorf("HEAD: %d %v", head.status, head.header)
	}
	a.post(a.update(webvh.UpdateOptions{}))
	if later := n.get(a.logPath(), "If-None-Match", got.header.Get("Etag")); later.status != http.StatusOK || bytes.Count(later.body, []byte("\n")) != 3 {
		t.Errorf("after an update: %d with %d lines", later.status, bytes.Count(later.body, []byte("\n")))
	}
	var web map[string]any
	n.get("/agents/alice/did.json").json(http.StatusOK, &web)
	if id, _ := web["id"].(string); id != "did:web:registry.example%3A8700:agents:alice" {
		t.Errorf("parallel did:web document of %v", web["id"])
	}
	var witness []any
	n.get("/agents/alice/did-witness.json").json(http.StatusOK, &witness)
	if root := n.get("/.well-known/did.jsonl"); root.status != http.StatusOK {
		t.Errorf("the registry's own log: %d %s", root.status, root.body)
	}
}

func TestContentTypesOfALog(t *testing.T) {
	n := startNode(t)
	for i, contentType := range []string{"text/jsonl", "application/jsonl", "application/jsonlines", "application/json", "application/x-ndjson", "text/jsonl; charset=utf-8"} {
		a := n.draft(webvh.CreateOptions{}, "types", strconv.Itoa(i))
		if got := n.post(a.logPath(), contentType, append(a.entry.Value.Canonical(), '\n')); got.status != http.StatusCreated {
			t.Errorf("%s: %d %s", contentType, got.status, got.body)
		}
	}
}

func TestEntriesAreAcceptedTogetherOrNotAtAll(t *testing.T) {
	n := startNode(t)
	a := n.draft(webvh.CreateOptions{}, "agents", "many")
	state, err := webvh.Genesis(a.entry, nil, webvh.Context{Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	a.state = state
	second := a.update(webvh.UpdateOptions{})
	if a.state, err = a.state.Next(second, nil, webvh.Context{Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	third := a.update(webvh.UpdateOptions{})
	lines := func(entries ...jcs.Value) []byte {
		var b []byte
		for _, e := range entries {
			b = append(e.Append(b), '\n')
		}
		return b
	}
	n.unchanged(func() {
		n.post(a.logPath(), "text/jsonl", lines(a.entry.Value, third.Value)).refused("version-id")
	})
	var receipt api.Receipt
	n.post(a.logPath(), "text/jsonl", lines(a.entry.Value, second.Value, third.Value)).json(http.StatusCreated, &receipt)
	if receipt.Count != 3 || receipt.Seq != 3 || receipt.VersionID != third.VersionID || receipt.DID != string(a.id) || receipt.Ledger != n.id {
		t.Errorf("%+v", receipt)
	}
	var again api.Receipt
	n.unchanged(func() {
		n.post(a.logPath(), "text/jsonl", lines(a.entry.Value, second.Value, third.Value)).json(http.StatusCreated, &again)
	})
	if again != receipt {
		t.Errorf("sent again: %+v, first %+v", again, receipt)
	}
}

// Every way in which an entry can be wrong, as it looks over HTTP.
func TestEntriesThatAreRefused(t *testing.T) {
	n := startNode(t)
	a := n.register("agents", "victim")
	mallory := newKey(t)
	tomorrow := time.Now().Add(24 * time.Hour)

	forge := func(change func(e jcs.Value) jcs.Value) []byte {
		return change(a.update(webvh.UpdateOptions{}).Value).Canonical()
	}
	set := func(name, value string) func(jcs.Value) jcs.Value {
		return func(e jcs.Value) jcs.Value { return e.With(name, jcs.FromString(value)) }
	}
	inState := func(name, value string) func(jcs.Value) jcs.Value {
		return func(e jcs.Value) jcs.Value {
			s, _ := e.Get("state")
			return e.With("state", s.With(name, jcs.FromString(value)))
		}
	}
	for _, c := range []struct {
		name string
		body []byte
		code api.Code
	}{
		{"wrong hash", forge(inState("alsoKnownAs2", "x")), "entry-hash-mismatch"},
		{"version number skipped", forge(set("versionId", "3-"+strings.TrimPrefix(a.state.VersionID, "1-"))), api.StalePredecessor},
		{"equal versionTime", forge(set("versionTime", a.state.VersionTime)), "version-time"},
		{"earlier versionTime", forge(set("versionTime", "2020-01-01T00:00:00Z")), "version-time"},
		{"future versionTime", forge(set("versionTime", tomorrow.UTC().Format("2006-01-02T15:04:05Z"))), "version-time-future"},
		{"no proof", forge(func(e jcs.Value) jcs.Value { return e.Without("proof") }), "proof-invalid"},
		{"extra member", forge(set("extra", "x")), "entry-malformed"},
		{"unauthorised key", signedBy(t, a.update(webvh.UpdateOptions{}), mallory), "unauthorised-key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := n.within(t)
			n.unchanged(func() {
				if p := n.post(a.logPath(), "text/jsonl", c.body).refused(c.code); p.Outcome != api.NotApplied {
					t.Errorf("outcome %q", p.Outcome)
				}
			})
		})
	}
}

// signedBy replaces an entry's proof by another key's.
func signedBy(t *testing.T, e webvh.Entry, key multikey.PrivateKey) []byte {
	t.Helper()
	b := &agent{n: &testNode{t: t, now: e.Time}, key: key}
	name := key.Public().String()
	return b.signAs(e.Value.Without("proof"), "did:key:"+name+"#"+name).Canonical()
}

func TestStalePredecessorNamesTheHead(t *testing.T) {
	n := startNode(t)
	a := n.register("agents", "raced")
	mine, theirs := a.update(webvh.UpdateOptions{}), a.update(webvh.UpdateOptions{Time: n.now.Add(30 * time.Minute)})
	a.post(theirs)
	n.unchanged(func() {
		p := n.post(a.logPath(), "text/jsonl", mine.Value.Canonical()).refused(api.StalePredecessor)
		if p.Head != theirs.VersionID {
			t.Errorf("head %q, want %q", p.Head, theirs.VersionID)
		}
	})
}

func TestPlacesThatAreRefused(t *testing.T) {
	n := startNode(t)
	n.register("agents", "first")
	for _, c := range []struct {
		name   string
		domain string
		path   []string
		code   api.Code
	}{
		{"wrong domain", "elsewhere.example", []string{"agents", "x"}, "wrong-domain"},
		{"other port", "registry.example:8701", []string{"agents", "x"}, "wrong-domain"},
		{"reserved path", "", []string{"v1", "x"}, "reserved-path"},
		{"path taken", "", []string{"agents", "first"}, "path-taken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := n.within(t)
			a := n.draft(webvh.CreateOptions{Domain: c.domain}, c.path...)
			n.unchanged(func() { n.post(a.logPath(), "text/jsonl", a.entry.Value.Canonical()).refused(c.code) })
		})
	}
}

// A DID is hosted in the one spelling by which others find it, with what is beside it: however a client
// writes a port, the document that is served is that of a did:web DID that resolves here.
func TestHostedDIDsHaveOneSpelling(t *testing.T) {
	n := startNode(t)
	for name, change := range map[string][2]string{
		"port in lower-case hexadecimal": {"%3A8700", "%3a8700"}, "host in capitals": {"registry.example", "Registry.Example"},
		"port with a zero": {"%3A8700", "%3A08700"},
	} {
		t.Run(name, func(t *testing.T) {
			n := n.within(t)
			a := n.draft(webvh.CreateOptions{Document: func(id did.ID) jcs.Value {
				return jcs.Object(jcs.Member{Name: "id", Value: jcs.FromString(strings.Replace(string(id), change[0], change[1], 1))})
			}}, "agents", "spelt")
			var p api.Problem
			n.unchanged(func() { p = n.post(a.logPath(), "text/jsonl", a.entry.Value.Canonical()).refused("state-id") })
			if !strings.Contains(p.Detail, "is spelt did:webvh:") || !strings.Contains(p.Detail, "registry.example%3A8700:agents:spelt") {
				t.Errorf("detail %q", p.Detail)
			}
		})
	}
	a := n.register("agents", "spelt")
	parsed, err := webvh.ParseID(a.id)
	if err != nil {
		t.Fatal(err)
	}
	var web struct{ ID did.ID }
	n.get("/agents/spelt/did.json").json(http.StatusOK, &web)
	if web.ID != parsed.Web() {
		t.Errorf("did.json is of %s", web.ID)
	}
	if got := n.get(identifiers + strings.ReplaceAll(string(web.ID), "%", "%25")); got.status != http.StatusOK {
		t.Errorf("%s does not resolve: %s", web.ID, got.body)
	}
	other := strings.Replace(string(a.id), "%3A", "%3a", 1)
	got := n.get(identifiers + strings.ReplaceAll(other, "%", "%25"))
	if detail, _ := errorIn(t, got.body).GetString("detail"); got.status != http.StatusNotFound || !strings.Contains(detail, string(a.id)) {
		t.Errorf("%s: %d %q", other, got.status, detail)
	}
}

func TestWitnessProofsComeFirst(t *testing.T) {
	n := startNode(t)
	witness := newKey(t)
	a := n.draft(webvh.CreateOptions{Witness: webvh.Witness{Threshold: 1,
		Witnesses: []webvh.WitnessID{{ID: "did:key:" + witness.Public().String()}}}}, "agents", "witnessed")
	n.unchanged(func() {
		n.post(a.logPath(), "text/jsonl", a.entry.Value.Canonical()).refused("witness-threshold")
	})
	p, err := webvh.WitnessSign(a.entry.VersionID, n.now, witness)
	if err != nil {
		t.Fatal(err)
	}
	var staged api.WitnessReceipt
	n.post("/agents/witnessed/did-witness.json", "application/json",
		webvh.FormatWitnessFile([]webvh.WitnessProof{p}).Canonical()).json(http.StatusAccepted, &staged)
	if staged.Staged != 1 || staged.Ledger != n.id {
		t.Errorf("%+v", staged)
	}
	if got := n.post(a.logPath(), "text/jsonl", a.entry.Value.Canonical()); got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.body)
	}
	log, file := n.get(a.logPath()), n.get("/agents/witnessed/did-witness.json")
	if _, err := webvh.VerifyLog(log.body, file.body, time.Now()); err != nil {
		t.Errorf("what is served does not verify: %v", err)
	}
}

func TestPathsWithEncodedSegments(t *testing.T) {
	n := startNode(t)
	a := n.draft(webvh.CreateOptions{}, "users", "Jörg & Söhne")
	target := "/users/" + url.PathEscape("Jörg & Söhne") + "/did.jsonl"
	if got := n.post(target, "text/jsonl", a.entry.Value.Canonical()); got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := n.get(target); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestLongLogIsServedWithoutBeingHeld: beyond some size a log goes out as it is read.
func TestLongLogIsServedWithoutBeingHeld(t *testing.T) {
	n := startNode(t)
	a := n.register("agents", "talkative")
	want := a.entry.Value.Append(nil)
	for len(want) < maxWholeLog+maxWholeLog/2 {
		doc := document(a.id, a.key.Public()).With("comment", jcs.FromString(strings.Repeat("x", 50_000)))
		e := a.update(webvh.UpdateOptions{Document: doc})
		a.post(e)
		want = e.Value.Append(append(want, '\n'))
	}
	got := n.get(a.logPath())
	if got.status != http.StatusOK || got.header.Get("Content-Type") != api.TypeJSONLines || !bytes.Equal(got.body, append(want, '\n')) {
		t.Fatalf("%d, %d bytes of %d", got.status, len(got.body), len(want)+1)
	}
	etag := got.header.Get("Etag")
	if again := n.get(a.logPath(), "If-None-Match", etag); again.status != http.StatusNotModified || len(again.body) != 0 {
		t.Errorf("unchanged: %d, %d bytes", again.status, len(again.body))
	}
	if head := n.do(http.MethodHead, a.logPath(), nil); head.status != http.StatusOK || head.header.Get("Etag") != etag {
		t.Errorf("HEAD: %d %v", head.status, head.header)
	}
	a.post(a.update(webvh.UpdateOptions{}))
	if later := n.get(a.logPath(), "If-None-Match", etag); later.status != http.StatusOK || len(later.body) <= len(got.body) {
		t.Errorf("after an update: %d, %d bytes", later.status, len(later.body))
	}
}

// TestNoParallelDocumentIsNotOurFailure: some documents have no did:web form, and their controllers
// choose that.
func TestNoParallelDocumentIsNotOurFailure(t *testing.T) {
	n := startNode(t)
	a := n.register("agents", "twice")
	web := strings.Replace(string(a.id), "did:webvh:"+a.state.SCID, "did:web", 1)
	doc := document(a.id, a.key.Public()).With(string(a.id), jcs.FromInt(1)).With(web, jcs.FromInt(2))
	a.post(a.update(webvh.UpdateOptions{Document: doc}))
	if got := n.get("/agents/twice/did.json"); got.status != http.StatusNotFound {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := n.get(a.logPath()); got.status != http.StatusOK {
		t.Errorf("its log: %d", got.status)
	}
}

// TestEntryTooDeepForItsRecord: a body that nests as far as bodies may, in a record that would nest
// further.
func TestEntryTooDeepForItsRecord(t *testing.T) {
	n := startNode(t)
	a := n.draft(webvh.CreateOptions{}, "deep")
	const most = 32
	body := `{"state":{"id":"` + string(a.id) + `","deep":` + strings.Repeat("[", most-2) + strings.Repeat("]", most-2) + `}}`
	n.unchanged(func() { n.post(a.logPath(), "text/jsonl", []byte(body)).refused(api.TooDeep) })
}
