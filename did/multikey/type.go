package multikey

import (
	"errors"
	"fmt"
)

// Type is a kind of key.
type Type uint8

// The supported kinds. The zero Type is none.
const (
	Ed25519 Type = iota + 1
	X25519
	P256
	P384
	Secp256k1
)

// ErrInvalidKey: key material that is malformed, of the wrong length, not on its
// curve, or weak.
var ErrInvalidKey = errors.New("invalid key")

// ErrUnsupportedType: a well-formed key of a kind this package does not know.
var ErrUnsupportedType = errors.New("unsupported key type")

// ErrUnknownPrefix is the ErrUnsupportedType of a multicodec prefix that names no kind
// of public key at all, as that of a mangled key does not.
var ErrUnknownPrefix = fmt.Errorf("%w: unknown multicodec prefix", ErrUnsupportedType)

// otherTypes are kinds of public key that others use, by the first bytes of their
// multicodec prefixes.
var otherTypes = map[[2]byte]string{
	{0xea, 0x01}: "BLS12-381 G1", {0xeb, 0x01}: "BLS12-381 G2", {0xee, 0x01}: "BLS12-381 G1 and G2",
	{0xef, 0x01}: "sr25519", {0x82, 0x24}: "P-521", {0x83, 0x24}: "Ed448", {0x84, 0x24}: "X448",
	{0x85, 0x24}: "RSA", {0x86, 0x24}: "SM2", {0xd1, 0xd6}: "JWK",
}

// rsaHeads are what the multibase of RSA keys of 2,048 and 4,096 bits begins with: they
// are too long to be decoded just to be told so.
var rsaHeads = [...]string{"z4MX", "zgg"}

// spec is what sets one kind of key apart. Prefixes are multicodec codes as
// unsigned varints; for the supported kinds all have two bytes.
type spec struct {
	name, kty, crv string
	public, secret [2]byte
	// size and secretSize are the bytes of the raw keys.
	size, secretSize int
	// sigSize is the length of a signature; 0 if the kind does not sign here.
	sigSize int
}

var specs = [...]spec{
	Ed25519:   {"Ed25519", "OKP", "Ed25519", [2]byte{0xed, 0x01}, [2]byte{0x80, 0x26}, 32, 32, 64},
	X25519:    {"X25519", "OKP", "X25519", [2]byte{0xec, 0x01}, [2]byte{0x82, 0x26}, 32, 32, 0},
	P256:      {"P-256", "EC", "P-256", [2]byte{0x80, 0x24}, [2]byte{0x86, 0x26}, 33, 32, 64},
	P384:      {"P-384", "EC", "P-384", [2]byte{0x81, 0x24}, [2]byte{0x87, 0x26}, 49, 48, 96},
	Secp256k1: {"secp256k1", "EC", "secp256k1", [2]byte{0xe7, 0x01}, [2]byte{0x81, 0x26}, 33, 32, 0},
}

// maxRaw is the size of the largest raw public key.
const maxRaw = 49

func (t Type) valid() bool { return t >= Ed25519 && int(t) < len(specs) }

// String returns the name of the curve as JWK spells it: "Ed25519", "X25519",
// "P-256", "P-384", "secp256k1".
func (t Type) String() string {
	if !t.valid() {
		return "none"
	}
	return specs[t].name
}

// ParseType returns the Type whose String is name.
func ParseType(name string) (Type, error) {
	for t := Ed25519; t.valid(); t++ {
		if specs[t].name == name {
			return t, nil
		}
	}
	return 0, fmt.Errorf("%w %.32q", ErrUnsupportedType, name)
}
