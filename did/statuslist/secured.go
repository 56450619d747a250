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

// SecuredToken is a signed status list token whose form is right. Nothing that it says
// may be believed before Verify.
type SecuredToken struct {
	// KeyID is kid, the DID URL of a verification method; "" if the token names none,
	// and then it does not verify.
	KeyID string

	payload []byte
	cwt     bool
	check   func(multikey.PublicKey, multikey.VerifyFunc) error
}

// coseSign1 is the tag that a CWT of a status list begins with. No JWT does.
const coseSign1 = 0xd2

// OpenToken reads the form of a status list token, a JWT or a CWT. Every failure is a
// VerificationError.
func OpenToken(token []byte) (*SecuredToken, error) {
	if bytes.HasPrefix(token, []byte{coseSign1}) {
		return openCWT(token)
	}
	return openJWT(token)
}

func openJWT(token []byte) (*SecuredToken, error) {
	t, err := jose.Parse(token)
	if err != nil {
		return nil, failed("the token", err)
	}
	if jose.MediaType(t.Typ) != MediaJWT {
		return nil, unverified("typ", "not "+TypeJWT)
	}
	return &SecuredToken{KeyID: t.KeyID, payload: t.Payload, check: t.Verify}, nil
}

func openCWT(message []byte) (*SecuredToken, error) {
	if !bytes.HasPrefix(message, []byte{coseSign1}) {
		return nil, unverified("", "not a tagged COSE_Sign1 by itself")
	}
	m, err := cose.Parse(message)
	if err != nil {
		return nil, failed("the token", err)
	}
	if !strings.EqualFold(m.Typ, MediaCWT) {
		return nil, unverified("16", "the type is not "+MediaCWT)
	}
	return &SecuredToken{KeyID: m.KeyURL(), payload: m.Payload, cwt: true, check: m.Verify}, nil
}

// Verify checks the signature. verify may be nil. Every failure is a
// VerificationError.
func (t *SecuredToken) Verify(key KeyFunc, verify multikey.VerifyFunc) error {
	if t.KeyID == "" {
		return unverified("kid", "missing")
	}
	public, err := key(t.KeyID)
	if err == nil {
		err = t.check(public, verify)
	}
	if err != nil {
		return failed("the token", err)
	}
	return nil
}

// Claims reads the claims of a token whose list takes no more than limit bytes. The
// issuer that it names, if any, must be whose key it is.
func (t *SecuredToken) Claims(limit int) (Claims, error) {
	parse := parseJWT
	if t.cwt {
		parse = parseCWT
	}
	c, err := parse(t.payload, min(limit, MaxBytes))
	return t.ofIssuer(c, err)
}

// Times reads what a cache has to know: the claims without the list.
func (t *SecuredToken) Times() (c Claims, err error) {
	if t.cwt {
		c, _, err = readCWT(t.payload)
	} else {
		c, _, err = readJWT(t.payload)
	}
	return c, err
}

// Owner is the DID of the key that the token names.
func (t *SecuredToken) Owner() string {
	owner, _, _ := strings.Cut(t.KeyID, "#")
	return owner
}

// ofIssuer holds a token that says who issued it to being signed with a key of that.
func (t *SecuredToken) ofIssuer(c Claims, err error) (Claims, error) {
	if err != nil {
		return Claims{}, err
	}
	if c.Issuer != "" && c.Issuer != t.Owner() {
		return Claims{}, unverified("iss", "the key is not the issuer's")
	}
	return c, nil
}

// VerifyJWT checks the form and the signature of a status list token and reads its
// claims. The issuer that it names, if any, must be whose key it is. Times are the
// question of Claims.Status. verify may be nil. Every failure but that of the claims
// is a VerificationError.
func VerifyJWT(token []byte, key KeyFunc, verify multikey.VerifyFunc) (Claims, error) {
	t, err := openJWT(token)
	return verified(t, err, key, verify)
}

// VerifyCWT is VerifyJWT for the other form.
func VerifyCWT(message []byte, key KeyFunc, verify multikey.VerifyFunc) (Claims, error) {
	t, err := openCWT(message)
	return verified(t, err, key, verify)
}

func verified(t *SecuredToken, err error, key KeyFunc, verify multikey.VerifyFunc) (Claims, error) {
	if err == nil {
		err = t.Verify(key, verify)
	}
	if err != nil {
		return Claims{}, err
	}
	return t.Claims(MaxBytes)
}

func failed(what string, err error) error {
	return &Error{Type: VerificationError, Detail: what, Err: err}
}
