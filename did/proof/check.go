package proof

import (
	"slices"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// expected runs the checks that need neither key nor document, in the order of
// Data Integrity 1.0, 4.4: purpose, domain, challenge, cryptosuite, expiry.
func (p *Proof) expected(opt Options) error {
	if opt.Purpose != "" && p.Purpose != string(opt.Purpose) {
		return unverified(p.Purpose+" where "+string(opt.Purpose)+" was expected", ErrPurpose)
	}
	if opt.Domain != nil && !sameSet(opt.Domain, p.Domain) {
		return &Error{Type: InvalidDomain, Detail: "the proof is not meant for this domain"}
	}
	if opt.Challenge != "" && p.Challenge != opt.Challenge {
		return &Error{Type: InvalidChallenge, Detail: "the proof does not answer this challenge"}
	}
	if err := p.supported(); err != nil {
		return err
	}
	if !isRelationship(p.Purpose) {
		return unverified("no verification relationship", ErrPurpose)
	}
	if opt.IgnoreExpiry {
		return nil
	}
	return CheckDates(*p, opt.Now)
}

func sameSet(a, b []string) bool {
	return isSubset(a, b) && isSubset(b, a)
}

func isSubset(a, b []string) bool {
	for _, s := range a {
		if !slices.Contains(b, s) {
			return false
		}
	}
	return true
}

func isRelationship(purpose string) bool {
	switch did.Relationship(purpose) {
	case did.Authentication, did.AssertionMethod, did.KeyAgreement, did.CapabilityInvocation, did.CapabilityDelegation:
		return true
	default:
		return false
	}
}

// covered returns the document as proof i signs it: with the proof's @context,
// and with the proofs that its previousProof names as proof member (Data
// Integrity 1.0, 4.5), each of which must hold as well. Nobody can sign a cycle
// with a key that he has; what can be made is a key for a cycle (ECDSA), which
// then says no more than that he may put keys into his document.
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
	return doc.With("proof", matching), nil
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
