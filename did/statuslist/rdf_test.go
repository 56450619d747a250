package statuslist

import (
	"fmt"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

const credentialWith = `{"@context": ["https://www.w3.org/ns/credentials/v2"%s], "type": ["VerifiableCredential", "VerifiableCredential"],
	"issuer": "did:example:i", "credentialSubject": {"id": "did:example:s"}, "credentialStatus": %s}`

func rdfOf(t *testing.T, contexts, status string) []jcs.Value {
	t.Helper()
	doc, err := jcs.Decode([]byte(fmt.Sprintf(credentialWith, contexts, status)))
	if err != nil {
		t.Fatal(err)
	}
	d, err := jsonld.Default().ToRDF(doc)
	if err != nil {
		t.Fatal(err)
	}
	return EntriesIn(d)
}

// TestEntriesAreReadFromRDF, in whatever words they are written.
func TestEntriesAreReadFromRDF(t *testing.T) {
	const alias = `, {"Foo": {"@id": "https://www.w3.org/ns/credentials/status#BitstringStatusListEntry", "@context": {
		"purpose": "https://www.w3.org/ns/credentials/status#statusPurpose", "at": "https://www.w3.org/ns/credentials/status#statusListIndex",
		"list": {"@id": "https://www.w3.org/ns/credentials/status#statusListCredential", "@type": "@id"}}}}`
	const entry = `"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "9"`
	const want = `{"statusListCredential":"https://example.com/1","statusListIndex":"9","statusPurpose":"revocation","type":"BitstringStatusListEntry"}`
	for name, x := range map[string]struct{ contexts, status, want string }{
		"none":        {"", `{"type": "BitstringStatusList"}`, `[]`},
		"plain":       {"", `{` + entry + `, "statusListCredential": "https://example.com/1"}`, `[` + want + `]`},
		"array":       {"", `[{` + entry + `, "statusListCredential": ["https://example.com/1"]}]`, `[` + want + `]`},
		"object":      {"", `{` + entry + `, "statusListCredential": {"id": "https://example.com/1"}}`, `[` + want + `]`},
		"other words": {alias, `{"type": "Foo", "purpose": "revocation", "at": "9", "list": "https://example.com/1"}`, `[` + want + `]`},
		"sized and named": {"", `{` + entry + `, "id": "urn:e:1", "statusSize": 2, "statusListCredential": "https://example.com/1"}`,
			`[{"id":"urn:e:1","statusListCredential":"https://example.com/1","statusListIndex":"9","statusPurpose":"revocation","statusSize":2,"type":"BitstringStatusListEntry"}]`},
		"two of one name": {"", `[{` + entry + `, "id": "urn:e:1", "statusListCredential": "https://example.com/1"},
			{"type": "BitstringStatusListEntry", "id": "urn:e:1", "statusPurpose": "revocation", "statusListIndex": "8", "statusListCredential": "https://example.com/1"}]`,
			`[{"id":"urn:e:1","statusListCredential":"https://example.com/1","statusListIndex":["8","9"],"statusPurpose":"revocation","type":"BitstringStatusListEntry"}]`},
		"a number": {"", `{"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": 9, "statusListCredential": "https://example.com/1"}`,
			`[{"statusListCredential":"https://example.com/1","statusListIndex":9,"statusPurpose":"revocation","type":"BitstringStatusListEntry"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			list := rdfOf(t, x.contexts, x.status)
			if got := string(jcs.Array(list...).Canonical()); got != x.want {
				t.Errorf("%s, want %s", got, x.want)
			}
		})
	}
}

func TestSameEntries(t *testing.T) {
	plain := Entry{Purpose: "revocation", ListURL: "https://example.com/1", Index: 9, Size: 1}.Value()
	other := Entry{Purpose: "revocation", ListURL: "https://example.com/1", Index: 8, Size: 1}.Value()
	stranger := jcs.Object(jcs.Member{Name: "type", Value: jcs.FromString("Other")})
	for name, x := range map[string]struct {
		a, b []jcs.Value
		want bool
	}{
		"none":                 {nil, nil, true},
		"what is no entry":     {[]jcs.Value{stranger, jcs.FromString("x")}, nil, true},
		"order":                {[]jcs.Value{plain, other}, []jcs.Value{other, plain}, true},
		"what decides nothing": {[]jcs.Value{plain.With("id", jcs.FromString("urn:e:1"))}, []jcs.Value{plain}, true},
		"one less":             {[]jcs.Value{plain, other}, []jcs.Value{plain}, false},
		"twice":                {[]jcs.Value{plain, plain}, []jcs.Value{plain}, false},
		"another index":        {[]jcs.Value{plain}, []jcs.Value{other}, false},
		"another size":         {[]jcs.Value{plain}, []jcs.Value{plain.With("statusSize", jcs.FromInt(1))}, false},
		"a list as an array":   {[]jcs.Value{plain.With("statusListCredential", jcs.Array(jcs.FromString("https://example.com/1")))}, []jcs.Value{plain}, false},
	} {
		if got := SameEntries(x.a, x.b); got != x.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
