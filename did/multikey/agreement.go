package multikey

import (
	"fmt"

	"filippo.io/edwards25519/field"
)

// Agreement returns the X25519 key of the holder of an Ed25519 key: the image
// u = (1 + y) / (1 − y) of the point (RFC 7748, 4.1). The secret half is the
// clamped first half of SHA-512 of the seed.
func (k PublicKey) Agreement() (PublicKey, error) {
	if k.typ != Ed25519 {
		return PublicKey{}, fmt.Errorf("%w: no key agreement from %s", ErrUnsupportedType, k.typ)
	}
	y, err := new(field.Element).SetBytes(k.raw[:specs[Ed25519].size])
	if err != nil {
		return PublicKey{}, fmt.Errorf("%w: %w", ErrInvalidKey, err)
	}
	one := new(field.Element).One()
	above := new(field.Element).Add(one, y)
	below := new(field.Element).Subtract(one, y)
	return NewPublic(X25519, above.Multiply(above, below.Invert(below)).Bytes())
}
