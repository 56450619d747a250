package proof

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

// Verifiers read a document by the names in its JSON, but some suites sign what it
// means as RDF, which can be written in many ways: a holder could have a context call
// validUntil or credentialStatus something else, or have an id read as another one.
// Data Integrity 1.0, 4.6 therefore has contexts validated. Here, what decides about a
// document is read twice, by names and from RDF, and has to be the same. Nothing else
// is looked at: what a document says otherwise is between its issuer and its readers.

// Readable refuses a document of which JSON and RDF say something else that decides, as
// a VerificationError with ErrHidden. Verify asks by itself, of the document that has
// the proofs; it is for what that proves without having proofs of its own, as
// credentials that a holder asserts in a presentation. A nil ld is jsonld.Default.
func Readable(ld *jsonld.Processor, doc jcs.Value) error {
	if ld == nil {
		ld = jsonld.Default()
	}
	return readable(ld, doc)
}

func readable(ld *jsonld.Processor, doc jcs.Value) error {
	if plain(doc) {
		return nil
	}
	return sameByName(ld, doc, secured, "")
}

// sameByName refuses a proof of which JSON and RDF say something else that decides:
// expires under another name, say. doc has its @context.
func (p *Proof) sameByName(ld *jsonld.Processor, doc jcs.Value) error {
	config := p.Value.Without("proofValue")
	if context, present := doc.Get("@context"); present {
		config = config.With("@context", context)
	}
	if p.known() && plain(config) {
		return nil
	}
	return sameByName(ld, config, configuration, " of the proof")
}

// known reports whether the proof has no members but those that Parse reads.
func (p *Proof) known() bool {
	for name := range p.Value.Members() {
		if p.field(name) == nil && name != "domain" && name != "previousProof" && name != "@context" {
			return false
		}
	}
	return true
}

// sameByName reads what decides about v by names and from RDF, and refuses what is not
// the same.
func sameByName(ld *jsonld.Processor, v jcs.Value, s *shape, where string) error {
	node, set, err := ld.NodeToRDF(v)
	if err != nil {
		return untransformed(err)
	}
	id, named := v.GetString("id")
	if !named {
		id = unnamed
	}
	if node.Kind == jsonld.DefaultGraph || identifier(node) != nameOf(id) {
		return unverified("id"+where, ErrHidden)
	}
	g := index(set)
	if !slices.Equal(s.typesOf(v, "type"), g.types(node, s)) {
		return unverified("type"+where, ErrHidden)
	}
	for i := range s.properties {
		p := &s.properties[i]
		var member jcs.Value
		if !p.version1 || !isVersion2(v) {
			member, _ = v.Get(p.name)
		}
		if !slices.Equal(p.written(member), g.values(node, p)) {
			return unverified(p.name+where, ErrHidden)
		}
	}
	return nil
}

// isVersion2 reports whether v follows version 2 of the data model.
func isVersion2(v jcs.Value) bool {
	own, _ := v.Get("@context")
	first, _ := contextAt(own, 0).Str()
	return first == "https://www.w3.org/ns/credentials/v2"
}

// unnamed stands for a node without an identifier outside of its document.
const unnamed = "_:"

func nameOf(id string) string {
	if strings.HasPrefix(id, unnamed) {
		return unnamed
	}
	return id
}

// identifier is the name of a node, or the text of a literal: who reads a member
// compares texts.
func identifier(t jsonld.Term) string {
	if t.Kind == jsonld.Blank {
		return unnamed
	}
	return t.Value
}

// written are the values of a member, sorted.
func (p *property) written(member jcs.Value) []string {
	var values []string
	for _, v := range items(member) {
		switch s, text := v.Str(); {
		case v.Kind() == jcs.KindNull:
		case p.counted:
			values = append(values, strconv.Itoa(len(values)))
		case text && p.names[s] != "":
			values = append(values, plainly(p.names[s]))
		case text:
			values = append(values, plainly(nameOf(s)))
		case v.IsObject():
			values = append(values, p.of.written(v))
		default:
			values = append(values, plainly(string(v.Canonical())))
		}
	}
	return sorted(values)
}

// written describes a node object by its names.
func (s *shape) written(v jcs.Value) string {
	id, named := v.GetString("id")
	if !named {
		if id, named = v.GetString("@id"); !named {
			id = unnamed
		}
	}
	if s == nil {
		return plainly(nameOf(id))
	}
	d := description{id: nameOf(id), types: s.typesOf(v, "type", "@type")}
	for i := range s.properties {
		p := &s.properties[i]
		member, _ := v.Get(p.name)
		d.add(p, p.written(member))
	}
	return d.String()
}

// typesOf are the types of a node object that are known, by their names or IRIs, under
// the first of the members that it has; sorted.
func (s *shape) typesOf(v jcs.Value, members ...string) []string {
	var types jcs.Value
	for _, name := range members {
		var present bool
		if types, present = v.Get(name); present {
			break
		}
	}
	var iris []string
	for _, t := range items(types) {
		name, _ := t.Str()
		for short, iri := range s.types {
			if name == short || name == iri {
				iris = append(iris, iri)
			}
		}
	}
	return sorted(iris)
}

// graph has the quads of a default graph by their subjects.
type graph map[jsonld.Term][]*jsonld.Quad

func index(set *jsonld.Dataset) graph {
	g := make(graph)
	for i := range set.Quads {
		q := &set.Quads[i]
		if q.G.Kind == jsonld.DefaultGraph {
			g[q.S] = append(g[q.S], q)
		}
	}
	return g
}

const rdfType = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

// types are those of a node that are known, sorted.
func (g graph) types(node jsonld.Term, s *shape) []string {
	var iris []string
	for _, q := range g[node] {
		if q.P.Value != rdfType {
			continue
		}
		for _, iri := range s.types {
			if iri == q.O.Value {
				iris = append(iris, iri)
			}
		}
	}
	return sorted(iris)
}

// values are those that a node has of a property, sorted.
func (g graph) values(node jsonld.Term, p *property) []string {
	seen := make(map[jsonld.Term]bool)
	var values []string
	for _, q := range g[node] {
		switch {
		case !slices.Contains(p.iris, q.P.Value) || seen[q.O]:
			continue
		case p.counted:
			values = append(values, strconv.Itoa(len(values)))
		default:
			values = append(values, g.describe(q.O, p.of))
		}
		seen[q.O] = true
	}
	return sorted(values)
}

// describe is written for a node of the graph.
func (g graph) describe(node jsonld.Term, s *shape) string {
	if s == nil || node.Kind == jsonld.Literal {
		return plainly(identifier(node))
	}
	d := description{id: identifier(node), types: g.types(node, s)}
	for i := range s.properties {
		p := &s.properties[i]
		d.add(p, g.values(node, p))
	}
	return d.String()
}

// description is a node, as far as it decides.
type description struct {
	id    string
	types []string
	rest  strings.Builder
}

func (d *description) add(p *property, values []string) {
	for _, v := range values {
		d.rest.WriteString(" " + p.name + " " + strconv.Quote(v))
	}
}

// plainly describes a text, or a node of which nothing but its name decides. No
// description of another begins like it.
func plainly(id string) string { return "=" + id }

func (d *description) String() string {
	for _, t := range d.types {
		d.rest.WriteString(" a " + t)
	}
	if d.rest.Len() == 0 {
		return plainly(d.id)
	}
	return strconv.Quote(d.id) + d.rest.String()
}

// sorted sorts values and takes each once.
func sorted(values []string) []string {
	slices.Sort(values)
	return slices.Compact(values)
}

// items returns the elements of an array, and of anything else that itself.
func items(v jcs.Value) []jcs.Value {
	if !v.IsArray() {
		return []jcs.Value{v}
	}
	elems := make([]jcs.Value, 0, v.Len())
	for e := range v.Elems() {
		elems = append(elems, e)
	}
	return elems
}
