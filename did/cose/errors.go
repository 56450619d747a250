package cose

// Code is the reason for which a message is refused. It is an error, for errors.Is.
type Code string

// The codes of an Error.
const (
	// ErrMalformed: not a COSE_Sign1 with its payload, or a header that is none.
	ErrMalformed Code = "message-malformed"
	// ErrTooLarge: longer than MaxMessage.
	ErrTooLarge Code = "message-too-large"
	// ErrCritical: a header has crit.
	ErrCritical Code = "message-critical"
	// ErrAlgorithm: alg is absent or none of those supported.
	ErrAlgorithm Code = "algorithm-unsupported"
	// ErrKeyType: alg is not one of the key.
	ErrKeyType Code = "algorithm-mismatch"
	// ErrSignature: the signature is not the key's.
	ErrSignature Code = "signature-invalid"
	// ErrClaims: not a set of CWT claims, or a registered claim is not of its type.
	ErrClaims Code = "claims-malformed"
	// ErrSign: what was to be signed cannot be.
	ErrSign Code = "cannot-sign"
)

func (c Code) Error() string { return string(c) }

// Error says why a message is refused, or why none could be made.
type Error struct {
	Code Code
	// Detail is for people.
	Detail string
	// Err is the cause, if it has more to tell; may be nil.
	Err error
}

func (e *Error) Error() string {
	text := string(e.Code)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Is reports whether target is the Code of e.
func (e *Error) Is(target error) bool { return target == error(e.Code) }

func (e *Error) Unwrap() error { return e.Err }

func malformed(detail string, err error) *Error {
	return &Error{Code: ErrMalformed, Detail: detail, Err: err}
}
