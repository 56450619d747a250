package record

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

var (
	zeros     = strings.Repeat("00", 32)
	listBody  = `{"changed":1,"digest":"` + zeros + `","entries":131072,"flips":[{"index":3,"new":1,"old":0}],"issuer":"did:example:i","list":"https://x.example/1","proof":{},"purpose":["revocation"],"set":1}`
	whoisBody = `{"did":"did:example:i","digest":"` + zeros + `","proof":{}}`
	// observed has the digest of {}.
	observed = `{"did":"did:web:x.example","digest":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","document":{},` +
		`"fetched":"2026-01-02T03:04:05Z","ledger":"Qm","proof":{},"type":"Observation"}`
)

func TestBodiesOfListsAndPresentations(t *testing.T) {
	list, err := ParseListBody(decode(t, listBody))
	if err != nil || string(list.Value().Canonical()) != listBody {
		t.Errorf("%s, %v", list.Value().Canonical(), err)
	}
	whois, err := ParseWhoisBody(decode(t, whoisBody))
	if err != nil || string(whois.Value().Canonical()) != whoisBody {
		t.Errorf("%s, %v", whois.Value().Canonical(), err)
	}
	for _, bad := range []string{`{}`, `{"digest":"x"}`, strings.Replace(listBody, "did:example:i", "", 1), strings.Replace(listBody, `"proof":{}`, `"proof":1`, 1)} {
		if _, err := ParseListBody(decode(t, bad)); !errors.Is(err, ErrRecord) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, bad := range []string{`{}`, strings.Replace(whoisBody, `{`, `{"more":1,`, 1), strings.Replace(whoisBody, `"proof":{}`, `"proof":1`, 1), strings.Replace(whoisBody, zeros, "00", 1)} {
		if _, err := ParseWhoisBody(decode(t, bad)); !errors.Is(err, ErrRecord) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestListEntries(t *testing.T) {
	e := ListEntry{List: ListID{Issuer: "did:web:x%3A8443.example:a", Purpose: Suspension, Number: 7}, Index: 131072}
	const text = "did:web:x%3A8443.example:a/status-lists/suspension/7#131072"
	if e.String() != text {
		t.Errorf("%s", e)
	}
	if got, ok := ParseListEntry(text); !ok || got != e {
		t.Errorf("%+v, %v", got, ok)
	}
	if u, err := did.ParseURL(text); err != nil || u.DID != e.List.Issuer {
		t.Errorf("%s is no DID URL: %v", text, err)
	}
	for name, bad := range map[string]string{
		"no index":             "did:example:i/status-lists/revocation/0",
		"empty index":          "did:example:i/status-lists/revocation/0#",
		"padded index":         "did:example:i/status-lists/revocation/0#01",
		"signed index":         "did:example:i/status-lists/revocation/0#+1",
		"index too large":      "did:example:i/status-lists/revocation/0#1048576",
		"number too large":     "did:example:i/status-lists/revocation/1048576#1",
		"padded number":        "did:example:i/status-lists/revocation/00#1",
		"another purpose":      "did:example:i/status-lists/message/0#1",
		"purpose in capitals":  "did:example:i/status-lists/Revocation/0#1",
		"no DID":               "example/status-lists/revocation/0#1",
		"a query":              "did:example:i/status-lists/revocation/0?x#1",
		"two fragments":        "did:example:i/status-lists/revocation/0#1#1",
		"something more":       "did:example:i/status-lists/revocation/0/1#1",
		"something before":     "did:example:i/x/status-lists/revocation/0#1",
		"the infix twice":      "did:example:i/status-lists/status-lists/revocation/0#1",
		"a DID beyond limits":  "did:example:" + strings.Repeat("i", MaxDID) + "/status-lists/revocation/0#1",
		"an index with spaces": "did:example:i/status-lists/revocation/0# 1",
	} {
		if got, ok := ParseListEntry(bad); ok {
			t.Errorf("%s: read as %s", name, got)
		}
	}
}

func FuzzListEntry(f *testing.F) {
	f.Add("did:example:i/status-lists/revocation/0#1", "registry.example:8700")
	f.Add("https://registry.example/v1/status-lists/did%3Aexample%3Ai/suspension/7", "registry.example")
	f.Fuzz(func(t *testing.T, text, domain string) {
		if e, ok := ParseListEntry(text); ok && e.String() != text {
			t.Errorf("%q is read as %s", text, e)
		}
		id, ok := ParseListURL(text, domain)
		if !ok {
			return
		}
		again, ok := ParseListURL("https://"+domain+id.Path(), domain)
		if !ok || again != id || id.Number >= MaxLists || !id.Purpose.Known() {
			t.Errorf("%q is read as %+v, and its path as %+v, %v", text, id, again, ok)
		}
	})
}

func TestObservations(t *testing.T) {
	good := decode(t, observed)
	o, err := ParseObservation(good)
	if err != nil || o.Digest != FileDigest([]byte("{}")) || !o.Value().Equal(good) || o.Fetched.Year() != 2026 {
		t.Fatalf("%+v, %v", o, err)
	}
	made := Observation{Ledger: "Qm", DID: "did:web:x.example", Fetched: o.Fetched, Document: jcs.Object()}
	if !made.Value().With("proof", jcs.Object()).Equal(good) {
		t.Errorf("made %s", made.Value().Canonical())
	}
	h := FileDigest(nil)
	made = Observation{Ledger: "Qm", DID: "did:webvh:Qm:x.example", Fetched: o.Fetched, Deactivated: true, VersionID: "1-Qm", Log: &h, Witness: &h}
	if again, err := ParseObservation(made.Value().With("proof", jcs.Object())); err != nil || !again.Deactivated || *again.Log != h || *again.Witness != h {
		t.Errorf("%+v, %v", again, err)
	}
	set := func(name string, v jcs.Value) func(jcs.Value) jcs.Value {
		return func(o jcs.Value) jcs.Value { return o.With(name, v) }
	}
	without := func(name string) func(jcs.Value) jcs.Value {
		return func(o jcs.Value) jcs.Value { return o.Without(name) }
	}
	str := jcs.FromString
	for name, edit := range map[string]func(jcs.Value) jcs.Value{
		"no type":                     without("type"),
		"no proof":                    without("proof"),
		"a set of proofs":             set("proof", jcs.Array(jcs.Object())),
		"no DID":                      without("did"),
		"a DID URL":                   set("did", str("did:web:x.example#key")),
		"a DID beyond limits":         set("did", str("did:web:"+strings.Repeat("x", MaxDID))),
		"no time":                     without("fetched"),
		"a time with an offset":       set("fetched", str("2026-01-02T03:04:05+00:00")),
		"no document":                 without("document"),
		"a document that is a text":   set("document", str("{}")),
		"no digest":                   without("digest"),
		"the digest of another":       set("digest", str(zeros)),
		"deactivated, and a document": set("deactivated", jcs.FromBool(true)),
		"not deactivated":             set("deactivated", jcs.FromBool(false)),
		"a log of did:web":            set("log", str(zeros)),
		"a version of did:web":        set("versionId", str("1-Qm")),
		"witnesses of did:web":        set("witness", str(zeros)),
		"did:webvh without its log":   set("did", str("did:webvh:Qm:x.example")),
		"a log that is no digest":     set("log", str("x")),
		"a version that is a number":  set("versionId", jcs.FromInt(1)),
		"a long version":              set("versionId", str(strings.Repeat("1", 257))),
		"an unknown member":           set("node", str("x")),
		"a member of payloads":        set("op", str("x")),
		"what nodes find out":         set("rewritten", jcs.FromBool(true)),
	} {
		if _, err := ParseObservation(edit(good)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	large := jcs.Object(member("x", str(strings.Repeat("x", MaxObservedDocument))))
	big := Observation{Ledger: "Qm", DID: "did:web:x.example", Fetched: time.Unix(0, 0), Document: large}
	if _, err := ParseObservation(big.Value().With("proof", jcs.Object())); !errors.Is(err, ErrMalformed) {
		t.Errorf("a document beyond limits: %v", err)
	}
	body := decode(t, `{"observation":`+observed+`,"rewritten":true}`)
	if b, err := ParseObservationBody(body); err != nil || !b.Rewritten || b.Diverged || !b.Value().Equal(body) {
		t.Errorf("%+v, %v", b, err)
	}
	for _, bad := range []string{`{}`, `{"observation":{}}`, `{"observation":` + observed + `,"rewritten":false}`, `{"observation":` + observed + `,"more":1}`} {
		if _, err := ParseObservationBody(decode(t, bad)); !errors.Is(err, ErrRecord) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// Operations beyond limits or out of shape are malformed, whatever is in them.
func TestOpsOutOfShape(t *testing.T) {
	deep := `{"a":` + strings.Repeat("[", MaxDepth-3) + strings.Repeat("]", MaxDepth-3) + `}`
	if _, err := ParseOp(decode(t, `{"op":"observation","observation":`+deep+`}`)); err != nil && !errors.Is(err, ErrMalformed) {
		t.Error(err)
	}
	for name, payload := range map[string]string{
		"list missing":           `{"op":"status-list"}`,
		"list a text":            `{"op":"status-list","list":"x"}`,
		"list with more":         `{"op":"status-list","list":{},"publish":true}`,
		"observation missing":    `{"op":"observation"}`,
		"observation a list":     `{"op":"observation","observation":[]}`,
		"log an object":          `{"op":"observation","observation":{},"log":{}}`,
		"log empty":              `{"op":"observation","observation":{},"log":""}`,
		"witness without log":    `{"op":"observation","observation":{},"witness":"[]"}`,
		"log beyond limits":      `{"op":"observation","observation":{},"log":"` + strings.Repeat("x", MaxObservedFile+1) + `"}`,
		"observation with more":  `{"op":"observation","observation":{},"rewritten":true}`,
		"observation that nests": `{"op":"observation","observation":{"a":` + strings.Repeat("[", MaxDepth-2) + strings.Repeat("]", MaxDepth-2) + `}}`,
		"presentation missing":   `{"op":"whois"}`,
		"presentation a token":   `{"op":"whois","presentation":"eyJ"}`,
		"presentation with more": `{"op":"whois","presentation":{},"did":"did:example:i"}`,
	} {
		if _, err := ParseOp(decode(t, payload)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewObservationOp(jcs.Object(), []byte("\xff"), nil); !errors.Is(err, ErrMalformed) {
		t.Errorf("a log that is no text: %v", err)
	}
}
