package proof

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/internal/lexical"
)

// Keys retrieves the verification method that a URL names, for the use rel, with
// all checks of Controlled Identifiers 1.0, 3.3: the document is that of the URL,
// the method is in it under its controller, and listed under rel. Implementations
// are safe for concurrent use. An *Error is passed on as it is; the sentinels of
// Document.Method get their Type; anything else counts as INVALID_VERIFICATION_METHOD.
type Keys interface {
	Key(ctx context.Context, verificationMethod string, rel did.Relationship) (did.VerificationMethod, error)
}

// ResolverKeys retrieves keys from the newest documents that r resolves.
func ResolverKeys(r did.Resolver) Keys { return resolverKeys{r} }

type resolverKeys struct{ resolver did.Resolver }

func (k resolverKeys) Key(ctx context.Context, url string, rel did.Relationship) (did.VerificationMethod, error) {
	u, err := did.ParseURL(url)
	if err != nil || u.Fragment == "" {
		return did.VerificationMethod{}, &Error{Type: InvalidMethodURL, Detail: "not a DID URL with a fragment", Err: err}
	}
	if u.Path != "" || u.Query != "" {
		return did.VerificationMethod{}, &Error{Type: InvalidDocumentID, Detail: "a verification method's URL has neither path nor query"}
	}
	res, err := k.resolver.Resolve(ctx, u.DID, did.Options{})
	if err != nil {
		return did.VerificationMethod{}, &Error{Type: InvalidDocument, Detail: "resolve " + string(u.DID), Err: err}
	}
	if res.Document == nil || res.Metadata.Deactivated {
		return did.VerificationMethod{}, &Error{Type: InvalidDocument, Detail: string(u.DID), Err: ErrDeactivated}
	}
	return res.Document.Method(url, rel)
}

// retrieval gives an error of Keys the type that the specification has for it.
func retrieval(err error) error {
	var typed *Error
	switch {
	case errors.As(err, &typed):
		return typed
	case errors.Is(err, did.ErrInvalidControlledIdentifierDocumentID):
		return &Error{Type: InvalidDocumentID, Err: err}
	case errors.Is(err, did.ErrInvalidRelationship):
		return &Error{Type: InvalidRelationship, Err: err}
	default:
		return &Error{Type: InvalidVerificationMethod, Err: err}
	}
}

// usable reports why a method cannot be used at now: its key material is not
// understood, or it has expired or was revoked (Controlled Identifiers 1.0, 2.2).
// At the zero time a method that has such a time is not usable.
func usable(m did.VerificationMethod, now time.Time) error {
	if m.KeyErr != nil {
		return &Error{Type: InvalidVerificationMethod, Detail: "unusable key", Err: m.KeyErr}
	}
	for _, end := range []string{m.Expires, m.Revoked} {
		if end == "" {
			continue
		}
		at, ok := lexical.Time(end)
		if !ok || now.IsZero() || !now.Before(at) {
			return &Error{Type: InvalidVerificationMethod, Detail: fmt.Sprintf("not to be used from %.40s", end)}
		}
	}
	return nil
}

// Usable reports why a verification method cannot be used at now: its key is not
// understood, or it has expired or was revoked. It is for callers of VerifyOne and
// VerifyDigest; Verify asks by itself. Errors are *Error.
func Usable(m did.VerificationMethod, now time.Time) error { return usable(m, now) }
