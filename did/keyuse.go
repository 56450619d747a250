package did

import (
	"fmt"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
)

// algorithms are the values of alg (RFC 7518, 3.1; RFC 8037, 3.1; RFC 9864, 2.2;
// RFC 8812, 3.2) with which a key of each type signs. A type that is not here signs
// nothing.
var algorithms = map[multikey.Type][]string{
	multikey.Ed25519:   {"Ed25519", "EdDSA"},
	multikey.P256:      {"ES256"},
	multikey.P384:      {"ES384"},
	multikey.Secp256k1: {"ES256K"},
}

// checkUse reports an error unless the JWK allows its key to be used for rel: to
// agree on keys, or else to verify signatures (RFC 7517, 4.2 to 4.4). What the JWK
// does not say, it allows.
func checkUse(jwk jcs.Value, typ multikey.Type, rel Relationship) error {
	use, operations, algs := "sig", []string{"verify"}, algorithms[typ]
	if rel == KeyAgreement {
		use, operations, algs = "enc", []string{"deriveKey", "deriveBits"}, nil
	}
	if v, present := jwk.Get("use"); present && !isOneOf(v, use) {
		return notFor(rel, "use", v)
	}
	if v, present := jwk.Get("key_ops"); present && !hasOneOf(v, operations) {
		return notFor(rel, "key_ops", v)
	}
	if v, present := jwk.Get("alg"); present && algs != nil && !isOneOf(v, algs...) {
		return notFor(rel, "alg", v)
	}
	return nil
}

func isOneOf(v jcs.Value, allowed ...string) bool {
	s, ok := v.Str()
	for _, a := range allowed {
		if ok && s == a {
			return true
		}
	}
	return false
}

func hasOneOf(v jcs.Value, allowed []string) bool {
	if !v.IsArray() {
		return false
	}
	for e := range v.Elems() {
		if isOneOf(e, allowed...) {
			return true
		}
	}
	return false
}

func notFor(rel Relationship, name string, v jcs.Value) error {
	return fmt.Errorf("%w: by its JWK's %s, %.64s, the key is not for %s", multikey.ErrInvalidKey, name, v.Canonical(), rel)
}
