package multikey

import (
	"crypto/elliptic"
	"errors"
	"math/big"
	"slices"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/tabard-id/tabard/did/multikey/internal/eddsa"
)

var (
	errNotOnCurve   = errors.New("not a point of the curve")
	errNotCanonical = errors.New("not canonically encoded")
	errSmallOrder   = errors.New("point of small order")
)

// checkPoint reports why raw, which has the right length, is no key of type t other than
// Ed25519.
func checkPoint(t Type, raw []byte) error {
	switch t {
	case X25519:
		return checkX25519(raw)
	case P256:
		return checkNIST(elliptic.P256(), raw)
	case P384:
		return checkNIST(elliptic.P384(), raw)
	default:
		if _, err := secp256k1.ParsePubKey(raw); err != nil {
			return errNotOnCurve
		}
		return nil
	}
}

func checkNIST(curve elliptic.Curve, raw []byte) error {
	if x, _ := elliptic.UnmarshalCompressed(curve, raw); x == nil {
		return errNotOnCurve
	}
	return nil
}

// decodeEd25519 returns x of a point. It refuses what crypto/ed25519 would let verify
// anything (the eight points of small order) or under several names (y ≥ p).
func decodeEd25519(raw [32]byte) (x [32]byte, err error) {
	y := raw
	y[31] &= 0x7f
	if !belowP(y) {
		return x, errNotCanonical
	}
	if slices.Contains(smallOrderY[:], y) {
		return x, errSmallOrder
	}
	x, ok := eddsa.Decode(&raw)
	if !ok {
		return x, errNotOnCurve
	}
	return x, nil
}

// checkX25519 refuses u ≥ p and the u-coordinates of small order, with which
// every shared secret is zero. The others are all keys (RFC 7748, 5).
func checkX25519(raw []byte) error {
	u := [32]byte(raw)
	if u[31]&0x80 != 0 || !belowP(u) {
		return errNotCanonical
	}
	if slices.Contains(smallOrderU[:], u) {
		return errSmallOrder
	}
	return nil
}

// belowP reports whether the little-endian b, below 2^255, is below 2^255−19.
func belowP(b [32]byte) bool {
	if b[0] < 0xed || b[31] != 0x7f {
		return true
	}
	for _, c := range b[1:31] {
		if c != 0xff {
			return true
		}
	}
	return false
}

// smallOrderY are the canonical y-coordinates of the points of order 1, 2, 4 and
// 8, either sign of x.
var smallOrderY = [...][32]byte{
	littleEndian("1"),
	littleEndian("57896044618658097711785492504343953926634992332820282019728792003956564819948"),
	littleEndian("0"),
	littleEndian("55188659117513257062467267217118295137698188065244968500265048394206261417927"),
	littleEndian("2707385501144840649318225287225658788936804267575313519463743609750303402022"),
}

// smallOrderU are the u-coordinates of the same on Curve25519 and its twist.
var smallOrderU = [...][32]byte{
	littleEndian("0"),
	littleEndian("1"),
	littleEndian("57896044618658097711785492504343953926634992332820282019728792003956564819948"),
	littleEndian("325606250916557431795983626356110631294008115727848805560023387167927233504"),
	littleEndian("39382357235489614581723060781553021112529911719440698176882885853963445705823"),
}

// littleEndian writes a decimal number below 2^256.
func littleEndian(decimal string) (b [32]byte) {
	n, ok := new(big.Int).SetString(decimal, 10)
	if !ok {
		panic("multikey: not a number: " + decimal)
	}
	n.FillBytes(b[:])
	slices.Reverse(b[:])
	return b
}
