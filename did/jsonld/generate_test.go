package jsonld_test

import (
	"fmt"

	"github.com/tabard-id/tabard/did/jcs"
	"pgregory.net/rapid"
)

// context is what generated documents use: every kind of container and coercion,
// type- and property-scoped contexts, aliases, and reverse terms.
const context = `{
  "@version": 1.1,
  "id": "@id", "type": "@type",
  "ex": "https://example.com/ns#",
  "xsd": "http://www.w3.org/2001/XMLSchema#",
  "a": "ex:a", "b": {"@id": "ex:b", "@type": "@id"}, "c": {"@id": "ex:c", "@type": "@vocab"},
  "date": {"@id": "ex:date", "@type": "xsd:date"}, "double": {"@id": "ex:double", "@type": "xsd:double"},
  "json": {"@id": "ex:json", "@type": "@json"}, "none": {"@id": "ex:none", "@type": "@none"},
  "list": {"@id": "ex:list", "@container": "@list"}, "set": {"@id": "ex:set", "@container": "@set"},
  "refs": {"@id": "ex:refs", "@type": "@id", "@container": "@list"},
  "lang": {"@id": "ex:lang", "@container": "@language"}, "de": {"@id": "ex:de", "@language": "de"},
  "plain": {"@id": "ex:plain", "@language": null},
  "graph": {"@id": "ex:graph", "@container": "@graph"},
  "graphs": {"@id": "ex:graphs", "@container": ["@graph", "@id"]},
  "byID": {"@id": "ex:byID", "@container": "@id"}, "byType": {"@id": "ex:byType", "@container": "@type"},
  "byProp": {"@id": "ex:byProp", "@container": "@index", "@index": "a"},
  "parent": {"@reverse": "ex:child"}, "children": {"@reverse": "ex:parent", "@container": "@set"},
  "nest": "@nest", "label": {"@id": "ex:label", "@nest": "nest"},
  "A": {"@id": "ex:A", "@context": {"a": "ex:a-of-A", "d": "ex:d-of-A"}},
  "B": {"@id": "ex:B", "@context": {"@propagate": true, "a": {"@id": "ex:a-of-B", "@type": "@id"}}},
  "scoped": {"@id": "ex:scoped", "@context": {"a": "ex:a-scoped", "A": {"@id": "ex:scopedA", "@context": {"d": "ex:d-scoped"}}}},
  "reset": {"@id": "ex:reset", "@context": null}
}`

type generator struct{ t *rapid.T }

func (g generator) pick(options ...string) string {
	return rapid.SampledFrom(options).Draw(g.t, "pick")
}

func (g generator) n(lo, hi int) int { return rapid.IntRange(lo, hi).Draw(g.t, "n") }

func (g generator) id() string {
	return g.pick("urn:x", "urn:y", "ex:z", "_:p", "_:q", "https://example.com/1?a=b#c")
}

func (g generator) scalar() jcs.Value {
	switch g.n(0, 7) {
	case 0:
		return jcs.FromBool(g.n(0, 1) == 0)
	case 1:
		return jcs.FromInt(int64(g.n(-1000, 1000)))
	case 2:
		v, err := jcs.Decode([]byte(g.pick("1.5", "-0.25", "1e21", "1e-7", "123456789012345680000", "5e-324", "0.1", "100", "-0", "1.7976931348623157e308")))
		if err != nil {
			panic(err)
		}
		return v
	case 3:
		return jcs.FromString(g.id())
	default:
		return jcs.FromString(g.pick("", "x", "some \"text\"\n\\", "ünï😀", "2026-01-01", "A", "a"))
	}
}

func (g generator) array(f func() jcs.Value) jcs.Value {
	list := make([]jcs.Value, g.n(0, 3))
	for i := range list {
		list[i] = f()
	}
	return jcs.Array(list...)
}

func (g generator) maybe(f func() jcs.Value) jcs.Value {
	if g.n(0, 2) == 0 {
		return g.array(f)
	}
	return f()
}

func (g generator) object(depth int) jcs.Value {
	o := jcs.Object()
	if g.n(0, 1) == 0 {
		o = o.With(g.pick("id", "@id"), jcs.FromString(g.id()))
	}
	if g.n(0, 1) == 0 {
		o = o.With(g.pick("type", "@type"), g.maybe(func() jcs.Value { return jcs.FromString(g.pick("A", "B", "ex:C", "urn:D")) }))
	}
	for range g.n(0, 4) {
		name := g.pick("a", "a", "b", "c", "d", "date", "double", "json", "none", "list", "set", "refs", "lang", "de", "plain",
			"graph", "graphs", "byID", "byType", "byProp", "parent", "children", "nest", "scoped", "reset", "ex:other", "urn:p",
			"@graph", "@included", "@reverse", "@context")
		o = o.With(name, g.member(name, depth))
	}
	return o
}

func (g generator) node(depth int) jcs.Value {
	if depth <= 0 {
		return jcs.Object(jcs.Member{Name: "a", Value: g.scalar()})
	}
	return g.object(depth - 1)
}

func (g generator) member(name string, depth int) jcs.Value {
	node := func() jcs.Value { return g.node(depth) }
	switch name {
	case "lang":
		return jcs.Object(jcs.Member{Name: g.pick("en", "de-AT", "@none"), Value: g.maybe(func() jcs.Value { return jcs.FromString(g.pick("x", "y")) })})
	case "graphs", "byID":
		return jcs.Object(jcs.Member{Name: g.id(), Value: g.maybe(node)})
	case "byType":
		return jcs.Object(jcs.Member{Name: g.pick("A", "B", "ex:C"), Value: g.maybe(node)})
	case "byProp":
		return jcs.Object(jcs.Member{Name: g.pick("k", "l", "@none"), Value: g.maybe(node)})
	case "parent", "children", "graph", "@included", "@graph":
		return g.maybe(node)
	case "nest":
		return jcs.Object(jcs.Member{Name: "label", Value: g.scalar()}, jcs.Member{Name: "b", Value: g.scalar()})
	case "@reverse":
		return jcs.Object(jcs.Member{Name: "ex:rev", Value: g.maybe(node)})
	case "@context":
		v, err := jcs.Decode([]byte(g.pick(`{}`, `{"a":"ex:redefined"}`, `{"@vocab":"https://example.com/vocab#"}`, `{"@language":"fr"}`, `{"a":{"@id":"ex:a","@type":"@id"}}`)))
		if err != nil {
			panic(err)
		}
		return v
	}
	return g.maybe(func() jcs.Value { return g.value(depth) })
}

func (g generator) value(depth int) jcs.Value {
	switch g.n(0, 5) {
	case 0:
		return g.node(depth)
	case 1:
		o := jcs.Object(jcs.Member{Name: "@value", Value: g.scalar()})
		switch g.n(0, 3) {
		case 0:
			o = o.With("@type", jcs.FromString(g.pick("xsd:integer", "ex:T", "@json")))
		case 1:
			o = o.With("@language", jcs.FromString(g.pick("en", "de")))
		}
		return o
	case 2:
		return jcs.Object(jcs.Member{Name: g.pick("@list", "@set"), Value: g.array(func() jcs.Value { return g.value(depth - 1) })})
	case 3:
		return jcs.Object(jcs.Member{Name: "@id", Value: jcs.FromString(g.id())})
	}
	return g.scalar()
}

// document draws a JSON-LD document.
func document(t *rapid.T) jcs.Value {
	g := generator{t}
	c, err := jcs.Decode([]byte(context))
	if err != nil {
		panic(err)
	}
	return g.object(3).With("@context", c)
}

// graphText draws N-Quads of few blank nodes, so that many of them look alike.
func graphText(t *rapid.T) string {
	g := generator{t}
	blank := func() string { return fmt.Sprintf("_:e%d", g.n(0, 5)) }
	text := ""
	for range g.n(1, 10) {
		graph := g.pick("", "", "", blank()+" ", "<urn:g> ")
		text += blank() + " <urn:" + g.pick("p", "p", "q") + "> " + g.pick(blank(), blank(), blank(), "<urn:o>", `"x"`, `"x"@en`) + " " + graph + ".\n"
	}
	return text
}
