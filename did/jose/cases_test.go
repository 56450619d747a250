package jose_test

import (
	"encoding/asn1"
	"math/big"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/multikey"
)

func testKey(tb testing.TB, t multikey.Type) multikey.PrivateKey {
	tb.Helper()
	seed := make([]byte, 32)
	if t == multikey.P384 {
		seed = make([]byte, 48)
	}
	seed[len(seed)-1] = 7
	private, err := multikey.NewPrivate(t, seed)
	if err != nil {
		tb.Fatal(err)
	}
	return private
}

// maker makes tokens, right and wrong.
type maker struct {
	tb             testing.TB
	ed, p256, p384 multikey.PrivateKey
}

func newMaker(tb testing.TB) maker {
	return maker{tb, testKey(tb, multikey.Ed25519), testKey(tb, multikey.P256), testKey(tb, multikey.P384)}
}

// join signs the two parts whatever they are.
func (m maker) join(header, payload string, key multikey.PrivateKey) string {
	sig, err := key.Sign([]byte(header + "." + payload))
	if err != nil {
		m.tb.Fatal(err)
	}
	return header + "." + payload + "." + jose.Encode64(sig)
}

func (m maker) sign(header, payload string, key multikey.PrivateKey) string {
	return m.join(jose.Encode64([]byte(header)), jose.Encode64([]byte(payload)), key)
}

const (
	claims   = `{"iss":"did:example:issuer"}`
	edHeader = `{"alg":"EdDSA"}`
)

func (m maker) ok(name, source, header string, key multikey.PrivateKey) jwsVector {
	return jwsVector{name, source, key.Public().String(), m.sign(header, claims, key), "valid", claims}
}

func (m maker) bad(name, source, token string, key multikey.PrivateKey, code jose.Code) jwsVector {
	return jwsVector{Name: name, Source: source, Key: key.Public().String(), Token: token, Code: string(code)}
}

// header is a token of that header, signed by the Ed25519 key all the same.
func (m maker) header(name, source, header string, code jose.Code) jwsVector {
	return m.bad(name, source, m.sign(header, claims, m.ed), m.ed, code)
}

func (m maker) vectors() []jwsVector {
	var all []jwsVector
	for _, group := range [][]jwsVector{m.valid(), m.algorithms(), m.headers(), m.parts(), m.signatures()} {
		all = append(all, group...)
	}
	return all
}

func (m maker) valid() []jwsVector {
	other := testKey(m.tb, multikey.P256)
	return []jwsVector{
		m.ok("eddsa", "RFC 8037, 3.1", edHeader, m.ed),
		m.ok("ed25519-fully-specified", "RFC 9864, 2.2", `{"alg":"Ed25519"}`, m.ed),
		m.ok("es256", "RFC 7518, 3.4", `{"alg":"ES256"}`, m.p256),
		m.ok("es384", "RFC 7518, 3.4", `{"alg":"ES384"}`, m.p384),
		m.ok("unknown-parameters-ignored", "RFC 7515, 4", `{"alg":"EdDSA","kid":"did:example:issuer#key","typ":"vc+jwt","cty":"vc","iss":"did:example:issuer","x":[{"y":null}]}`, m.ed),
		m.ok("jwk-in-the-header-ignored", "RFC 7515, 4.1.3; RFC 8725, 3.10", `{"alg":"EdDSA","jwk":`+string(other.Public().JWK().Canonical())+`,"jku":"https://mallory.example/keys"}`, m.ed),
		m.ok("white-space-in-the-header", "RFC 7515, 3: the bytes as they are", "{ \"alg\" :\r\n \"EdDSA\" }", m.ed),
	}
}

func (m maker) algorithms() []jwsVector {
	const rfc = "RFC 8725, 3.1"
	hmac := m.p256
	none := jose.Encode64([]byte(`{"alg":"none"}`)) + "." + jose.Encode64([]byte(claims)) + "."
	vectors := []jwsVector{
		m.bad("alg-none", "VC-JOSE-COSE 1.0, 1.2.1", none, m.ed, jose.ErrAlgorithm),
		m.header("alg-none-with-a-signature", rfc, `{"alg":"none"}`, jose.ErrAlgorithm),
		m.header("alg-none-in-other-letters", "RFC 8725, 2.1", `{"alg":"nOnE"}`, jose.ErrAlgorithm),
		m.header("alg-empty", rfc, `{"alg":""}`, jose.ErrAlgorithm),
		m.header("alg-missing", "RFC 7515, 4.1.1", `{"typ":"vc+jwt"}`, jose.ErrAlgorithm),
		m.header("alg-not-a-string", "RFC 7515, 4.1.1", `{"alg":["EdDSA"]}`, jose.ErrMalformed),
		m.header("alg-null", "RFC 7515, 4.1.1", `{"alg":null}`, jose.ErrMalformed),
		m.header("alg-in-other-letters", "RFC 7515, 4.1.1: case-sensitive", `{"alg":"eddsa"}`, jose.ErrAlgorithm),
		m.bad("alg-swapped-to-es256", rfc, m.sign(`{"alg":"ES256"}`, claims, m.ed), m.ed, jose.ErrKeyType),
		m.bad("alg-swapped-to-eddsa", rfc, m.sign(edHeader, claims, m.p256), m.p256, jose.ErrKeyType),
		m.bad("key-of-another-type", rfc, m.sign(edHeader, claims, m.ed), m.p256, jose.ErrKeyType),
		m.bad("es384-with-a-p256-signature", rfc, m.sign(`{"alg":"ES384"}`, claims, m.p256), m.p256, jose.ErrMalformed),
		m.bad("es256-with-a-p384-key", rfc, m.sign(`{"alg":"ES256"}`, claims, m.p256), m.p384, jose.ErrKeyType),
		m.bad("hmac-with-the-public-key", "RFC 8725, 2.1", m.sign(`{"alg":"HS256"}`, claims, hmac), hmac, jose.ErrAlgorithm),
	}
	for _, alg := range []string{"HS384", "HS512", "RS256", "RS512", "PS256", "ES512", "ES256K", "Ed448", "ML-DSA-44"} {
		vectors = append(vectors, m.header("alg-"+strings.ToLower(alg), rfc, `{"alg":"`+alg+`"}`, jose.ErrAlgorithm))
	}
	return vectors
}

func (m maker) headers() []jwsVector {
	return []jwsVector{
		m.header("crit", "RFC 7515, 4.1.11", `{"alg":"EdDSA","crit":["exp"],"exp":1}`, jose.ErrCritical),
		m.header("crit-empty", "RFC 7515, 4.1.11", `{"alg":"EdDSA","crit":[]}`, jose.ErrCritical),
		m.header("crit-not-an-array", "RFC 7515, 4.1.11", `{"alg":"EdDSA","crit":null}`, jose.ErrCritical),
		m.header("payload-not-encoded", "RFC 7797, 6", `{"alg":"EdDSA","b64":false,"crit":["b64"]}`, jose.ErrCritical),
		m.header("b64-without-crit", "RFC 7797, 6", `{"alg":"EdDSA","b64":false}`, jose.ErrCritical),
		m.header("b64-true", "RFC 7797, 6", `{"alg":"EdDSA","b64":true}`, jose.ErrCritical),
		m.header("duplicate-alg", "RFC 7515, 4: names are unique", `{"alg":"none","alg":"EdDSA"}`, jose.ErrMalformed),
		m.header("duplicate-kid-escaped", "RFC 7515, 4: names are unique", `{"alg":"EdDSA","kid":"a","k\u0069d":"b"}`, jose.ErrMalformed),
		m.header("kid-not-a-string", "RFC 7515, 4.1.4", `{"alg":"EdDSA","kid":1}`, jose.ErrMalformed),
		m.header("typ-not-a-string", "RFC 7515, 4.1.9", `{"alg":"EdDSA","typ":["vc+jwt"]}`, jose.ErrMalformed),
		m.header("cty-not-a-string", "RFC 7515, 4.1.10", `{"alg":"EdDSA","cty":{}}`, jose.ErrMalformed),
		m.header("iss-not-a-string", "RFC 7519, 5.3", `{"alg":"EdDSA","iss":{}}`, jose.ErrMalformed),
		m.header("header-an-array", "RFC 7515, 4", `["EdDSA"]`, jose.ErrMalformed),
		m.header("header-empty", "RFC 7515, 4", ``, jose.ErrMalformed),
		m.header("header-with-a-tail", "RFC 8259, 2", `{"alg":"EdDSA"}{}`, jose.ErrMalformed),
		m.header("header-with-a-byte-order-mark", "RFC 8259, 8.1", "\ufeff"+edHeader, jose.ErrMalformed),
		m.header("header-not-utf-8", "RFC 7515, 5.2", "{\"alg\":\"EdDSA\",\"x\":\"\xff\"}", jose.ErrMalformed),
		m.header("header-with-a-comment", "RFC 8259, 2", `{"alg":"EdDSA"/* */}`, jose.ErrMalformed),
		m.header("header-too-deep", "limit", `{"alg":"EdDSA","x":`+strings.Repeat("[", 9)+strings.Repeat("]", 9)+`}`, jose.ErrMalformed),
	}
}

func (m maker) parts() []jwsVector {
	const rfc = "RFC 7515, 2: without padding, line breaks or other characters"
	head, body := jose.Encode64([]byte(edHeader)), jose.Encode64([]byte(claims))
	good := m.join(head, body, m.ed)
	sig := good[strings.LastIndexByte(good, '.')+1:]
	// 28 bytes of claims leave four stray bits in the last character, as does a
	// signature of 64 bytes.
	stray := func(s string) string {
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		return s[:len(s)-1] + string(alphabet[strings.IndexByte(alphabet, s[len(s)-1])|1])
	}
	bad := func(name, source, token string) jwsVector {
		return m.bad(name, source, token, m.ed, jose.ErrMalformed)
	}
	return []jwsVector{
		bad("trailing-bits-in-the-payload", "RFC 4648, 3.5", m.join(head, stray(body), m.ed)),
		bad("trailing-bits-in-the-signature", "RFC 4648, 3.5", head+"."+body+"."+stray(sig)),
		bad("header-padded", rfc, m.join(head+"=", body, m.ed)),
		bad("payload-padded", rfc, m.join(head, body+"==", m.ed)),
		bad("signature-padded", rfc, good+"=="),
		bad("payload-in-base64", rfc, m.join(head, jose.Encode64([]byte("?>?>"))[:4]+"+/", m.ed)),
		bad("line-break-in-the-payload", rfc, m.join(head, body[:8]+"\n"+body[8:], m.ed)),
		bad("line-break-in-the-signature", rfc, head+"."+body+"."+sig[:8]+"\r\n"+sig[8:]),
		bad("space-before", rfc, " "+good),
		bad("line-break-after", rfc, good+"\n"),
		bad("payload-detached", "RFC 7515, appendix F", m.join(head, "", m.ed)),
		bad("signature-missing", "RFC 7515, 7.1", head+"."+body+"."),
		bad("one-part", "RFC 7515, 7.1", head),
		bad("two-parts", "RFC 7515, 7.1", head+"."+body),
		bad("four-parts", "RFC 7515, 7.1", good+"."+sig),
		m.bad("five-parts-as-a-jwe", "RFC 7516, 9", good+"..", m.ed, jose.ErrAlgorithm),
		bad("empty", "RFC 7515, 7.1", ""),
		bad("json-serialisation", "VC-JOSE-COSE 1.0, 3.1.2: compact", `{"payload":"`+body+`","protected":"`+head+`","signature":"`+sig+`"}`),
		bad("sd-jwt-as-jws", "RFC 9901, 4", good+"~"),
		m.bad("header-too-large", "limit", m.sign(`{"alg":"EdDSA","x":"`+strings.Repeat("a", jose.MaxHeader)+`"}`, claims, m.ed), m.ed, jose.ErrTooLarge),
	}
}

func (m maker) signatures() []jwsVector {
	const verify = "RFC 7515, 5.2"
	good := m.sign(`{"alg":"ES256"}`, claims, m.p256)
	at := strings.LastIndexByte(good, '.')
	raw, _ := jose.Decode64([]byte(good[at+1:]))
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])})
	if err != nil {
		m.tb.Fatal(err)
	}
	with := func(sig []byte) string { return good[:at+1] + jose.Encode64(sig) }
	edGood := m.sign(edHeader, claims, m.ed)
	edAt := strings.LastIndexByte(edGood, '.')
	return []jwsVector{
		m.bad("signature-der", "RFC 7518, 3.4", with(der), m.p256, jose.ErrMalformed),
		m.bad("signature-short", "RFC 7518, 3.4", with(raw[:63]), m.p256, jose.ErrMalformed),
		m.bad("signature-long", "RFC 7518, 3.4", with(append([]byte{0}, raw...)), m.p256, jose.ErrMalformed),
		m.bad("signature-of-zeros", "RFC 8725, 2.1 (psychic signatures)", with(make([]byte, 64)), m.p256, jose.ErrSignature),
		m.bad("signature-halves-swapped", verify, with(append(append([]byte{}, raw[32:]...), raw[:32]...)), m.p256, jose.ErrSignature),
		m.bad("signature-of-another-token", verify, m.sign(edHeader, `{"iss":"did:example:other"}`, m.ed)[:edAt-4]+edGood[edAt-4:], m.ed, jose.ErrSignature),
		m.bad("payload-tampered", verify, jose.Encode64([]byte(edHeader))+"."+jose.Encode64([]byte(`{"iss":"did:example:mallory"}`))+edGood[edAt:], m.ed, jose.ErrSignature),
		m.bad("header-tampered", verify, jose.Encode64([]byte(`{"alg":"EdDSA","kid":"x"}`))+"."+jose.Encode64([]byte(claims))+edGood[edAt:], m.ed, jose.ErrSignature),
		m.bad("signed-by-another-key", verify, m.sign(edHeader, claims, anotherKey(m.tb)), m.ed, jose.ErrSignature),
	}
}

func anotherKey(tb testing.TB) multikey.PrivateKey {
	seed := make([]byte, 32)
	seed[0] = 9
	key, err := multikey.NewPrivate(multikey.Ed25519, seed)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}
