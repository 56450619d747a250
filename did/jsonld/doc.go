// Package jsonld turns JSON-LD documents into canonical N-Quads: JSON-LD 1.1
// expansion, deserialisation to RDF, and RDF Dataset Canonicalization
// (RDFC-1.0), over jcs.Value.
//
// It is made for signatures, so it always works in safe mode: whatever the
// algorithms of JSON-LD would drop in silence, and a signature therefore would
// not cover, is an error (ErrDataLoss) that names the place. Contexts come from
// an immutable set, Contexts; nothing is ever fetched. Work is bounded by counts
// that depend on the document and the contexts alone, never on time or on what
// is cached, so that every node of a cluster comes to the same answer.
//
// A null is not a claim: a property whose value is null, or an empty array, is
// left out as JSON-LD 1.1, 4.4 says. A null inside a list is refused, since
// leaving it out moves the items behind it. An @index is refused because RDF
// cannot express it and its keys would not be covered; property-valued indexes
// (JSON-LD 1.1, 4.6.1.1) are fine. Language tags are normalised to lower case.
package jsonld
