package jsonld_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

// FuzzCanonicalize: a document is refused with an *Error, or has canonical N-Quads
// that are N-Quads, that stay as they are when canonicalised again, that do not
// depend on what was cached, and that its skolemized form has too.
func FuzzCanonicalize(f *testing.F) {
	f.Add([]byte(credential))
	f.Add([]byte(context))
	for _, text := range legal {
		f.Add([]byte(text))
	}
	for _, name := range []string{"canonical.json", "refusals.json"} {
		eachDocument(f, name, func(doc []byte) { f.Add(doc) })
	}
	warm := jsonld.New(jsonld.Embedded())
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := jcs.Limits{Bytes: 1 << 14}.Decode(data)
		if err != nil {
			return
		}
		got, err := warm.Canonicalize(doc, jsonld.SHA256)
		cold, coldErr := jsonld.New(jsonld.Embedded()).Canonicalize(doc, jsonld.SHA256)
		if string(got) != string(cold) || (err == nil) != (coldErr == nil) || err != nil && err.Error() != coldErr.Error() {
			t.Fatalf("with a warm cache\n%s%v\nwith a cold one\n%s%v", got, err, cold, coldErr)
		}
		if err != nil {
			var e *jsonld.Error
			if !errors.As(err, &e) || e.Code == "" {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		stable(t, string(got))
		if !strings.Contains(string(data), "urn:bnid:") && !errors.Is(warm.Check(doc), jsonld.ErrBudget) {
			skolemized(t, doc, jsonld.SHA256)
		}
	})
}

// stable checks that canonical N-Quads are their own canonical form.
func stable(t *testing.T, text string) {
	t.Helper()
	d, err := jsonld.ParseNQuads([]byte(text))
	if err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	c, err := d.Canonical(jsonld.SHA256)
	if err != nil && !errors.Is(err, jsonld.ErrBudget) {
		t.Fatal(err)
	}
	if err == nil && strings.Join(c.Lines, "") != text {
		t.Fatalf("\n%s\nbecomes\n%s", text, strings.Join(c.Lines, ""))
	}
}

// FuzzNQuads: what is read is written as N-Quads that are read as the same, and
// the canonical form does not depend on labels or order.
func FuzzNQuads(f *testing.F) {
	for _, text := range hostileGraphs {
		f.Add([]byte(text[:min(len(text), 2<<10)]))
	}
	f.Add([]byte("_:a <urn:p> \"\\u0041\\n\"@en-GB <urn:g> . # comment\n\n_:a.b <urn:p> \"x\"^^<urn:t>.\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<14 {
			return
		}
		d, err := jsonld.ParseNQuads(data)
		if err != nil {
			return
		}
		c, err := d.Canonical(jsonld.SHA384)
		if err != nil {
			if !errors.Is(err, jsonld.ErrBudget) {
				t.Fatal(err)
			}
			return
		}
		other := &jsonld.Dataset{}
		for i := range d.Quads {
			q := d.Quads[len(d.Quads)-1-i]
			for _, term := range []*jsonld.Term{&q.S, &q.O, &q.G} {
				if term.Kind == jsonld.Blank {
					term.Value = "z" + term.Value
				}
			}
			other.Quads = append(other.Quads, q, q)
		}
		o, err := other.Canonical(jsonld.SHA384)
		if err != nil && !errors.Is(err, jsonld.ErrBudget) || err == nil && strings.Join(o.Lines, "") != strings.Join(c.Lines, "") {
			t.Fatalf("%v\n%s\nin another order\n%s", err, strings.Join(c.Lines, ""), strings.Join(o.Lines, ""))
		}
	})
}

// FuzzContext: any context is refused or can be used.
func FuzzContext(f *testing.F) {
	f.Add([]byte(context), "a")
	for _, url := range jsonld.Embedded().URLs() {
		doc, _ := jsonld.Embedded().Document(url)
		f.Add(doc.Canonical(), "id")
	}
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		c, err := jsonld.Embedded().With(map[string][]byte{"https://example.com/c": data})
		if err != nil || len(data) > 1<<14 {
			return
		}
		doc := jcs.Object(jcs.Member{Name: "@context", Value: jcs.FromString("https://example.com/c")}).With(name, jcs.FromString("urn:x"))
		got, err := jsonld.New(c).Canonicalize(doc, jsonld.SHA256)
		if err == nil {
			stable(t, string(got))
		}
	})
}
