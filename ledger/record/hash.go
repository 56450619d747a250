package record

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// Seq is a record's position in the ledger, dense from 0; as the size of a ledger,
// the number of its records.
type Seq uint64

// Hash is a SHA-256 value; its text form is 64 lower-case hexadecimal digits.
type Hash [sha256.Size]byte

// ErrHash says that a text is not a Hash.
var ErrHash = errors.New("not 64 lower-case hexadecimal digits")

// ParseHash reads the text form of a Hash.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if len(s) != 2*len(h) {
		return Hash{}, fmt.Errorf("hash %.80q: %w", s, ErrHash)
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return Hash{}, fmt.Errorf("hash %.80q: %w", s, ErrHash)
		}
	}
	if _, err := hex.Decode(h[:], []byte(s)); err != nil {
		return Hash{}, fmt.Errorf("hash %.80q: %w", s, err)
	}
	return h, nil
}

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText returns the text form.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads the text form.
func (h *Hash) UnmarshalText(text []byte) error {
	parsed, err := ParseHash(string(text))
	if err != nil {
		return err
	}
	*h = parsed
	return nil
}

// LeafHash is the Merkle leaf hash of a record's bytes (RFC 9162, 2.1.1).
func LeafHash(record []byte) Hash {
	d := sha256.New()
	d.Write([]byte{0})
	d.Write(record)
	var h Hash
	d.Sum(h[:0])
	return h
}
