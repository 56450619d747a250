package jose

// Code is the reason for which a token is refused. It is an error, for errors.Is.
type Code string

// The codes of an Error.
const (
	// ErrMalformed: not a compact JWS, or a header that is none.
	ErrMalformed Code = "token-malformed"
	// ErrTooLarge: longer than MaxToken or MaxHeader.
	ErrTooLarge Code = "token-too-large"
	// ErrCritical: the header has crit or b64.
	ErrCritical Code = "token-critical"
	// ErrAlgorithm: alg is none of those supported.
	ErrAlgorithm Code = "algorithm-unsupported"
	// ErrKeyType: alg is not the one of the key.
	ErrKeyType Code = "algorithm-mismatch"
	// ErrSignature: the signature is not the key's.
	ErrSignature Code = "signature-invalid"
	// ErrClaims: the payload is no set of claims, or a registered claim is not of
	// its type.
	ErrClaims Code = "claims-malformed"
	// ErrSign: what was to be signed cannot be.
	ErrSign Code = "cannot-sign"
)

func (c Code) Error() string { return string(c) }

// Error says why a token is refused, or why none could be made.
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
