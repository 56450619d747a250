package statuslist

import (
	"bytes"
	"strings"

	"github.com/tabard-id/tabard/did/cose"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/multikey"
)

// Signer is a private key, here or elsewhere; multikey.PrivateKey is one.
type Signer interface {
	Public() multikey.PublicKey
	Sign(message []byte) ([]byte, error)
}

// KeyFunc finds the key that a token names: kid is the DID URL of a verification
// method, and never empty.
type KeyFunc func(kid string) (multikey.PublicKey, error)

// SignJWT returns the claims as a signed JWT (IETF Token Status List, 5.1).
func (c Claims) SignJWT(kid string, key Signer) (string, error) {
	payload, err := c.JWT()
	if err != nil {
		return "", err
	}
	return jose.Sign(jcs.Object(
		jcs.Member{Name: "kid", Value: jcs.FromString(kid)},
		jcs.Member{Name: "typ", Value: jcs.FromString(TypeJWT)},
	), payload, key)
}

// SignCWT returns the claims as a signed CWT (5.2): a tagged COSE_Sign1, without the
// tag of CWT.
func (c Claims) SignCWT(kid string, key Signer) ([]byte, error) {
	payload, err := c.CWT()
	if err != nil {
		return nil, err
	}
	return cose.Sign(cose.Header{KeyID: []byte(kid), Typ: MediaCWT}, payload, key)
}

// VerifyJWT checks the form and the signature of a status list token and reads its
// claims. The issuer that it names, if any, must be whose key it is. Times are the
// question of Claims.Status. verify may be nil. Every failure but that of the claims
// is a VerificationError.
func VerifyJWT(token []byte, key KeyFunc, verify multikey.VerifyFunc) (Claims, error) {
	t, err := jose.Parse(token)
	if err != nil {
		return Claims{}, failed("the token", err)
	}
	if jose.MediaType(t.Typ) != MediaJWT {
		return Claims{}, unverified("typ", "not "+TypeJWT)
	}
	public, err := keyOf(t.KeyID, key)
	if err == nil {
		err = t.Verify(public, verify)
	}
	if err != nil {
		return Claims{}, failed("the token", err)
	}
	c, err := ParseJWT(t.Payload)
	return ofIssuer(c, err, t.KeyID)
}

// coseSign1 is the tag that a CWT of a status list begins with.
const coseSign1 = 0xd2

// VerifyCWT is VerifyJWT for the other form.
func VerifyCWT(message []byte, key KeyFunc, verify multikey.VerifyFunc) (Claims, error) {
	if !bytes.HasPrefix(message, []byte{coseSign1}) {
		return Claims{}, unverified("", "not a tagged COSE_Sign1 by itself")
	}
	m, err := cose.Parse(message)
	if err != nil {
		return Claims{}, failed("the token", err)
	}
	if !strings.EqualFold(m.Typ, MediaCWT) {
		return Claims{}, unverified("16", "the type is not "+MediaCWT)
	}
	public, err := keyOf(m.KeyURL(), key)
	if err == nil {
		err = m.Verify(public, verify)
	}
	if err != nil {
		return Claims{}, failed("the token", err)
	}
	c, err := ParseCWT(m.Payload)
	return ofIssuer(c, err, m.KeyURL())
}

func keyOf(kid string, find KeyFunc) (multikey.PublicKey, error) {
	if kid == "" {
		return multikey.PublicKey{}, unverified("kid", "missing")
	}
	return find(kid)
}

// ofIssuer holds a token that says who issued it to being signed with a key of that.
func ofIssuer(c Claims, err error, kid string) (Claims, error) {
	if err != nil {
		return Claims{}, err
	}
	if owner, _, _ := strings.Cut(kid, "#"); c.Issuer != "" && c.Issuer != owner {
		return Claims{}, unverified("iss", "the key is not the issuer's")
	}
	return c, nil
}

func failed(what string, err error) error {
	return &Error{Type: VerificationError, Detail: what, Err: err}
}
