package did_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// TestPublishedDocuments parses every document in the published did:webvh logs.
func TestPublishedDocuments(t *testing.T) {
	logs, err := filepath.Glob(filepath.Join("..", "..", "shared", "vectors", "didwebvh", "*", "*", "did.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if len(logs) == 0 {
		t.Skip("no ../shared/vectors/didwebvh beside the checkout")
	}
	for _, name := range logs {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(data))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			entry, err := jcs.Decode(lines.Bytes())
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			state, _ := entry.Get("state")
			doc, err := did.ParseDocument(state)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, m := range doc.VerificationMethods() {
				if m.KeyErr != nil {
					t.Errorf("%s: %s: %v", name, m.ID, m.KeyErr)
				}
			}
		}
	}
}

func TestDocument(t *testing.T) {
	const text = `{"alsoKnownAs":["did:web:example.com","https://example.com/a?b#c","urn:uuid:1"],"controller":["did:m:a","did:m:b"],` +
		`"extra":{"kept":[1]},"id":"did:m:x","service":[` +
		`{"id":"#files","serviceEndpoint":"https://example.com/","type":"relativeRef"},` +
		`{"id":"did:m:x#other","serviceEndpoint":[{"uri":"x"},"https://example.com"],"type":["A","B"]},` +
		`{"id":"https://example.com/service","serviceEndpoint":{},"type":"C"}],` +
		`"verificationMethod":[{"id":"#1","type":"Multikey"}]}`
	doc := mustParse(t, text)
	if got := string(doc.Value().Canonical()); got != text {
		t.Error(got)
	}
	if doc.ID() != "did:m:x" || !slices.Equal(doc.Controllers(), []did.ID{"did:m:a", "did:m:b"}) || len(doc.AlsoKnownAs()) != 3 {
		t.Error(doc.ID(), doc.Controllers(), doc.AlsoKnownAs())
	}
	services := doc.Services()
	if len(services) != 3 || services[0].ID != "did:m:x#files" || !slices.Equal(services[1].Types, []string{"A", "B"}) || services[1].Endpoint.Len() != 2 {
		t.Errorf("%+v", services)
	}
	for id, want := range map[string]bool{
		"did:m:x#1": true, "did:m:x#files": true, "https://example.com/service": true,
		"#1": false, "#files": false, "did:m:x": false, "": false, "did:m:x#no": false,
	} {
		if v, ok := doc.Node(id); ok != want || ok != v.IsObject() {
			t.Errorf("%s: %s, %v", id, v.Canonical(), ok)
		}
	}
	if one := mustParse(t, `{"id":"did:m:x","controller":"did:m:y"}`); !slices.Equal(one.Controllers(), []did.ID{"did:m:y"}) {
		t.Error(one.Controllers())
	}
}

// TestDocumentIsImmutable: what the accessors return is the caller's own.
func TestDocumentIsImmutable(t *testing.T) {
	doc := mustParse(t, subject)
	doc.VerificationMethods()[0].ID = "changed"
	doc.Related(did.AssertionMethod)[0] = "changed"
	if _, err := doc.Method("did:m:x#1", did.AssertionMethod); err != nil {
		t.Error(err)
	}
}

func TestParseDocumentRefuses(t *testing.T) {
	methods := func(n int, id string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(`{"id":"#%s%d","type":"T"}`, id, i)
		}
		return strings.Join(list, ",")
	}
	repeat := func(s string, n int) string { return strings.TrimSuffix(strings.Repeat(s+",", n), ",") }
	for name, members := range map[string]string{
		"no id":                           `"x":1`,
		"id not a string":                 `"id":1`,
		"id null":                         `"id":null`,
		"id not a DID":                    `"id":"https://example.com"`,
		"id with a fragment":              `"id":"did:m:x#a"`,
		"id a template":                   `"id":"did:webvh:{SCID}:example.com"`,
		"controller not a DID":            `"id":"did:m:x","controller":"x"`,
		"controller a DID URL":            `"id":"did:m:x","controller":"did:m:x#1"`,
		"controller a number":             `"id":"did:m:x","controller":1`,
		"controller an object":            `"id":"did:m:x","controller":{}`,
		"controller empty":                `"id":"did:m:x","controller":""`,
		"controllers of other kinds":      `"id":"did:m:x","controller":["did:m:x",1]`,
		"controllers beyond the limit":    `"id":"did:m:x","controller":[` + repeat(`"did:m:x"`, 257) + `]`,
		"alsoKnownAs a string":            `"id":"did:m:x","alsoKnownAs":"did:m:y"`,
		"alsoKnownAs a relative URI":      `"id":"did:m:x","alsoKnownAs":["/a"]`,
		"alsoKnownAs with a space":        `"id":"did:m:x","alsoKnownAs":["urn:a b"]`,
		"alsoKnownAs with a bad scheme":   `"id":"did:m:x","alsoKnownAs":["1a:b"]`,
		"alsoKnownAs without scheme":      `"id":"did:m:x","alsoKnownAs":[":b"]`,
		"alsoKnownAs with a worse scheme": `"id":"did:m:x","alsoKnownAs":["a_b:c"]`,
		"alsoKnownAs a number":            `"id":"did:m:x","alsoKnownAs":[1]`,
		"verificationMethod an object":    `"id":"did:m:x","verificationMethod":{"id":"#1","type":"T"}`,
		"verificationMethod null":         `"id":"did:m:x","verificationMethod":null`,
		"verificationMethod a reference":  `"id":"did:m:x","verificationMethod":["#1"]`,
		"method without id":               `"id":"did:m:x","verificationMethod":[{"type":"T"}]`,
		"method without type":             `"id":"did:m:x","verificationMethod":[{"id":"#1"}]`,
		"method with many types":          `"id":"did:m:x","verificationMethod":[{"id":"#1","type":["T"]}]`,
		"method id not a DID URL":         `"id":"did:m:x","verificationMethod":[{"id":"https://example.com#1","type":"T"}]`,
		"method id a bare word":           `"id":"did:m:x","verificationMethod":[{"id":"key","type":"T"}]`,
		"method id with two fragments":    `"id":"did:m:x","verificationMethod":[{"id":"#a#b","type":"T"}]`,
		"method controller not a DID":     `"id":"did:m:x","verificationMethod":[{"id":"#1","type":"T","controller":"x"}]`,
		"method with controllers":         `"id":"did:m:x","verificationMethod":[{"id":"#1","type":"T","controller":["did:m:x"]}]`,
		"method controller null":          `"id":"did:m:x","verificationMethod":[{"id":"#1","type":"T","controller":null}]`,
		"two methods of one id":           `"id":"did:m:x","verificationMethod":[{"id":"#1","type":"T"},{"id":"did:m:x#1","type":"T"}]`,
		"embedded method of the same id":  `"id":"did:m:x","verificationMethod":[{"id":"#1","type":"T"}],"authentication":[{"id":"#1","type":"U"}]`,
		"embedded with another type":      `"id":"did:m:x","keyAgreement":[{"id":"#1","type":"T"}],"authentication":[{"id":"#1","type":"U"}]`,
		"65 methods":                      `"id":"did:m:x","verificationMethod":[` + methods(65, "a") + `]`,
		"65 methods, one embedded":        `"id":"did:m:x","verificationMethod":[` + methods(64, "a") + `],"authentication":[` + methods(1, "b") + `]`,
		"65 references":                   `"id":"did:m:x","authentication":[` + repeat(`"#1"`, 65) + `]`,
		"relationship a string":           `"id":"did:m:x","assertionMethod":"#1"`,
		"relationship of numbers":         `"id":"did:m:x","assertionMethod":[1]`,
		"relationship of arrays":          `"id":"did:m:x","assertionMethod":[["#1"]]`,
		"relationship of bare words":      `"id":"did:m:x","capabilityDelegation":["key"]`,
		"relationship of empty strings":   `"id":"did:m:x","keyAgreement":[""]`,
		"service an object":               `"id":"did:m:x","service":{"id":"#1","type":"T","serviceEndpoint":"x"}`,
		"service a string":                `"id":"did:m:x","service":["#1"]`,
		"service without id":              `"id":"did:m:x","service":[{"type":"T","serviceEndpoint":"x"}]`,
		"service id a bare word":          `"id":"did:m:x","service":[{"id":"files","type":"T","serviceEndpoint":"x"}]`,
		"service without type":            `"id":"did:m:x","service":[{"id":"#1","serviceEndpoint":"x"}]`,
		"service of no types":             `"id":"did:m:x","service":[{"id":"#1","type":[],"serviceEndpoint":"x"}]`,
		"service of a number as type":     `"id":"did:m:x","service":[{"id":"#1","type":[1],"serviceEndpoint":"x"}]`,
		"service without endpoint":        `"id":"did:m:x","service":[{"id":"#1","type":"T"}]`,
		"service endpoint a number":       `"id":"did:m:x","service":[{"id":"#1","type":"T","serviceEndpoint":1}]`,
		"service endpoint an empty list":  `"id":"did:m:x","service":[{"id":"#1","type":"T","serviceEndpoint":[]}]`,
		"service endpoint lists in lists": `"id":"did:m:x","service":[{"id":"#1","type":"T","serviceEndpoint":[["x"]]}]`,
		"two services of one id":          `"id":"did:m:x","service":[{"id":"#1","type":"T","serviceEndpoint":"x"},{"id":"did:m:x#1","type":"T","serviceEndpoint":"y"}]`,
	} {
		doc, err := parse(t, `{`+members+`}`)
		if did.CodeOf(err) != did.InvalidDIDDocument || doc != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{`null`, `[]`, `"did:m:x"`, `1`} {
		if _, err := parse(t, text); did.CodeOf(err) != did.InvalidDIDDocument {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzParseDocument: every method of an accepted document can be asked for, and is
// given only under its own id and the uses that list it.
func FuzzParseDocument(f *testing.F) {
	f.Add([]byte(subject))
	f.Add([]byte(`{"id":"did:m:x","service":[{"id":"#1","type":"T","serviceEndpoint":"x"}],"alsoKnownAs":["a:b"]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := jcs.Decode(data)
		if err != nil {
			return
		}
		doc, err := did.ParseDocument(v)
		if err != nil {
			if did.CodeOf(err) != did.InvalidDIDDocument {
				t.Fatal(err)
			}
			return
		}
		if !doc.Value().Equal(v) || len(doc.VerificationMethods()) > did.MaxKeys {
			t.Fatal("changed")
		}
		for _, m := range doc.VerificationMethods() {
			if m.Key.IsZero() == (m.KeyErr == nil) {
				t.Fatalf("%s: %v, %v", m.ID, m.Key, m.KeyErr)
			}
			got, err := doc.Method(m.ID, did.AssertionMethod)
			if err == nil && (got.ID != m.ID || got.Controller != doc.ID() || !slices.Contains(doc.Related(did.AssertionMethod), m.ID)) {
				t.Fatalf("%s: %+v", m.ID, got)
			}
		}
	})
}

func BenchmarkParseDocument(b *testing.B) {
	v, err := jcs.Decode([]byte(subject))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := did.ParseDocument(v); err != nil {
			b.Fatal(err)
		}
	}
}
