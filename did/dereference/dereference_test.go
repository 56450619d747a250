package dereference

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/vectors"
)

// world are the documents of vectors/resolution/binding.json.
func world(t testing.TB) map[did.ID]*did.Document {
	t.Helper()
	data, err := vectors.FS.ReadFile("resolution/binding.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		World []struct {
			DID      did.ID
			Document jcs.Value
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	docs := map[did.ID]*did.Document{}
	for _, known := range file.World {
		if known.Document.IsObject() {
			if docs[known.DID], err = did.ParseDocument(known.Document); err != nil {
				t.Fatal(err)
			}
		}
	}
	return docs
}

// The examples of RFC 3986, 5.4, without those that have an authority or a scheme.
func TestReferenceResolution(t *testing.T) {
	base := split("http://a/b/c/d;p?q")
	for ref, want := range map[string]string{
		"g": "http://a/b/c/g", "./g": "http://a/b/c/g", "g/": "http://a/b/c/g/", "/g": "http://a/g",
		"?y": "http://a/b/c/d;p?y", "g?y": "http://a/b/c/g?y", "#s": "http://a/b/c/d;p?q#s", "g#s": "http://a/b/c/g#s",
		"g?y#s": "http://a/b/c/g?y#s", ";x": "http://a/b/c/;x", "g;x": "http://a/b/c/g;x", "g;x?y#s": "http://a/b/c/g;x?y#s",
		"": "http://a/b/c/d;p?q", ".": "http://a/b/c/", "./": "http://a/b/c/", "..": "http://a/b/", "../": "http://a/b/",
		"../g": "http://a/b/g", "../..": "http://a/", "../../": "http://a/", "../../g": "http://a/g",
		"../../../g": "http://a/g", "../../../../g": "http://a/g", "/./g": "http://a/g", "/../g": "http://a/g",
		"g.": "http://a/b/c/g.", ".g": "http://a/b/c/.g", "g..": "http://a/b/c/g..", "..g": "http://a/b/c/..g",
		"./../g": "http://a/b/g", "./g/.": "http://a/b/c/g/", "g/./h": "http://a/b/c/g/h", "g/../h": "http://a/b/c/h",
		"g;x=1/./y": "http://a/b/c/g;x=1/y", "g;x=1/../y": "http://a/b/c/y", "g?y/./x": "http://a/b/c/g?y/./x", "g#s/../x": "http://a/b/c/g#s/../x",
	} {
		if got := resolve(base, split(ref)).String(); got != want {
			t.Errorf("%q: %s, want %s", ref, got, want)
		}
	}
}

func TestAbsoluteDIDURLs(t *testing.T) {
	const id = "did:example:1:2"
	for ref, want := range map[string]string{
		"#k": id + "#k", "": id, "/p": id + "/p", "?q": id + "?q", "p": id + "/p", "/a/../b#k": id + "/b#k", "./p?q": id + "/p?q",
		"did:other:1#k": "did:other:1#k", "https://a.example/#k": "https://a.example/#k", "//host/p": "//host/p",
	} {
		if got := absolute(id, ref); got != want {
			t.Errorf("%q: %s, want %s", ref, got, want)
		}
	}
}

func TestExpandKeepsWhatItNeedNotChange(t *testing.T) {
	for id, doc := range world(t) {
		once, err := Expand(doc)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := Expand(once)
		if err != nil || !twice.Value().Equal(once.Value()) {
			t.Errorf("%s: %v, expanded twice %s", id, err, twice.Value().Canonical())
		}
		if strings.Contains(string(once.Value().Canonical()), `"id":"#`) {
			t.Errorf("%s: %s", id, once.Value().Canonical())
		}
	}
}

func TestTooManyParameters(t *testing.T) {
	var query []string
	for i := range maxOptions + 1 {
		query = append(query, "a"+strings.Repeat("b", i)+"=1")
	}
	if _, err := ParseQuery(strings.Join(query, "&")); did.CodeOf(err) != did.InvalidDIDURL {
		t.Errorf("%v", err)
	}
	if _, err := ParseQuery(strings.Join(query[:maxOptions], "&")); err != nil {
		t.Errorf("%v", err)
	}
}

// FuzzDereference: whatever is asked of a document, what comes out is a part of it with an id that was
// asked for, or URLs on hosts that the document names.
func FuzzDereference(f *testing.F) {
	docs := world(f)
	for id := range docs {
		for _, seed := range []string{"", "#key-1", "#whois", "?service=files&relativeRef=%2Fa%2F..%2Fb", "/whois", "/a/b#c",
			"?serviceType=LinkedDomains", "?service=list&relativeRef=//evil.example", "/..%2f..%2fx", "?expandRelativeUrls=true"} {
			f.Add(string(id)+seed, true)
		}
	}
	f.Fuzz(func(t *testing.T, text string, wantURLs bool) {
		u, err := did.ParseURL(text)
		if err != nil || docs[u.DID] == nil {
			return
		}
		doc := docs[u.DID]
		r, err := New(u, nil)
		if err != nil {
			if code := did.CodeOf(err); code == did.InternalError {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		got, err := r.Dereference(doc, wantURLs)
		if err != nil {
			if code := did.CodeOf(err); code == did.InternalError || code == did.InvalidDIDDocument {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if (len(got.URLs) > 0) == (got.Content.Kind() != 0) {
			t.Fatalf("%q gave %d URLs and %s", text, len(got.URLs), got.Content.Canonical())
		}
		for _, target := range got.URLs {
			parsed, err := url.Parse(target)
			if err != nil {
				t.Fatalf("%q gave %q: %v", text, target, err)
			}
			if parsed.Host != "" && !strings.Contains(string(doc.Value().Canonical()), parsed.Host) && parsed.Host != "host.example" && parsed.Host != "host.example:8443" {
				t.Fatalf("%q left for %s", text, target)
			}
		}
	})
}
