package jsonld_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tabard-id/tabard/did/jsonld"
)

// digests are those that specifications publish for contexts.
var digests = map[string]string{
	// Verifiable Credentials Data Model 2.0, B.1 and B.2
	"https://www.w3.org/ns/credentials/v2":   "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
	"https://www.w3.org/2018/credentials/v1": "ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc",
	// Data Integrity 1.0, 2.4.2
	"https://w3id.org/security/data-integrity/v2": "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
	"https://w3id.org/security/multikey/v1":       "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
}

// TestManifest: the embedded bytes are those the manifest speaks of, each file is
// in it, and its licence lies beside it.
func TestManifest(t *testing.T) {
	data, err := os.ReadFile("contexts/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	list, _ := decode(t, data).Get("contexts")
	files := map[string]bool{"manifest.json": true}
	total := 0
	for e := range list.Elems() {
		get := func(name string) string {
			s, ok := e.GetString(name)
			if !ok || s == "" {
				t.Errorf("%s: no %s", e.Canonical(), name)
			}
			return s
		}
		file, url := get("file"), get("url")
		data, err := os.ReadFile("contexts/" + file)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		if got := hex.EncodeToString(sum[:]); got != get("sha256") {
			t.Errorf("%s: SHA-256 is %s", file, got)
		} else if want, ok := digests[url]; ok && got != want {
			t.Errorf("%s: SHA-256 is %s; the specification says %s", file, got, want)
		}
		licence := "LICENSE." + get("license")
		if _, err := os.Stat("contexts/" + licence); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if get("source") == "" || get("path") == "" {
			t.Errorf("%s: no source", file)
		}
		if _, ok := jsonld.Embedded().Document(url); !ok {
			t.Errorf("%s: not embedded", url)
		}
		files[file], files[licence] = true, true
		total += len(data)
	}
	entries, err := os.ReadDir("contexts")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !files[e.Name()] {
			t.Errorf("%s: not in the manifest", e.Name())
		}
	}
	if total > 128<<10 {
		t.Errorf("%d bytes of contexts", total)
	}
}

// examplesV1 refers to the context of ODRL, which is not embedded: an operator may add it.
const examplesV1 = "https://www.w3.org/2018/credentials/examples/v1"

// TestEmbeddedCompile: every embedded context can be used on its own.
func TestEmbeddedCompile(t *testing.T) {
	for _, url := range jsonld.Embedded().URLs() {
		if url == examplesV1 {
			continue
		}
		doc := decode(t, []byte(`{"@context":["`+url+`"],"@id":"urn:x","@type":"urn:y"}`))
		if err := jsonld.Default().Check(doc); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

const own = `{"@context":{"x":"https://example.com/x"}}`

func TestWith(t *testing.T) {
	c, err := jsonld.Embedded().With(map[string][]byte{"https://example.com/c": []byte(own)})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := jsonld.Embedded().Document("https://example.com/c"); ok {
		t.Error("the embedded set was changed")
	}
	doc := decode(t, []byte(`{"@context":"https://example.com/c","x":"y"}`))
	got, err := jsonld.New(c).Canonicalize(doc, jsonld.SHA256)
	if want := "_:c14n0 <https://example.com/x> \"y\" .\n"; err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := c.With(map[string][]byte{"https://example.com/c": []byte(own + " ")}); err != nil {
		t.Errorf("the same document again: %v", err)
	}
}

func TestWithRefuses(t *testing.T) {
	many := map[string][]byte{}
	for i := range 300 {
		many["https://example.com/"+strings.Repeat("x", i)] = []byte(own)
	}
	for name, docs := range map[string]map[string][]byte{
		"an embedded context with other content": {"https://www.w3.org/ns/credentials/v2": []byte(own)},
		"a relative URL":                         {"c": []byte(own)},
		"an empty URL":                           {"": []byte(own)},
		"a long URL":                             {"https://example.com/" + strings.Repeat("x", 2<<10): []byte(own)},
		"no @context":                            {"https://example.com/c": []byte(`{}`)},
		"an array":                               {"https://example.com/c": []byte(`[` + own + `]`)},
		"no JSON":                                {"https://example.com/c": []byte(`{"@context":`)},
		"a duplicate member":                     {"https://example.com/c": []byte(`{"@context":{},"@context":{}}`)},
		"a large document":                       {"https://example.com/c": []byte(own + strings.Repeat(" ", 256<<10))},
		"many documents":                         many,
	} {
		if _, err := jsonld.Embedded().With(docs); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestWithFS(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	folder := fstest.MapFS{"index.json": file(`{"https://example.com/c":"c.jsonld"}`), "c.jsonld": file(own), "d.json": file(own)}
	c, err := jsonld.Embedded().WithFS(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Document("https://example.com/c"); !ok || len(c.URLs()) != len(jsonld.Embedded().URLs())+1 {
		t.Error("not added")
	}
	for name, index := range map[string]string{
		"a missing file":    `{"https://example.com/c":"e.jsonld"}`,
		"a file elsewhere":  `{"https://example.com/c":"../c.jsonld"}`,
		"an absolute file":  `{"https://example.com/c":"/c.jsonld"}`,
		"another ending":    `{"https://example.com/c":"c.txt"}`,
		"only an ending":    `{"https://example.com/c":".json"}`,
		"the index itself":  `{"https://example.com/c":"index.json"}`,
		"a number as file":  `{"https://example.com/c":1}`,
		"an array as index": `[]`,
		"no JSON":           `{`,
		"an embedded URL":   `{"https://www.w3.org/ns/credentials/v2":"c.jsonld"}`,
		"a large index":     `{` + strings.Repeat(" ", 256<<10) + `}`,
	} {
		folder["index.json"] = file(index)
		if _, err := jsonld.Embedded().WithFS(folder); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	delete(folder, "index.json")
	if _, err := jsonld.Embedded().WithFS(folder); err == nil {
		t.Error("no index: accepted")
	}
}
