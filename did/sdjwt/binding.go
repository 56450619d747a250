package sdjwt

import (
	"slices"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/multikey"
)

// Confirmation reads cnf of a processed payload (RFC 7800, 3): the holder's key, or,
// where there is none by value, the kid that names it. Other members that would
// name a key are not understood. Errors are *Error with ErrConfirmation.
func Confirmation(payload jcs.Value) (key multikey.PublicKey, keyID string, err error) {
	cnf, _ := payload.Get("cnf")
	if !cnf.IsObject() {
		return key, "", refuse(ErrConfirmation, "cnf is absent or not an object")
	}
	for _, other := range []string{"jwe", "jku"} {
		if _, present := cnf.Get(other); present {
			return key, "", refuse(ErrConfirmation, other+" is not understood")
		}
	}
	jwk, present := cnf.Get("jwk")
	if present {
		if key, err = multikey.PublicFromJWK(jwk); err != nil {
			return key, "", &Error{Code: ErrConfirmation, Err: err}
		}
		return key, "", nil
	}
	if keyID, _ = cnf.GetString("kid"); keyID == "" {
		return key, "", refuse(ErrConfirmation, "neither jwk nor kid")
	}
	return key, keyID, nil
}

// Expected is what a key binding is held to.
type Expected struct {
	// Nonce is the one that it must carry; "" does not look.
	Nonce string
	// Audience has the verifier's names, of which it must carry one; nil does not look.
	Audience []string
	// Now is the time, which must not be before iat and nbf by more than Leeway.
	Now    time.Time
	Leeway time.Duration
	// MaxAge is how old it may be; 0 does not look.
	MaxAge time.Duration
}

// binding are the claims of a key binding JWT.
type binding struct {
	jose.Claims
	hash string
}

// VerifyKeyBinding checks the key binding JWT (RFC 9901, 7.3, step 5) with the
// holder's key, which is for the caller to take from Confirmation. verify may be
// nil, for key.Verify. Errors are *Error; ErrBindingMissing if there is none.
func (t *Token) VerifyKeyBinding(key multikey.PublicKey, verify multikey.VerifyFunc, want Expected) error {
	if t.KeyBinding == nil {
		return refuse(ErrBindingMissing, "")
	}
	b, err := readBinding(t.KeyBinding)
	if err != nil {
		return err
	}
	if err := t.KeyBinding.Verify(key, verify); err != nil {
		return &Error{Code: ErrBinding, Err: err}
	}
	switch {
	case b.hash != t.digest(t.bound):
		return refuse(ErrBindingHash, "sd_hash is of something else")
	case want.Nonce != "" && b.Nonce != want.Nonce:
		return refuse(ErrBindingNonce, "")
	case want.Audience != nil && !slices.Contains(want.Audience, b.Audience[0]):
		return refuse(ErrBindingAudience, "")
	case b.IssuedAt.After(want.Now.Add(want.Leeway)), !b.NotBefore.IsZero() && b.NotBefore.After(want.Now.Add(want.Leeway)):
		return refuse(ErrBindingTime, "made in the future")
	case want.MaxAge > 0 && want.Now.Sub(b.IssuedAt) > want.MaxAge:
		return refuse(ErrBindingTime, "too old")
	case !b.Expires.IsZero() && !want.Now.Before(b.Expires):
		return refuse(ErrBindingTime, "expired")
	}
	return nil
}

// readBinding reads the claims that RFC 9901, 4.3 demands.
func readBinding(jwt *jose.Token) (binding, error) {
	var b binding
	if jose.MediaType(jwt.Typ) != "application/"+KeyBindingType {
		return b, refuse(ErrBinding, "typ is not kb+jwt")
	}
	payload, err := jcs.Decode(jwt.Payload)
	if err != nil {
		return b, &Error{Code: ErrBinding, Err: err}
	}
	if b.Claims, err = jose.ParseClaims(payload); err != nil {
		return b, &Error{Code: ErrBinding, Err: err}
	}
	audience, _ := payload.Get("aud")
	b.hash, _ = payload.GetString("sd_hash")
	switch {
	case b.IssuedAt.IsZero():
		return b, refuse(ErrBinding, "no iat")
	case !audience.IsString():
		return b, refuse(ErrBinding, "aud is not one string")
	case b.Nonce == "":
		return b, refuse(ErrBinding, "no nonce")
	case b.hash == "":
		return b, refuse(ErrBinding, "no sd_hash")
	}
	return b, nil
}
