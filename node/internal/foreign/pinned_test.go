package foreign

import (
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
)

// history is what was observed of one DID, in order.
type history []ledger.Observation

func (h history) Observation(id did.ID) (ledger.Observation, bool, error) {
	if len(h) == 0 || h[0].DID != id {
		return ledger.Observation{}, false, nil
	}
	return h[len(h)-1], true, nil
}

func (h history) Observations(id did.ID, after, n int) ([]ledger.Observation, error) {
	if len(h) == 0 || h[0].DID != id || after >= len(h) {
		return nil, nil
	}
	return h[after:min(after+n, len(h))], nil
}

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func webHistory(t *testing.T, id did.ID, n int) history {
	t.Helper()
	var h history
	for i := range n {
		v, err := jcs.Decode([]byte(document(id, `,"n":`+string(rune('0'+i%10)))))
		if err != nil {
			t.Fatal(err)
		}
		h = append(h, ledger.Observation{
			Seq: record.Seq(10 + i), Number: i + 1, DID: id, Document: v, Digest: record.FileDigest(v.Canonical()),
			Fetched: noon.Add(time.Duration(i) * time.Hour), Node: "did:x:y#n",
		})
	}
	return h
}

func TestObservedWeb(t *testing.T) {
	const id = did.ID("did:web:a.example")
	h := webHistory(t, id, 300) // more than a page
	now := noon.Add(400 * time.Hour)
	for name, c := range map[string]struct {
		opt  did.Options
		want int // index; -1 is none
		code did.ErrorCode
	}{
		"newest":                   {did.Options{}, 299, ""},
		"a time to come":           {did.Options{VersionTime: now.Add(time.Hour)}, 299, ""},
		"the moment it was":        {did.Options{VersionTime: noon.Add(5 * time.Hour)}, 5, ""},
		"a while after":            {did.Options{VersionTime: noon.Add(5*time.Hour + time.Minute)}, 5, ""},
		"on the second page":       {did.Options{VersionTime: noon.Add(270 * time.Hour)}, 270, ""},
		"before it was observed":   {did.Options{VersionTime: noon.Add(-time.Second)}, -1, did.NotFound},
		"a version, of which none": {did.Options{VersionNumber: 1}, -1, did.NotFound},
		"by id, of which none":     {did.Options{VersionID: "1-a"}, -1, did.NotFound},
		"in two ways":              {did.Options{VersionID: "1-a", VersionTime: noon}, -1, did.InvalidOptions},
	} {
		res, err := Observed(h, id, c.opt, "why", now)
		if did.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.want < 0 {
			continue
		}
		o := res.Source.Observation
		if o == nil || o.Seq != uint64(h[c.want].Seq) || o.Reason != "why" || o.Digest != h[c.want].Digest.String() ||
			!res.Source.Fetched.Equal(h[c.want].Fetched) || res.Source.Age != now.Sub(h[c.want].Fetched) {
			t.Errorf("%s: %+v", name, res.Source)
		}
	}
	if _, err := Observed(history{}, id, did.Options{}, "", now); did.CodeOf(err) != did.NotFound {
		t.Error(err)
	}
}

func TestObservedLog(t *testing.T) {
	h := newHost(t, nil)
	c := h.create(webvh.CreateOptions{})
	observe := func(rewritten bool) ledger.Observation {
		log, err := webvh.VerifyLog([]byte(c.log), nil, h.clock())
		if err != nil {
			t.Fatal(err)
		}
		res, err := log.Resolve(c.id(), did.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return ledger.Observation{DID: c.id(), Document: res.Document.Value(), VersionID: c.entry.VersionID, Log: []byte(c.log), Time: record.TimeOf(h.clock()), Fetched: h.clock(), Rewritten: rewritten}
	}
	first := observe(false)
	first.Number = 1
	c.update(func(o *webvh.UpdateOptions) { o.Document = named(c.id(), "two") })
	second := observe(false)
	second.Number = 2
	earlier := first
	earlier.Log = nil // only the newest keeps its files
	for name, x := range map[string]struct {
		h    history
		opt  did.Options
		want string
		code did.ErrorCode
	}{
		"newest":                             {history{earlier, second}, did.Options{}, second.VersionID, ""},
		"a version before":                   {history{earlier, second}, did.Options{VersionNumber: 1}, first.VersionID, ""},
		"a version to come":                  {history{earlier, second}, did.Options{VersionNumber: 3}, "", did.NotFound},
		"without its log":                    {history{earlier}, did.Options{}, first.VersionID, ""},
		"without its log, by id":             {history{earlier}, did.Options{VersionID: first.VersionID}, first.VersionID, ""},
		"without its log, a version before":  {history{earlier}, did.Options{VersionNumber: 1}, "", did.NotFound},
		"without its log, another id":        {history{earlier}, did.Options{VersionID: "2-a"}, "", did.NotFound},
		"rewritten, so the one before holds": {history{earlier, {DID: c.id(), Number: 2, Rewritten: true, Log: []byte("forged")}}, did.Options{}, first.VersionID, ""},
		"rewritten from the beginning":       {history{{DID: c.id(), Number: 1, Rewritten: true}}, did.Options{}, "", did.NotFound},
	} {
		res, err := Observed(x.h, c.id(), x.opt, "", h.clock())
		if did.CodeOf(err) != x.code || res.Metadata.VersionID != x.want {
			t.Errorf("%s: %q, %v", name, res.Metadata.VersionID, err)
		}
		if err == nil && res.Source.Observation.Rewritten != x.h[len(x.h)-1].Rewritten {
			t.Errorf("%s: rewritten is not said", name)
		}
	}
	gone := ledger.Observation{DID: c.id(), Number: 1, Deactivated: true, VersionID: "3-x"}
	if res, err := Observed(history{gone}, c.id(), did.Options{}, "", h.clock()); err != nil || res.Document != nil || !res.Metadata.Deactivated {
		t.Errorf("%+v, %v", res, err)
	}

	log, err := webvh.VerifyLog([]byte(c.log), nil, h.clock())
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		last ledger.Observation
		want bool
	}{
		"goes on":                          {first, true},
		"the same":                         {second, true},
		"another history":                  {ledger.Observation{VersionID: "2-QmOther"}, false},
		"a name that is only in its text":  {ledger.Observation{VersionID: "urn:name:two"}, false},
		"observed when it was rewritten":   {ledger.Observation{VersionID: second.VersionID, Rewritten: true}, false},
		"rolled back to before what it is": {ledger.Observation{VersionID: "3-QmLater"}, false},
	} {
		if got := continues(log, x.last); got != x.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestFilesAndWhois(t *testing.T) {
	h := newHost(t, nil)
	c := h.create(webvh.CreateOptions{})
	c.publish()
	h.put("/whois.vp", `{"type":"VerifiablePresentation"}`, "Content-Type", "application/vp")
	h.put("/page.html", "<script>", "Content-Type", "text/html")
	res, err := h.resolver.Resolve(t.Context(), c.id(), did.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		file, err := h.resolver.Whois(t.Context(), res.Document)
		if err != nil || file.ContentType != "application/vp" || file.URL != "https://"+h.domain+"/whois.vp" {
			t.Errorf("%+v, %v", file, err)
		}
	}
	if h.hits("/whois.vp") != 1 {
		t.Error("it is not cached")
	}
	if _, err := h.resolver.File(t.Context(), "https://"+h.domain+"/page.html"); err != nil {
		t.Error(err)
	}
	for url, want := range map[string]did.ErrorCode{
		"https://" + h.domain + "/none":    did.NotFound,
		"https://example.net/a":            did.NotFound,
		"http://" + h.domain + "/whois.vp": did.InvalidDID,
		"ipfs://a":                         did.InvalidDID,
		"https://127.0.0.1/":               did.InvalidDID,
		"":                                 did.InvalidDID,
	} {
		_, err := h.resolver.File(t.Context(), url)
		wantCode(t, url, err, want)
	}
	service := func(endpoint string) *did.Document {
		v, err := jcs.Decode([]byte(`{"id":"did:web:a.example","service":[{"id":"#whois","type":"LinkedVerifiablePresentation","serviceEndpoint":` + endpoint + `}]}`))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := did.ParseDocument(v)
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	for endpoint, want := range map[string]did.ErrorCode{
		`"https://b.example/x"`: "", `["https://b.example/x"]`: "", `["https://b.example/x","https://c.example/x"]`: did.InvalidDID,
		`{"origins":["https://b.example"]}`: did.InvalidDID,
	} {
		if _, err := WhoisURL(service(endpoint)); did.CodeOf(err) != want {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}
