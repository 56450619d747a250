package statuslist

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

// IRIs of the vocabularies of credentials and their status.
const (
	// EntryIRI is the type of entries: in the RDF of a credential without it there are
	// none.
	EntryIRI = statusNS + EntryType

	statusNS       = "https://www.w3.org/ns/credentials/status#"
	credentialsNS  = "https://www.w3.org/2018/credentials#"
	statusProperty = credentialsNS + "credentialStatus"
	xsdInteger     = "http://www.w3.org/2001/XMLSchema#integer"
	rdfType        = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
)

// EntriesIn returns the entries of a credential by its RDF, as jsonld.Processor.ToRDF
// makes it: each credentialStatus of type BitstringStatusListEntry, whatever words the
// credential has for them, in the words of the data model. What an entry is said to
// have several of is an array there, which ParseEntry refuses. Of what it takes no
// notice of (messages and references) there is nothing.
func EntriesIn(d *jsonld.Dataset) []jcs.Value {
	if len(d.Quads) == 0 {
		return nil
	}
	var nodes []*node
	of := make(map[jsonld.Term]*node)
	root := d.Quads[0].S
	for _, q := range d.Quads {
		if q.S == root && q.G == (jsonld.Term{}) && q.P.Value == statusProperty && of[q.O] == nil {
			of[q.O] = &node{term: q.O}
			nodes = append(nodes, of[q.O])
		}
	}
	for _, q := range d.Quads {
		if n := of[q.S]; n != nil && q.G == (jsonld.Term{}) {
			n.add(q)
		}
	}
	var list []jcs.Value
	for _, n := range nodes {
		if n.isEntry {
			list = append(list, n.value())
		}
	}
	return list
}

// decides are the members that decide which entry it is, in the order of their names.
var decides = [...]string{"statusListCredential", "statusListIndex", "statusPurpose", "statusSize"}

// node is what RDF says of a credentialStatus.
type node struct {
	term    jsonld.Term
	isEntry bool
	// said are the objects of the properties named in decides.
	said [len(decides)][]jcs.Value
}

func (n *node) add(q jsonld.Quad) {
	if q.P.Value == rdfType && q.O.Value == EntryIRI {
		n.isEntry = true
	}
	name, ok := strings.CutPrefix(q.P.Value, statusNS)
	i := slices.Index(decides[:], name)
	if !ok || i < 0 {
		return
	}
	if object := valueOf(name, q.O); !slices.ContainsFunc(n.said[i], object.Equal) {
		n.said[i] = append(n.said[i], object)
	}
}

func (n *node) value() jcs.Value {
	v := jcs.Object(jcs.Member{Name: "type", Value: jcs.FromString(EntryType)})
	if n.term.Kind == jsonld.IRI {
		v = v.With("id", jcs.FromString(n.term.Value))
	}
	for i, values := range n.said {
		switch len(values) {
		case 0:
		case 1:
			v = v.With(decides[i], values[0])
		default:
			slices.SortFunc(values, func(a, b jcs.Value) int { return bytes.Compare(a.Canonical(), b.Canonical()) })
			v = v.With(decides[i], jcs.Array(values...))
		}
	}
	return v
}

// valueOf writes a term as JSON: an integer as a number, and so a statusSize of whatever
// type.
func valueOf(name string, t jsonld.Term) jcs.Value {
	if t.Kind == jsonld.Blank {
		return jcs.Object()
	}
	if t.Kind == jsonld.Literal && (t.Datatype == xsdInteger || name == "statusSize") {
		if n, err := strconv.ParseInt(t.Value, 10, 32); err == nil {
			return jcs.FromInt(n)
		}
	}
	return jcs.FromString(t.Value)
}

// SameEntries reports whether two lists have the same entries, in any order, by the
// members that decide which they are. What is no entry does not count.
func SameEntries(a, b []jcs.Value) bool {
	return slices.EqualFunc(keysOf(a), keysOf(b), bytes.Equal)
}

func keysOf(list []jcs.Value) [][]byte {
	var keys [][]byte
	for _, v := range list {
		if !IsEntry(v) {
			continue
		}
		key := jcs.Object()
		for _, name := range decides {
			if m, ok := v.Get(name); ok {
				key = key.With(name, m)
			}
		}
		keys = append(keys, key.Canonical())
	}
	slices.SortFunc(keys, bytes.Compare)
	return keys
}
