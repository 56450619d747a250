package jsonld_test

import (
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

// TestFirstQuadIsAboutTheDocument, whatever is nested in it or precedes its type.
func TestFirstQuadIsAboutTheDocument(t *testing.T) {
	const types = `"@type": "https://example.com/T"`
	for name, x := range map[string]struct {
		doc  string
		want jsonld.Term
	}{
		"named":    {`{"@id": "urn:x", ` + types + `, "https://example.com/p": {"@id": "urn:y", ` + types + `}}`, jsonld.Term{Kind: jsonld.IRI, Value: "urn:x"}},
		"nameless": {`{"https://example.com/p": {"@id": "urn:y", ` + types + `}, ` + types + `}`, jsonld.Term{Kind: jsonld.Blank, Value: "b0"}},
		"included": {`{"@id": "urn:x", "@included": {"@id": "urn:a", ` + types + `}, ` + types + `}`, jsonld.Term{Kind: jsonld.IRI, Value: "urn:x"}},
		"reverse":  {`{"@reverse": {"https://example.com/p": {"@id": "urn:a", ` + types + `}}, "@id": "urn:x", ` + types + `}`, jsonld.Term{Kind: jsonld.IRI, Value: "urn:x"}},
	} {
		doc, err := jcs.Decode([]byte(x.doc))
		if err != nil {
			t.Fatal(err)
		}
		d, err := jsonld.Default().ToRDF(doc)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d.Quads[0].S != x.want {
			t.Errorf("%s: the first quad is about %+v, want %+v", name, d.Quads[0].S, x.want)
		}
	}
}
