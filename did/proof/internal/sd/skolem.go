package sd

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

// scheme begins the IRIs that stand for blank nodes while parts of a document are
// selected. They never leave this package.
const scheme = "urn:bnid:"

const rdfRest = "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest"

// name returns doc with an IRI for every blank node that the document has a place
// for: those that have no id, and those whose id begins with "_:". Documents that
// use such IRIs themselves are refused.
func name(ld *jsonld.Processor, doc jcs.Value) (jcs.Value, error) {
	set, err := ld.ToRDF(doc)
	if err != nil {
		return jcs.Value{}, err
	}
	for i := range set.Quads {
		for _, term := range terms(&set.Quads[i]) {
			if term.Kind == jsonld.IRI && strings.HasPrefix(term.Value, scheme) {
				return jcs.Value{}, fmt.Errorf("%w: IRIs that begin with %s are reserved", ErrStatements, scheme)
			}
		}
	}
	marked := mark(doc)
	if !marked.Equal(doc) {
		if err := same(ld, set, marked); err != nil {
			return jcs.Value{}, err
		}
	}
	return ld.Skolemize(marked, func(i int) string { return scheme + strconv.Itoa(i) })
}

// mark puts IRIs in the place of strings that look like identifiers of blank nodes.
func mark(v jcs.Value) jcs.Value {
	if s, ok := v.Str(); ok {
		if label, blank := strings.CutPrefix(s, "_:"); blank {
			return jcs.FromString(scheme + "x" + label)
		}
		return v
	}
	if v.IsArray() {
		elems := make([]jcs.Value, 0, v.Len())
		for e := range v.Elems() {
			elems = append(elems, mark(e))
		}
		return jcs.Array(elems...)
	}
	for name, member := range v.Members() {
		if marked := mark(member); name != "@context" && !marked.Equal(member) {
			v = v.With(name, marked)
		}
	}
	return v
}

// same makes sure that nothing was marked that is a text.
func same(ld *jsonld.Processor, set *jsonld.Dataset, marked jcs.Value) error {
	before, err := set.Canonical(jsonld.SHA256)
	if err != nil {
		return err
	}
	if set, err = ld.ToRDF(marked); err != nil {
		return err
	}
	unname(set)
	after, err := set.Canonical(jsonld.SHA256)
	if err != nil {
		return err
	}
	if !slices.Equal(before.Lines, after.Lines) {
		return fmt.Errorf("%w: text that looks like the identifier of a blank node", ErrStatements)
	}
	return nil
}

func terms(q *jsonld.Quad) [4]*jsonld.Term { return [4]*jsonld.Term{&q.S, &q.P, &q.O, &q.G} }

// unname makes blank nodes of the IRIs that stand for them. Blank nodes that are
// there already are what JSON-LD leaves no place to name, cells of lists above all:
// they are called after whose value they are and where in it they stand, so that
// one of them has one name in every selection that has all of them. In another it
// may get the name of a sibling, and its statements are then none of the document's.
func unname(set *jsonld.Dataset) {
	names := nameOthers(set)
	for i := range set.Quads {
		for _, term := range terms(&set.Quads[i]) {
			switch {
			case term.Kind == jsonld.Blank:
				if name, ok := names[term.Value]; ok {
					term.Value = name
				}
			case term.Kind == jsonld.IRI && strings.HasPrefix(term.Value, scheme):
				term.Kind, term.Value = jsonld.Blank, "n"+strings.TrimPrefix(term.Value, scheme)
			}
		}
	}
}

// nameOthers finds names for the blank nodes that are values.
func nameOthers(set *jsonld.Dataset) map[string]string {
	rest := make(map[string]string)
	for i := range set.Quads {
		if q := &set.Quads[i]; q.P.Value == rdfRest && q.O.Kind == jsonld.Blank {
			rest[q.S.Value] = q.O.Value
		}
	}
	names := make(map[string]string)
	owned := make(map[string]int)
	for i := range set.Quads {
		q := &set.Quads[i]
		if q.P.Value == rdfRest || q.O.Kind != jsonld.Blank {
			continue
		}
		owner := q.G.Value + " " + q.S.Value + " " + q.P.Value
		owned[owner]++
		position := 0
		for at, more := q.O.Value, true; more && names[at] == ""; at, more = rest[at], rest[at] != "" {
			sum := sha256.Sum256([]byte(owner + " " + strconv.Itoa(owned[owner]) + " " + strconv.Itoa(position)))
			names[at] = "v" + hex.EncodeToString(sum[:])
			position++
		}
	}
	return names
}
