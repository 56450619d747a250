package cose_test

import (
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/cose"
	"github.com/tabard-id/tabard/did/multikey"
)

// file is vectors/jose/cose.json.
type file struct {
	Description string   `json:"description"`
	Source      string   `json:"source"`
	Cases       []vector `json:"cases"`
}

// vector is one message, the key that it is checked with, and the outcome: "valid"
// and the payload, or the code of the error.
type vector struct {
	Name    string `json:"name"`
	Source  string `json:"source"`
	Key     string `json:"key"`
	Message string `json:"message"`
	Code    string `json:"code"`
	Payload string `json:"payload,omitempty"`
}

func TestVectors(t *testing.T) {
	var f file
	vectorsInto(t, "cose.json", file{
		Description: "COSE_Sign1 messages in hexadecimal and the key (Multikey) that each is checked with. code is valid, or why the message is refused; payload is that of a valid one, as text.",
		Source:      "made by go test ./did/cose -update from fixed keys",
		Cases:       newMaker(t).vectors(),
	}, &f)
	valid := 0
	for _, v := range f.Cases {
		t.Run(v.Name, func(t *testing.T) {
			code, payload := outcome(t, v)
			if code != v.Code || payload != v.Payload {
				t.Errorf("%q with %q, want %q with %q", code, payload, v.Code, v.Payload)
			}
		})
		if v.Code == "valid" {
			valid++
		}
	}
	if valid == 0 || valid*2 > len(f.Cases) {
		t.Errorf("%d of %d vectors are positive", valid, len(f.Cases))
	}
}

func outcome(t *testing.T, v vector) (code, payload string) {
	key, err := multikey.ParsePublic(v.Key)
	if err != nil {
		t.Fatal(err)
	}
	message, err := cose.Parse(unhex(t, v.Message))
	if err == nil {
		err = message.Verify(key, nil)
	}
	if err == nil {
		return "valid", string(message.Payload)
	}
	var e *cose.Error
	if !errors.As(err, &e) || !errors.Is(err, e.Code) {
		t.Fatalf("%v is no *cose.Error of its code", err)
	}
	return string(e.Code), ""
}

// maker writes messages in hexadecimal, byte by byte, so that they can be wrong.
type maker struct {
	tb             testing.TB
	ed, p256, p384 multikey.PrivateKey
}

func newMaker(tb testing.TB) maker {
	return maker{tb, testKey(tb, multikey.Ed25519), testKey(tb, multikey.P256), testKey(tb, multikey.P384)}
}

const (
	text    = `{"id":"urn:x:1"}`
	edAlg   = "a10127"
	nothing = "a0"
)

// bstr writes a byte string.
func bstr(content string) string {
	n := len(content) / 2
	switch {
	case n < 24:
		return hex.EncodeToString([]byte{0x40 | byte(n)}) + content
	case n < 256:
		return hex.EncodeToString([]byte{0x58, byte(n)}) + content
	default:
		return hex.EncodeToString([]byte{0x59, byte(n >> 8), byte(n)}) + content
	}
}

func (m maker) signature(protected string, key multikey.PrivateKey) string {
	payload := hex.EncodeToString([]byte(text))
	structure := "846a" + hex.EncodeToString([]byte("Signature1")) + bstr(protected) + "40" + bstr(payload)
	sig, err := key.Sign(unhex(m.tb, structure))
	if err != nil {
		m.tb.Fatal(err)
	}
	return hex.EncodeToString(sig)
}

// message is an untagged message under these headers.
func (m maker) message(protected, unprotected string, key multikey.PrivateKey) string {
	return "84" + bstr(protected) + unprotected + bstr(hex.EncodeToString([]byte(text))) + bstr(m.signature(protected, key))
}

func (m maker) ok(name, source, message string, key multikey.PrivateKey) vector {
	return vector{name, source, key.Public().String(), message, "valid", text}
}

func (m maker) bad(name, source, message string, key multikey.PrivateKey, code cose.Code) vector {
	return vector{Name: name, Source: source, Key: key.Public().String(), Message: message, Code: string(code)}
}

func (m maker) vectors() []vector {
	var all []vector
	for _, group := range [][]vector{m.valid(), m.algorithms(), m.headers(), m.shapes(), m.signatures(), m.indefinite()} {
		all = append(all, group...)
	}
	return all
}

func (m maker) valid() []vector {
	plain := m.message(edAlg, nothing, m.ed)
	return []vector{
		m.ok("eddsa", "RFC 9053, 2.2", plain, m.ed),
		m.ok("eddsa-tagged", "RFC 9052, 4.2", "d2"+plain, m.ed),
		m.ok("eddsa-tagged-as-cwt", "RFC 8392, 6", "d83dd2"+plain, m.ed),
		m.ok("es256", "RFC 9053, 2.1", m.message("a10126", nothing, m.p256), m.p256),
		m.ok("es384", "RFC 9053, 2.1", m.message("a1013822", nothing, m.p384), m.p384),
		m.ok("ed25519-fully-specified", "RFC 9864, 2.1", m.message("a10132", nothing, m.ed), m.ed),
		m.ok("esp256-fully-specified", "RFC 9864, 2.1", m.message("a10128", nothing, m.p256), m.p256),
		m.ok("esp384-fully-specified", "RFC 9864, 2.1", m.message("a1013832", nothing, m.p384), m.p384),
		m.ok("kid-unprotected", "RFC 9052, 3.1", m.message(edAlg, "a1044178", m.ed), m.ed),
		m.ok("labels-in-another-order", "RFC 9052, 3: any order", m.message("a20441780127", nothing, m.ed), m.ed),
		m.ok("unknown-labels-ignored", "RFC 9052, 3.1", m.message("a30127190101f56178f6", "a11902008101", m.ed), m.ed),
		m.ok("content-type-a-number", "RFC 9052, 3.1", m.message("a20127031832", nothing, m.ed), m.ed),
		m.ok("x5chain-ignored", "RFC 9360, 2", m.message("a2012718214101", nothing, m.ed), m.ed),
	}
}

func (m maker) algorithms() []vector {
	const rfc = "RFC 9053, 2"
	alg := func(name, protected string) vector {
		return m.bad(name, rfc, m.message(protected, nothing, m.ed), m.ed, cose.ErrAlgorithm)
	}
	return []vector{
		m.bad("alg-swapped-to-es256", rfc, m.message("a10126", nothing, m.ed), m.ed, cose.ErrKeyType),
		m.bad("alg-swapped-to-eddsa", rfc, m.message(edAlg, nothing, m.p256), m.p256, cose.ErrKeyType),
		m.bad("es384-with-a-p256-key", rfc, m.message("a1013822", nothing, m.p256), m.p256, cose.ErrMalformed),
		m.bad("es256-with-a-p384-key", rfc, m.message("a10126", nothing, m.p256), m.p384, cose.ErrKeyType),
		m.bad("alg-unprotected", "RFC 9052, 3.1", m.message("", "a10127", m.ed), m.ed, cose.ErrMalformed),
		m.bad("alg-as-text", rfc, m.message("a101654564445341", nothing, m.ed), m.ed, cose.ErrAlgorithm),
		alg("protected-header-empty", ""),
		alg("alg-missing", "a1044178"),
		alg("alg-zero", "a10100"),
		alg("alg-hmac-256", "a10105"),
		alg("alg-es512", "a1013823"),
		alg("alg-es256k", "a101382e"),
		alg("alg-ps256", "a1013824"),
		alg("alg-rs256", "a101390100"),
		alg("alg-null", "a101f6"),
	}
}

func (m maker) headers() []vector {
	const rfc = "RFC 9052, 3"
	bad := func(name, source, protected, unprotected string) vector {
		return m.bad(name, source, m.message(protected, unprotected, m.ed), m.ed, cose.ErrMalformed)
	}
	return []vector{
		m.bad("crit", "RFC 9052, 3.1", m.message("a2012702811863", nothing, m.ed), m.ed, cose.ErrCritical),
		m.bad("crit-empty", "RFC 9052, 3.1", m.message("a201270280", nothing, m.ed), m.ed, cose.ErrCritical),
		m.bad("crit-unprotected", "RFC 9052, 3.1", m.message(edAlg, "a1028104", m.ed), m.ed, cose.ErrCritical),
		bad("duplicate-label", rfc, "a201270126", nothing),
		bad("duplicate-label-unprotected", rfc, edAlg, "a2044178044179"),
		bad("duplicate-label-in-longer-form", rfc, "a20127180127", nothing),
		bad("label-in-both-headers", rfc, "a20127044178", "a1044179"),
		bad("label-a-byte-string", rfc, "a20127410101", nothing),
		bad("label-a-float", rfc, "a20127f93c0001", nothing),
		bad("label-an-array", rfc, "a20127810101", nothing),
		bad("kid-as-text", "RFC 9052, 3.1", "a20127046178", nothing),
		bad("content-type-bytes", "RFC 9052, 3.1", "a20127034178", nothing),
		bad("content-type-not-utf-8", "RFC 8949, 3.1", "a201270361ff", nothing),
		bad("typ-negative", "RFC 9596, 2", "a201271020", nothing),
		bad("cwt-claims-not-a-map", "RFC 9597, 2", "a201270f80", nothing),
		bad("protected-header-an-array", rfc, "820127", nothing),
		bad("protected-header-with-a-tail", "RFC 8949, 5.3", "a10127f6", nothing),
		bad("protected-header-truncated", "RFC 8949, 5.3", "a20127", nothing),
		bad("protected-header-too-deep", "limit", "a2012705"+strings.Repeat("81", 9)+"01", nothing),
		bad("unprotected-header-an-array", rfc, edAlg, "80"),
		bad("unprotected-header-null", rfc, edAlg, "f6"),
	}
}

func (m maker) shapes() []vector {
	const rfc = "RFC 9052, 4.2"
	good := m.message(edAlg, nothing, m.ed)
	payload, sig := bstr(hex.EncodeToString([]byte(text))), bstr(m.signature(edAlg, m.ed))
	bad := func(name, source, message string) vector {
		return m.bad(name, source, message, m.ed, cose.ErrMalformed)
	}
	return []vector{
		bad("empty", rfc, ""),
		bad("not-cbor", rfc, "ff"),
		bad("trailing-bytes", "RFC 8949, 5.3", good+"00"),
		bad("truncated", "RFC 8949, 5.3", good[:len(good)-2]),
		bad("payload-detached", "RFC 9052, 4.1", "8443"+edAlg+"a0f6"+sig),
		bad("payload-empty", rfc, "8443"+edAlg+"a040"+sig),
		bad("payload-as-text", rfc, "8443"+edAlg+"a0"+"70"+payload[2:]+sig),
		bad("payload-undefined", rfc, "8443"+edAlg+"a0f7"+sig),
		bad("signature-null", rfc, "8443"+edAlg+"a0"+payload+"f6"),
		bad("protected-header-not-wrapped", rfc, "84"+edAlg+"a0"+payload+sig),
		bad("protected-header-null", rfc, "84f6a0"+payload+sig),
		bad("three-elements", rfc, "8343"+edAlg+"a0"+payload),
		bad("five-elements", rfc, "85"+good[2:]+"40"),
		bad("a-map", rfc, "a0"),
		bad("tagged-as-cose-sign", rfc, "d862"+good),
		bad("tagged-as-cose-mac0", rfc, "d1"+good),
		bad("tagged-twice", rfc, "d2d2"+good),
		bad("tagged-as-cwt-only", "RFC 8392, 6", "d83d"+good),
		bad("tagged-as-cwt-within", "RFC 8392, 6", "d2d83d"+good),
		bad("nested-too-deep", "limit", strings.Repeat("81", 64)+"01"),
		bad("length-beyond-the-end", "limit", "9b7fffffffffffffff"),
		bad("byte-string-beyond-the-end", "limit", "845b7fffffffffffffff"),
	}
}

// indefinite are messages whose parts do not say how long they are.
func (m maker) indefinite() []vector {
	const rfc = "RFC 8949, 3.2; RFC 9052, 9"
	good := m.message(edAlg, nothing, m.ed)
	content := hex.EncodeToString([]byte(text))
	payload, sig := bstr(content), bstr(m.signature(edAlg, m.ed))
	chunks := "5f" + bstr(content[:6]) + bstr(content[6:]) + "ff"
	raw, err := m.ed.Sign(unhex(m.tb, "846a"+hex.EncodeToString([]byte("Signature1"))+bstr(edAlg)+"40"+chunks))
	if err != nil {
		m.tb.Fatal(err)
	}
	ok := func(name, message string) vector { return m.ok(name, rfc, message, m.ed) }
	bad := func(name, message string) vector { return m.bad(name, rfc, message, m.ed, cose.ErrMalformed) }
	return []vector{
		ok("array-of-indefinite-length", "9f"+good[2:]+"ff"),
		ok("tagged-array-of-indefinite-length", "d29f"+good[2:]+"ff"),
		ok("protected-header-of-indefinite-length", m.message("bf0127ff", nothing, m.ed)),
		ok("protected-header-in-chunks", "845f"+bstr(edAlg)+"ffa0"+payload+sig),
		ok("unprotected-header-of-indefinite-length", m.message(edAlg, "bfff", m.ed)),
		ok("payload-in-chunks", "8443"+edAlg+"a0"+chunks+sig),
		ok("signature-in-chunks", "8443"+edAlg+"a0"+payload+"5f40"+sig+"ff"),
		ok("kid-in-chunks", m.message(edAlg, "bf045f41784179ffff", m.ed)),
		ok("content-type-in-chunks", m.message("a20127037f61786179ff", nothing, m.ed)),
		m.bad("signature-over-the-chunks", rfc, "8443"+edAlg+"a0"+chunks+bstr(hex.EncodeToString(raw)), m.ed, cose.ErrSignature),
		m.bad("protected-header-made-indefinite", "RFC 9052, 4.4: signed as it is", "84"+bstr("bf0127ff")+"a0"+payload+sig, m.ed, cose.ErrSignature),
		bad("array-without-an-end", "9f"+good[2:]),
		bad("array-of-indefinite-length-with-a-tail", "9f"+good[2:]+"ff00"),
		bad("array-of-three-of-indefinite-length", "9f43"+edAlg+"a0"+payload+"ff"),
		bad("array-of-five-of-indefinite-length", "9f"+good[2:]+"40ff"),
		bad("protected-header-without-an-end", m.message("bf0127", nothing, m.ed)),
		bad("duplicate-label-of-indefinite-length", m.message("bf01270126ff", nothing, m.ed)),
		bad("label-in-both-headers-of-indefinite-length", m.message("bf0127044178ff", "bf044179ff", m.ed)),
		bad("payload-in-chunks-of-text", "8443"+edAlg+"a05f"+"70"+payload[2:]+"ff"+sig),
		bad("payload-in-chunks-in-chunks", "8443"+edAlg+"a05f"+chunks+"ff"+sig),
		bad("payload-of-no-chunks", "8443"+edAlg+"a05fff"+sig),
	}
}

func (m maker) signatures() []vector {
	const verify = "RFC 9052, 4.4"
	ed, ec := m.signature(edAlg, m.ed), m.signature("a10126", m.p256)
	payload := bstr(hex.EncodeToString([]byte(text)))
	with := func(protected, unprotected, payload, sig string) string {
		return "84" + bstr(protected) + unprotected + payload + bstr(sig)
	}
	raw := unhex(m.tb, ec)
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])})
	if err != nil {
		m.tb.Fatal(err)
	}
	var bare strings.Builder
	sig, err := m.ed.Sign([]byte(text))
	if err != nil {
		m.tb.Fatal(err)
	}
	bare.WriteString(hex.EncodeToString(sig))
	tampered := bstr(hex.EncodeToString([]byte(`{"id":"urn:x:2"}`)))
	return []vector{
		m.bad("signature-der", "RFC 9053, 2.1", with("a10126", nothing, payload, hex.EncodeToString(der)), m.p256, cose.ErrMalformed),
		m.bad("signature-short", "RFC 9053, 2.1", with("a10126", nothing, payload, ec[2:]), m.p256, cose.ErrMalformed),
		m.bad("signature-empty", "RFC 9053, 2.1", with("a10126", nothing, payload, ""), m.p256, cose.ErrMalformed),
		m.bad("signature-of-zeros", "psychic signatures", with("a10126", nothing, payload, strings.Repeat("00", 64)), m.p256, cose.ErrSignature),
		m.bad("signature-of-the-payload-alone", verify, with(edAlg, nothing, payload, bare.String()), m.ed, cose.ErrSignature),
		m.bad("payload-tampered", verify, with(edAlg, nothing, tampered, ed), m.ed, cose.ErrSignature),
		m.bad("protected-header-tampered", verify, with("a20127044178", nothing, payload, ed), m.ed, cose.ErrSignature),
		m.bad("alg-in-longer-form", "the protected header is signed as it is", with("a1013807", nothing, payload, ed), m.ed, cose.ErrSignature),
		m.bad("signed-by-another-key", verify, m.message("a10126", nothing, anotherKey(m.tb)), m.p256, cose.ErrSignature),
	}
}

func anotherKey(tb testing.TB) multikey.PrivateKey {
	seed := make([]byte, 32)
	seed[0] = 9
	key, err := multikey.NewPrivate(multikey.P256, seed)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}
