package cose

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"

	"github.com/tabard-id/tabard/did/multikey"
)

// Header holds the parameters that this package knows. What is absent is zero.
type Header struct {
	// KeyID is kid (4), a byte string.
	KeyID []byte
	// ContentType is content type (3), a media type. A CoAP Content-Format, which is
	// a number, reads as "".
	ContentType string
	// Typ is typ (16), a media type, as ContentType.
	Typ string
	// Claims is CWT Claims (15, RFC 9597), an encoded map for ParseClaims.
	Claims []byte
}

// Message is a COSE_Sign1 whose form is right. Nothing in it may be believed before
// Verify, and a parameter of the unprotected header not even then: KeyID alone is
// taken from there, to find the key.
type Message struct {
	Header
	// Alg is one of the algorithms of this package.
	Alg     int64
	Payload []byte
	// Certificate: a header has an X.509 certificate or points to one (RFC 9360), which is
	// not looked at.
	Certificate bool
	// Signature has the length that Alg demands.
	Signature []byte
	// protected is the protected header as it was signed.
	protected []byte
}

// sign1 is COSE_Sign1 (RFC 9052, 4.2).
type sign1 struct {
	_           struct{} `cbor:",toarray"`
	Protected   []byte
	Unprotected map[any]cbor.RawMessage
	Payload     []byte
	Signature   []byte
}

// Parse reads a COSE_Sign1 with its payload, bare or in its tag (18), and that in
// the tag of CWT (61) or not. Errors are *Error with ErrMalformed, ErrTooLarge,
// ErrCritical or ErrAlgorithm.
func Parse(data []byte) (*Message, error) {
	if len(data) > MaxMessage {
		return nil, &Error{Code: ErrTooLarge, Detail: fmt.Sprintf("%d bytes", len(data))}
	}
	if err := decoding.Wellformed(data); err != nil {
		return nil, malformed("", err)
	}
	body, err := untag(data)
	if err != nil {
		return nil, err
	}
	if err := checkShape(body); err != nil {
		return nil, err
	}
	var raw sign1
	if err := decoding.Unmarshal(body, &raw); err != nil {
		return nil, malformed("", err)
	}
	m := &Message{Payload: raw.Payload, Signature: raw.Signature, protected: raw.Protected}
	if err := m.readHeaders(raw); err != nil {
		return nil, err
	}
	if len(m.Payload) == 0 {
		return nil, malformed("the payload is empty or detached", nil)
	}
	if want := signatureSize(typeOf(m.Alg)); len(m.Signature) != want {
		return nil, malformed(fmt.Sprintf("a signature of %d bytes where algorithm %d has %d", len(m.Signature), m.Alg, want), nil)
	}
	return m, nil
}

// untag takes a well-formed message out of its tags.
func untag(data []byte) ([]byte, error) {
	for _, known := range []uint64{tagCWT, tagSign1} {
		if data[0]>>5 != 6 {
			return data, nil
		}
		var tag cbor.RawTag
		if err := decoding.Unmarshal(data, &tag); err != nil {
			return nil, malformed("", err)
		}
		if tag.Number == known {
			data = tag.Content
			if known == tagCWT && data[0]>>5 != 6 {
				return nil, malformed("a CWT without the tag of COSE_Sign1", nil)
			}
		}
	}
	if data[0]>>5 == 6 {
		return nil, malformed("in a tag that is not of COSE_Sign1", nil)
	}
	return data, nil
}

// checkShape makes sure of the major types, of which decoding converts some:
// an array of byte string, map, byte string, byte string. null is left to Parse.
func checkShape(body []byte) error {
	var parts []cbor.RawMessage
	if body[0]>>5 != 4 {
		return malformed("not an array", nil)
	}
	if err := decoding.Unmarshal(body, &parts); err != nil {
		return malformed("", err)
	}
	if len(parts) != 4 {
		return malformed(fmt.Sprintf("an array of %d, not 4", len(parts)), nil)
	}
	for i, major := range []byte{2, 5, 2, 2} {
		if parts[i][0]>>5 != major && (i != 2 || parts[i][0] != 0xf6) {
			return malformed(fmt.Sprintf("element %d is of major type %d", i, parts[i][0]>>5), nil)
		}
	}
	return nil
}

// readHeaders checks the labels of both headers and reads what is known of them.
func (m *Message) readHeaders(raw sign1) error {
	protected := map[any]cbor.RawMessage{}
	if len(raw.Protected) > 0 {
		if raw.Protected[0]>>5 != 5 {
			return malformed("the protected header is not a map", nil)
		}
		if err := decoding.Unmarshal(raw.Protected, &protected); err != nil {
			return malformed("the protected header", err)
		}
	}
	for _, header := range []map[any]cbor.RawMessage{protected, raw.Unprotected} {
		for label := range header {
			switch label.(type) {
			case int64, string:
			default:
				return malformed("a label is neither an integer nor text", nil)
			}
		}
		if _, present := header[labelCrit]; present {
			return &Error{Code: ErrCritical, Detail: "crit is not understood"}
		}
	}
	for label := range raw.Unprotected {
		if _, both := protected[label]; both {
			return malformed(fmt.Sprintf("label %.32v is in both headers", label), nil)
		}
	}
	return m.readParameters(protected, raw.Unprotected)
}

func (m *Message) readParameters(protected, unprotected map[any]cbor.RawMessage) error {
	if _, present := unprotected[labelAlg]; present {
		return malformed("alg is not protected", nil)
	}
	if raw, present := protected[labelAlg]; present {
		if major := raw[0] >> 5; major <= 1 {
			if err := decoding.Unmarshal(raw, &m.Alg); err != nil {
				return malformed("alg", err)
			}
		}
	}
	if typeOf(m.Alg) == 0 {
		return &Error{Code: ErrAlgorithm, Detail: fmt.Sprintf("alg %d%s (supported are EdDSA, Ed25519, ES256, ESP256, ES384 and ESP384)", m.Alg, nameOf(m.Alg))}
	}
	for _, label := range certificates {
		_, protected := protected[label]
		_, unprotected := unprotected[label]
		m.Certificate = m.Certificate || protected || unprotected
	}
	keyID, present := protected[labelKeyID]
	if !present {
		keyID, present = unprotected[labelKeyID]
	}
	if present {
		if keyID[0]>>5 != 2 {
			return malformed("kid is not a byte string", nil)
		}
		if err := decoding.Unmarshal(keyID, &m.KeyID); err != nil {
			return malformed("kid", err)
		}
	}
	var err error
	if m.ContentType, err = mediaType(protected, labelContentType); err != nil {
		return err
	}
	if m.Typ, err = mediaType(protected, labelTyp); err != nil {
		return err
	}
	if claims, present := protected[labelClaims]; present {
		if claims[0]>>5 != 5 {
			return malformed("the CWT claims in the header are not a map", nil)
		}
		m.Claims = claims
	}
	return nil
}

// certificates are the labels of x5bag, x5chain, x5t and x5u.
var certificates = [...]int64{32, 33, 34, 35}

// others are algorithms that others use and that are not supported here.
var others = map[int64]string{
	5: "HS256", -36: "ES512", -37: "PS256", -38: "PS384", -39: "PS512", -47: "ES256K", -257: "RS256", -258: "RS384", -259: "RS512",
}

// nameOf names an algorithm as a detail of its number.
func nameOf(alg int64) string {
	if name, known := others[alg]; known {
		return ", " + name
	}
	return ""
}

// mediaType reads a text; an unsigned integer is a CoAP Content-Format.
func mediaType(header map[any]cbor.RawMessage, label int64) (string, error) {
	raw, present := header[label]
	switch {
	case !present || raw[0]>>5 == 0:
		return "", nil
	case raw[0]>>5 != 3:
		return "", malformed(fmt.Sprintf("header parameter %d is neither text nor unsigned", label), nil)
	}
	var text string
	if err := decoding.Unmarshal(raw, &text); err != nil {
		return "", malformed(fmt.Sprintf("header parameter %d", label), err)
	}
	return text, nil
}

func signatureSize(t multikey.Type) int {
	if t == multikey.P384 {
		return 96
	}
	return 64
}

// Verify reports whether the message is signed by key with an algorithm of that
// type of key. verify may be nil, for key.Verify. Errors are *Error with
// ErrKeyType or ErrSignature.
func (m *Message) Verify(key multikey.PublicKey, verify multikey.VerifyFunc) error {
	if key.IsZero() || typeOf(m.Alg) != key.Type() {
		return &Error{Code: ErrKeyType, Detail: fmt.Sprintf("alg %d with a key of type %q", m.Alg, key.Type())}
	}
	if verify == nil {
		verify = multikey.PublicKey.Verify
	}
	signed, err := sigStructure(m.protected, m.Payload)
	if err != nil {
		return &Error{Code: ErrSignature, Err: err}
	}
	if !verify(key, signed, m.Signature) {
		return &Error{Code: ErrSignature}
	}
	return nil
}

// sigStructure is what is signed (RFC 9052, 4.4), with empty external_aad.
func sigStructure(protected, payload []byte) ([]byte, error) {
	return encoding.Marshal([]any{"Signature1", protected, []byte{}, payload})
}

// Signer is a private key, here or elsewhere. Sign gives the signature that
// Public().Verify accepts; multikey.PrivateKey is one.
type Signer interface {
	Public() multikey.PublicKey
	Sign(message []byte) ([]byte, error)
}

// Sign returns the tagged COSE_Sign1 of payload. All of h goes into the protected
// header, with the algorithm of the key. The same input gives the same output if
// the key signs so. Errors are *Error with ErrSign.
func Sign(h Header, payload []byte, key Signer) ([]byte, error) {
	alg := AlgFor(key.Public().Type())
	if alg == 0 {
		return nil, &Error{Code: ErrSign, Detail: fmt.Sprintf("keys of type %q do not sign", key.Public().Type())}
	}
	protected, err := encoding.Marshal(h.parameters(alg))
	if err != nil {
		return nil, &Error{Code: ErrSign, Err: err}
	}
	signed, err := sigStructure(protected, payload)
	if err != nil {
		return nil, &Error{Code: ErrSign, Err: err}
	}
	sig, err := key.Sign(signed)
	if err != nil {
		return nil, &Error{Code: ErrSign, Err: err}
	}
	data, err := encoding.Marshal(cbor.Tag{Number: tagSign1, Content: []any{protected, map[int64]any{}, payload, sig}})
	if err != nil {
		return nil, &Error{Code: ErrSign, Err: err}
	}
	made, err := Parse(data)
	if err == nil {
		err = made.Verify(key.Public(), nil)
	}
	if err != nil {
		return nil, &Error{Code: ErrSign, Err: err}
	}
	return data, nil
}

func (h Header) parameters(alg int64) map[int64]any {
	p := map[int64]any{labelAlg: alg}
	if len(h.KeyID) > 0 {
		p[labelKeyID] = bytes.Clone(h.KeyID)
	}
	if h.ContentType != "" {
		p[labelContentType] = h.ContentType
	}
	if h.Typ != "" {
		p[labelTyp] = h.Typ
	}
	if len(h.Claims) > 0 {
		p[labelClaims] = cbor.RawMessage(h.Claims)
	}
	return p
}

// KeyURL returns KeyID as text; "" if it is not UTF-8.
func (h Header) KeyURL() string {
	if !utf8.Valid(h.KeyID) {
		return ""
	}
	return string(h.KeyID)
}

// KeyType returns the type of key that the message's alg demands.
func (m *Message) KeyType() multikey.Type { return typeOf(m.Alg) }
