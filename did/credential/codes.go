package credential

// Names of checks, in the order in which they are made and reported.
const (
	CheckStructure   = "structure"
	CheckIssuer      = "issuer"
	CheckProof       = "proof"
	CheckValidity    = "validity"
	CheckIssuerState = "issuerState"
	// CheckSubjectState is about the DIDs of the subjects: whether the registry knows one
	// of them to be suspended or revoked.
	CheckSubjectState = "subjectState"
	CheckStatus       = "status"
	// CheckSchema and CheckRelatedResource are about what a credential points to.
	CheckSchema          = "schema"
	CheckRelatedResource = "relatedResource"
	// CheckContext is about the meaning of terms; presentations have it too.
	CheckContext = "context"
)

// Names of the checks of a presentation that credentials do not have, in the order
// structure, holder, proof, challenge, validity, holderState, credentials, context.
const (
	CheckHolder = "holder"
	// CheckChallenge is skipped where no challenge is asked for. That the proof answers
	// the one that is belongs to the check of the proof.
	CheckChallenge   = "challenge"
	CheckHolderState = "holderState"
	// CheckCredentials fails if one of the credentials inside is not verified.
	CheckCredentials = "credentials"
)

// credentialChecks are the rows of a verdict on a credential, presentationChecks
// of one on a presentation.
var (
	credentialChecks   = []string{CheckStructure, CheckIssuer, CheckProof, CheckValidity, CheckIssuerState, CheckSubjectState, CheckStatus, CheckSchema, CheckRelatedResource, CheckContext}
	presentationChecks = []string{CheckStructure, CheckHolder, CheckProof, CheckChallenge, CheckValidity, CheckHolderState, CheckCredentials, CheckContext}
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
	// CodeMalformed: structure; the credential is not what the data model demands. Of
	// status: the claim status of its token is not what it has to be.
	CodeMalformed Code = "credential-malformed"
	// CodeMalformedPresentation: structure; the presentation is not what the data model
	// demands.
	CodeMalformedPresentation Code = "presentation-malformed"
	// CodeIssuerMismatch: issuer; no proof is by a key of the issuer.
	CodeIssuerMismatch Code = "issuer-mismatch"
	// CodeIssuerNotDID: issuer; not a DID, so that nothing ties a key to it. The
	// outcome is skipped where the verifier's policy accepts such issuers.
	CodeIssuerNotDID Code = "issuer-not-did"
	// CodeProofMissing: proof; the credential has none.
	CodeProofMissing Code = "proof-missing"
	// CodeProofInvalid: proof; one of the proofs does not hold.
	CodeProofInvalid Code = "proof-invalid"
	// CodeProofUnsupported: structure or proof; a type of proof, cryptosuite, algorithm,
	// key or token that is not known here.
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
	// CodeSubjectSuspended and the next: subjectState; as for issuers. The outcome is
	// skipped unless the verifier demands active subjects.
	CodeSubjectSuspended Code = "subject-suspended"
	CodeSubjectRevoked   Code = "subject-revoked"
	// CodeSuspended: status; the credential is suspended.
	CodeSuspended Code = "suspended"
	// CodeRevoked: status; the credential is revoked.
	CodeRevoked Code = "revoked"
	// CodeStatusUnsupported: status; credentialStatus or a token's claim status is of a
	// type that cannot be checked here, or gives a status of which the meaning is not
	// known.
	CodeStatusUnsupported Code = "status-unsupported"
	// CodeStatusUnavailable: issuerState, subjectState or status; the status cannot be
	// told. Of subjectState skipped, as a status would be.
	CodeStatusUnavailable Code = "status-unavailable"
	// CodeRevokedRetroactively: issuerState or status; revoked after the time judged
	// by, but as of a time that is not after it.
	CodeRevokedRetroactively Code = "revoked-retroactively"
	// CodeListUntrusted: status; the status list is by another issuer.
	CodeListUntrusted Code = "status-list-untrusted"
	// CodeListInvalid: status; the status list does not verify, or the entry and the
	// list do not fit together.
	CodeListInvalid Code = "status-list-invalid"
	// CodeSchemaMismatch: schema; the credential is not what its schema demands.
	CodeSchemaMismatch Code = "schema-mismatch"
	// CodeSchemaInvalid: schema; the schema itself is none that can be evaluated.
	CodeSchemaInvalid Code = "schema-invalid"
	// CodeSchemaUnavailable: schema; there is no schema to be had.
	CodeSchemaUnavailable Code = "schema-unavailable"
	// CodeSchemaUnsupported: schema; a type of schema that is not known here.
	CodeSchemaUnsupported Code = "schema-unsupported"
	// CodeDigestMismatch: relatedResource; a resource is not the one that was meant.
	CodeDigestMismatch Code = "digest-mismatch"
	// CodeContextInvalid: context; the contexts cannot be processed.
	CodeContextInvalid Code = "context-invalid"
	// CodeContextUnknown: proof or context; one of the contexts is not at hand. The
	// check of that name is then skipped.
	CodeContextUnknown Code = "context-unknown"
	// CodeDataLoss: proof; something in the document has no meaning in its contexts, so
	// that the proof would not cover it.
	CodeDataLoss Code = "data-loss"
	// CodeTooCostly: proof or context; the document takes more work than one may.
	CodeTooCostly Code = "too-costly"
	// CodeTermsUndefined: context; something in the document has no meaning in its
	// contexts. Skipped under AllowUndefinedTerms.
	CodeTermsUndefined Code = "terms-undefined"
	// CodeChallengeMismatch: proof; a proof does not answer the challenge.
	CodeChallengeMismatch Code = "challenge-mismatch"
	// CodeDomainMismatch: proof; a proof is not meant for the domain.
	CodeDomainMismatch Code = "domain-mismatch"
	// CodeHolderMismatch: holder; no proof is by a key of the holder, or the holder is
	// not the one expected.
	CodeHolderMismatch Code = "holder-mismatch"
	// CodeHolderNotDID: holder; not a DID, so that nothing ties a key to it. Skipped
	// under AcceptAnyIssuer.
	CodeHolderNotDID Code = "holder-not-did"
	// CodeHolderUnresolvable and the next: holderState; as for issuers.
	CodeHolderUnresolvable Code = "holder-unresolvable"
	CodeHolderDeactivated  Code = "holder-deactivated"
	CodeHolderSuspended    Code = "holder-suspended"
	CodeHolderRevoked      Code = "holder-revoked"
	// CodeCredentialUnverified: credentials; one of those in the presentation.
	CodeCredentialUnverified Code = "credential-unverified"
)

// CodeObserved is the code of a passed issuerState or holderState: the document is
// not what the DID's host says now but what a registry recorded of it. The detail says
// when; whether that is recent enough is for the relying party to decide.
const CodeObserved Code = "observed"

// Codes of skipped checks.
const (
	// CodeNotChecked: what was found before forbids the check.
	CodeNotChecked Code = "not-checked"
	// CodeUnregistered: status; the registry has no credential of this digest, and
	// so never heard of a revocation. Failed under RequireRegistered.
	CodeUnregistered Code = "unregistered"
	// CodeNoRegistry: status; the verifier was given no source of status. Failed under
	// RequireRegistered.
	CodeNoRegistry Code = "no-registry"
	// CodeNoChallenge: challenge; none was asked for, so that the presentation may have
	// been shown before, by anybody who has seen it.
	CodeNoChallenge Code = "no-challenge"
	// CodeUnsecured: holder, proof and challenge; a presentation without proof, where the options
	// allow it.
	CodeUnsecured Code = "unsecured"
	// CodeAbsent: there is nothing of that kind to check.
	CodeAbsent Code = "absent"
	// CodeResourceUnknown: relatedResource; the bytes of a resource are not at hand.
	// Nothing is fetched for it.
	CodeResourceUnknown Code = "resource-unknown"
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
	CodeNumberInexact:      "A number is one that readers take for another.",
	CodeIssuerMismatch:     "No proof is by the issuer.",
	CodeIssuerNotDID:       "The issuer is not a DID.",
	CodeClaimMismatch:      "A claim of the token contradicts what it secures.",
	CodeProofMissing:       "The credential has no proof.",
	CodeProofInvalid:       "A proof does not hold.",
	CodeProofUnsupported:   "The proof is of a kind that is not supported.",
	CodeKeyUnavailable:     "The key of a proof cannot be used.",
	CodeNotYetValid:        "The credential is not valid yet.",
	CodeExpired:            "The credential has expired.",
	CodeProofExpired:       "A proof has expired.",
	CodeIssuerUnresolvable: "The issuer's DID cannot be resolved.",
	CodeIssuerDeactivated:  "The issuer's DID is deactivated.",
	CodeIssuerSuspended:    "The issuer is suspended.",
	CodeIssuerRevoked:      "The issuer is revoked.",
	CodeSubjectSuspended:   "A subject is suspended.",
	CodeSubjectRevoked:     "A subject is revoked.",
	CodeSuspended:          "The credential is suspended.",
	CodeRevoked:            "The credential is revoked.",
	CodeStatusUnsupported:  "The credential's status cannot be checked here.",
	CodeStatusUnavailable:  "The status is not available.",
	CodeUnregistered:       "The credential is not registered.",
	CodeNoRegistry:         "There is no registry to ask.",

	CodeMalformedPresentation: "The presentation is malformed.",
	CodeRevokedRetroactively:  "It was revoked later, as of an earlier time.",
	CodeListUntrusted:         "The status list is by another issuer.",
	CodeListInvalid:           "The status list does not hold.",
	CodeSchemaMismatch:        "The credential is not what its schema demands.",
	CodeSchemaInvalid:         "The credential's schema cannot be evaluated.",
	CodeSchemaUnavailable:     "The credential's schema is not available.",
	CodeSchemaUnsupported:     "The type of the credential's schema is not supported.",
	CodeDigestMismatch:        "A related resource is not the one that was meant.",
	CodeContextInvalid:        "The contexts cannot be processed.",
	CodeContextUnknown:        "A context is not known here.",
	CodeDataLoss:              "A proof does not cover all of the document.",
	CodeTooCostly:             "The document takes too much work to verify.",
	CodeTermsUndefined:        "Something in the document has no meaning in its contexts.",
	CodeChallengeMismatch:     "The proof does not answer the challenge.",
	CodeDomainMismatch:        "The proof is not meant for this domain.",
	CodeHolderMismatch:        "No proof is by the holder.",
	CodeHolderNotDID:          "The holder is not a DID.",
	CodeHolderUnresolvable:    "The holder's DID cannot be resolved.",
	CodeHolderDeactivated:     "The holder's DID is deactivated.",
	CodeHolderSuspended:       "The holder is suspended.",
	CodeHolderRevoked:         "The holder is revoked.",
	CodeCredentialUnverified:  "A credential of the presentation is not verified.",
}
