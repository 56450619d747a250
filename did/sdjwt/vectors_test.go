package sdjwt_test

import (
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/sdjwt"
)

// file is vectors/jose/sd-jwt.json.
type file struct {
	Description string   `json:"description"`
	Source      string   `json:"source"`
	Key         string   `json:"key"`
	Now         string   `json:"now"`
	Cases       []vector `json:"cases"`
}

// vector is one SD-JWT, what its key binding is held to if one is demanded, and the
// outcome: "valid" and the processed payload, or the code of the error.
type vector struct {
	Name    string    `json:"name"`
	Source  string    `json:"source"`
	Token   string    `json:"token"`
	Binding *expect   `json:"binding,omitempty"`
	Code    string    `json:"code"`
	Payload jcs.Value `json:"payload"`
}

type expect struct {
	Nonce    string `json:"nonce"`
	Audience string `json:"audience"`
	MaxAge   int    `json:"maxAge"`
}

func TestVectors(t *testing.T) {
	var f file
	m := newMaker(t)
	vectorsInto(t, "sd-jwt.json", file{
		Description: "SD-JWTs by one issuer, whose key (Multikey) is given. Where there is binding, a key binding is demanded, by the key in cnf, at the time now, not older than maxAge seconds. code is valid, or why the token is refused; payload is the processed one of a valid token.",
		Source:      "made by go test ./did/sdjwt -update from fixed keys and salts",
		Key:         m.issuer.Public().String(), Now: now.Format(time.RFC3339),
		Cases: m.vectors(),
	}, &f)
	key, err := multikey.ParsePublic(f.Key)
	if err != nil {
		t.Fatal(err)
	}
	valid := 0
	for _, v := range f.Cases {
		t.Run(v.Name, func(t *testing.T) {
			code, payload := outcome(t, v, key)
			if code != v.Code || !payload.Equal(v.Payload) {
				t.Errorf("%q with %s, want %q with %s", code, payload.Canonical(), v.Code, v.Payload.Canonical())
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

func check(v vector, key multikey.PublicKey) (jcs.Value, error) {
	token, err := sdjwt.Parse([]byte(v.Token))
	if err != nil {
		return jcs.Value{}, err
	}
	if err := token.Verify(key, nil); err != nil {
		return jcs.Value{}, err
	}
	payload, err := token.Process()
	if err != nil || v.Binding == nil {
		return payload, err
	}
	holder, _, err := sdjwt.Confirmation(payload)
	if err != nil {
		return jcs.Value{}, err
	}
	return payload, token.VerifyKeyBinding(holder, nil, sdjwt.Expected{
		Nonce: v.Binding.Nonce, Audience: []string{v.Binding.Audience}, Now: now, Leeway: 5 * time.Second, MaxAge: time.Duration(v.Binding.MaxAge) * time.Second,
	})
}

func outcome(t *testing.T, v vector, key multikey.PublicKey) (string, jcs.Value) {
	payload, err := check(v, key)
	var e *sdjwt.Error
	var j *jose.Error
	switch {
	case err == nil:
		return "valid", payload
	case errors.As(err, &e) && errors.Is(err, e.Code):
		return string(e.Code), jcs.Value{}
	case errors.As(err, &j):
		return string(j.Code), jcs.Value{}
	default:
		t.Fatalf("%v has no code", err)
		return "", jcs.Value{}
	}
}

// maker makes SD-JWTs, right and wrong.
type maker struct {
	tb             testing.TB
	issuer, holder multikey.PrivateKey
}

func newMaker(tb testing.TB) maker {
	return maker{tb, testKey(tb, multikey.Ed25519, 7), testKey(tb, multikey.P256, 8)}
}

// disclosure encodes one, whatever it says.
func disclosure(text string) string { return jose.Encode64([]byte(text)) }

func digest(disclosure string) string {
	d := sha256.Sum256([]byte(disclosure))
	return jose.Encode64(d[:])
}

// jwt is the issuer's; each %s in the payload becomes the digest of a disclosure.
func (m maker) jwt(payload string, digests ...any) string {
	if len(digests) > 0 {
		payload = fmt.Sprintf(payload, digests...)
	}
	return compact(m.tb, `{"alg":"EdDSA","typ":"vc+sd-jwt"}`, payload, m.issuer)
}

func (m maker) ok(name, source, payload string, parts ...string) vector {
	return vector{Name: name, Source: source, Token: strings.Join(parts, "~") + "~", Code: "valid", Payload: decode(m.tb, payload)}
}

func bad(name, source string, code error, parts ...string) vector {
	return vector{Name: name, Source: source, Token: strings.Join(parts, "~") + "~", Code: code.Error()}
}

func (m maker) vectors() []vector {
	var all []vector
	for _, group := range [][]vector{m.valid(), m.forms(), m.payloads(), m.disclosures(), m.bindings()} {
		all = append(all, group...)
	}
	return all
}

var (
	name  = disclosure(`["c2FsdDE", "name", "Ada"]`)
	city  = disclosure(`["c2FsdDI","city",{"a":[1]}]`)
	first = disclosure(`["c2FsdDM","DE"]`)
	outer = disclosure(`["c2FsdDQ","lands",[{"...":"` + digest(first) + `"},"FR"]]`)
	decoy = digest("nothing")
)

func (m maker) valid() []vector {
	const rfc = "RFC 9901, 7.1"
	two := m.jwt(`{"a":1,"_sd":["%s","%s","%s"],"_sd_alg":"sha-256"}`, digest(name), decoy, digest(city))
	d384, d512 := sha512.Sum384([]byte(name)), sha512.Sum512([]byte(name))
	return []vector{
		m.ok("nothing-to-disclose", rfc, `{"a":1}`, m.jwt(`{"a":1}`)),
		m.ok("nothing-disclosed", rfc, `{"a":1}`, two),
		m.ok("one-disclosed", rfc, `{"a":1,"name":"Ada"}`, two, name),
		m.ok("two-disclosed-in-another-order", rfc, `{"a":1,"name":"Ada","city":{"a":[1]}}`, two, city, name),
		m.ok("hash-by-default", "RFC 9901, 4.1.1", `{"name":"Ada"}`, m.jwt(`{"_sd":["%s"]}`, digest(name)), name),
		m.ok("sha-384", "RFC 9901, 4.1.1", `{"name":"Ada"}`, m.jwt(`{"_sd":["%s"],"_sd_alg":"sha-384"}`, jose.Encode64(d384[:])), name),
		m.ok("sha-512", "RFC 9901, 4.1.1", `{"name":"Ada"}`, m.jwt(`{"_sd":["%s"],"_sd_alg":"sha-512"}`, jose.Encode64(d512[:])), name),
		m.ok("element-disclosed", rfc, `{"n":["DE","US"]}`, m.jwt(`{"n":[{"...":"%s"},{"...":"%s"},"US"]}`, digest(first), decoy), first),
		m.ok("element-not-disclosed", rfc, `{"n":["US"]}`, m.jwt(`{"n":[{"...":"%s"},"US"]}`, digest(first))),
		m.ok("nested-in-another", "RFC 9901, 4.2.6", `{"lands":["DE","FR"]}`, m.jwt(`{"_sd":["%s"]}`, digest(outer)), outer, first),
		m.ok("nested-outer-alone", "RFC 9901, 4.2.6", `{"lands":["FR"]}`, m.jwt(`{"_sd":["%s"]}`, digest(outer)), outer),
		m.ok("nested-object-emptied", rfc, `{"s":{}}`, m.jwt(`{"s":{"_sd":["%s"]}}`, digest(name))),
		m.ok("no-digests", "RFC 9901, 4.2.4.1", `{"a":1}`, m.jwt(`{"a":1,"_sd":[]}`)),
		m.ok("value-null", "RFC 9901, 4.2.1", `{"x":null}`, m.jwt(`{"_sd":["%s"]}`, digest(disclosure(`["s","x",null]`))), disclosure(`["s","x",null]`)),
		m.ok("published-disclosure", "RFC 9901, 4.2.3", `{"family_name":"Möbius","given_name":"Alice"}`,
			m.jwt(`{"given_name":"Alice","_sd":["X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"]}`), "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"),
		m.ok("published-element", "RFC 9901, 4.2.4.2", `{"nationalities":["DE","FR","US"]}`,
			m.jwt(`{"nationalities":["DE",{"...":"w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs"},"US"]}`), "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0"),
	}
}

func (m maker) forms() []vector {
	const rfc = "RFC 9901, 4"
	one := m.jwt(`{"_sd":["%s"]}`, digest(name))
	noTilde := bad("no-tilde", rfc, sdjwt.ErrMalformed, one)
	noTilde.Token = one
	last := bad("disclosure-without-its-tilde", rfc+": it is taken for a key binding", jose.ErrMalformed)
	last.Token = one + "~" + name
	return []vector{
		noTilde, last,
		bad("empty", rfc, jose.ErrMalformed, ""),
		bad("empty-disclosure", rfc, sdjwt.ErrMalformed, one, "", name),
		bad("disclosure-padded", rfc, sdjwt.ErrMalformed, one, name+"="),
		bad("disclosure-with-a-line-break", rfc, sdjwt.ErrMalformed, one, name[:4]+"\n"+name[4:]),
		bad("disclosure-with-trailing-bits", "RFC 4648, 3.5", sdjwt.ErrMalformed, one, disclosure(`["s","nam","xx"]`)[:20]+"B"),
		bad("alg-none", "RFC 9901, 7.1", jose.ErrAlgorithm, jose.Encode64([]byte(`{"alg":"none"}`))+"."+jose.Encode64([]byte(`{}`))+"."),
		bad("signed-by-another-key", "RFC 9901, 7.1", jose.ErrSignature, compact(m.tb, `{"alg":"EdDSA"}`, `{}`, testKey(m.tb, multikey.Ed25519, 9))),
		bad("sent-twice", "RFC 9901, 4", sdjwt.ErrDuplicate, one, name, name),
		bad("too-many-disclosures", "limit", sdjwt.ErrTooLarge, append([]string{one}, many(sdjwt.MaxDisclosures+1)...)...),
	}
}

func many(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = disclosure(fmt.Sprintf(`["%d",0]`, i))
	}
	return all
}

func (m maker) payloads() []vector {
	const rfc = "RFC 9901, 4.1"
	p := func(name, payload string) vector {
		return bad(name, rfc, sdjwt.ErrPayload, m.jwt(payload))
	}
	return []vector{
		p("payload-not-json", `not json`),
		p("payload-an-array", `[]`),
		p("payload-with-a-duplicate-name", `{"a":1,"a":2}`),
		p("digests-not-an-array", `{"_sd":"x"}`),
		p("digests-an-object", `{"_sd":{}}`),
		p("digests-null", `{"_sd":null}`),
		p("digest-not-a-string", `{"_sd":[1]}`),
		p("nested-digest-not-a-string", `{"s":[{"t":{"_sd":[[]]}}]}`),
		p("element-digest-not-a-string", `{"n":[{"...":{}}]}`),
		p("element-beside-other-claims", `{"n":[{"...":"x","a":1}]}`),
		p("element-outside-of-an-array", `{"n":{"...":"x"}}`),
		p("element-at-the-top", `{"...":"x"}`),
		p("hash-nested", `{"s":{"_sd_alg":"sha-256"}}`),
		bad("hash-broken", "RFC 9901, 9.4", sdjwt.ErrHash, m.jwt(`{"_sd_alg":"md5"}`)),
		bad("hash-truncated", "RFC 9901, 9.4", sdjwt.ErrHash, m.jwt(`{"_sd_alg":"sha-256-32"}`)),
		bad("hash-in-other-letters", "RFC 9901, 4.1.1: case-sensitive", sdjwt.ErrHash, m.jwt(`{"_sd_alg":"SHA-256"}`)),
		bad("hash-not-a-string", "RFC 9901, 4.1.1", sdjwt.ErrHash, m.jwt(`{"_sd_alg":256}`)),
		bad("digest-twice-in-one-place", "RFC 9901, 7.1, step 4", sdjwt.ErrDuplicate, m.jwt(`{"_sd":["%[1]s","%[1]s"]}`, digest(name)), name),
		bad("digest-twice-in-two-places", "RFC 9901, 7.1, step 4", sdjwt.ErrDuplicate, m.jwt(`{"_sd":["%[1]s"],"s":{"_sd":["%[1]s"]}}`, digest(name)), name),
		bad("decoy-twice", "RFC 9901, 7.1, step 4", sdjwt.ErrDuplicate, m.jwt(`{"_sd":["%[1]s"],"n":[{"...":"%[1]s"}]}`, decoy)),
		bad("digest-again-within-a-disclosure", "RFC 9901, 7.1, step 4", sdjwt.ErrDuplicate, m.jwt(`{"_sd":["%s","%s"]}`, digest(outer), digest(first)), outer),
	}
}

func (m maker) disclosures() []vector {
	const rfc = "RFC 9901, 7.1, step 3"
	with := func(name string, code error, text string) vector {
		return bad(name, rfc, code, m.jwt(`{"a":1,"_sd":["%s"]}`, digest(disclosure(text))), disclosure(text))
	}
	element := disclosure(`["s",{"_sd":["` + digest(name) + `"],"name":"x"}]`)
	deep, chain := m.deep()
	return []vector{
		with("not-an-array", sdjwt.ErrDisclosure, `{"0":"s","1":"x","2":1}`),
		with("not-json", sdjwt.ErrDisclosure, `["s","x",1`),
		with("one-part", sdjwt.ErrDisclosure, `["s"]`),
		with("four-parts", sdjwt.ErrDisclosure, `["s","x",1,2]`),
		with("salt-not-a-string", sdjwt.ErrDisclosure, `[1,"x",1]`),
		with("name-not-a-string", sdjwt.ErrDisclosure, `["s",1,1]`),
		with("value-with-a-duplicate-name", sdjwt.ErrDisclosure, `["s","x",{"a":1,"a":2}]`),
		with("element-where-a-claim-is-due", sdjwt.ErrDisclosure, `["s","x"]`),
		with("name-sd", sdjwt.ErrName, `["s","_sd",[]]`),
		with("name-dots", sdjwt.ErrName, `["s","...","x"]`),
		with("name-sd-alg", sdjwt.ErrName, `["s","_sd_alg","sha-256"]`),
		with("claim-there-already", sdjwt.ErrExists, `["s","a",2]`),
		with("value-with-a-misplaced-hash", sdjwt.ErrPayload, `["s","x",{"_sd_alg":"sha-256"}]`),
		with("value-with-malformed-digests", sdjwt.ErrPayload, `["s","x",{"_sd":7}]`),
		bad("claim-disclosed-twice", rfc, sdjwt.ErrExists, m.jwt(`{"_sd":["%s","%s"]}`, digest(name), digest(disclosure(`["t","name","Eve"]`))), name, disclosure(`["t","name","Eve"]`)),
		bad("claim-where-an-element-is-due", rfc, sdjwt.ErrDisclosure, m.jwt(`{"n":[{"...":"%s"}]}`, digest(name)), name),
		bad("claim-there-already-in-a-disclosed-element", rfc, sdjwt.ErrExists, m.jwt(`{"n":[{"...":"%s"}]}`, digest(element)), element, name),
		bad("tampered", "RFC 9901, 9.2", sdjwt.ErrUnreferenced, m.jwt(`{"_sd":["%s"]}`, digest(name)), disclosure(`["c2FsdDE", "name", "Eve"]`)),
		bad("white-space-changed", "RFC 9901, 4.2.1: the text is hashed", sdjwt.ErrUnreferenced, m.jwt(`{"_sd":["%s"]}`, digest(name)), disclosure(`["c2FsdDE","name","Ada"]`)),
		bad("unreferenced", "RFC 9901, 7.1, step 5", sdjwt.ErrUnreferenced, m.jwt(`{"_sd":["%s"]}`, digest(name)), name, city),
		bad("unreferenced-where-there-are-no-digests", "RFC 9901, 7.1, step 5", sdjwt.ErrUnreferenced, m.jwt(`{"a":1}`), name),
		bad("outer-withheld", "RFC 9901, 4.2.6", sdjwt.ErrUnreferenced, m.jwt(`{"_sd":["%s"]}`, digest(outer)), first),
		bad("digest-as-a-plain-string", "RFC 9901, 7.1, step 3", sdjwt.ErrUnreferenced, m.jwt(`{"n":["%s"],"s":{"sd":["%[1]s"]}}`, digest(name)), name),
		bad("hashed-otherwise", "RFC 9901, 4.1.1", sdjwt.ErrUnreferenced, m.jwt(`{"_sd":["%s"],"_sd_alg":"sha-512"}`, digest(name)), name),
		bad("digest-of-the-decoded-disclosure", "RFC 9901, 4.2.3", sdjwt.ErrUnreferenced, m.jwt(`{"_sd":["%s"]}`, digest(`["c2FsdDE", "name", "Ada"]`)), name),
		bad("chain-of-disclosures-too-deep", "limit", sdjwt.ErrTooLarge, append([]string{deep}, chain...)...),
	}
}

// deep is a token whose disclosures each hold the next.
func (m maker) deep() (jwt string, chain []string) {
	inner := disclosure(`["s","x",1]`)
	chain = append(chain, inner)
	for range sdjwt.MaxDepth + 8 {
		inner = disclosure(`["s","x",{"_sd":["` + digest(inner) + `"]}]`)
		chain = append(chain, inner)
	}
	return m.jwt(`{"_sd":["%s"]}`, digest(inner)), chain
}

func (m maker) bindings() []vector {
	const rfc = "RFC 9901, 7.3"
	cnf := `{"cnf":{"jwk":` + string(m.holder.Public().JWK().Canonical()) + `},"_sd":["` + digest(name) + `"]}`
	bound := m.jwt(cnf) + "~" + name + "~"
	claims := fmt.Sprintf(`{"aud":"https://verifier.example","iat":%d,"nonce":"n-1","sd_hash":"%s"}`, now.Unix()-30, digest(bound))
	const header = `{"alg":"ES256","typ":"kb+jwt"}`
	want := &expect{Nonce: "n-1", Audience: "https://verifier.example", MaxAge: 300}
	with := func(vectorName, token, header, claims string, key multikey.PrivateKey, code error) vector {
		return vector{Name: "binding-" + vectorName, Source: rfc, Token: token + compact(m.tb, header, claims, key), Binding: want, Code: code.Error()}
	}
	claim := func(vectorName, old, new string, code error) vector {
		if !strings.Contains(claims, old) {
			m.tb.Fatalf("no %s in %s", old, claims)
		}
		return with(vectorName, bound, header, strings.Replace(claims, old, new, 1), m.holder, code)
	}
	iat := fmt.Sprintf(`"iat":%d`, now.Unix()-30)
	at := func(seconds int64) string { return fmt.Sprintf(`"iat":%d`, now.Unix()+seconds) }
	good := with("good", bound, header, claims, m.holder, errors.New("valid"))
	good.Payload = decode(m.tb, `{"cnf":{"jwk":`+string(m.holder.Public().JWK().Canonical())+`},"name":"Ada"}`)
	missing := vector{Name: "binding-missing", Source: rfc, Token: bound, Binding: want, Code: string(sdjwt.ErrBindingMissing)}
	stripped := m.jwt(cnf) + "~"
	noKey := m.jwt(`{"_sd":["`+digest(name)+`"]}`) + "~" + name + "~"
	mixed := strings.Replace(cnf, `"cnf":{`, `"cnf":{"jku":"https://mallory.example/",`, 1)
	secret := strings.Replace(cnf, `"jwk":{`, `"jwk":{"d":"AAAA",`, 1)
	empty := `{"cnf":{},"_sd":["` + digest(name) + `"]}`
	return []vector{
		good, missing,
		with("by-another-key", bound, header, claims, testKey(m.tb, multikey.P256, 9), sdjwt.ErrBinding),
		with("by-the-issuer", bound, `{"alg":"EdDSA","typ":"kb+jwt"}`, claims, m.issuer, sdjwt.ErrBinding),
		with("with-its-own-key", bound, `{"alg":"ES256","typ":"kb+jwt","jwk":`+string(testKey(m.tb, multikey.P256, 9).Public().JWK().Canonical())+`}`, claims, testKey(m.tb, multikey.P256, 9), sdjwt.ErrBinding),
		with("typ-missing", bound, `{"alg":"ES256"}`, claims, m.holder, sdjwt.ErrBinding),
		with("typ-of-another-token", bound, `{"alg":"ES256","typ":"vp+jwt"}`, claims, m.holder, sdjwt.ErrBinding),
		with("alg-none", bound, `{"alg":"none","typ":"kb+jwt"}`, claims, m.holder, jose.ErrAlgorithm),
		with("crit", bound, `{"alg":"ES256","typ":"kb+jwt","crit":["x"],"x":1}`, claims, m.holder, jose.ErrCritical),
		with("of-another-selection", stripped, header, claims, m.holder, sdjwt.ErrBindingHash),
		with("payload-not-json", bound, header, `nonce`, m.holder, sdjwt.ErrBinding),
		with("confirmation-missing", noKey, header, claims, m.holder, sdjwt.ErrConfirmation),
		with("confirmation-empty", m.jwt(empty)+"~"+name+"~", header, claims, m.holder, sdjwt.ErrConfirmation),
		with("confirmation-by-url", m.jwt(mixed)+"~"+name+"~", header, claims, m.holder, sdjwt.ErrConfirmation),
		with("confirmation-with-a-secret", m.jwt(secret)+"~"+name+"~", header, claims, m.holder, sdjwt.ErrConfirmation),
		claim("nonce-wrong", "n-1", "n-2", sdjwt.ErrBindingNonce),
		claim("nonce-missing", `,"nonce":"n-1"`, ``, sdjwt.ErrBinding),
		claim("nonce-a-number", `"n-1"`, `1`, sdjwt.ErrBinding),
		claim("nonce-empty", `"n-1"`, `""`, sdjwt.ErrBinding),
		claim("audience-wrong", "verifier", "other", sdjwt.ErrBindingAudience),
		claim("audience-missing", `"aud":"https://verifier.example",`, ``, sdjwt.ErrBinding),
		claim("audience-an-array", `"https://verifier.example"`, `["https://verifier.example"]`, sdjwt.ErrBinding),
		claim("hash-missing", `"sd_hash"`, `"sd-hash"`, sdjwt.ErrBinding),
		claim("hash-wrong", digest(bound), digest("x"), sdjwt.ErrBindingHash),
		claim("iat-missing", iat, `"x":0`, sdjwt.ErrBinding),
		claim("iat-a-string", iat, `"iat":"2026-06-01T00:00:00Z"`, sdjwt.ErrBinding),
		claim("too-old", iat, at(-301), sdjwt.ErrBindingTime),
		claim("from-the-future", iat, at(6), sdjwt.ErrBindingTime),
		claim("expired", iat, iat+fmt.Sprintf(`,"exp":%d`, now.Unix()), sdjwt.ErrBindingTime),
		claim("not-before-to-come", iat, iat+fmt.Sprintf(`,"nbf":%d`, now.Unix()+6), sdjwt.ErrBindingTime),
	}
}
