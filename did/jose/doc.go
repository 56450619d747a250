// Package jose reads, checks and makes compact JSON Web Signatures (RFC 7515) as
// Securing Verifiable Credentials using JOSE and COSE 1.0 uses them.
//
// A token has one reading here, or none. Base64url is without padding, foreign
// characters and stray bits; the header is strict JSON (no name twice); only the
// compact serialisation exists. The algorithm follows from the type of the key
// (RFC 8725, 3.1): Ed25519 signs EdDSA, P-256 ES256 and P-384 ES384, and a token
// that names any other is refused before a key is looked at, none, HMAC and RSA
// among them. Nothing critical is understood, so that any crit is refused, and
// with it the unencoded payload of RFC 7797. Keys and certificates that a header
// carries or points to (jwk, jku, x5c, x5u) are never looked at: which key signs
// is for the caller to find out by kid and the issuer.
//
// Signatures are those of package multikey, r‖s and never DER. The package reads
// no clock and keeps no state; its costs are bounded by the size of the token.
package jose

import "github.com/tabard-id/tabard/did/multikey"

// Limits on what is read.
const (
	// MaxToken is the longest token, in bytes.
	MaxToken = 1 << 20
	// MaxHeader is the longest header, decoded.
	MaxHeader = 16 << 10
)

// Algorithms, by the name in alg (RFC 7518, 3.1; RFC 8037, 3.1; RFC 9864, 2.2).
const (
	EdDSA = "EdDSA"
	ES256 = "ES256"
	ES384 = "ES384"
	// Ed25519 is EdDSA by its fully specified name; it verifies, but tokens made
	// here say EdDSA.
	Ed25519 = "Ed25519"
)

// AlgFor returns the algorithm that keys of that type sign with; "" when there is
// none.
func AlgFor(t multikey.Type) string {
	switch t {
	case multikey.Ed25519:
		return EdDSA
	case multikey.P256:
		return ES256
	case multikey.P384:
		return ES384
	default:
		return ""
	}
}

// typeOf returns the type of key that alg demands; zero for one that is not
// supported.
func typeOf(alg string) multikey.Type {
	switch alg {
	case EdDSA, Ed25519:
		return multikey.Ed25519
	case ES256:
		return multikey.P256
	case ES384:
		return multikey.P384
	default:
		return 0
	}
}
