// Package key implements the DID method did:key: a DID that is a public key, and
// whose document is computed from it (The did:key Method, 3.1).
package key

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
)

// Method is the name of the method.
const Method = "key"

const prefix = "did:key:"

// contexts are those that define the terms of the documents.
var contexts = jcs.Array(
	jcs.FromString("https://www.w3.org/ns/did/v1"),
	jcs.FromString("https://w3id.org/security/multikey/v1"),
)

// FromPublic returns the did:key of a key, and "" for the zero key.
func FromPublic(k multikey.PublicKey) did.ID {
	if k.IsZero() {
		return ""
	}
	return did.ID(prefix + k.String())
}

// MethodID returns the verification method of k within its did:key, the form in
// which such a key is named in proofs: the DID, "#", and the key again.
func MethodID(k multikey.PublicKey) string {
	if k.IsZero() {
		return ""
	}
	s := k.String()
	return prefix + s + "#" + s
}

// Parse returns the key that a did:key is. The three-part form is the only one
// read, so that a key has one DID. Errors are *did.Error: MethodNotSupported for
// other methods, UnsupportedPublicKeyType for unknown kinds of key, InvalidDID for
// malformed keys.
func Parse(id did.ID) (multikey.PublicKey, error) {
	encoded, ok := strings.CutPrefix(string(id), prefix)
	if !ok {
		return multikey.PublicKey{}, &did.Error{Code: did.MethodNotSupported, Detail: fmt.Sprintf("%.64q is not a did:key", id)}
	}
	k, err := multikey.ParsePublic(encoded)
	if err != nil {
		return multikey.PublicKey{}, &did.Error{Code: codeOf(err), Detail: fmt.Sprintf("%.64q", id), Err: err}
	}
	return k, nil
}

func codeOf(err error) did.ErrorCode {
	if errors.Is(err, multikey.ErrUnsupportedType) && !errors.Is(err, multikey.ErrUnknownPrefix) {
		return did.UnsupportedPublicKeyType
	}
	return did.InvalidDID
}

// ParseMethodID returns the key that a verification method "did:key:K#K" names.
// A fragment that differs from the body is refused with InvalidDIDURL: it would
// name a key that the DID's document does not have.
func ParseMethodID(url string) (multikey.PublicKey, error) {
	id, fragment, _ := strings.Cut(url, "#")
	k, err := Parse(did.ID(id))
	if err != nil {
		return multikey.PublicKey{}, err
	}
	if fragment != strings.TrimPrefix(id, prefix) {
		return multikey.PublicKey{}, &did.Error{Code: did.InvalidDIDURL, Detail: "the fragment of a did:key differs from its body"}
	}
	return k, nil
}

// Expand computes the document of a did:key. A key that signs has every
// relationship but keyAgreement; an Ed25519 key has beside it the X25519 key
// derived from it, for keyAgreement; an X25519 key has keyAgreement alone.
// Errors as of Parse.
func Expand(id did.ID) (*did.Document, error) {
	k, err := Parse(id)
	if err != nil {
		return nil, err
	}
	members := []jcs.Member{
		{Name: "@context", Value: contexts},
		{Name: "id", Value: jcs.FromString(string(id))},
	}
	encoded := string(id)[len(prefix):]
	if k.Type() == multikey.X25519 {
		return document(append(members, use(id, encoded, did.KeyAgreement)...), method(id, encoded))
	}
	methods := []jcs.Value{method(id, encoded)}
	members = append(members, use(id, encoded, signing...)...)
	if k.Type() == multikey.Ed25519 {
		agreement, err := k.Agreement()
		if err != nil {
			return nil, &did.Error{Code: did.InvalidDID, Err: err}
		}
		encoded = agreement.String()
		methods = append(methods, method(id, encoded))
		members = append(members, use(id, encoded, did.KeyAgreement)...)
	}
	return document(members, methods...)
}

// signing are the uses of a key that signs.
var signing = []did.Relationship{did.Authentication, did.AssertionMethod, did.CapabilityDelegation, did.CapabilityInvocation}

func document(members []jcs.Member, methods ...jcs.Value) (*did.Document, error) {
	members = append(members, jcs.Member{Name: "verificationMethod", Value: jcs.Array(methods...)})
	return did.ParseDocument(jcs.Object(members...))
}

// use returns the members that list a key, named by its multibase, under rels.
func use(id did.ID, encoded string, rels ...did.Relationship) []jcs.Member {
	list := jcs.Array(reference(id, encoded))
	members := make([]jcs.Member, len(rels))
	for i, rel := range rels {
		members[i] = jcs.Member{Name: string(rel), Value: list}
	}
	return members
}

func reference(id did.ID, encoded string) jcs.Value {
	return jcs.FromString(string(id) + "#" + encoded)
}

func method(id did.ID, encoded string) jcs.Value {
	return jcs.Object(
		jcs.Member{Name: "id", Value: reference(id, encoded)},
		jcs.Member{Name: "type", Value: jcs.FromString("Multikey")},
		jcs.Member{Name: "controller", Value: jcs.FromString(string(id))},
		jcs.Member{Name: "publicKeyMultibase", Value: jcs.FromString(encoded)},
	)
}

// Resolver resolves did:key. The zero Resolver is ready.
type Resolver struct{}

// Resolve implements did.Resolver.
func (Resolver) Resolve(_ context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	return resolve(id, opt, Expand)
}

func resolve(id did.ID, opt did.Options, expand func(did.ID) (*did.Document, error)) (did.Resolution, error) {
	if err := opt.CheckUnversioned(); err != nil {
		return did.Resolution{}, err
	}
	doc, err := expand(id)
	if err != nil {
		return did.Resolution{}, err
	}
	return did.Resolution{Document: doc}, nil
}
