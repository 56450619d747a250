package record

import (
	"fmt"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// WhoisBody is the body of a whois record: {"did":…,"digest":hex,"proof":…}. The
// presentation itself is kept beside the ledger until another one takes its place.
type WhoisBody struct {
	DID did.ID
	// Digest is the SHA-256 of the RFC 8785 form of the presentation without its proof.
	Digest Hash
	Proof  jcs.Value
}

// Value returns the body's JSON.
func (b WhoisBody) Value() jcs.Value {
	return jcs.Object(
		member("did", jcs.FromString(string(b.DID))),
		member("digest", jcs.FromString(b.Digest.String())),
		member("proof", b.Proof))
}

// ParseWhoisBody reads the body of a whois record.
func ParseWhoisBody(v jcs.Value) (WhoisBody, error) {
	text, _ := v.GetString("digest")
	digest, err := ParseHash(text)
	if err != nil {
		return WhoisBody{}, fmt.Errorf("%w: digest: %w", ErrRecord, err)
	}
	b := WhoisBody{Digest: digest}
	id, _ := v.GetString("did")
	b.DID = did.ID(id)
	b.Proof, _ = v.Get("proof")
	if b.DID == "" || v.Len() != 3 || !b.Proof.IsObject() && !b.Proof.IsArray() {
		return WhoisBody{}, fmt.Errorf("%w: a whois body is did, digest and proof", ErrRecord)
	}
	return b, nil
}

// NewWhoisOp publishes a DID's linked presentation, as did:webvh 1.0 describes it: a
// verifiable presentation that the DID has signed for authentication.
func NewWhoisOp(presentation jcs.Value) (Op, error) {
	return ParseOp(opPayload(OpWhois, member("presentation", presentation)))
}

func (op *Op) parseWhois(v jcs.Value) error {
	if err := only(v, "presentation"); err != nil {
		return err
	}
	presentation, _ := v.Get("presentation")
	if !presentation.IsObject() {
		return malformed("presentation is not an object")
	}
	op.Credential = presentation
	op.CredentialDigest = CredentialDigest(presentation)
	op.Proof, _ = presentation.Get("proof")
	if op.Issuer = did.ID(holderOf(presentation)); op.Issuer == "" {
		op.Issuer = firstSigner(op.Proof)
	}
	return nil
}

// holderOf returns a presentation's holder: the string, or the id of the object; ""
// if it does not say (VC Data Model 2.0, 4.13).
func holderOf(presentation jcs.Value) string {
	holder, _ := presentation.Get("holder")
	if s, ok := holder.Str(); ok {
		return s
	}
	s, _ := holder.GetString("id")
	return s
}

// firstSigner is the DID whose key the first proof names.
func firstSigner(proof jcs.Value) did.ID {
	if proof.IsArray() && proof.Len() > 0 {
		proof = proof.At(0)
	}
	method, _ := proof.GetString("verificationMethod")
	u, err := did.ParseURL(method)
	if err != nil {
		return ""
	}
	return u.DID
}

// createdOf lists when the proofs say that they were made, in their order.
func createdOf(proof jcs.Value) jcs.Value {
	if !proof.IsArray() {
		proof = jcs.Array(proof)
	}
	list := make([]jcs.Value, 0, proof.Len())
	for p := range proof.Elems() {
		created, _ := p.GetString("created")
		list = append(list, jcs.FromString(created))
	}
	return jcs.Array(list...)
}
