package multikey

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/sha512"
	"math/big"

	"github.com/tabard-id/tabard/did/multikey/internal/eddsa"
)

// VerifyFunc checks one signature: PublicKey.Verify, or a Cache in front of it.
type VerifyFunc func(key PublicKey, message, sig []byte) bool

// Verify reports whether sig is k's signature of message, by the rule in the
// package documentation. It is false for keys that do not sign.
func (k PublicKey) Verify(message, sig []byte) bool {
	if k.typ == 0 || specs[k.typ].sigSize == 0 || len(sig) != specs[k.typ].sigSize {
		return false
	}
	switch k.typ {
	case Ed25519:
		return eddsa.Verify((*[eddsa.KeySize]byte)(k.raw[:]), &k.x, message, sig)
	case P256:
		digest := sha256.Sum256(message)
		return k.verifyECDSA(elliptic.P256(), digest[:], sig)
	case P384:
		digest := sha512.Sum384(message)
		return k.verifyECDSA(elliptic.P384(), digest[:], sig)
	default:
		return false
	}
}

func (k PublicKey) verifyECDSA(curve elliptic.Curve, digest, sig []byte) bool {
	pub, err := ecdsa.ParseUncompressedPublicKey(curve, k.uncompressed(curve))
	if err != nil {
		return false
	}
	half := len(sig) / 2
	r, s := new(big.Int).SetBytes(sig[:half]), new(big.Int).SetBytes(sig[half:])
	return ecdsa.Verify(pub, digest, r, s)
}

// uncompressed returns 04‖x‖y for a point of a NIST curve.
func (k PublicKey) uncompressed(curve elliptic.Curve) []byte {
	x, y := elliptic.UnmarshalCompressed(curve, k.raw[:specs[k.typ].size])
	return concatPoint(x, y, specs[k.typ].size-1)
}

// concatPoint returns 04‖x‖y with coordinates of size bytes.
func concatPoint(x, y *big.Int, size int) []byte {
	point := make([]byte, 1+2*size)
	point[0] = 4
	x.FillBytes(point[1 : 1+size])
	y.FillBytes(point[1+size:])
	return point
}
