package webvh_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
)

// TestEntryHash is the example of "Generate Entry Hash".
func TestEntryHash(t *testing.T) {
	const entry = `{"versionId": "QmdmPkUdYzbr9txmx8gM2rsHPgr5L6m3gHjJGAf4vUFoGE", "versionTime": "2025-04-01T17:39:50Z", "parameters": {"witness": {"threshold": 2, "witnesses": [{"id": "did:key:z6Mkkc51mg2vpQzKWAbWQZupeGYhowaBjYkmvcKMTqteqHB4", "weight": 1}, {"id": "did:key:z6MkuDdJdKLCgwZuQuEi9xG6LVgJJ9Tebr74CXPYPSumqgJs", "weight": 1}, {"id": "did:key:z6MkoSWmQyp4fTk4ZQy4KUsss9dFX51XfEUzKKKj1J1JUsrF", "weight": 1}]}, "updateKeys": ["z6MkgzBDcBFV3sk4ypPE5YXMZHmS213A3HpYY2LmcVKV15jr"], "nextKeyHashes": ["QmZreDcjvWEpyRFznQeExWNCsvMLk5i59AcRJJuQC8UodJ"], "method": "did:webvh:0.5", "scid": "QmdmPkUdYzbr9txmx8gM2rsHPgr5L6m3gHjJGAf4vUFoGE"}, "state": {"@context": ["https://www.w3.org/ns/did/v1"], "id": "did:webvh:QmdmPkUdYzbr9txmx8gM2rsHPgr5L6m3gHjJGAf4vUFoGE:domain.example"}}`
	canonical, err := jcs.Transform([]byte(entry))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := webvh.Multihash(canonical), "QmQ6FJ4fk2xheSSQoEjVpTgx9AQPKhJgtR9hn1nr4EeCrZ"; got != want {
		t.Errorf("entry hash %s, want %s", got, want)
	}
}

func TestLifeOfADID(t *testing.T) {
	hashes := func(names ...string) []string {
		var list []string
		for _, n := range names {
			list = append(list, webvh.KeyHash(public(t, n)))
		}
		return list
	}
	ttl := 60
	c := create(t, "a", func(o *webvh.CreateOptions) { o.Portable, o.Watchers = true, []string{"https://watch.example"} })
	first := c.state.DID
	c.update("a", func(o *webvh.UpdateOptions) { o.UpdateKeys = []string{public(t, "b")} })
	c.update("b", func(o *webvh.UpdateOptions) { o.NextKeyHashes = hashes("c", "spare") })
	c.update("c", func(o *webvh.UpdateOptions) { o.NextKeyHashes = hashes("d") })
	c.update("d", nil) // ends pre-rotation
	c.update("d", func(o *webvh.UpdateOptions) { o.TTL, o.Watchers = &ttl, []string{} })
	moved := did.ID(strings.Replace(string(first), "example.com:agents:a1", "example.org", 1))
	c.update("d", func(o *webvh.UpdateOptions) {
		o.Document = document(t, "doc")(moved).With("alsoKnownAs", jcs.Array(jcs.FromString(string(first))))
	})
	e, err := webvh.Deactivate(c.state, c.entries[6].State, day(8), key(t, "d"))
	if err != nil {
		t.Fatal(err)
	}
	c.accept(e)

	log, err := c.verify()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []did.ID{first, moved} {
		r, err := log.Resolve(id, did.Options{})
		if err != nil || r.Document != nil || !r.Metadata.Deactivated {
			t.Errorf("Resolve(%s) = %+v, %v", id, r, err)
		}
	}
	r, err := log.Resolve(first, did.Options{VersionNumber: 7})
	if err != nil {
		t.Fatal(err)
	}
	if r.Document.ID() != moved || !r.Metadata.Deactivated || r.Metadata.TTL != "60" || r.Metadata.NextVersionID != e.VersionID {
		t.Errorf("version 7: %s %+v", r.Document.ID(), r.Metadata)
	}
}

func TestStateSurvivesJSON(t *testing.T) {
	c := create(t, "a", func(o *webvh.CreateOptions) {
		o.Witness = webvh.Witness{Threshold: 1, Witnesses: []webvh.WitnessID{witnessID(t, "w1"), witnessID(t, "w2")}}
		o.NextKeyHashes, o.Watchers, o.Portable = []string{"x"}, []string{"https://watch.example"}, true
	})
	for _, s := range []webvh.State{c.state, create(t, "a", nil).state} {
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back webvh.State
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, s) {
			t.Errorf("%s came back as %+v", data, back)
		}
	}
}

func TestResolveByTime(t *testing.T) {
	c := create(t, "a", nil).update("a", nil).update("a", nil)
	log, err := c.verify()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		at   time.Time
		want int
	}{
		{epoch.Add(-time.Second), 0}, {epoch, 1}, {day(1).Add(-time.Nanosecond), 1}, {day(1), 2}, {day(2), 3}, {day(50), 3},
	} {
		r, err := log.Resolve(c.state.DID, did.Options{VersionTime: tt.at})
		if tt.want == 0 {
			if did.CodeOf(err) != did.NotFound {
				t.Errorf("at %s: %v", tt.at, err)
			}
			continue
		}
		if err != nil || r.Metadata.VersionNumber != tt.want {
			t.Errorf("at %s: version %d, %v; want %d", tt.at, r.Metadata.VersionNumber, err, tt.want)
		}
	}
}

// TestResolveInvalidTail: versions before the first invalid entry stay resolvable
// when they are asked for, and only then.
func TestResolveInvalidTail(t *testing.T) {
	c := create(t, "a", nil).update("a", nil).update("a", nil)
	broken := strings.Replace(string(c.log()), `"versionId":"3-Qm`, `"versionId":"3-Qn`, 1)
	log, err := webvh.VerifyLog([]byte(broken), nil, day(100))
	if rule, _ := webvh.RuleOf(err); rule != webvh.VersionID || len(log.Versions) != 2 {
		t.Fatalf("%v, %d versions", err, len(log.Versions))
	}
	broken = strings.Replace(string(c.log()), `"versionTime":"2026-01-03`, `"versionTime":"2026-01-04`, 1)
	log, err = webvh.VerifyLog([]byte(broken), nil, day(100))
	if rule, _ := webvh.RuleOf(err); rule != webvh.EntryHashMismatch || len(log.Versions) != 2 {
		t.Fatalf("%v, %d versions", err, len(log.Versions))
	}
	for _, tt := range []struct {
		name string
		opt  did.Options
		want did.ErrorCode
	}{
		{"newest", did.Options{}, did.InvalidDID},
		{"number 2", did.Options{VersionNumber: 2}, ""},
		{"number 3", did.Options{VersionNumber: 3}, did.InvalidDID},
		{"number 4", did.Options{VersionNumber: 4}, did.NotFound},
		{"id 2", did.Options{VersionID: c.entries[1].VersionID}, ""},
		{"id 3", did.Options{VersionID: c.entries[2].VersionID}, did.InvalidDID},
		{"id unknown", did.Options{VersionID: "2-x"}, did.NotFound},
		{"time of 1", did.Options{VersionTime: epoch}, ""},
		{"time of 2", did.Options{VersionTime: day(2)}, ""},
		{"time of 3", did.Options{VersionTime: day(3)}, did.InvalidDID},
		{"two options", did.Options{VersionNumber: 1, VersionTime: epoch}, did.InvalidOptions},
	} {
		if _, err := log.Resolve(c.state.DID, tt.opt); did.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestResolveOtherDID(t *testing.T) {
	c := create(t, "a", nil)
	log, err := c.verify()
	if err != nil {
		t.Fatal(err)
	}
	other := strings.Replace(string(c.state.DID), "example.com", "example.org", 1)
	for _, id := range []string{other, other + "#x", "did:web:example.com", "did:webvh:x:example.com"} {
		if _, err := log.Resolve(did.ID(id), did.Options{}); did.CodeOf(err) != did.InvalidDID {
			t.Errorf("Resolve(%s): %v", id, err)
		}
	}
}

func TestParallelWeb(t *testing.T) {
	c := create(t, "a", func(o *webvh.CreateOptions) {
		o.Document = func(id did.ID) jcs.Value {
			return document(t, "doc")(id).With("alsoKnownAs", jcs.Array(
				jcs.FromString("did:web:example.com:agents:a1"), jcs.FromString("https://a.example"), jcs.FromString("https://a.example")))
		}
	})
	got, err := webvh.ParallelWeb(c.entries[0].State)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(`{"@context":["https://www.w3.org/ns/did/v1","https://w3id.org/security/multikey/v1"],
"id":"ID","verificationMethod":[{"id":"ID#key-1","type":"Multikey","controller":"ID","publicKeyMultibase":"KEY"}],
"authentication":["ID#key-1"],"assertionMethod":["ID#key-1"],"alsoKnownAs":["https://a.example","WEBVH"],"service":[
{"id":"#files","type":"relativeRef","serviceEndpoint":"https://example.com/agents/a1/"},
{"@context":"https://identity.foundation/linked-vp/contexts/v1","id":"#whois","type":"LinkedVerifiablePresentation","serviceEndpoint":"https://example.com/agents/a1/whois.vp"}]}`,
		"ID", "did:web:example.com:agents:a1")
	want = strings.NewReplacer("KEY", public(t, "doc"), "WEBVH", string(c.state.DID)).Replace(want)
	v, err := jcs.Decode([]byte(want))
	if err != nil {
		t.Fatal(err)
	}
	if !got.Equal(v) {
		t.Errorf("%s\nwant\n%s", got.Canonical(), v.Canonical())
	}
}

// TestNoParallelWeb: what did:web resolvers would refuse is not published.
func TestNoParallelWeb(t *testing.T) {
	const service = `{"id":"%s#a","type":"T","serviceEndpoint":"https://a.example"}`
	for name, members := range map[string]string{
		"two services become one": `"service":[` + fmt.Sprintf(service, "did:web:example.com") + "," + fmt.Sprintf(service, "{DID}") + "]",
		"two members become one":  `"did:web:example.com":1,"{DID}":2`,
		"no room for an alias":    `"alsoKnownAs":["urn:x"` + aliases(did.MaxEntries-1) + "]",
	} {
		f := forge(t, draft{state: `{"id":"{DID}",` + members + "}"})
		log, err := webvh.VerifyLog([]byte(f.log()), nil, day(100))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := webvh.ParallelWeb(log.Versions[0].Entry.State); did.CodeOf(err) != did.InvalidDIDDocument {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func aliases(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"urn:x:%d"`, i)
	}
	return b.String()
}

// TestSCIDInNames: where the SCID is part of a member's name, the placeholder
// sorts elsewhere in the canonical form that is hashed.
func TestSCIDInNames(t *testing.T) {
	c := create(t, "a", func(o *webvh.CreateOptions) {
		o.Document = func(id did.ID) jcs.Value {
			return document(t, "doc")(id).With("x", jcs.Object(
				jcs.Member{Name: webvh.Placeholder + `"`, Value: jcs.FromInt(1)}, jcs.Member{Name: "Z", Value: jcs.FromInt(2)}))
		}
	})
	if _, err := c.verify(); err != nil {
		t.Error(err)
	}
}

// TestSCIDEverywhere: a first entry that repeats its SCID throughout costs no
// more than its size. (Looking for names from each mention to the end of its
// string cost a minute for one such entry of a megabyte.)
func TestSCIDEverywhere(t *testing.T) {
	text := []byte(`{"x":"` + strings.Repeat(webvh.KeyHash(""), 200_000) + `"}`)
	start := time.Now()
	if webvh.InName(text, webvh.KeyHash("")) {
		t.Error("found in a name")
	}
	if d := time.Since(start); d > time.Minute {
		t.Errorf("took %s", d)
	}
}

func TestTooLarge(t *testing.T) {
	long := `{"id":"{DID}","x":"` + strings.Repeat("x", webvh.MaxEntryBytes) + `"}`
	f := forge(t, draft{}, draft{state: long})
	log, err := webvh.VerifyLog([]byte(f.log()), nil, day(100))
	if rule, _ := webvh.RuleOf(err); rule != webvh.EntryTooLarge || len(log.Versions) != 1 {
		t.Errorf("line: %v", err)
	}
	v, err := jcs.Decode(f.lines[1])
	if err != nil {
		t.Fatal(err)
	}
	e, err := webvh.ParseEntry(v)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Versions[0].State.Next(e, nil, webvh.Context{Now: day(100)}); err == nil || err.(*webvh.Error).Rule != webvh.EntryTooLarge {
		t.Errorf("entry: %v", err)
	}
	if _, err := webvh.VerifyLog(make([]byte, webvh.MaxLogBytes+1), nil, day(100)); err == nil || err.(*webvh.Error).Rule != webvh.EntryTooLarge {
		t.Errorf("log: %v", err)
	}
	w := forge(t, draft{parameters: witnessed("1", "w1")})
	if _, err := webvh.VerifyLog([]byte(w.log()), make([]byte, webvh.MaxWitnessFileBytes+1), day(100)); err == nil || err.(*webvh.Error).Rule != webvh.EntryTooLarge {
		t.Errorf("witness file: %v", err)
	}
}
