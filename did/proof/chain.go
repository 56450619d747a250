package proof

import (
	"slices"

	"github.com/tabard-id/tabard/did/jcs"
)

// covered returns the document as proof i signs it: with the proof's @context
// where its suite has that, and with the proofs that its previousProof names as
// proof member (Data Integrity 1.0, 4.5), each of which must hold as well.
func (s *Secured) covered(i int) (jcs.Value, error) {
	p := &s.proofs[i]
	doc, err := p.Document(s.unsecured)
	if err != nil || len(p.PreviousProof) == 0 {
		return doc, err
	}
	matching, err := previous(s.proofs, p.PreviousProof)
	if err != nil {
		return jcs.Value{}, unverified("", err)
	}
	if s.circular(i) {
		return jcs.Value{}, unverified("the chain runs in a circle", ErrPreviousProof)
	}
	return doc.With("proof", matching), nil
}

// circular reports whether following previousProof from proof i leads back to it.
// With ECDSA, a key can be made for a circle of signatures, so that they do not
// rule it out.
func (s *Secured) circular(i int) bool {
	seen := make([]bool, len(s.proofs))
	for todo := []int{i}; len(todo) > 0; todo = todo[1:] {
		for next := range s.proofs {
			if !slices.Contains(s.proofs[todo[0]].PreviousProof, s.proofs[next].ID) || seen[next] {
				continue
			}
			if next == i {
				return true
			}
			seen[next] = true
			todo = append(todo, next)
		}
	}
	return false
}

// previous returns the proofs with these ids, in the order of the document. A
// proof that is missing, or an id that two proofs bear, is ErrPreviousProof.
func previous(proofs []Proof, ids []string) (jcs.Value, error) {
	for _, id := range ids {
		found := 0
		for i := range proofs {
			if id != "" && proofs[i].ID == id {
				found++
			}
		}
		if found != 1 {
			return jcs.Value{}, ErrPreviousProof
		}
	}
	var matching []jcs.Value
	for i := range proofs {
		if slices.Contains(ids, proofs[i].ID) {
			matching = append(matching, proofs[i].Value)
		}
	}
	return jcs.Array(matching...), nil
}
