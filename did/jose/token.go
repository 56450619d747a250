package jose

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
)

// headerLimits bound the header; no parameter in use nests deeper than a JWK.
var headerLimits = jcs.Limits{Bytes: MaxHeader, Depth: 8, Values: 1024}

// Token is a compact JWS whose form is right. Nothing in it may be believed before
// Verify.
type Token struct {
	// Header is the protected header; there is no other.
	Header jcs.Value
	// Alg, KeyID, Typ, Cty and Issuer are the header's alg, kid, typ, cty and iss;
	// "" if absent. Alg is one of the algorithms of this package.
	Alg, KeyID, Typ, Cty, Issuer string
	Payload                      []byte
	// Signature has the length that Alg demands.
	Signature []byte
	// signed is what the signature covers: the token up to its second dot.
	signed []byte
}

// Parse reads a compact JWS (RFC 7515, 3.1 and 5.2) with a payload. It keeps parts
// of compact, which must not be modified as long as the Token is in use. Errors
// are *Error with ErrMalformed, ErrTooLarge, ErrCritical or ErrAlgorithm.
func Parse(compact []byte) (*Token, error) {
	if len(compact) > MaxToken {
		return nil, &Error{Code: ErrTooLarge, Detail: fmt.Sprintf("%d bytes", len(compact))}
	}
	if len(compact) > 0 && compact[0] == '{' {
		return nil, malformed("the JSON serialisation is not accepted", nil)
	}
	if bytes.Count(compact, []byte{'.'}) == 4 {
		return nil, &Error{Code: ErrAlgorithm, Detail: "five parts: an encrypted token (JWE)"}
	}
	first, rest, ok := bytes.Cut(compact, []byte{'.'})
	second, third, ok2 := bytes.Cut(rest, []byte{'.'})
	if !ok || !ok2 || bytes.IndexByte(third, '.') >= 0 {
		return nil, malformed("not three parts", nil)
	}
	t := &Token{signed: compact[:len(first)+1+len(second)]}
	if err := t.readHeader(first); err != nil {
		return nil, err
	}
	if t.Payload, ok = Decode64(second); !ok || len(t.Payload) == 0 {
		return nil, malformed("the payload is empty or not base64url without padding", nil)
	}
	if t.Signature, ok = Decode64(third); !ok {
		return nil, malformed("the signature is not base64url without padding", nil)
	}
	if want := signatureSize(typeOf(t.Alg)); len(t.Signature) != want {
		return nil, malformed(fmt.Sprintf("a signature of %d bytes where %s has %d", len(t.Signature), t.Alg, want), nil)
	}
	return t, nil
}

func (t *Token) readHeader(encoded []byte) error {
	if len(encoded) > MaxHeader*4/3+4 {
		return &Error{Code: ErrTooLarge, Detail: "the header"}
	}
	text, ok := Decode64(encoded)
	if !ok {
		return malformed("the header is not base64url without padding", nil)
	}
	header, err := headerLimits.Decode(text)
	if err != nil {
		return malformed("the header", err)
	}
	if !header.IsObject() {
		return malformed("the header is not an object", nil)
	}
	t.Header = header
	for _, name := range []string{"crit", "b64"} {
		if _, present := header.Get(name); present {
			return &Error{Code: ErrCritical, Detail: name + " is not understood"}
		}
	}
	for _, p := range []struct {
		name string
		into *string
	}{{"alg", &t.Alg}, {"kid", &t.KeyID}, {"typ", &t.Typ}, {"cty", &t.Cty}, {"iss", &t.Issuer}} {
		v, present := header.Get(p.name)
		if *p.into, ok = v.Str(); present && !ok {
			return malformed(p.name+" is not a string", nil)
		}
	}
	if typeOf(t.Alg) == 0 {
		return &Error{Code: ErrAlgorithm, Detail: fmt.Sprintf("alg %.32q (supported are %s, %s, %s and %s)", t.Alg, Ed25519, EdDSA, ES256, ES384)}
	}
	return nil
}

func signatureSize(t multikey.Type) int {
	if t == multikey.P384 {
		return 96
	}
	return 64
}

// Verify reports whether the token is signed by key with the algorithm of that
// type of key. verify may be nil, for key.Verify. Errors are *Error with
// ErrKeyType or ErrSignature.
func (t *Token) Verify(key multikey.PublicKey, verify multikey.VerifyFunc) error {
	if key.IsZero() || typeOf(t.Alg) != key.Type() {
		return &Error{Code: ErrKeyType, Detail: fmt.Sprintf("alg %s with a key of type %q", t.Alg, key.Type())}
	}
	if verify == nil {
		verify = multikey.PublicKey.Verify
	}
	if !verify(key, t.signed, t.Signature) {
		return &Error{Code: ErrSignature}
	}
	return nil
}

// Signer is a private key, here or elsewhere. Sign gives the signature that
// Public().Verify accepts; multikey.PrivateKey is one.
type Signer interface {
	Public() multikey.PublicKey
	Sign(message []byte) ([]byte, error)
}

// Sign returns the compact JWS of payload under header. The header's alg may be
// left out; it becomes that of the key. The same input gives the same output if
// the key signs so. Errors are *Error with ErrSign.
func Sign(header jcs.Value, payload []byte, key Signer) (string, error) {
	alg := AlgFor(key.Public().Type())
	if alg == "" {
		return "", &Error{Code: ErrSign, Detail: fmt.Sprintf("keys of type %q do not sign", key.Public().Type())}
	}
	if _, present := header.Get("alg"); !present {
		header = header.With("alg", jcs.FromString(alg))
	}
	var b strings.Builder
	b.WriteString(Encode64(header.Canonical()) + "." + Encode64(payload))
	sig, err := key.Sign([]byte(b.String()))
	if err != nil {
		return "", &Error{Code: ErrSign, Err: err}
	}
	b.WriteString("." + Encode64(sig))
	compact := b.String()
	made, err := Parse([]byte(compact))
	if err == nil {
		err = made.Verify(key.Public(), nil)
	}
	if err != nil {
		return "", &Error{Code: ErrSign, Err: err}
	}
	return compact, nil
}

// MediaType returns the media type that a typ or cty stands for, in lower case:
// one without a slash is short for application/… (RFC 7515, 4.1.9). Parameters
// stay; "" stays "".
func MediaType(short string) string {
	if short == "" || strings.ContainsRune(short, '/') {
		return strings.ToLower(short)
	}
	return "application/" + strings.ToLower(short)
}

// KeyType returns the type of key that the token's alg demands.
func (t *Token) KeyType() multikey.Type { return typeOf(t.Alg) }
