// Package proof makes and checks the proofs of W3C Verifiable Credential Data
// Integrity 1.0.
//
//	eddsa-jcs-2022        Ed25519          RFC 8785                  sign, verify
//	ecdsa-jcs-2019        P-256, P-384     RFC 8785                  sign, verify
//	eddsa-rdfc-2022       Ed25519          RDFC-1.0                  sign, verify
//	ecdsa-rdfc-2019       P-256, P-384     RDFC-1.0                  sign, verify
//	ecdsa-sd-2023         P-256            RDFC-1.0 by statement     sign, derive, verify
//	Ed25519Signature2020  Ed25519          RDFC-1.0                  verify
//
// What is signed is H(proof configuration) ‖ H(document). The configuration is
// the proof without proofValue; the document is what the proof secures, without
// its proof member, or with the proofs that previousProof names in it. H is
// SHA-256, for P-384 keys SHA-384, inside RDFC-1.0 as well.
//
// For the JCS suites, a proof that carries @context covers the document with
// that @context, which must be a prefix of the document's own. For the others
// the configuration has the document's @context; a proof with one of its own
// holds only if both say the same. Whatever JSON-LD would drop is an error.
//
// Verify holds a document to all of its proofs: one bad proof in a set fails the
// document. Checks come in the order of the specification, cheap ones first, and
// no key is retrieved for a proof that would be refused anyway. The package reads
// no clock, loads nothing from the network and keeps no state but what a Cache is
// given to hold. A proof created in the future is no error: the specification has
// none for it, and whose clock is wrong cannot be told; expires is enforced.
package proof

// Type is the type of the proofs that name a cryptosuite.
const Type = "DataIntegrityProof"

// Ed25519Signature2020 is the type of proofs of the suite of that name, which is
// older than DataIntegrityProof and only verified.
const Ed25519Signature2020 = "Ed25519Signature2020"

// The cryptosuites, by the name in a proof's cryptosuite.
const (
	EdDSAJCS2022  = "eddsa-jcs-2022"
	ECDSAJCS2019  = "ecdsa-jcs-2019"
	EdDSARDFC2022 = "eddsa-rdfc-2022"
	ECDSARDFC2019 = "ecdsa-rdfc-2019"
	ECDSASD2023   = "ecdsa-sd-2023"
)

// Limits on what a document may carry.
const (
	// MaxProofs is how many proofs a set or chain may have.
	MaxProofs = 16
	// MaxDomains is how many domains a proof may name.
	MaxDomains = 16
)
