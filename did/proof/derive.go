package proof

import (
	"errors"
	"slices"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof/internal/sd"
)

// DeriveOptions say how a document is derived.
type DeriveOptions struct {
	// ProofID is the id of the base proof to derive from; "" where only one proof
	// of the document is of ecdsa-sd-2023.
	ProofID string
	// Processor has the contexts; nil is jsonld.Default.
	Processor *jsonld.Processor
}

// Derive returns the document that shows of doc, which has a base proof of
// ecdsa-sd-2023, what its issuer made mandatory and what the pointers (RFC 6901)
// select, with a derived proof of just that (Data Integrity ECDSA Cryptosuites
// 1.0, 3.6.6). Other proofs are left out: they are of the whole document. The
// pointer "" selects everything.
//
// The signatures of what is shown are checked, but not the issuer's, for which the
// key is needed: that is for Verify to do, on what is returned. Errors are *Error:
// ParsingError and VerificationError where doc has no base proof, GenerationError
// where it has not what the pointers point at or there is nothing to show,
// TransformationError and DataLoss.
func Derive(doc jcs.Value, selectivePointers []string, opt DeriveOptions) (jcs.Value, error) {
	proofs, err := All(doc)
	if err != nil {
		return jcs.Value{}, err
	}
	p, err := baseProof(proofs, opt.ProofID)
	if err != nil {
		return jcs.Value{}, err
	}
	if err := p.supported(); err != nil {
		return jcs.Value{}, err
	}
	base, err := sd.ParseBase(p.ProofValue)
	if err != nil {
		return jcs.Value{}, unverified("", err)
	}
	ld := opt.Processor
	if ld == nil {
		ld = jsonld.Default()
	}
	unsecured := doc.Without("proof")
	derived, reveal, err := disclose(ld, unsecured, &base, selectivePointers)
	if err != nil {
		return jcs.Value{}, err
	}
	if err := confirm(ld, derived, reveal); err != nil {
		return jcs.Value{}, err
	}
	value, err := derived.Encode()
	if err != nil {
		return jcs.Value{}, ungenerated("", err)
	}
	return reveal.With("proof", p.Value.With("proofValue", jcs.FromString(value))), nil
}

// baseProof finds the proof to derive from.
func baseProof(proofs []Proof, id string) (*Proof, error) {
	var found *Proof
	for i := range proofs {
		p := &proofs[i]
		s := p.suite()
		if s == nil || s.form != formDisclosure || id != "" && p.ID != id {
			continue
		}
		if found != nil {
			return nil, ungenerated("several proofs can be derived from: name one by its id", nil)
		}
		found = p
	}
	if found == nil {
		return nil, unverified("no proof of "+ECDSASD2023+" to derive from", ErrUnsupported)
	}
	return found, nil
}

// disclose makes the derived proof value and the document it is for (3.5.4).
func disclose(ld *jsonld.Processor, doc jcs.Value, base *sd.Base, pointers []string) (*sd.Derived, jcs.Value, error) {
	all := slices.Concat(base.Pointers, pointers)
	if len(all) == 0 {
		return nil, jcs.Value{}, ungenerated("nothing is mandatory and nothing selected", nil)
	}
	reveal, err := sd.Select(doc, all)
	if err != nil {
		return nil, jcs.Value{}, undisclosed(err)
	}
	statements, err := sd.Open(ld, doc, base.HMACKey)
	if err != nil {
		return nil, jcs.Value{}, undisclosed(err)
	}
	mandatory, err := statements.Group(base.Pointers)
	if err != nil {
		return nil, jcs.Value{}, undisclosed(err)
	}
	combined, err := statements.Group(all)
	if err != nil {
		return nil, jcs.Value{}, undisclosed(err)
	}
	if n := len(statements.Statements()) - len(mandatory.Indexes); n != len(base.Signatures) {
		return nil, jcs.Value{}, unverified("the base proof is of another document", ErrDisclosure)
	}
	derived, err := filtered(base, mandatory, combined)
	return derived, reveal, err
}

// filtered leaves of a base proof what is for the combined statements. The base
// proof has a signature for each statement that is not mandatory, in their order.
func filtered(base *sd.Base, mandatory, combined *sd.Group) (*sd.Derived, error) {
	derived := &sd.Derived{Signature: base.Signature, PublicKey: base.PublicKey, Labels: combined.Labels}
	before := 0 // mandatory statements before the one that is looked at
	for position, i := range combined.Indexes {
		if before < len(mandatory.Indexes) && mandatory.Indexes[before] == i {
			derived.Mandatory = append(derived.Mandatory, position)
			before++
			continue
		}
		if before < len(mandatory.Indexes) && mandatory.Indexes[before] < i {
			break
		}
		derived.Signatures = append(derived.Signatures, base.Signatures[i-before])
	}
	if before != len(mandatory.Indexes) {
		return nil, ungenerated("the selection hides what is mandatory", ErrDisclosure)
	}
	return derived, nil
}

// confirm reads the derived document as its verifier will, and checks the
// signatures of its statements.
func confirm(ld *jsonld.Processor, derived *sd.Derived, reveal jcs.Value) error {
	_, others, err := derived.Statements(ld, reveal)
	if errors.Is(err, sd.ErrStatements) {
		return ungenerated(err.Error(), ErrDisclosure)
	} else if err != nil {
		return untransformed(err)
	}
	own, err := multikey.NewPublic(multikey.P256, derived.PublicKey[len(multikeyP256):])
	if err != nil {
		return unverified("the key of the statements is no P-256 key", ErrKeyType)
	}
	for i, statement := range others {
		if !own.Verify([]byte(statement), derived.Signatures[i]) {
			return unverified("of a statement in the base proof", ErrSignature)
		}
	}
	return nil
}
