package sdjwt

import (
	"bytes"
	"crypto"
	_ "crypto/sha256" // for crypto.Hash
	_ "crypto/sha512" // for crypto.Hash
	"fmt"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/multikey"
)

// Token is an SD-JWT whose form is right. Nothing in it may be believed before
// Verify, and of its payload only what Process gives.
type Token struct {
	// JWT is the token that the issuer signed.
	JWT *jose.Token
	// Signed is its payload as the issuer signed it, with digests for what may be
	// disclosed. It is the same whatever is disclosed.
	Signed jcs.Value
	// Disclosures are those that came along, in order.
	Disclosures []Disclosure
	// KeyBinding is the key binding JWT; nil if there is none.
	KeyBinding *jose.Token

	hash crypto.Hash
	// bound is what sd_hash covers: all but the key binding JWT.
	bound []byte
}

// Disclosure is one claim or array element that is shown.
type Disclosure struct {
	// Text is the disclosure as it travels, in base64url.
	Text string
	// Digest is what refers to it, in base64url.
	Digest string
	Salt   string
	// Name is the claim's; Element says that it is an array element and has none.
	Name    string
	Element bool
	// Value may itself refer to further disclosures.
	Value jcs.Value
}

// hashes by their names in the registry of Named Information hash algorithms. The
// shorter and the broken ones are not for digests that hide and bind.
var hashes = map[string]crypto.Hash{"sha-256": crypto.SHA256, "sha-384": crypto.SHA384, "sha-512": crypto.SHA512}

// Parse reads an SD-JWT or SD-JWT+KB (RFC 9901, 4). It keeps parts of text, which
// must not be modified as long as the Token is in use. Errors are *Error, or
// *jose.Error for what is wrong with one of the JWTs in it.
func Parse(text []byte) (*Token, error) {
	if len(text) > MaxToken {
		return nil, refuse(ErrTooLarge, fmt.Sprintf("%d bytes", len(text)))
	}
	last := bytes.LastIndexByte(text, '~')
	if last < 0 {
		return nil, refuse(ErrMalformed, "no tilde after the issuer's JWT")
	}
	t := &Token{bound: text[:last+1]}
	first, rest, _ := bytes.Cut(t.bound, []byte{'~'})
	var err error
	if t.JWT, err = jose.Parse(first); err != nil {
		return nil, err
	}
	if t.Signed, err = jcs.Decode(t.JWT.Payload); err != nil || !t.Signed.IsObject() {
		return nil, &Error{Code: ErrPayload, Detail: "not an object in strict JSON", Err: err}
	}
	if t.hash, err = hashOf(t.Signed); err != nil {
		return nil, err
	}
	if err = t.readDisclosures(rest); err != nil {
		return nil, err
	}
	if last+1 < len(text) {
		if t.KeyBinding, err = jose.Parse(text[last+1:]); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// hashOf reads _sd_alg, sha-256 if absent (RFC 9901, 4.1.1).
func hashOf(payload jcs.Value) (crypto.Hash, error) {
	v, present := payload.Get(nameHash)
	if !present {
		return crypto.SHA256, nil
	}
	name, ok := v.Str()
	if hash, known := hashes[name]; ok && known {
		return hash, nil
	}
	return 0, refuse(ErrHash, fmt.Sprintf("%.32q", name))
}

// readDisclosures reads disclosures that each end in a tilde.
func (t *Token) readDisclosures(rest []byte) error {
	seen := map[string]bool{}
	for len(rest) > 0 {
		one, after, _ := bytes.Cut(rest, []byte{'~'})
		rest = after
		if len(t.Disclosures) == MaxDisclosures {
			return refuse(ErrTooLarge, "too many disclosures")
		}
		d, err := t.readDisclosure(one)
		if err != nil {
			return err
		}
		if seen[d.Digest] {
			return refuse(ErrDuplicate, "a disclosure is sent twice")
		}
		seen[d.Digest] = true
		t.Disclosures = append(t.Disclosures, d)
	}
	return nil
}

func (t *Token) readDisclosure(text []byte) (Disclosure, error) {
	data, ok := jose.Decode64(text)
	if !ok || len(text) == 0 {
		return Disclosure{}, refuse(ErrMalformed, "a disclosure is empty or not base64url without padding")
	}
	v, err := jcs.Decode(data)
	if err != nil {
		return Disclosure{}, &Error{Code: ErrDisclosure, Err: err}
	}
	d := Disclosure{Text: string(text), Digest: t.digest(text)}
	d.Salt, ok = v.At(0).Str()
	if !v.IsArray() || !ok || v.Len() != 2 && v.Len() != 3 {
		return Disclosure{}, refuse(ErrDisclosure, "neither salt, name and value nor salt and value")
	}
	d.Element = v.Len() == 2
	d.Value = v.At(v.Len() - 1)
	if !d.Element {
		if d.Name, ok = v.At(1).Str(); !ok {
			return Disclosure{}, refuse(ErrDisclosure, "the claim's name is not a string")
		}
	}
	return d, nil
}

// digest is what refers to a text: base64url of the hash of the text itself.
func (t *Token) digest(text []byte) string {
	h := t.hash.New()
	h.Write(text)
	return jose.Encode64(h.Sum(nil))
}

// Verify reports whether the issuer's JWT is signed by key. verify may be nil, for
// key.Verify. Errors are *jose.Error.
func (t *Token) Verify(key multikey.PublicKey, verify multikey.VerifyFunc) error {
	return t.JWT.Verify(key, verify)
}
