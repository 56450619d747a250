package webvh_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
)

func TestCreateRefuses(t *testing.T) {
	for name, change := range map[string]func(*webvh.CreateOptions){
		"domain":       func(o *webvh.CreateOptions) { o.Domain = "127.0.0.1" },
		"single label": func(o *webvh.CreateOptions) { o.Domain = "localhost:80" },
		"port":         func(o *webvh.CreateOptions) { o.Domain = "example.com:0" },
		"path":         func(o *webvh.CreateOptions) { o.Path = []string{".."} },
		"time":         func(o *webvh.CreateOptions) { o.Time = time.Time{} },
		"update key":   func(o *webvh.CreateOptions) { o.UpdateKeys = []string{public(t, "b")} },
		"ttl":          func(o *webvh.CreateOptions) { n := -1; o.TTL = &n },
		"document":     func(o *webvh.CreateOptions) { o.Document = func(did.ID) jcs.Value { return jcs.Value{} } },
		"other id": func(o *webvh.CreateOptions) {
			o.Document = func(did.ID) jcs.Value { return document(t, "doc")("did:web:example.com") }
		},
	} {
		o := webvh.CreateOptions{Domain: "example.com", Document: document(t, "doc"), Time: epoch}
		change(&o)
		if e, err := webvh.Create(o, key(t, "a")); err == nil {
			t.Errorf("%s: created %s", name, e.Value.Canonical())
		}
	}
}

func TestCreateWithSCIDInPath(t *testing.T) {
	c := create(t, "a", func(o *webvh.CreateOptions) {
		o.Domain, o.Path = "Bücher.example:8443", []string{"a b", "x-" + webvh.Placeholder}
	})
	id, err := webvh.ParseID(c.state.DID)
	if err != nil {
		t.Fatal(err)
	}
	if want := "https://xn--bcher-kva.example:8443/a%20b/x-" + c.state.SCID + "/did.jsonl"; id.LogURL() != want {
		t.Errorf("LogURL %s, want %s", id.LogURL(), want)
	}
}

func TestUpdateRefuses(t *testing.T) {
	c := create(t, "a", nil)
	for name, tt := range map[string]struct {
		signer string
		change func(*webvh.UpdateOptions)
		want   webvh.Rule
	}{
		"key":      {"b", nil, webvh.UnauthorisedKey},
		"time":     {"a", func(o *webvh.UpdateOptions) { o.Time = epoch }, webvh.VersionTime},
		"document": {"a", func(o *webvh.UpdateOptions) { o.Document = jcs.Value{} }, webvh.EntryMalformed},
		"move": {"a", func(o *webvh.UpdateOptions) {
			o.Document = o.Document.With("id", jcs.FromString(string(c.state.DID)+":x"))
		}, webvh.Portability},
		"witness": {"a", func(o *webvh.UpdateOptions) {
			o.Witness = &webvh.Witness{Threshold: 2, Witnesses: []webvh.WitnessID{witnessID(t, "w1")}}
		}, webvh.WitnessParameter},
	} {
		if _, err := c.tryUpdate(tt.signer, tt.change); !isRule(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func isRule(err error, want webvh.Rule) bool {
	rule, ok := webvh.RuleOf(err)
	return ok && rule == want
}

// TestDeactivateUnderPreRotation: the entry needs a committed key, and reveals it.
func TestDeactivateUnderPreRotation(t *testing.T) {
	c := create(t, "a", func(o *webvh.CreateOptions) { o.NextKeyHashes = []string{webvh.KeyHash(public(t, "b"))} })
	if _, err := webvh.Deactivate(c.state, c.entries[0].State, day(1), key(t, "a")); !isRule(err, webvh.PreRotation) {
		t.Errorf("by the spent key: %v", err)
	}
	e, err := webvh.Deactivate(c.state, c.entries[0].State, day(1), key(t, "b"))
	if err != nil {
		t.Fatal(err)
	}
	c.accept(e)
	if _, err := c.verify(); err != nil || !c.state.Deactivated {
		t.Errorf("%+v, %v", c.state, err)
	}
}

func TestWitnessFile(t *testing.T) {
	c := create(t, "a", nil).witness("w1", "w2").update("a", nil).witness("w1")
	v, err := jcs.Decode(c.witnessFile())
	if err != nil {
		t.Fatal(err)
	}
	if v.Len() != 2 {
		t.Errorf("%d items", v.Len())
	}
	proofs, err := webvh.ParseWitnessFile(v)
	if err != nil || len(proofs) != 3 || !webvh.FormatWitnessFile(proofs).Equal(v) {
		t.Errorf("%d proofs, %v", len(proofs), err)
	}
	for _, bad := range []string{`{}`, `[1]`, `[{}]`, `[{"versionId":1}]`, `[{"versionId":"x","proof":{}}]`, `[{"versionId":"x","proof":[{}]}]`} {
		v, err := jcs.Decode([]byte(bad))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := webvh.ParseWitnessFile(v); !isRule(err, webvh.WitnessProofs) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestEntryNumbers: errors count from the beginning of the log, wherever Extend
// began.
func TestEntryNumbers(t *testing.T) {
	f := forge(t, draft{}, draft{}, draft{}, draft{signer: "x"})
	log, err := webvh.VerifyLog([]byte(f.log()), nil, day(100))
	if err == nil || !strings.HasPrefix(err.Error(), "entry 4: unauthorised-key: ") {
		t.Fatal(err)
	}
	v, err := jcs.Decode(f.lines[3])
	if err != nil {
		t.Fatal(err)
	}
	last, err := webvh.ParseEntry(v)
	if err != nil {
		t.Fatal(err)
	}
	s := log.Versions[0].State
	states, err := webvh.Extend(&s, []webvh.Entry{log.Versions[1].Entry, log.Versions[2].Entry, last}, nil, webvh.Context{Now: day(100)})
	if len(states) != 2 || err == nil || err.(*webvh.Error).Entry != 4 {
		t.Errorf("%d states, %v", len(states), err)
	}
	if states, err := webvh.Extend(&s, nil, nil, webvh.Context{}); len(states) != 0 || err != nil {
		t.Errorf("no entries: %d states, %v", len(states), err)
	}
}
