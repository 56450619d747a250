package jsonld

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
)

func mustDecode(t testing.TB, text string) jcs.Value {
	t.Helper()
	v, err := jcs.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestCacheKeepsWhatIsUsed: a flood of contexts, each used twice even, neither
// grows the cache nor pushes out the one that is in use all the time.
func TestCacheKeepsWhatIsUsed(t *testing.T) {
	p := New(Embedded())
	used := mustDecode(t, `{"@context":["https://www.w3.org/ns/credentials/v2"],"id":"urn:x","name":"x"}`)
	key := mustDecode(t, `["https://www.w3.org/ns/credentials/v2"]`).Canonical()
	var compiled *activeContext
	for i := range 500 {
		if err := p.Check(used); err != nil {
			t.Fatal(err)
		}
		hostile := mustDecode(t, fmt.Sprintf(`{"@context":{"p":"urn:p%d"},"p":1}`, i))
		for range 1 + i%2 {
			if err := p.Check(hostile); err != nil {
				t.Fatal(err)
			}
		}
		if i == 10 {
			compiled = p.cache.get(key)
		}
	}
	if len(p.cache.kept) > cacheKept || len(p.cache.probation) > cacheProbation {
		t.Errorf("%d contexts kept, %d in probation", len(p.cache.kept), len(p.cache.probation))
	}
	if compiled == nil || p.cache.get(key) != compiled {
		t.Error("the context in use was compiled again")
	}
}

// TestCacheLeavesOutLongContexts: what is longer than any that is shared is not kept.
func TestCacheLeavesOutLongContexts(t *testing.T) {
	p := New(Embedded())
	doc := mustDecode(t, `{"@context":{"p":"urn:`+strings.Repeat("x", cacheKeyBytes)+`"},"p":1}`)
	if err := p.Check(doc); err != nil {
		t.Fatal(err)
	}
	if len(p.cache.probation) != 0 {
		t.Error("kept")
	}
}

// TestDerivedContextsAreBounded: a document that goes through ever new
// combinations of scoped contexts does not fill the cache of a shared context.
func TestDerivedContextsAreBounded(t *testing.T) {
	p := New(Embedded())
	local := `{"a":{"@id":"urn:a","@context":{"x":"urn:x"}},"b":{"@id":"urn:b","@context":{"y":"urn:y"}}}`
	for n := range 2000 {
		nested := `1`
		for i := range 11 {
			nested = fmt.Sprintf(`{"%c":%s}`, 'a'+(n>>i)&1, nested)
		}
		if err := p.Check(mustDecode(t, `{"@context":`+local+`,"a":`+nested+`}`)); err != nil {
			t.Fatal(err)
		}
	}
	kept := p.cache.get(mustDecode(t, local).Canonical())
	if kept == nil || kept.root.terms.Load() > maxRootWeight || kept.root.terms.Load() == 0 {
		t.Errorf("weight %d of %d", kept.root.terms.Load(), maxRootWeight)
	}
}

// TestBudgetIgnoresTheCache: what a document may cost does not depend on whether
// its context was compiled before.
func TestBudgetIgnoresTheCache(t *testing.T) {
	vocab := strings.Repeat("x", 3<<10)
	terms := make([]string, 0, 40)
	for i := range 40 {
		terms = append(terms, fmt.Sprintf(`"t%d":{"@type":"@id"}`, i))
	}
	local := `{"@vocab":"urn:` + vocab + `",` + strings.Join(terms, ",") + `}`
	doc := mustDecode(t, `{"@context":`+local+`,"t0":"urn:x"}`)
	warm := New(Embedded())
	left := func(p *Processor) budget {
		w := p.worker()
		defer p.release(w)
		if err := w.convert(doc); err != nil {
			t.Fatal(err)
		}
		return w.budget
	}
	cold := left(warm)
	for range 3 {
		if again := left(warm); again != cold {
			t.Errorf("%+v left with a warm cache, %+v with a cold one", again, cold)
		}
	}
	if cold.bytes > maxBytes-40*len(vocab) {
		t.Errorf("text was not counted: %+v", cold)
	}
}

// TestConcurrent: one processor serves many at once.
func TestConcurrent(t *testing.T) {
	p := New(Embedded())
	doc := mustDecode(t, `{"@context":"https://www.w3.org/ns/credentials/v2","type":["VerifiableCredential"],"issuer":"did:example:i","credentialSubject":{"id":"did:example:s","name":"x"}}`)
	want, err := p.Canonicalize(doc, SHA256)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 50 {
				other := mustDecode(t, fmt.Sprintf(`{"@context":{"p":{"@id":"urn:p%d","@context":{"q":"urn:q"}}},"p":{"q":%d}}`, j%7, i))
				if err := p.Check(other); err != nil {
					t.Error(err)
				}
				if got, err := p.Canonicalize(doc, SHA256); err != nil || string(got) != string(want) {
					t.Errorf("%s, %v", got, err)
				}
			}
		})
	}
	group.Wait()
}

// TestCanonicalRefusesMalformedDatasets: a dataset made by hand is checked.
func TestCanonicalRefusesMalformedDatasets(t *testing.T) {
	iri := func(s string) Term { return Term{Kind: IRI, Value: s} }
	good := Quad{S: iri("urn:s"), P: iri("urn:p"), O: iri("urn:o")}
	for name, spoil := range map[string]func(*Quad){
		"no subject":                  func(q *Quad) { q.S = Term{} },
		"literal as subject":          func(q *Quad) { q.S = Term{Kind: Literal, Value: "x", Datatype: xsdString} },
		"blank node as predicate":     func(q *Quad) { q.P = Term{Kind: Blank, Value: "b"} },
		"no object":                   func(q *Quad) { q.O = Term{} },
		"literal as graph name":       func(q *Quad) { q.G = Term{Kind: Literal, Value: "x", Datatype: xsdString} },
		"relative IRI":                func(q *Quad) { q.O.Value = "o" },
		"IRI with a line feed":        func(q *Quad) { q.O.Value = "urn:o\n" },
		"IRI with a datatype":         func(q *Quad) { q.O.Datatype = xsdString },
		"blank node without a label":  func(q *Quad) { q.S = Term{Kind: Blank} },
		"blank node with a space":     func(q *Quad) { q.S = Term{Kind: Blank, Value: "a b"} },
		"literal without a datatype":  func(q *Quad) { q.O = Term{Kind: Literal, Value: "x"} },
		"language without its type":   func(q *Quad) { q.O = Term{Kind: Literal, Value: "x", Datatype: xsdString, Language: "en"} },
		"language type alone":         func(q *Quad) { q.O = Term{Kind: Literal, Value: "x", Datatype: rdfLang} },
		"malformed language":          func(q *Quad) { q.O = Term{Kind: Literal, Value: "x", Datatype: rdfLang, Language: "e n"} },
		"literal that is not UTF-8":   func(q *Quad) { q.O = Term{Kind: Literal, Value: "\xff", Datatype: xsdString} },
		"unknown kind":                func(q *Quad) { q.O.Kind = 9 },
		"default graph with a value":  func(q *Quad) { q.G.Value = "x" },
		"datatype that is not an IRI": func(q *Quad) { q.O = Term{Kind: Literal, Value: "x", Datatype: "string"} },
	} {
		q := good
		spoil(&q)
		if _, err := (&Dataset{Quads: []Quad{good, q}}).Canonical(SHA256); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (&Dataset{Quads: []Quad{good}}).Canonical(9); !errors.Is(err, ErrInvalid) {
		t.Errorf("unknown hash: %v", err)
	}
}
