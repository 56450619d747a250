package multikey

import (
	"fmt"
	"strings"
)

// PublicKey is a checked public key. Values are comparable: two are equal
// exactly when they are the same key. The zero PublicKey is none and verifies
// nothing.
type PublicKey struct {
	typ Type
	raw [maxRaw]byte
	// x of an Ed25519 key, which raw determines: what takes long to find.
	x [32]byte
}

// largestPublic is what ParsePublic decodes at most: a BLS12-381 G2 key, so that
// it is reported as unsupported and not as malformed.
const largestPublic = 2 + 96

// ParsePublic reads a publicKeyMultibase: base58btc with the header z over the
// multicodec prefix and the raw key. Errors are ErrUnsupportedType for kinds of
// key not known here, else ErrInvalidKey.
func ParsePublic(multibase string) (PublicKey, error) {
	if len(multibase) > 2*largestPublic && isRSA(multibase) {
		return PublicKey{}, fmt.Errorf("%w: RSA", ErrUnsupportedType)
	}
	data, err := decode(multibase, largestPublic)
	if err != nil {
		return PublicKey{}, err
	}
	t, raw, err := split(data, func(s spec) [2]byte { return s.public })
	if err != nil {
		return PublicKey{}, err
	}
	return NewPublic(t, raw)
}

func isRSA(multibase string) bool {
	for _, head := range rsaHeads {
		if strings.HasPrefix(multibase, head) {
			return true
		}
	}
	return false
}

// NewPublic checks a raw public key: 32 bytes for Ed25519 and X25519, a
// compressed SEC 1 point for the others (33 bytes; P-384 49). Errors are
// ErrUnsupportedType and ErrInvalidKey.
func NewPublic(t Type, raw []byte) (PublicKey, error) {
	if !t.valid() {
		return PublicKey{}, ErrUnsupportedType
	}
	if len(raw) != specs[t].size {
		return PublicKey{}, fmt.Errorf("%w: %s has %d bytes, not %d", ErrInvalidKey, t, specs[t].size, len(raw))
	}
	k := PublicKey{typ: t}
	copy(k.raw[:], raw)
	var err error
	if t == Ed25519 {
		k.x, err = decodeEd25519([32]byte(raw))
	} else {
		err = checkPoint(t, raw)
	}
	if err != nil {
		return PublicKey{}, fmt.Errorf("%w: %s: %w", ErrInvalidKey, t, err)
	}
	return k, nil
}

// Type returns the kind of key, zero for the zero PublicKey.
func (k PublicKey) Type() Type { return k.typ }

// IsZero reports whether k is no key.
func (k PublicKey) IsZero() bool { return k.typ == 0 }

// Bytes returns the raw key, as NewPublic takes it, in a slice of its own.
func (k PublicKey) Bytes() []byte {
	if k.typ == 0 {
		return nil
	}
	return append([]byte(nil), k.raw[:specs[k.typ].size]...)
}

// String returns the publicKeyMultibase, and "" for the zero PublicKey.
func (k PublicKey) String() string {
	if k.typ == 0 {
		return ""
	}
	return encode(specs[k.typ].public, k.raw[:specs[k.typ].size])
}
