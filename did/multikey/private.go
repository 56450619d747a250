package multikey

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

// ErrCannotSign: a key of a kind that makes no signatures here.
var ErrCannotSign = errors.New("key type does not sign")

// PrivateKey is a private key. Printing it in whatever way shows its public key
// only; the secret leaves by Multibase and by nothing else. The zero PrivateKey
// is none and signs nothing.
type PrivateKey struct {
	pub  PublicKey
	seed []byte
	ed   ed25519.PrivateKey
	ec   *ecdsa.PrivateKey
}

// Generate makes a key of type t from crypto/rand.
func Generate(t Type) (PrivateKey, error) {
	if !t.valid() {
		return PrivateKey{}, ErrUnsupportedType
	}
	seed := make([]byte, specs[t].secretSize)
	// A seed is out of range for P-256 once in 2^32, and less often for the others.
	for range 16 {
		if _, err := rand.Read(seed); err != nil {
			return PrivateKey{}, fmt.Errorf("generate %s key: %w", t, err)
		}
		if k, err := NewPrivate(t, seed); err == nil {
			return k, nil
		}
	}
	return PrivateKey{}, fmt.Errorf("generate %s key: no seed in range", t)
}

// ParsePrivate reads a secretKeyMultibase, as Multibase writes it. Errors as of
// ParsePublic; they never show the input.
func ParsePrivate(multibase string) (PrivateKey, error) {
	data, err := decode(multibase, 2+maxRaw)
	if err != nil {
		return PrivateKey{}, fmt.Errorf("%w: not a secret Multikey", ErrInvalidKey)
	}
	t, seed, err := split(data, func(s spec) [2]byte { return s.secret })
	if err != nil {
		return PrivateKey{}, fmt.Errorf("%w: not a secret Multikey", ErrUnsupportedType)
	}
	return NewPrivate(t, seed)
}

// NewPrivate makes a key of its raw secret: the seed of RFC 8032 (Ed25519), the
// scalar of RFC 7748 (X25519) or a big-endian integer from 1 up to the order of
// the group. 32 bytes, for P-384 48. The seed is copied.
func NewPrivate(t Type, seed []byte) (PrivateKey, error) {
	if !t.valid() {
		return PrivateKey{}, ErrUnsupportedType
	}
	if len(seed) != specs[t].secretSize {
		return PrivateKey{}, fmt.Errorf("%w: a %s secret has %d bytes, not %d", ErrInvalidKey, t, specs[t].secretSize, len(seed))
	}
	k := PrivateKey{seed: append([]byte(nil), seed...)}
	raw, err := k.expand(t)
	if err != nil {
		return PrivateKey{}, fmt.Errorf("%w: %s secret out of range", ErrInvalidKey, t)
	}
	if k.pub, err = NewPublic(t, raw); err != nil {
		return PrivateKey{}, err
	}
	return k, nil
}

// expand derives what signing needs from the seed and returns the raw public key.
func (k *PrivateKey) expand(t Type) (public []byte, err error) {
	switch t {
	case Ed25519:
		k.ed = ed25519.NewKeyFromSeed(k.seed)
		return k.ed[ed25519.SeedSize:], nil
	case X25519:
		x, err := ecdh.X25519().NewPrivateKey(k.seed)
		if err != nil {
			return nil, err
		}
		return x.PublicKey().Bytes(), nil
	case P256:
		return k.expandEC(elliptic.P256())
	case P384:
		return k.expandEC(elliptic.P384())
	default:
		var scalar secp256k1.ModNScalar
		if scalar.SetByteSlice(k.seed) || scalar.IsZero() {
			return nil, ErrInvalidKey
		}
		return secp256k1.NewPrivateKey(&scalar).PubKey().SerializeCompressed(), nil
	}
}

func (k *PrivateKey) expandEC(curve elliptic.Curve) (public []byte, err error) {
	if k.ec, err = ecdsa.ParseRawPrivateKey(curve, k.seed); err != nil {
		return nil, err
	}
	point, err := k.ec.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	size := len(k.seed)
	return append([]byte{2 | point[len(point)-1]&1}, point[1:1+size]...), nil
}

// Public returns the public half.
func (k PrivateKey) Public() PublicKey { return k.pub }

// Multibase returns the secretKeyMultibase: the secret itself. The zero
// PrivateKey gives "".
func (k PrivateKey) Multibase() string {
	if k.pub.IsZero() {
		return ""
	}
	return encode(specs[k.pub.typ].secret, k.seed)
}

// String names the public key and shows nothing secret.
func (k PrivateKey) String() string {
	if k.pub.IsZero() {
		return "PrivateKey(none)"
	}
	return "PrivateKey(of " + k.pub.String() + ")"
}

// Format writes String, whatever the verb.
func (k PrivateKey) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, k.String()) // fmt reports what its writer fails at
}
