package jsonld_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/vectors"
)

var update = flag.Bool("update", false, "write the vectors anew")

// vectorFile is one file of vectors/jsonld.
type vectorFile struct {
	Description string        `json:"description"`
	Source      string        `json:"source"`
	Cases       []*vectorCase `json:"cases"`
}

type vectorCase struct {
	Name      string            `json:"name"`
	Source    string            `json:"source,omitempty"`
	Hash      string            `json:"hash,omitempty"`
	Document  json.RawMessage   `json:"document,omitempty"`
	NQuads    any               `json:"nquads,omitempty"`
	Error     string            `json:"error,omitempty"`
	Code      string            `json:"code,omitempty"`
	Path      string            `json:"path,omitempty"`
	Canonical []string          `json:"canonical,omitempty"`
	Labels    map[string]string `json:"labels,omitempty"`
}

func (c *vectorCase) hash() jsonld.Hash {
	if c.Hash == "SHA-384" {
		return jsonld.SHA384
	}
	return jsonld.SHA256
}

// eachVector runs f for every case of a file, and writes the file with -update.
func eachVector(t *testing.T, name string, f func(*testing.T, *vectorCase)) {
	t.Helper()
	path := "jsonld/" + name
	data, err := vectors.FS.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file vectorFile
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) { f(t, c) })
	}
	if !*update {
		return
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("../../vectors/"+path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

var kinds = map[string]error{
	"data-loss": jsonld.ErrDataLoss, "invalid": jsonld.ErrInvalid,
	"unknown-context": jsonld.ErrUnknownContext, "budget": jsonld.ErrBudget,
}

// TestRefusals: each document is refused for its own defect, at its place.
func TestRefusals(t *testing.T) {
	eachVector(t, "refusals.json", func(t *testing.T, c *vectorCase) {
		doc := decode(t, c.Document)
		_, err := jsonld.Default().Canonicalize(doc, jsonld.SHA256)
		var e *jsonld.Error
		if !errors.As(err, &e) || !errors.Is(err, kinds[c.Error]) || e.Code != c.Code {
			t.Fatalf("%v; want %s: %s", err, c.Error, c.Code)
		}
		if *update {
			c.Path = e.Path
		}
		if e.Path != c.Path {
			t.Errorf("at %q; want %q", e.Path, c.Path)
		}
		if c.Error == "budget" {
			return
		}
		if err := jsonld.Default().Check(doc); err == nil {
			t.Error("Check accepts it")
		}
		if _, err := jsonld.Default().ToRDF(doc); err == nil {
			t.Error("ToRDF accepts it")
		}
		if _, err := jsonld.Default().Skolemize(doc, func(int) string { return "urn:s" }); err == nil {
			t.Error("Skolemize accepts it")
		}
	})
}

// TestCanonical: each document has its canonical N-Quads, and so does its dataset
// when it has gone through N-Quads.
func TestCanonical(t *testing.T) {
	eachVector(t, "canonical.json", func(t *testing.T, c *vectorCase) {
		doc := decode(t, c.Document)
		got, err := jsonld.Default().Canonicalize(doc, c.hash())
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			c.Canonical = lines(string(got))
		}
		if want := join(c.Canonical); string(got) != want {
			t.Fatalf("\n%s\nwant\n%s", got, want)
		}
		d, err := jsonld.ParseNQuads(got)
		if err != nil {
			t.Fatal(err)
		}
		again, err := d.Canonical(c.hash())
		if err != nil || strings.Join(again.Lines, "") != string(got) {
			t.Errorf("canonical form is not stable: %v\n%s", err, strings.Join(again.Lines, ""))
		}
		skolemized(t, doc, c.hash())
	})
}

// skolemized checks that naming the blank nodes of doc, and taking the names away
// again, gives the dataset of doc.
func skolemized(t *testing.T, doc jcs.Value, h jsonld.Hash) {
	t.Helper()
	p := jsonld.Default()
	named, err := p.Skolemize(doc, func(i int) string { return "urn:bnid:s" + strings.Repeat("x", i) })
	if err != nil {
		t.Fatal(err)
	}
	d, err := p.ToRDF(named)
	if err != nil {
		t.Fatalf("%s: %v", named.Canonical(), err)
	}
	for i := range d.Quads {
		q := &d.Quads[i]
		for _, term := range []*jsonld.Term{&q.S, &q.O, &q.G} {
			if s, ok := strings.CutPrefix(term.Value, "urn:bnid:"); ok && term.Kind == jsonld.IRI {
				*term = jsonld.Term{Kind: jsonld.Blank, Value: s}
			}
		}
	}
	c, err := d.Canonical(h)
	if err != nil {
		t.Fatal(err)
	}
	want, err := p.Canonicalize(doc, h)
	if got := strings.Join(c.Lines, ""); err != nil || got != string(want) {
		t.Errorf("skolemized\n%s\n%s\nwant\n%s%v", named.Canonical(), got, want, err)
	}
}

// TestGraphs: each dataset has its canonical lines and identifiers.
func TestGraphs(t *testing.T) {
	eachVector(t, "graphs.json", func(t *testing.T, c *vectorCase) {
		list, _ := c.NQuads.([]any)
		var text strings.Builder
		for _, l := range list {
			s, _ := l.(string)
			text.WriteString(s + "\n")
		}
		d, err := jsonld.ParseNQuads([]byte(text.String()))
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Canonical(c.hash())
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			c.Canonical, c.Labels = lines(strings.Join(got.Lines, "")), got.Labels
		}
		if strings.Join(got.Lines, "") != join(c.Canonical) {
			t.Errorf("\n%s\nwant\n%s", strings.Join(got.Lines, ""), join(c.Canonical))
		}
		if len(got.Labels) != len(c.Labels) {
			t.Errorf("labels %v; want %v", got.Labels, c.Labels)
		}
		for k, v := range c.Labels {
			if got.Labels[k] != v {
				t.Errorf("label of %s is %s; want %s", k, got.Labels[k], v)
			}
		}
	})
}

// TestNotNQuads: the parser refuses what is not N-Quads.
func TestNotNQuads(t *testing.T) {
	eachVector(t, "nquads.json", func(t *testing.T, c *vectorCase) {
		text, _ := c.NQuads.(string)
		d, err := jsonld.ParseNQuads([]byte(text))
		var e *jsonld.Error
		if !errors.As(err, &e) || !errors.Is(err, jsonld.ErrInvalid) || e.Path == "" {
			t.Errorf("%v, %v", d, err)
		}
	})
}

func lines(s string) []string {
	list := strings.SplitAfter(s, "\n")
	list = list[:len(list)-1]
	for i := range list {
		list[i] = strings.TrimSuffix(list[i], "\n")
	}
	return list
}

func join(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return strings.Join(list, "\n") + "\n"
}

// eachDocument gives every document of a file of vectors.
func eachDocument(t testing.TB, name string, f func([]byte)) {
	t.Helper()
	data, err := vectors.FS.ReadFile("jsonld/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var file vectorFile
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Cases {
		f(c.Document)
	}
}
