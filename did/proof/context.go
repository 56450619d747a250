package proof

import "github.com/tabard-id/tabard/did/jcs"

// Document returns what p covers of a document without proofs: the document
// itself, or the document with the proof's @context where the proof has one (the
// verifiedDocument of the specifications). Suites other than those of RFC 8785
// cover the document as it is. The error is ErrContext.
func (p *Proof) Document(unsecured jcs.Value) (jcs.Value, error) {
	if !p.Narrows(unsecured) {
		return unsecured, nil
	}
	signed, _ := p.Value.Get("@context")
	own, present := unsecured.Get("@context")
	if !present || !isPrefix(signed, own) {
		return jcs.Value{}, unverified("", ErrContext)
	}
	return unsecured.With("@context", signed), nil
}

// Narrows reports whether p has an @context that differs from the document's,
// so that Document returns something else than the document.
func (p *Proof) Narrows(unsecured jcs.Value) bool {
	signed, present := p.Value.Get("@context")
	if !present {
		return false
	}
	if s := p.suite(); s != nil && s.form != formJCS {
		return false
	}
	own, present := unsecured.Get("@context")
	return !present || !own.Equal(signed)
}

// isPrefix reports whether own begins with all items of signed, a value that is
// no array counting as an array of itself. No items cover nothing and are refused.
func isPrefix(signed, own jcs.Value) bool {
	n := contexts(signed)
	if n == 0 || n > contexts(own) {
		return false
	}
	for i := range n {
		if !contextAt(signed, i).Equal(contextAt(own, i)) {
			return false
		}
	}
	return true
}

func contexts(v jcs.Value) int {
	if v.IsArray() {
		return v.Len()
	}
	return 1
}

func contextAt(v jcs.Value, i int) jcs.Value {
	if v.IsArray() {
		return v.At(i)
	}
	return v
}
