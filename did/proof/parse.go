package proof

import (
	"strconv"
	"time"

	"github.com/tabard-id/tabard/did/internal/lexical"
	"github.com/tabard-id/tabard/did/jcs"
)

// Proof is one proof as a document carries it. Strings are as written; absent
// members are empty. Value is the whole of it, members unknown here included:
// all of them are signed.
type Proof struct {
	ID, Type, Cryptosuite       string
	VerificationMethod, Purpose string
	Created, Expires            string
	Challenge, Nonce            string
	ProofValue                  string
	// Domain and PreviousProof hold one item where the proof has a string.
	Domain, PreviousProof []string
	// CreatedAt and ExpiresAt are Created and Expires; zero when absent.
	CreatedAt, ExpiresAt time.Time
	Value                jcs.Value
}

// Parse reads one proof object (Data Integrity 1.0, 2.1). Members of the wrong
// JSON type are a ParsingError. A missing type, verificationMethod or
// proofPurpose, an id that is no URL, and a created or expires that is no
// dateTimeStamp are a VerificationError. Whether type and cryptosuite are
// supported is left to verification.
func Parse(v jcs.Value) (Proof, error) {
	if !v.IsObject() {
		return Proof{}, parsing("the proof is not an object")
	}
	p := Proof{Value: v}
	for name, member := range v.Members() {
		if err := p.set(name, member); err != nil {
			return Proof{}, err
		}
	}
	if err := p.complete(); err != nil {
		return Proof{}, err
	}
	return p, nil
}

// set takes over one member, if it is one of those that have a meaning here.
func (p *Proof) set(name string, v jcs.Value) (err error) {
	if field := p.field(name); field != nil {
		s, ok := v.Str()
		if !ok {
			return parsing(name + " of the proof is not a string")
		}
		*field = s
		return nil
	}
	switch name {
	case "domain":
		p.Domain, err = stringSet(v, name, MaxDomains)
	case "previousProof":
		p.PreviousProof, err = stringSet(v, name, MaxProofs)
	}
	return err
}

func (p *Proof) field(name string) *string {
	switch name {
	case "id":
		return &p.ID
	case "type":
		return &p.Type
	case "cryptosuite":
		return &p.Cryptosuite
	case "verificationMethod":
		return &p.VerificationMethod
	case "proofPurpose":
		return &p.Purpose
	case "created":
		return &p.Created
	case "expires":
		return &p.Expires
	case "challenge":
		return &p.Challenge
	case "nonce":
		return &p.Nonce
	case "proofValue":
		return &p.ProofValue
	default:
		return nil
	}
}

// stringSet reads a string or a non-empty array of strings.
func stringSet(v jcs.Value, name string, limit int) ([]string, error) {
	if s, ok := v.Str(); ok {
		return []string{s}, nil
	}
	if !v.IsArray() || v.Len() == 0 || v.Len() > limit {
		return nil, parsing(name + " of the proof is not a string or an array of 1 to " + strconv.Itoa(limit))
	}
	set := make([]string, 0, v.Len())
	for item := range v.Elems() {
		s, ok := item.Str()
		if !ok {
			return nil, parsing(name + " of the proof has an item that is not a string")
		}
		set = append(set, s)
	}
	return set, nil
}

// complete checks what must be there, and reads the times.
func (p *Proof) complete() error {
	switch {
	case p.Type == "":
		return unverified("the proof has no type", nil)
	case p.VerificationMethod == "" && p.suite() == nil: // older types have other members
		return p.unsupported()
	case p.VerificationMethod == "":
		return unverified("the proof has no verificationMethod", nil)
	case p.Purpose == "":
		return unverified("the proof has no proofPurpose", nil)
	}
	if _, present := p.Value.Get("id"); present && !lexical.IsURL(p.ID) {
		return unverified("the proof's id is not a URL", nil)
	}
	var ok bool
	if _, present := p.Value.Get("created"); present {
		if p.CreatedAt, ok = lexical.Time(p.Created); !ok {
			return unverified("created is not a dateTimeStamp", nil)
		}
	}
	if _, present := p.Value.Get("expires"); present {
		if p.ExpiresAt, ok = lexical.Time(p.Expires); !ok {
			return unverified("expires is not a dateTimeStamp", nil)
		}
	}
	return nil
}

// All returns the proofs of a document in their order: its proof member is an
// object, or an array of 1 to MaxProofs of them. Anything else is a ParsingError,
// ErrNoProof where the member is missing.
func All(doc jcs.Value) ([]Proof, error) {
	if !doc.IsObject() {
		return nil, parsing("the document is not an object")
	}
	member, present := doc.Get("proof")
	if !present {
		return nil, &Error{Type: ParsingError, Detail: "the document has no proof", Err: ErrNoProof}
	}
	if !member.IsArray() {
		p, err := Parse(member)
		if err != nil {
			return nil, err
		}
		return []Proof{p}, nil
	}
	if member.Len() == 0 || member.Len() > MaxProofs {
		return nil, parsing("the document's proof is not an array of 1 to " + strconv.Itoa(MaxProofs))
	}
	proofs := make([]Proof, 0, member.Len())
	for item := range member.Elems() {
		p, err := Parse(item)
		if err != nil {
			return nil, err
		}
		proofs = append(proofs, p)
	}
	return proofs, nil
}
