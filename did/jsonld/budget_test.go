package jsonld_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

// edges makes N-Quads of a graph of blank nodes: n nodes, and an edge where said.
func edges(n int, edge func(i, j int) bool) string {
	var b strings.Builder
	for i := range n {
		for j := range n {
			if edge(i, j) {
				fmt.Fprintf(&b, "_:e%d <urn:p> _:e%d .\n", i, j)
			}
		}
	}
	return b.String()
}

// longPredicates makes the one predicate of a graph long.
func longPredicates(size int, text string) string {
	return strings.ReplaceAll(text, "<urn:p>", "<urn:"+strings.Repeat("p", size)+">")
}

func ring(n int) string { return edges(n, func(i, j int) bool { return j == (i+1)%n }) }

// hostileGraphs cannot be told apart node by node.
var hostileGraphs = map[string]string{
	"clique of 10":                           edges(10, func(i, j int) bool { return i != j }),
	"clique of 60":                           edges(60, func(i, j int) bool { return i != j }),
	"bipartite, 8 by 8":                      edges(16, func(i, j int) bool { return i%2 == 0 && j%2 == 1 }),
	"ring of 4000":                           ring(4000),
	"torus of 16 by 16":                      edges(256, func(i, j int) bool { return j == i/16*16+(i+1)%16 || j == (i+16)%256 }),
	"hypercube of 512":                       edges(512, func(i, j int) bool { x := i ^ j; return x != 0 && x&(x-1) == 0 }),
	"Petersen, many times":                   petersen(40),
	"long predicates hashed again and again": longPredicates(60<<10, edges(12, func(i, j int) bool { return i != j })),
	"star of stars": edges(111, func(i, j int) bool {
		return i == 0 && j >= 1 && j <= 10 || i >= 1 && i <= 10 && j >= i*10+1 && j < i*10+11
	}),
	"ring of 100 with graphs": strings.ReplaceAll(ring(100), " .\n", " _:g .\n") + strings.ReplaceAll(ring(100), " .\n", " _:h .\n"),
}

func petersen(copies int) string {
	var b strings.Builder
	for c := range copies {
		line := func(i, j int) {
			fmt.Fprintf(&b, "_:c%dx%d <urn:p> _:c%dx%d .\n_:c%dx%d <urn:p> _:c%dx%d .\n", c, i, c, j, c, j, c, i)
		}
		for i := range 5 {
			line(i, (i+1)%5)
			line(i, i+5)
			line(i+5, (i+2)%5+5)
		}
	}
	return b.String()
}

// TestHostileGraphs: the worst graphs are refused, soon and with little memory.
func TestHostileGraphs(t *testing.T) {
	for name, text := range hostileGraphs {
		d, err := jsonld.ParseNQuads([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		bounded(t, name, func() error {
			_, err := d.Canonical(jsonld.SHA256)
			return err
		})
	}
}

// bounded runs f, which must end within the bounds and, if it fails, for being
// over the budget.
func bounded(t *testing.T, name string, f func() error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	err := f()
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if err != nil && !errors.Is(err, jsonld.ErrBudget) {
		t.Errorf("%s: %v", name, err)
	}
	t.Logf("%s: %v, %d KiB allocated, %d KiB of heap, %v", name, took, (after.TotalAlloc-before.TotalAlloc)>>10, (after.Sys-before.Sys)>>10, err)
	if took > 2*time.Minute {
		t.Errorf("%s: took %v", name, took)
	}
}

// repeat joins n copies of s, in which # is the number of the copy.
func repeat(n int, sep, s string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strings.ReplaceAll(s, "#", fmt.Sprint(i))
	}
	return strings.Join(parts, sep)
}

// inner is repeat for what is repeated itself: % is the number of the copy.
func inner(n int, sep, s string) string {
	return strings.ReplaceAll(repeat(n, sep, strings.ReplaceAll(s, "%", "\x00#\x00")), "\x00", "")
}

// hostileDocuments ask for much more work than their size lets one expect.
var hostileDocuments = map[string]string{
	"long prefix": `{"@context":{"p":"urn:` + strings.Repeat("x", 400<<10) + `:"},` + repeat(20000, ",", `"p:#":1`) + `}`,
	"long vocabulary": `{"@context":{"@vocab":"urn:` + strings.Repeat("x", 400<<10) + `:"},` +
		repeat(20000, ",", `"p#":1`) + `}`,
	"long identifier":         `{"@id":"urn:` + strings.Repeat("x", 400<<10) + `",` + repeat(20000, ",", `"urn:p#":1`) + `}`,
	"long graph name":         `{"@id":"urn:` + strings.Repeat("x", 400<<10) + `","@graph":[` + repeat(10000, ",", `{"urn:p#":1}`) + `]}`,
	"many inline contexts":    `{"@context":{` + repeat(3000, ",", `"t#":"urn:t#"`) + `},"t0":[` + repeat(10000, ",", `{"@context":{"x":"urn:x#"},"x":1}`) + `]}`,
	"many terms":              `{"@context":{` + repeat(30000, ",", `"t#":"urn:t#"`) + `},"t0":1}`,
	"long chain of terms":     chainOfTerms(3000),
	"many scoped contexts":    `{"@context":{` + repeat(3000, ",", `"t#":{"@id":"urn:t#","@context":{"a":"urn:a"}}`) + `},"t0":1}`,
	"one context many times":  `{"@context":[` + repeat(20000, ",", `"https://www.w3.org/ns/credentials/v2"`) + `],"id":"urn:x"}`,
	"nested scoped contexts":  nestedScopes(10),
	"types with contexts":     `{"@context":{` + repeat(500, ",", `"T#":{"@id":"urn:T#","@context":{"a#":"urn:a"}}`) + `},"@graph":[` + repeat(200, ",", `{"@type":[`+inner(200, ",", `"T%"`)+`],"urn:p":1}`) + `]}`,
	"many identical objects":  `{"urn:p":[` + repeat(20000, ",", `{}`) + `]}`,
	"long list":               `{"urn:p":{"@list":[` + repeat(16000, ",", `#`) + `]}}`,
	"long list of one number": `{"urn:p":{"@list":[` + repeat(16000, ",", `1`) + `]}}`,
	"symmetric objects":       `{"urn:p":[` + repeat(12, ",", `{"urn:q":[{"urn:q":{}},{"urn:q":{}}]}`) + `]}`,
	"symmetric in two":        `{"@graph":[` + repeat(2, ",", `{"urn:p":[`+repeat(12, ",", `{"urn:q":{}}`)+`]}`) + `]}`,
	"merged imports":          `{"@context":{"@import":"https://www.w3.org/ns/credentials/v2",` + repeat(3000, ",", `"t#":"urn:t#"`) + `},"id":"urn:x","t0":1}`,
	"clique":                  `{"@graph":[` + repeat(12, ",", `{"@id":"_:n#","urn:p":[`+inner(12, ",", `{"@id":"_:n%"}`)+`]}`) + `]}`,
}

// chainOfTerms makes each term depend on the next.
func chainOfTerms(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"t%d":"t%d:y",`, i, i+1)
	}
	return `{"@context":{` + b.String() + fmt.Sprintf(`"t%d":"urn:y"},"t0":1}`, n)
}

// nestedScopes nests term-scoped contexts, each of which holds two others.
func nestedScopes(depth int) string {
	c := `{"x":"urn:x"}`
	for range depth {
		c = `{"a":{"@id":"urn:a","@context":` + c + `},"b":{"@id":"urn:b","@context":` + c + `}}`
	}
	return `{"@context":` + c + `,"a":{"a":{"a":{"a":1}}}}`
}

// TestHostileDocuments: work is bounded whatever the document.
func TestHostileDocuments(t *testing.T) {
	for name, text := range hostileDocuments {
		v, err := jcs.Limits{Values: 1 << 17}.Decode([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		p := jsonld.New(jsonld.Embedded())
		bounded(t, name, func() error {
			_, err := p.Canonicalize(v, jsonld.SHA256)
			return err
		})
	}
}

// legal are credentials with many blank nodes that look the same at first.
var legal = map[string]string{
	"40 equal objects":                          `{"@id":"urn:s","urn:p":[` + repeat(40, ",", `{"urn:q":"x"}`) + `]}`,
	"40 equal objects of a blank node":          `{"urn:p":[` + repeat(40, ",", `{"urn:q":"x"}`) + `]}`,
	"40 objects told apart one level on":        `{"urn:p":[` + repeat(40, ",", `{"urn:q":{"urn:r":#}}`) + `]}`,
	"two equal objects with 30 equal ones each": `{"@graph":[` + repeat(2, ",", `{"urn:p":[`+repeat(30, ",", `{"urn:q":"x"}`)+`]}`) + `]}`,
	"100 equal items of a list":                 `{"urn:p":{"@list":[` + repeat(100, ",", `"x"`) + `]}}`,
	"100 points of a line":                      `{"@context":{"p":{"@id":"urn:p","@container":"@list"}},"p":[` + repeat(100, ",", `[#.5,48.1]`) + `]}`,
	"1000 objects":                              `{"urn:p":[` + repeat(1000, ",", `{"urn:q":#}`) + `]}`,
}

func TestLegalSymmetry(t *testing.T) {
	for name, text := range legal {
		if _, err := jsonld.Default().Canonicalize(decode(t, []byte(text)), jsonld.SHA256); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWorkIsSharedByWhatBelongsTogether: what one document may take, several may not
// take each; by themselves, all may.
func TestWorkIsSharedByWhatBelongsTogether(t *testing.T) {
	ring := decode(t, []byte(`{"@graph":[`+repeat(200, ",", `{"@id":"_:n#","urn:p":{"@id":"_:n#x"}}`)+`,`+
		repeat(200, ",", `{"@id":"_:n#x","urn:q":{"@id":"_:n#"}}`)+`]}`))
	clique := decode(t, []byte(`{"@graph":[`+repeat(7, ",", `{"@id":"_:n#","urn:p":[`+inner(7, ",", `{"@id":"_:n%"}`)+`]}`)+`]}`))
	contexts := decode(t, []byte(`{"@context":[`+repeat(2500, ",", `"https://www.w3.org/ns/credentials/v2"`)+`],"id":"urn:x","type":"VerifiableCredential"}`))
	const rounds = 12 // a clique of seven takes 40 % of what there is, the contexts a sixth
	p := jsonld.New(jsonld.Embedded())
	for name, doc := range map[string]jcs.Value{"symmetric": clique, "contexts": contexts} {
		within := p.Within(new(jsonld.Work))
		refused, done := 0, 0
		for ; done < rounds && refused == 0; done++ {
			if _, err := p.Canonicalize(doc, jsonld.SHA256); err != nil {
				t.Fatalf("%s: by itself: %v", name, err)
			}
			if _, err := within.Canonicalize(doc, jsonld.SHA256); errors.Is(err, jsonld.ErrBudget) {
				refused++
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if refused == 0 || refused == done {
			t.Errorf("%s: %d of %d were refused", name, refused, done)
		}
		if _, err := p.Canonicalize(doc, jsonld.SHA256); err != nil {
			t.Errorf("%s: by itself, when the other's work is used up: %v", name, err)
		}
		if _, err := within.Share(8).Canonicalize(doc, jsonld.SHA256); !errors.Is(err, jsonld.ErrBudget) {
			t.Errorf("%s: a share of what is used up: %v", name, err)
		}
		if within.Origin() != p || within.Share(8).Origin() != p.Share(8) || p.Metered() || !within.Metered() {
			t.Errorf("%s: origins differ", name)
		}
	}
	within := p.Within(new(jsonld.Work))
	for range 100 {
		if _, err := within.Canonicalize(ring, jsonld.SHA256); err != nil {
			t.Fatal(err)
		}
	}
	if err := within.Spend(1 << 21); !errors.Is(err, jsonld.ErrBudget) {
		t.Errorf("spending more than there is: %v", err)
	}
}
