package sd

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

// scheme begins the IRIs that stand for blank nodes while parts of a document are
// selected. They never leave this package.
const scheme = "urn:bnid:"

const rdfRest = "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest"

// unclaimed refuses documents that use such IRIs themselves.
func unclaimed(ld *jsonld.Processor, doc jcs.Value) error {
	set, err := ld.ToRDF(doc)
	if err != nil {
		return err
	}
	for i := range set.Quads {
		for _, term := range terms(&set.Quads[i]) {
			if term.Kind == jsonld.IRI && strings.HasPrefix(term.Value, scheme) {
				return fmt.Errorf("%w: IRIs that begin with %s are reserved", ErrStatements, scheme)
			}
		}
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
