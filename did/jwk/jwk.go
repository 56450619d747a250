// Package jwk implements the DID method did:jwk: a DID that is a public key as a
// JWK in base64url, and whose document is computed from it (did:jwk Method
// Specification).
package jwk

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
)

// Method is the name of the method.
const Method = "jwk"

const (
	prefix = "did:jwk:"
	// fragment names the one key of a document.
	fragment = "#0"
)

// limits are ample for a public JWK.
var limits = jcs.Limits{Bytes: 2048, Depth: 4, Values: 64}

// base64url refuses padding and stray bits.
var base64url = base64.RawURLEncoding.Strict()

// contexts are those that define the terms of the documents.
var contexts = jcs.Array(
	jcs.FromString("https://www.w3.org/ns/did/v1"),
	jcs.FromString("https://w3id.org/security/suites/jws-2020/v1"),
)

// FromPublic returns the did:jwk of a key, its JWK in canonical form, and "" for
// the zero key. Other spellings of the JWK are other DIDs of the same key.
func FromPublic(k multikey.PublicKey) did.ID {
	if k.IsZero() {
		return ""
	}
	return did.ID(prefix + base64url.EncodeToString(k.JWK().Canonical()))
}

// Parse returns the JWK that a did:jwk is, and the key in it. Errors are
// *did.Error: MethodNotSupported for other methods, UnsupportedPublicKeyType for a JWK
// of an unknown kind of key, InvalidDID for what is not the base64url of a public JWK.
func Parse(id did.ID) (jcs.Value, multikey.PublicKey, error) {
	encoded, ok := strings.CutPrefix(string(id), prefix)
	if !ok {
		return jcs.Value{}, multikey.PublicKey{}, &did.Error{Code: did.MethodNotSupported, Detail: fmt.Sprintf("%.64q is not a did:jwk", id)}
	}
	v, k, err := decode(encoded)
	if err != nil {
		code := did.InvalidDID
		if errors.Is(err, multikey.ErrUnsupportedType) {
			code = did.UnsupportedPublicKeyType
		}
		return jcs.Value{}, multikey.PublicKey{}, &did.Error{Code: code, Detail: fmt.Sprintf("%.64q", id), Err: err}
	}
	return v, k, nil
}

func decode(encoded string) (jcs.Value, multikey.PublicKey, error) {
	// base64 decoding skips line ends, which a second spelling could use.
	if strings.ContainsAny(encoded, "\r\n") {
		return jcs.Value{}, multikey.PublicKey{}, fmt.Errorf("%w: line end in base64url", multikey.ErrInvalidKey)
	}
	data, err := base64url.DecodeString(encoded)
	if err != nil {
		return jcs.Value{}, multikey.PublicKey{}, err
	}
	v, err := limits.Decode(data)
	if err != nil {
		return jcs.Value{}, multikey.PublicKey{}, err
	}
	k, err := multikey.PublicFromJWK(v)
	return v, k, err
}

// Expand computes the document of a did:jwk. Its key "#0" has every relationship;
// with "use":"sig" all but keyAgreement, with "use":"enc" keyAgreement alone.
// Errors as of Parse.
func Expand(id did.ID) (*did.Document, error) {
	key, _, err := Parse(id)
	if err != nil {
		return nil, err
	}
	method := jcs.FromString(string(id) + fragment)
	members := []jcs.Member{
		{Name: "@context", Value: contexts},
		{Name: "id", Value: jcs.FromString(string(id))},
		{Name: "verificationMethod", Value: jcs.Array(jcs.Object(
			jcs.Member{Name: "id", Value: method},
			jcs.Member{Name: "type", Value: jcs.FromString("JsonWebKey2020")},
			jcs.Member{Name: "controller", Value: jcs.FromString(string(id))},
			jcs.Member{Name: "publicKeyJwk", Value: key},
		))},
	}
	use, _ := key.GetString("use")
	for _, rel := range relationships(use) {
		members = append(members, jcs.Member{Name: string(rel), Value: jcs.Array(method)})
	}
	return did.ParseDocument(jcs.Object(members...))
}

func relationships(use string) []did.Relationship {
	signing := []did.Relationship{did.AssertionMethod, did.Authentication, did.CapabilityInvocation, did.CapabilityDelegation}
	switch use {
	case "sig":
		return signing
	case "enc":
		return []did.Relationship{did.KeyAgreement}
	default:
		return append(signing, did.KeyAgreement)
	}
}

// Resolver resolves did:jwk. The zero Resolver is ready.
type Resolver struct{}

// Resolve implements did.Resolver.
func (Resolver) Resolve(_ context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	if err := opt.CheckUnversioned(); err != nil {
		return did.Resolution{}, err
	}
	doc, err := Expand(id)
	if err != nil {
		return did.Resolution{}, err
	}
	return did.Resolution{Document: doc}, nil
}
