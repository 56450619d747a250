package proof

import (
	"errors"
	"strings"

	"github.com/tabard-id/tabard/did/jsonld"
)

// Namespace is where the error types of the specifications live.
const Namespace = "https://w3id.org/security#"

// Values of Error.Type: Data Integrity 1.0, 2.4.3 (data loss), 4.4 and 4.7, and
// Controlled Identifiers 1.0, 3.5.
const (
	ParsingError              = Namespace + "PARSING_ERROR"
	VerificationError         = Namespace + "PROOF_VERIFICATION_ERROR"
	GenerationError           = Namespace + "PROOF_GENERATION_ERROR"
	TransformationError       = Namespace + "PROOF_TRANSFORMATION_ERROR"
	DataLoss                  = Namespace + "DATA_LOSS_DETECTION_ERROR"
	InvalidDomain             = Namespace + "INVALID_DOMAIN_ERROR"
	InvalidChallenge          = Namespace + "INVALID_CHALLENGE_ERROR"
	InvalidVerificationMethod = Namespace + "INVALID_VERIFICATION_METHOD"
	InvalidMethodURL          = Namespace + "INVALID_VERIFICATION_METHOD_URL"
	InvalidDocument           = Namespace + "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT"
	InvalidDocumentID         = Namespace + "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID"
	InvalidRelationship       = Namespace + "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"
)

// Reasons within the types, for errors.Is.
var (
	ErrNoProof       = errors.New("no proof")
	ErrUnsupported   = errors.New("unsupported type of proof or cryptosuite")
	ErrKeyType       = errors.New("key does not fit the cryptosuite")
	ErrSignature     = errors.New("signature does not verify")
	ErrExpired       = errors.New("proof has expired")
	ErrContext       = errors.New("the @context of the proof is not that of the document")
	ErrPreviousProof = errors.New("previousProof does not name one earlier proof of the document")
	ErrHidden        = errors.New("what is signed stands where readers of the JSON do not look")
	ErrDisclosure    = errors.New("not what the issuer signed to be disclosed")
	ErrPurpose       = errors.New("unexpected proofPurpose")
	ErrDeactivated   = errors.New("DID is deactivated")
)

// Error says why a document's proofs do not hold, or why none could be made.
type Error struct {
	// Type is a URL, one of the constants of this package.
	Type string
	// Detail is for people.
	Detail string
	// Err is the reason, if it has more to tell; may be nil.
	Err error
}

// Title is the last part of Type, as in "PROOF_VERIFICATION_ERROR".
func (e *Error) Title() string { return strings.TrimPrefix(e.Type, Namespace) }

func (e *Error) Error() string {
	if e.Detail == "" && e.Err != nil && strings.HasPrefix(e.Err.Error(), e.Title()) {
		return e.Err.Error()
	}
	var b strings.Builder
	b.WriteString(e.Title())
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

func parsing(detail string) *Error { return &Error{Type: ParsingError, Detail: detail} }

func unverified(detail string, err error) *Error {
	return &Error{Type: VerificationError, Detail: detail, Err: err}
}

// untransformed is about a document or proof that cannot become RDF without loss.
func untransformed(err error) *Error {
	if errors.Is(err, jsonld.ErrDataLoss) {
		return &Error{Type: DataLoss, Err: err}
	}
	return &Error{Type: TransformationError, Err: err}
}

func ungenerated(detail string, err error) *Error {
	return &Error{Type: GenerationError, Detail: detail, Err: err}
}
