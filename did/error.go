package did

import (
	"errors"
	"fmt"
	"strings"
)

// ErrorCode is an error of DID Resolution by its name in the vocabulary
// https://www.w3.org/ns/did#.
type ErrorCode string

// The errors of DID Resolution, 10.
const (
	InvalidDID                 ErrorCode = "INVALID_DID"
	InvalidDIDURL              ErrorCode = "INVALID_DID_URL"
	InvalidDIDDocument         ErrorCode = "INVALID_DID_DOCUMENT"
	InvalidOptions             ErrorCode = "INVALID_OPTIONS"
	NotFound                   ErrorCode = "NOT_FOUND"
	MethodNotSupported         ErrorCode = "METHOD_NOT_SUPPORTED"
	FeatureNotSupported        ErrorCode = "FEATURE_NOT_SUPPORTED"
	RepresentationNotSupported ErrorCode = "REPRESENTATION_NOT_SUPPORTED"
	InternalError              ErrorCode = "INTERNAL_ERROR"
)

// UnsupportedPublicKeyType is the error that the did:key method calls
// unsupportedPublicKeyType: the DID may be valid, its kind of key is not known here.
const UnsupportedPublicKeyType ErrorCode = "UNSUPPORTED_PUBLIC_KEY_TYPE"

// Errors of Controlled Identifiers 1.0, 3.5, that dereferencing with a
// verificationRelationship has too.
const (
	InvalidVerificationMethod ErrorCode = "INVALID_VERIFICATION_METHOD"
	InvalidRelationship       ErrorCode = "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"
)

// Vocabularies in which the types of errors live.
const (
	vocabulary         = "https://www.w3.org/ns/did#"
	securityVocabulary = "https://w3id.org/security#"
)

var titles = map[ErrorCode]string{
	InvalidDID:                 "The DID is not valid.",
	InvalidDIDURL:              "The DID URL is not valid.",
	InvalidDIDDocument:         "The DID document is not valid.",
	InvalidOptions:             "The resolution options are not valid.",
	NotFound:                   "The DID or resource was not found.",
	MethodNotSupported:         "The DID method is not supported.",
	FeatureNotSupported:        "The requested feature is not supported.",
	RepresentationNotSupported: "The representation is not supported.",
	InternalError:              "An unexpected error occurred.",
	UnsupportedPublicKeyType:   "The type of public key is not supported.",
	InvalidVerificationMethod:  "The DID URL names no verification method.",
	InvalidRelationship:        "The verification method is not authorised for that relationship.",
}

// ErrorCodes lists every ErrorCode.
func ErrorCodes() []ErrorCode {
	return []ErrorCode{
		InvalidDID, InvalidDIDURL, InvalidDIDDocument, InvalidOptions, NotFound, MethodNotSupported, FeatureNotSupported,
		RepresentationNotSupported, InternalError, UnsupportedPublicKeyType, InvalidVerificationMethod, InvalidRelationship,
	}
}

// Error is a failure to resolve or dereference. Codes other than InternalError
// are the requester's or controller's to mend.
type Error struct {
	Code ErrorCode
	// Detail says what is wrong, in words for whoever made the request.
	Detail string
	// Err is the cause, if there is one.
	Err error
}

func (e *Error) Error() string {
	s := string(e.Code)
	if why := e.Explanation(); why != "" {
		s += ": " + why
	}
	return s
}

// Explanation is the detail and the cause, in words. It is not for the requester where
// the cause names what only the resolver's operator should read.
func (e *Error) Explanation() string {
	if e.Err == nil {
		return e.Detail
	}
	cause := e.Err.Error()
	switch {
	case e.Detail == "":
		return cause
	case strings.Contains(e.Detail, cause):
		return e.Detail
	}
	return e.Detail + ": " + cause
}

func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is an *Error of the same code with neither detail
// nor cause, so that errors.Is(err, &Error{Code: NotFound}) holds for any NotFound.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Detail == "" && t.Err == nil
}

// Type returns the URI of the error, such as "https://www.w3.org/ns/did#NOT_FOUND".
func (e *Error) Type() string {
	if e.Code == InvalidVerificationMethod || e.Code == InvalidRelationship {
		return securityVocabulary + string(e.Code)
	}
	return vocabulary + string(e.Code)
}

// CodeOfType is the inverse of Type: the code that a type URI ends with,
// InternalError for one of no vocabulary known here.
func CodeOfType(uri string) ErrorCode {
	for _, v := range []string{vocabulary, securityVocabulary} {
		if code, ok := strings.CutPrefix(uri, v); ok {
			return ErrorCode(code)
		}
	}
	return InternalError
}

// Title returns a short sentence that is the same for every error of the code.
func (e *Error) Title() string { return titles[e.Code] }

// CodeOf returns the code of the first *Error that err wraps, InternalError for
// any other error, and "" for none.
func CodeOf(err error) ErrorCode {
	if err == nil {
		return ""
	}
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Code
	}
	return InternalError
}

func errorf(code ErrorCode, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

func invalidDID(format string, args ...any) *Error { return errorf(InvalidDID, format, args...) }

func invalidURL(format string, args ...any) *Error { return errorf(InvalidDIDURL, format, args...) }

func invalidDocument(format string, args ...any) *Error {
	return errorf(InvalidDIDDocument, format, args...)
}
