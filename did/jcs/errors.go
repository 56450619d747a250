package jcs

import (
	"errors"
	"fmt"
)

// Reasons for which a text is refused. Every error of Decode is a *SyntaxError
// that wraps exactly one of them.
var (
	// ErrSyntax: not strict JSON.
	ErrSyntax = errors.New("invalid JSON")
	// ErrDuplicateName: an object names a member twice (after unescaping).
	ErrDuplicateName = errors.New("duplicate member name")
	// ErrTooDeep: arrays and objects nest deeper than Limits.Depth.
	ErrTooDeep = errors.New("JSON nested too deeply")
	// ErrTooLarge: more bytes or more values than Limits allow.
	ErrTooLarge = errors.New("JSON too large")
)

// SyntaxError says where and why a text was refused.
type SyntaxError struct {
	// Offset is the index of the byte at which the reason became apparent.
	Offset int
	// Err wraps one of ErrSyntax, ErrDuplicateName, ErrTooDeep, ErrTooLarge.
	Err error
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%v at byte %d", e.Err, e.Offset)
}

func (e *SyntaxError) Unwrap() error { return e.Err }

func syntaxError(offset int, reason string) error {
	return &SyntaxError{Offset: offset, Err: fmt.Errorf("%w: %s", ErrSyntax, reason)}
}
