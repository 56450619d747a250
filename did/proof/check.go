package proof

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did"
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

// supported checks type, cryptosuite, the header of proofValue, and what the
// suite demands of a proof beyond Data Integrity 1.0, 2.1.
func (p *Proof) supported() error {
	s := p.suite()
	switch {
	case s == nil:
		return p.unsupported()
	case p.ProofValue == "":
		return unverified("the proof has no proofValue", nil)
	case p.ProofValue[0] != s.header:
		return unverified("proofValue of "+s.String()+" begins with the multibase header "+string(s.header), nil)
	case s.older && p.Created == "":
		return unverified("created is required in a proof of type "+s.typ, nil)
	case s.form == formDisclosure && len(p.PreviousProof) > 0:
		return unverified("previousProof has no meaning where the document shrinks", ErrUnsupported)
	default:
		return nil
	}
}

// unsupported names what is not supported, and what is.
func (p *Proof) unsupported() error {
	what := fmt.Sprintf("type %.64q", p.Type)
	if p.Type == Type {
		what = fmt.Sprintf("cryptosuite %.64q", p.Cryptosuite)
	}
	if p.Type == Type && p.Cryptosuite == "" {
		what = "a proof without cryptosuite"
	}
	return unverified(what+" (supported are "+strings.Join(supportedNames(), ", ")+")", ErrUnsupported)
}

func (p *Proof) suite() *suite { return suiteOf(p.Type, p.Cryptosuite) }

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
