package jsonld

import (
	"errors"
	"strconv"
)

// Reasons for which a document or dataset is refused. Every error of this
// package's processing is an *Error that wraps exactly one of them.
var (
	// ErrUnknownContext: a context is named that is not in the set.
	ErrUnknownContext = errors.New("unknown context")
	// ErrDataLoss: something in the document would not reach RDF.
	ErrDataLoss = errors.New("data would be lost")
	// ErrUndefined: a property or type has no meaning in the contexts. Only CheckTerms
	// tells it from other losses.
	ErrUndefined = errors.New("undefined term")
	// ErrBudget: processing would cost more than the fixed limits allow.
	ErrBudget = errors.New("too much work")
	// ErrInvalid: not valid JSON-LD 1.1, or not valid N-Quads.
	ErrInvalid = errors.New("invalid JSON-LD")
)

// Codes of errors that JSON-LD 1.1 has no code for.
const (
	codeLoss    = "data loss"
	codeBudget  = "budget exceeded"
	codeUnknown = "loading remote context failed"
	codeNQuads  = "invalid N-Quads"
)

// Error says why and where a document is refused.
type Error struct {
	// Code is the error code of the JSON-LD 1.1 API (JsonLdErrorCode) or one of
	// "data loss", "budget exceeded", "invalid N-Quads".
	Code string
	// Path is a JSON Pointer to the place in the document, or to the nearest
	// enclosing value; "" is the whole document. For N-Quads it is "line N".
	Path string
	// Detail is for people.
	Detail string

	kind error
}

func (e *Error) Error() string {
	s := e.kind.Error() + ": " + e.Code
	if e.Code == codeLoss || e.Code == codeBudget {
		s = e.kind.Error()
	}
	if e.Path != "" {
		s += " at " + e.Path
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// Unwrap returns one of ErrUnknownContext, ErrDataLoss, ErrUndefined, ErrBudget, ErrInvalid.
func (e *Error) Unwrap() error { return e.kind }

func invalid(code, detail string) *Error {
	return &Error{Code: code, Detail: detail, kind: ErrInvalid}
}

func lost(detail string) *Error {
	return &Error{Code: codeLoss, Detail: detail, kind: ErrDataLoss}
}

func overBudget(detail string) *Error {
	return &Error{Code: codeBudget, Detail: detail, kind: ErrBudget}
}

// quote makes a short, printable form of something from a document.
func quote(s string) string {
	if len(s) > 64 {
		s = s[:64] + "…"
	}
	return strconv.Quote(s)
}
