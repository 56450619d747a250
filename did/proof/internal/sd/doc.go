// Package sd has the selective disclosure functions of Data Integrity ECDSA
// Cryptosuites 1.0, 3.4 and 3.5: JSON Pointers into documents, statements under
// secret labels, and the CBOR of base and derived proof values. It knows neither
// proofs nor keys.
//
// A document becomes a sorted list of statements (canonical N-Quads) in which
// every blank node has the HMAC of its canonical label for a name, so that the
// order says nothing about what is not shown. A selection of the document is found
// among them by naming its blank nodes before the selection is made.
package sd

import (
	"errors"
	"fmt"
)

var (
	// ErrValue: a proof value that is not of the form in question.
	ErrValue = errors.New("malformed proof value")
	// ErrBase: a base proof value where a derived one is wanted. It is an ErrValue, too.
	ErrBase = fmt.Errorf("%w: a base proof value", ErrValue)
	// ErrPointer: a JSON Pointer that is malformed or points at nothing.
	ErrPointer = errors.New("JSON pointer does not match the document")
	// ErrStatements: statements, labels and indexes do not go together.
	ErrStatements = errors.New("statements do not match the proof value")
)

// Limits on proof values; a document that needs more cannot be signed.
const (
	// MaxStatements is how many statements a document may have.
	MaxStatements = 2048
	// MaxPointers is how many pointers may be given.
	MaxPointers = 512
	// MaxPointer is the longest pointer, in bytes.
	MaxPointer = 1024
	// maxValue is the longest proof value, in characters.
	maxValue = 1 << 20
)

// Lengths of the parts of a proof value.
const (
	// SignatureSize is that of P-256, r‖s.
	SignatureSize = 64
	// PublicKeySize is that of a P-256 Multikey: two bytes of prefix, 33 of point.
	// The text of the specification says 36, its test vectors have 35.
	PublicKeySize = 35
	// LabelSize is that of HMAC-SHA-256, of its key and of what it returns.
	LabelSize = 32
)
