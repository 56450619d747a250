package credential

import (
	"context"
	"errors"
	"mime"
	"slices"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/sdjwt"
)

// VerifyToken judges a credential secured with JOSE or COSE: the bytes of a token
// and its media type, one of the constants, or application/jwt, application/sd-jwt
// or application/cose. A token that holds a presentation gets the verdict of
// VerifyPresentationToken without options.
func (v *Verifier) VerifyToken(ctx context.Context, media string, data []byte) Verdict {
	payload, by, err := openToken(media, data)
	if err == nil && isPresentation(payload) {
		return v.judgePresentation(ctx, payload, by, nil, PresentationOptions{})
	}
	return v.judgeCredential(ctx, payload, by, err, Options{})
}

// VerifyPresentationToken is VerifyPresentation for the bytes of a token and its
// media type, as of VerifyToken.
func (v *Verifier) VerifyPresentationToken(ctx context.Context, media string, data []byte, opt PresentationOptions) Verdict {
	payload, by, err := openToken(media, data)
	return v.judgePresentation(ctx, payload, by, err, opt)
}

// VerifyBound judges a credential in an SD-JWT that its holder presents by itself,
// with a key binding JWT (RFC 9901, 7.3), which must answer opt.Challenge and be
// meant for one of opt.Domain. Verify does not demand a key binding, but fails a
// credential that has a bad one.
func (v *Verifier) VerifyBound(ctx context.Context, token []byte, opt PresentationOptions) Verdict {
	s, err := openSDJWT(credentialKind, token)
	if err == nil {
		s.bound = &opt
	}
	payload, by, err := opened(s, err)
	return v.judgeCredential(ctx, payload, by, err, Options{})
}

func openToken(media string, data []byte) (jcs.Value, securing, error) {
	parsed, _, err := mime.ParseMediaType(media)
	if err != nil {
		return jcs.Value{}, nil, &checkError{code: CodeProofUnsupported, typ: ParsingError, detail: "media type " + cut(media)}
	}
	return opened(openMedia(parsed, data))
}

func isPresentation(v jcs.Value) bool { return kindOf(v) == presentationKind }

// sealed is an envelope: a JWT, an SD-JWT or a COSE_Sign1 whose payload is the
// credential or presentation. It is a securing.
type sealed struct {
	// document is what the envelope holds; payload is what was signed.
	document, payload jcs.Value
	// version1: the JWT of VC Data Model 1.1, with a claim vc or vp.
	version1 bool
	// keyID and issuer are kid and iss.
	keyID, issuer string
	keyType       multikey.Type
	// certificate is what of the header is about X.509 certificates, "" if nothing.
	certificate string
	check       func(multikey.PublicKey, multikey.VerifyFunc) error
	// claims are those of the payload, then those of the header.
	claims []jose.Claims
	// status are the claims of that name, of the same.
	status []statusClaim
	// sd is the token itself if it is an SD-JWT.
	sd *sdjwt.Token
	// bound is what a key binding must answer; nil demands none.
	bound *PresentationOptions
	// inner are Data Integrity proofs that the document also has; nil if it has none.
	inner *integrity
}

// keyOf compares the DID with that of the key. Of a token whose kid names no key, which
// only version 1 allows, the issuer is whose key it is.
func (s *sealed) keyOf(id did.ID) bool {
	url, err := s.keyURL()
	if err != nil {
		return s.namesNoKey() && s.issuer == string(id)
	}
	return len(url) > len(id) && url[:len(id)] == string(id) && url[len(id)] == '#'
}

func (s *sealed) verify(ctx context.Context, e expected) error {
	if err := s.consistent(e); err != nil {
		return err
	}
	key, err := s.key(ctx, e)
	if err != nil {
		return err
	}
	if err := s.check(key, e.by.Signature); err != nil {
		return &checkError{code: CodeProofInvalid, typ: cryptographicError, err: err}
	}
	if err := s.verifyBinding(ctx, e); err != nil {
		return err
	}
	if s.inner != nil {
		return s.inner.verify(ctx, e)
	}
	return nil
}

// maxBindingAge is how old a key binding may be that is demanded.
const maxBindingAge = 10 * time.Minute

// verifyBinding checks the key binding of an SD-JWT, if there is one or has to be.
func (s *sealed) verifyBinding(ctx context.Context, e expected) error {
	if s.sd == nil || s.sd.KeyBinding == nil && s.bound == nil {
		return nil
	}
	want := sdjwt.Expected{Nonce: e.challenge, Audience: e.domain, Now: e.now, Leeway: e.by.leeway()}
	if s.bound != nil {
		want.Nonce, want.Audience, want.MaxAge = s.bound.Challenge, s.bound.Domain, maxBindingAge
	}
	key, url, err := sdjwt.Confirmation(s.document)
	if err == nil && url != "" {
		key, err = retrieve(ctx, e, url, did.Authentication)
		if err != nil {
			return err
		}
	}
	if err == nil {
		err = s.sd.VerifyKeyBinding(key, e.by.Signature, want)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sdjwt.ErrBindingNonce):
		return &checkError{code: CodeChallengeMismatch, typ: cryptographicError, err: err}
	case errors.Is(err, sdjwt.ErrBindingAudience):
		return &checkError{code: CodeDomainMismatch, typ: cryptographicError, err: err}
	default:
		return &checkError{code: CodeProofInvalid, typ: cryptographicError, err: err}
	}
}

// dates: exp and nbf as RFC 7519, 4.1 has them; a signature that is yet to be made
// (iat) does not hold.
func (s *sealed) dates(c *clock) error {
	for _, claims := range s.claims {
		if !claims.Expires.IsZero() && !c.now.Before(claims.Expires) {
			return &checkError{code: CodeProofExpired, detail: "exp is " + timestamp(claims.Expires)}
		}
		if err := c.reached("nbf", claims.NotBefore); err != nil {
			return err
		}
		if err := c.reached("iat", claims.IssuedAt); err != nil {
			return err
		}
	}
	if s.inner != nil {
		return s.inner.dates(c)
	}
	return nil
}

func (s *sealed) expires() time.Time {
	var first time.Time
	if s.inner != nil {
		first = s.inner.expires()
	}
	for _, c := range s.claims {
		if !c.Expires.IsZero() && (first.IsZero() || c.Expires.Before(first)) {
			first = c.Expires
		}
	}
	return first
}

// securingClaims are about the token, and no part of the credential. So is status, but
// where the credential has a term of that name.
var securingClaims = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "cnf"}

// digests returns the digest of the payload as it was signed, which for an SD-JWT
// is the same whatever is disclosed; of what is disclosed; and of that without the
// claims about the token. A revocation of the same credential in another securing
// counts.
func (s *sealed) digests() [][32]byte {
	digests := [][32]byte{Digest(s.payload)}
	bare := s.document.Without(securingClaims...)
	for _, v := range []jcs.Value{s.document, bare, bare.Without(claimStatus)} {
		if d := Digest(v); !slices.Contains(digests, d) {
			digests = append(digests, d)
		}
	}
	return digests
}
