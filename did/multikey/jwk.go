package multikey

import (
	"crypto/elliptic"
	"encoding/base64"
	"fmt"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/tabard-id/tabard/did/jcs"
)

// strict64 refuses padding and stray bits, so that a key has one spelling.
var strict64 = base64.RawURLEncoding.Strict()

// privateMembers are those by which a JWK would carry a secret (RFC 7518, 6.2.2,
// 6.3.2, 6.4.1; RFC 8037, 2).
var privateMembers = [...]string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

// PublicFromJWK reads a publicKeyJwk of type OKP (Ed25519, X25519) or EC (P-256,
// P-384, secp256k1). Members that say how the key is used are not looked at:
// they are for whoever knows the use. One that carries a secret is refused. Errors as of ParsePublic.
func PublicFromJWK(v jcs.Value) (PublicKey, error) {
	if !v.IsObject() {
		return PublicKey{}, fmt.Errorf("%w: the JWK is not an object", ErrInvalidKey)
	}
	for _, name := range privateMembers {
		if _, present := v.Get(name); present {
			return PublicKey{}, fmt.Errorf("%w: the JWK has a private member %q", ErrInvalidKey, name)
		}
	}
	kty, _ := v.GetString("kty")
	crv, _ := v.GetString("crv")
	t, err := ParseType(crv)
	if err != nil {
		return PublicKey{}, fmt.Errorf("%w: JWK of kty %.16q, crv %.16q", ErrUnsupportedType, kty, crv)
	}
	if kty != specs[t].kty {
		return PublicKey{}, fmt.Errorf("%w: %s is not of kty %.16q", ErrInvalidKey, t, kty)
	}
	if kty == "EC" {
		return publicFromEC(t, v)
	}
	x, err := coordinate(v, "x", specs[t].size)
	if err != nil {
		return PublicKey{}, err
	}
	return NewPublic(t, x)
}

// publicFromEC compresses the point and makes sure that decompressing gives the
// same one.
func publicFromEC(t Type, v jcs.Value) (PublicKey, error) {
	size := specs[t].size - 1
	x, err := coordinate(v, "x", size)
	if err != nil {
		return PublicKey{}, err
	}
	y, err := coordinate(v, "y", size)
	if err != nil {
		return PublicKey{}, err
	}
	k, err := NewPublic(t, append([]byte{2 | y[size-1]&1}, x...))
	if err != nil {
		return PublicKey{}, err
	}
	if string(k.point()[1+size:]) != string(y) {
		return PublicKey{}, fmt.Errorf("%w: %s: %w", ErrInvalidKey, t, errNotOnCurve)
	}
	return k, nil
}

func coordinate(v jcs.Value, name string, size int) ([]byte, error) {
	s, _ := v.GetString(name)
	if len(s) != strict64.EncodedLen(size) {
		return nil, fmt.Errorf("%w: %q of the JWK is not %d bytes in base64url", ErrInvalidKey, name, size)
	}
	data, err := strict64.DecodeString(s)
	if err != nil || len(data) != size {
		return nil, fmt.Errorf("%w: %q of the JWK is not base64url without padding", ErrInvalidKey, name)
	}
	return data, nil
}

// JWK returns the key as a JWK with the members kty, crv, x and, for EC, y. For
// the zero PublicKey it is null.
func (k PublicKey) JWK() jcs.Value {
	if k.typ == 0 {
		return jcs.Value{}
	}
	s := specs[k.typ]
	members := []jcs.Member{
		{Name: "kty", Value: jcs.FromString(s.kty)},
		{Name: "crv", Value: jcs.FromString(s.crv)},
	}
	x := k.raw[:s.size]
	if s.kty == "EC" {
		point := k.point()
		x = point[1:s.size]
		y := strict64.EncodeToString(point[s.size:])
		members = append(members, jcs.Member{Name: "y", Value: jcs.FromString(y)})
	}
	members = append(members, jcs.Member{Name: "x", Value: jcs.FromString(strict64.EncodeToString(x))})
	return jcs.Object(members...)
}

// point returns 04‖x‖y for a key of kty EC.
func (k PublicKey) point() []byte {
	switch k.typ {
	case P256:
		return k.uncompressed(elliptic.P256())
	case P384:
		return k.uncompressed(elliptic.P384())
	default:
		pub, err := secp256k1.ParsePubKey(k.raw[:specs[k.typ].size])
		if err != nil {
			panic("multikey: a checked key is not on its curve: " + err.Error())
		}
		return pub.SerializeUncompressed()
	}
}
