package statuslist

// Problem types of Bitstring Status List 1.0, 3.5, and those of VC Data Model 2.0
// that its algorithms raise.
const (
	RetrievalError      = "https://www.w3.org/ns/credentials/status-list#STATUS_RETRIEVAL_ERROR"
	VerificationError   = "https://www.w3.org/ns/credentials/status-list#STATUS_VERIFICATION_ERROR"
	LengthError         = "https://www.w3.org/ns/credentials/status-list#STATUS_LIST_LENGTH_ERROR"
	MalformedValueError = "https://www.w3.org/TR/vc-data-model#MALFORMED_VALUE_ERROR"
	RangeError          = "https://www.w3.org/TR/vc-data-model#RANGE_ERROR"
)

// Error is why a list or an entry tells no status.
type Error struct {
	// Type is one of the problem types above.
	Type string
	// Path is the property at fault, as in "credentialSubject.encodedList"; "" for
	// the whole.
	Path   string
	Detail string
	Err    error // may be nil
}

func (e *Error) Error() string {
	text := e.Detail
	if e.Err != nil {
		if text != "" {
			text += ": "
		}
		text += e.Err.Error()
	}
	if e.Path == "" {
		return text
	}
	return e.Path + ": " + text
}

func (e *Error) Unwrap() error { return e.Err }

func malformed(path, detail string) *Error {
	return &Error{Type: MalformedValueError, Path: path, Detail: detail}
}

func unverified(path, detail string) *Error {
	return &Error{Type: VerificationError, Path: path, Detail: detail}
}
