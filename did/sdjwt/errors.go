package sdjwt

// Code is the reason for which an SD-JWT is refused. It is an error, for errors.Is.
type Code string

// The codes of an Error.
const (
	// ErrMalformed: not an SD-JWT in the compact serialisation.
	ErrMalformed Code = "sd-jwt-malformed"
	// ErrTooLarge: beyond MaxToken, MaxDisclosures or MaxDepth.
	ErrTooLarge Code = "sd-jwt-too-large"
	// ErrHash: _sd_alg is no hash known here.
	ErrHash Code = "sd-alg-unsupported"
	// ErrPayload: _sd, ... or _sd_alg is not what it should be or where.
	ErrPayload Code = "sd-payload-malformed"
	// ErrDisclosure: a disclosure is not an array of salt, name and value, or of salt
	// and value, as its place demands.
	ErrDisclosure Code = "disclosure-malformed"
	// ErrUnreferenced: nothing in the token refers to a disclosure.
	ErrUnreferenced Code = "disclosure-unreferenced"
	// ErrDuplicate: a digest or a disclosure occurs twice.
	ErrDuplicate Code = "digest-duplicate"
	// ErrName: a disclosure would add a claim of a reserved name.
	ErrName Code = "claim-name-reserved"
	// ErrExists: a disclosure would add a claim that there is already.
	ErrExists Code = "claim-exists"
	// ErrConfirmation: cnf names no key that is understood.
	ErrConfirmation Code = "confirmation-unusable"
	// ErrBindingMissing: there is no key binding.
	ErrBindingMissing Code = "key-binding-missing"
	// ErrBinding: the key binding is not what it should be, or not signed by the
	// holder's key.
	ErrBinding Code = "key-binding-invalid"
	// ErrBindingHash: the key binding is of another token or other disclosures.
	ErrBindingHash Code = "key-binding-hash"
	// ErrBindingNonce: the key binding answers another nonce.
	ErrBindingNonce Code = "key-binding-nonce"
	// ErrBindingAudience: the key binding is for somebody else.
	ErrBindingAudience Code = "key-binding-audience"
	// ErrBindingTime: the key binding is too old, expired, or not yet made.
	ErrBindingTime Code = "key-binding-time"
	// ErrIssue: what was to be issued or presented cannot be.
	ErrIssue Code = "cannot-issue"
)

func (c Code) Error() string { return string(c) }

// Error says why an SD-JWT is refused, or why none could be made.
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

func refuse(code Code, detail string) *Error { return &Error{Code: code, Detail: detail} }
