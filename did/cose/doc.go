// Package cose reads, checks and makes COSE_Sign1 messages (RFC 9052, 4.2), and the
// claims of CBOR Web Tokens (RFC 8392) that they may carry.
//
// CBOR is bounded and strict: no label twice, in one header or in both, nothing after
// the message. Arrays, maps and strings may be of indefinite length: what is signed is
// the Sig_structure with the contents of the byte strings, in an encoding that does not
// depend on theirs (RFC 9052, 9), so that a message can be written in several ways and
// what it says in one. Messages made here are in the deterministic encoding of RFC 8949,
// 4.2.1. The algorithm stands in the protected
// header and follows from the type of the key: Ed25519 signs EdDSA, P-256 ES256
// and P-384 ES384, or the fully specified names that RFC 9864 has for them. Nothing
// critical is understood, so that any crit is refused. The payload is in the
// message; external_aad is empty. Keys and certificates in headers are never looked
// at.
//
// The package reads no clock and keeps no state; its costs are bounded by the size
// of the message.
package cose

import (
	"github.com/fxamacker/cbor/v2"

	"github.com/tabard-id/tabard/did/multikey"
)

// MaxMessage is the longest message, in bytes.
const MaxMessage = 1 << 20

// Algorithms (RFC 9053, 2; RFC 9864, 2.1). The last three verify, but messages made
// here carry one of the first.
const (
	EdDSA   int64 = -8
	ES256   int64 = -7
	ES384   int64 = -35
	Ed25519 int64 = -19
	ESP256  int64 = -9
	ESP384  int64 = -51
)

// Labels of header parameters (RFC 9052, 3.1; RFC 9596, 2; RFC 9597, 2).
const (
	labelAlg         int64 = 1
	labelCrit        int64 = 2
	labelContentType int64 = 3
	labelKeyID       int64 = 4
	labelClaims      int64 = 15
	labelTyp         int64 = 16
)

// Tags that may enclose a message (RFC 9052, 2; RFC 8392, 6).
const (
	tagSign1 = 18
	tagCWT   = 61
)

// AlgFor returns the algorithm that keys of that type sign with; 0 when there is
// none.
func AlgFor(t multikey.Type) int64 {
	switch t {
	case multikey.Ed25519:
		return EdDSA
	case multikey.P256:
		return ES256
	case multikey.P384:
		return ES384
	default:
		return 0
	}
}

func typeOf(alg int64) multikey.Type {
	switch alg {
	case EdDSA, Ed25519:
		return multikey.Ed25519
	case ES256, ESP256:
		return multikey.P256
	case ES384, ESP384:
		return multikey.P384
	default:
		return 0
	}
}

// decoding and encoding are the two modes of CBOR in use.
var decoding, encoding = modes()

func modes() (cbor.DecMode, cbor.EncMode) {
	dec, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:  8,
		MaxArrayElements: 1024,
		MaxMapPairs:      256,
		IndefLength:      cbor.IndefLengthAllowed,
		IntDec:           cbor.IntDecConvertSignedOrFail,
		MapKeyByteString: cbor.MapKeyByteStringAllowed,
	}.DecMode()
	if err != nil {
		panic("cose: " + err.Error())
	}
	enc, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic("cose: " + err.Error())
	}
	return dec, enc
}
