package credential

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// keyURL returns the URL of the verification method that the token names: kid, an
// absolute DID URL, or where iss is given also a fragment of that
// (VC-JOSE-COSE 1.0, 4.1 and 4.3).
func (s *sealed) keyURL() (string, error) {
	url := s.keyID
	if strings.HasPrefix(url, "#") {
		url = s.issuer + url
	}
	return url, checkKeyURL(url)
}

// namesNoKey reports whether a token of version 1 leaves it to its reader which key of
// the issuer signed it: without kid, or with the issuer's DID there.
func (s *sealed) namesNoKey() bool {
	return s.version1 && (s.keyID == "" || s.keyID == s.issuer)
}

// unnamed is why a token does not name its key; nil if it does, or if another error is
// to tell.
func (s *sealed) unnamed() error {
	switch {
	case s.certificate != "" && checkKeyURL(s.keyID) != nil:
		return &checkError{code: CodeProofUnsupported, typ: cryptographicError,
			detail: "the key is in a certificate (" + s.certificate + "), which is not supported: kid has to be the DID URL of a verification method"}
	case s.keyID == "":
		return &proof.Error{Type: proof.InvalidMethodURL, Detail: "the token has no kid, and nothing says which key signed it"}
	}
	return nil
}

func (s *sealed) signer() string {
	url, err := s.keyURL()
	if err == nil {
		return "the token is by " + cut(url)
	}
	if why := s.unnamed(); why != nil {
		err = why
	}
	var typed *proof.Error
	if errors.As(err, &typed) {
		return typed.Detail
	}
	return err.Error()
}

// checkKeyURL makes sure that kid is an absolute DID URL with nothing but a fragment.
func checkKeyURL(kid string) error {
	u, err := did.ParseURL(kid)
	if err != nil || u.Fragment == "" || u.Path != "" || u.Query != "" {
		return &proof.Error{Type: proof.InvalidMethodURL, Detail: fmt.Sprintf("kid %.256q is not the DID URL of a verification method", kid), Err: err}
	}
	return nil
}

// key retrieves the key that the token names.
func (s *sealed) key(ctx context.Context, e expected) (multikey.PublicKey, error) {
	url, err := s.keyURL()
	if err == nil {
		return retrieve(ctx, e, url, e.purpose)
	}
	if !s.namesNoKey() {
		if why := s.unnamed(); why != nil {
			err = why
		}
		return multikey.PublicKey{}, err
	}
	if url, err = s.onlyKey(ctx, e); err != nil {
		return multikey.PublicKey{}, err
	}
	return retrieve(ctx, e, url, e.purpose)
}

// onlyKey finds the key of a token without kid, which VC Data Model 1.1 allows
// where the issuer has a single one: of that type and for that use.
func (s *sealed) onlyKey(ctx context.Context, e expected) (string, error) {
	id, err := did.Parse(s.issuer)
	if err != nil {
		return "", &proof.Error{Type: proof.InvalidMethodURL, Detail: "neither kid nor an issuer that is a DID"}
	}
	res, err := e.by.Resolver.Resolve(ctx, id, did.Options{})
	if err != nil || res.Document == nil {
		return "", &proof.Error{Type: proof.InvalidDocument, Detail: "resolve " + string(id), Err: err}
	}
	found := ""
	for _, url := range res.Document.Related(e.purpose) {
		m, err := res.Document.Method(url, e.purpose)
		if err != nil || m.KeyErr != nil || m.Key.Type() != s.keyType {
			continue
		}
		if found != "" {
			return "", &proof.Error{Type: proof.InvalidVerificationMethod, Detail: "kid names no key, and there is more than one that it could be"}
		}
		found = url
	}
	if found == "" {
		return "", &proof.Error{Type: proof.InvalidVerificationMethod, Detail: "kid names no key, and there is none that it could be"}
	}
	return found, nil
}

// retrieve gets a key for the use rel and makes sure that it can be used now.
func retrieve(ctx context.Context, e expected, url string, rel did.Relationship) (multikey.PublicKey, error) {
	m, err := proof.ResolverKeys(e.by.Resolver).Key(ctx, url, rel)
	if err == nil {
		err = proof.Usable(m, e.now)
	}
	if err == nil {
		return m.Key, nil
	}
	var typed *proof.Error
	typ := proof.InvalidVerificationMethod
	switch {
	case errors.As(err, &typed):
		return multikey.PublicKey{}, typed
	case errors.Is(err, did.ErrInvalidControlledIdentifierDocumentID):
		typ = proof.InvalidDocumentID
	case errors.Is(err, did.ErrInvalidRelationship):
		typ = proof.InvalidRelationship
	}
	return multikey.PublicKey{}, &proof.Error{Type: typ, Err: err}
}
