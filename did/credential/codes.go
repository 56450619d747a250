package credential

// Names of checks, in the order in which they are made and reported.
const (
	CheckStructure   = "structure"
	CheckIssuer      = "issuer"
	CheckProof       = "proof"
	CheckValidity    = "validity"
	CheckIssuerState = "issuerState"
	CheckStatus      = "status"
)

// Outcome is how a check ended.
type Outcome string

// A skipped check says by its code why it was not made; it does not by itself
// keep a credential from being verified.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped"
)

// Code is the stable reason of an outcome; "" where a check simply passed.
type Code string

// Codes of failed checks.
const (
	// CodeMalformed: structure; the credential is not what the data model demands.
	CodeMalformed Code = "credential-malformed"
	// CodeIssuerMismatch: issuer; no proof is by a key of the issuer.
	CodeIssuerMismatch Code = "issuer-mismatch"
	// CodeIssuerNotDID: issuer; not a DID, so that nothing ties a key to it. The
	// outcome is skipped where the verifier's policy accepts such issuers.
	CodeIssuerNotDID Code = "issuer-not-did"
	// CodeProofMissing: proof; the credential has none.
	CodeProofMissing Code = "proof-missing"
	// CodeProofInvalid: proof; one of the proofs does not hold.
	CodeProofInvalid Code = "proof-invalid"
	// CodeProofUnsupported: proof; a type or cryptosuite that is not known here.
	CodeProofUnsupported Code = "proof-unsupported"
	// CodeKeyUnavailable: proof; the key's DID cannot be resolved, or its document
	// does not have the key, or not for this purpose.
	CodeKeyUnavailable Code = "key-unavailable"
	// CodeNotYetValid: validity; validFrom (issuanceDate) is to come.
	CodeNotYetValid Code = "not-yet-valid"
	// CodeExpired: validity; validUntil (expirationDate) has passed.
	CodeExpired Code = "expired"
	// CodeProofExpired: validity; a proof's expires has passed.
	CodeProofExpired Code = "proof-expired"
	// CodeIssuerUnresolvable: issuerState; no document of the issuer's DID.
	CodeIssuerUnresolvable Code = "issuer-unresolvable"
	// CodeIssuerDeactivated: issuerState; the issuer's DID is deactivated.
	CodeIssuerDeactivated Code = "issuer-deactivated"
	// CodeIssuerSuspended: issuerState; the issuer's DID is suspended.
	CodeIssuerSuspended Code = "issuer-suspended"
	// CodeIssuerRevoked: issuerState; the issuer's DID is revoked.
	CodeIssuerRevoked Code = "issuer-revoked"
	// CodeSuspended: status; the credential is suspended.
	CodeSuspended Code = "suspended"
	// CodeRevoked: status; the credential is revoked.
	CodeRevoked Code = "revoked"
	// CodeStatusUnsupported: status; credentialStatus is of a type that cannot be
	// checked here.
	CodeStatusUnsupported Code = "status-unsupported"
	// CodeStatusUnavailable: issuerState or status; the status cannot be told.
	CodeStatusUnavailable Code = "status-unavailable"
)

// Codes of skipped checks.
const (
	// CodeNotChecked: the credential's structure forbids the check.
	CodeNotChecked Code = "not-checked"
	// CodeUnregistered: status; the registry has no credential of this digest, and
	// so never heard of a revocation.
	CodeUnregistered Code = "unregistered"
	// CodeNoRegistry: status; the verifier was given no source of status.
	CodeNoRegistry Code = "no-registry"
)

// ProblemBase begins the types of problems that no specification has a type for;
// the code follows.
const ProblemBase = "https://tabard.id/problems/"

// Problem types of other specifications.
const (
	cryptographicError = "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR"
	statusError        = "https://www.w3.org/ns/credentials/status-list#STATUS_VERIFICATION_ERROR"
	retrievalError     = "https://www.w3.org/ns/credentials/status-list#STATUS_RETRIEVAL_ERROR"
)

// titles has one sentence for each code of a failure.
var titles = map[Code]string{
	CodeMalformed:          "The credential is malformed.",
	CodeIssuerMismatch:     "No proof is by the issuer.",
	CodeIssuerNotDID:       "The issuer is not a DID.",
	CodeProofMissing:       "The credential has no proof.",
	CodeProofInvalid:       "A proof does not hold.",
	CodeProofUnsupported:   "A proof's cryptosuite is not supported.",
	CodeKeyUnavailable:     "The key of a proof cannot be used.",
	CodeNotYetValid:        "The credential is not valid yet.",
	CodeExpired:            "The credential has expired.",
	CodeProofExpired:       "A proof has expired.",
	CodeIssuerUnresolvable: "The issuer's DID cannot be resolved.",
	CodeIssuerDeactivated:  "The issuer's DID is deactivated.",
	CodeIssuerSuspended:    "The issuer is suspended.",
	CodeIssuerRevoked:      "The issuer is revoked.",
	CodeSuspended:          "The credential is suspended.",
	CodeRevoked:            "The credential is revoked.",
	CodeStatusUnsupported:  "The credential's status cannot be checked here.",
	CodeStatusUnavailable:  "The status is not available.",
}
