package proof

import (
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/multikey"
)

// Each proof of a chain signs another document, each of which can be made hard to
// canonicalise. What one call of Verify reads as RDF is therefore limited: the
// bytes of its JSON, and branching for everything that has more than one node.
// That is a count, so the same document is refused everywhere or nowhere.
const (
	maxReading = 5 << 19
	branching  = 1 << 18
	// stepsPerStatement is what the signature of a disclosed statement takes beside the
	// other work on documents that belong together: there can be 8,192 of them.
	stepsPerStatement = 1 << 7
)

// charge counts what it takes to check proof i over doc as RDF, and refuses what
// is too much.
func (s *Secured) charge(i int, doc jcs.Value, known *hashes, t multikey.Type) error {
	s.read += weight(s.proofs[i].Value)
	if known == nil || known.rdf[rdfHash(t)] == nil {
		s.read += weight(doc)
	}
	if s.read > maxReading {
		return &Error{Type: TransformationError, Detail: "proofs over too many large documents", Err: jsonld.ErrBudget}
	}
	return nil
}

func weight(v jcs.Value) int {
	buf := buffers.Get().(*[]byte)
	text := v.Append((*buf)[:0])
	n := len(text)
	release(buf, text)
	for name, member := range v.Members() {
		if name != "@context" && branches(member) {
			return n + branching
		}
	}
	return n
}

func branches(v jcs.Value) bool {
	if v.IsObject() {
		return true
	}
	for e := range v.Elems() {
		if !e.IsString() {
			return true
		}
	}
	return false
}
