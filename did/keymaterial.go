package did

import (
	"fmt"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
)

// keyTypes are the types of verification method whose keys can be read: where
// the key stands, and which kind it must be (zero for any).
var keyTypes = map[string]struct {
	jwk bool
	typ multikey.Type
}{
	"Multikey":                   {},
	"Ed25519VerificationKey2020": {typ: multikey.Ed25519},
	"X25519KeyAgreementKey2020":  {typ: multikey.X25519},
	"JsonWebKey":                 {jwk: true},
	"JsonWebKey2020":             {jwk: true},
}

// secretMembers must not be in a document that others can read.
var secretMembers = [...]string{"secretKeyMultibase", "secretKeyJwk", "privateKeyMultibase", "privateKeyJwk"}

// parseKey reads the key of a verification method.
func parseKey(methodType string, v jcs.Value) (multikey.PublicKey, error) {
	kind, known := keyTypes[methodType]
	if !known {
		return multikey.PublicKey{}, fmt.Errorf("%w: verification method of type %.64q", multikey.ErrUnsupportedType, methodType)
	}
	for _, name := range secretMembers {
		if _, present := v.Get(name); present {
			return multikey.PublicKey{}, fmt.Errorf("%w: the document reveals %s", multikey.ErrInvalidKey, name)
		}
	}
	key, err := readKey(kind.jwk, v)
	if err != nil {
		return multikey.PublicKey{}, err
	}
	if kind.typ != 0 && key.Type() != kind.typ {
		return multikey.PublicKey{}, fmt.Errorf("%w: %s in a verification method of type %s", multikey.ErrInvalidKey, key.Type(), methodType)
	}
	return key, nil
}

// readKey reads publicKeyJwk or publicKeyMultibase; a method has only one.
func readKey(jwk bool, v jcs.Value) (multikey.PublicKey, error) {
	asJWK, hasJWK := v.Get("publicKeyJwk")
	asMultibase, hasMultibase := v.Get("publicKeyMultibase")
	switch {
	case hasJWK && hasMultibase:
		return multikey.PublicKey{}, fmt.Errorf("%w: both publicKeyJwk and publicKeyMultibase", multikey.ErrInvalidKey)
	case jwk && hasJWK:
		return multikey.PublicFromJWK(asJWK)
	case !jwk && hasMultibase:
		s, _ := asMultibase.Str()
		return multikey.ParsePublic(s)
	default:
		return multikey.PublicKey{}, fmt.Errorf("%w: the verification method has no key", multikey.ErrInvalidKey)
	}
}

// retrieval explains why a method was not retrieved.
func retrieval(kind error, id string, cause error) error {
	if cause != nil {
		return fmt.Errorf("%w: %.256q: %w", kind, id, cause)
	}
	return fmt.Errorf("%w: %.256q", kind, id)
}
