// Package proof makes and checks the proofs of W3C Verifiable Credential Data
// Integrity 1.0 with the two cryptosuites that canonicalise by RFC 8785:
// eddsa-jcs-2022 (Ed25519) and ecdsa-jcs-2019 (P-256 and P-384).
//
// What is signed is H(proof configuration) ‖ H(document). The configuration is
// the proof without proofValue; the document is what the proof secures, without
// its proof member, or with the proofs that previousProof names in it. H is
// SHA-256, for P-384 keys SHA-384. A proof that carries @context covers the
// document with that @context, which must be a prefix of the document's own.
//
// Verify holds a document to all of its proofs: one bad proof in a set fails the
// document. Checks come in the order of the specification, cheap ones first, and
// no key is retrieved for a proof that would be refused anyway. The package reads
// no clock and keeps no state.
package proof

import "github.com/tabard-id/tabard/did/multikey"

// Type is the only type of proof that is understood.
const Type = "DataIntegrityProof"

// The cryptosuites, by the name in a proof's cryptosuite.
const (
	EdDSAJCS2022 = "eddsa-jcs-2022"
	ECDSAJCS2019 = "ecdsa-jcs-2019"
)

// Limits on what a document may carry.
const (
	// MaxProofs is how many proofs a set or chain may have.
	MaxProofs = 16
	// MaxDomains is how many domains a proof may name.
	MaxDomains = 16
)

// SuiteFor returns the cryptosuite that keys of that type sign with; "" when
// there is none.
func SuiteFor(t multikey.Type) string {
	switch t {
	case multikey.Ed25519:
		return EdDSAJCS2022
	case multikey.P256, multikey.P384:
		return ECDSAJCS2019
	default:
		return ""
	}
}

// maxSignature is the length of the longest signature: P-384, r‖s.
const maxSignature = 96

// signatureSize is the length of the signatures of a key type that has a suite.
func signatureSize(t multikey.Type) int {
	if t == multikey.P384 {
		return maxSignature
	}
	return 64
}
