package credential

import "fmt"

// Problem types of VC Data Model 2.0, 7.2.
const (
	ParsingError        = "https://www.w3.org/TR/vc-data-model#PARSING_ERROR"
	MalformedValueError = "https://www.w3.org/TR/vc-data-model#MALFORMED_VALUE_ERROR"
)

// Error is a defect in the structure of a credential.
type Error struct {
	// Type is ParsingError or MalformedValueError.
	Type string
	// Path is the property at fault, as in "credentialSubject.id"; "" for the whole.
	Path   string
	Detail string
}

func (e *Error) Error() string {
	if e.Path == "" {
		return e.Detail
	}
	return e.Path + ": " + e.Detail
}

// tooMany is about a property with more of something than the limit of this package.
func tooMany(path string, count, limit int, what string) *Error {
	return malformed(path, fmt.Sprintf("%d %s, and at most %d are taken", count, what, limit))
}

func malformed(path, detail string) *Error {
	return &Error{Type: MalformedValueError, Path: path, Detail: detail}
}
