package multikey

import (
	"fmt"

	"filippo.io/edwards25519"
)

// Agreement returns the X25519 key of the holder of an Ed25519 key: the image of
// the point under the birational map of RFC 7748, 4.1. The secret half is the
// clamped first half of SHA-512 of the seed.
func (k PublicKey) Agreement() (PublicKey, error) {
	if k.typ != Ed25519 {
		return PublicKey{}, fmt.Errorf("%w: no key agreement from %s", ErrUnsupportedType, k.typ)
	}
	p, err := new(edwards25519.Point).SetBytes(k.raw[:specs[Ed25519].size])
	if err != nil {
		return PublicKey{}, fmt.Errorf("%w: %w", ErrInvalidKey, err)
	}
	return NewPublic(X25519, p.BytesMontgomery())
}
