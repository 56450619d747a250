package credential_test

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did/cose"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/statuslist"
)

const (
	tokenURI = "https://vc.example/status/tokens/1"
	tsl      = "IETF Token Status List, "
)

// refer is a status claim.
func (k tokens) refer(claim string) jcs.Value {
	return k.unsigned().With("status", decode(k.tb, claim))
}

// at is a status claim that refers to an index of tokenURI.
func (k tokens) at(index string) jcs.Value {
	return k.refer(`{"status_list":{"idx":` + index + `,"uri":"` + tokenURI + `"}}`)
}

// claims are those of a list where the indexes 1, 2 and 3 have these statuses.
func (k tokens) claims(change ...func(*statuslist.Claims)) statuslist.Claims {
	k.tb.Helper()
	list, err := statuslist.NewTokenList(2, 100)
	for i := range byte(4) {
		if err == nil {
			err = list.Set(uint64(i), i)
		}
	}
	if err != nil {
		k.tb.Fatal(err)
	}
	c := statuslist.Claims{Subject: tokenURI, IssuedAt: now.Add(-time.Hour), ExpiresAt: now.Add(time.Hour), TTL: time.Minute, List: list}
	for _, f := range change {
		f(&c)
	}
	return c
}

// list is a status list token by the issuer.
func (k tokens) list(change ...func(*statuslist.Claims)) map[string]listVector {
	return k.listBy(k.kid, k.key, change...)
}

func (k tokens) listBy(kid string, by multikey.PrivateKey, change ...func(*statuslist.Claims)) map[string]listVector {
	k.tb.Helper()
	token, err := k.claims(change...).SignJWT(kid, by)
	if err != nil {
		k.tb.Fatal(err)
	}
	return map[string]listVector{tokenURI: {JWT: token}}
}

// listOf is one of another header or payload; "" leaves what it is.
func (k tokens) listOf(header, payload string) map[string]listVector {
	if header == "" {
		header = k.header(statuslist.TypeJWT)
	}
	if payload == "" {
		payload = k.payload()
	}
	return map[string]listVector{tokenURI: {JWT: k.compact(header, payload, k.key)}}
}

func (k tokens) payload(change ...func(*statuslist.Claims)) string {
	data, err := k.claims(change...).JWT()
	if err != nil {
		k.tb.Fatal(err)
	}
	return string(data)
}

func (k tokens) cwt(change ...func(*statuslist.Claims)) map[string]listVector {
	message, err := k.claims(change...).SignCWT(k.kid, k.key)
	if err != nil {
		k.tb.Fatal(err)
	}
	return map[string]listVector{tokenURI: {CWT: message}}
}

// referred is a credential in a token, and what is found of its status.
func referred(name, clause string, input jcs.Value, found map[string]listVector, code credential.Code) judgedVector {
	v := judgedVector{Name: "token-" + name, Source: tsl + clause, Input: input, Lists: found, Statuses: map[string]string{}, Verified: code == ""}
	if found == nil {
		v.Lists = map[string]listVector{}
	}
	if code != "" {
		v.Codes = codes{credential.CheckStatus: code}
	}
	return v
}

func (k tokens) inJWT(payload jcs.Value) jcs.Value { return text(k.jwt(payload)) }

// inCWT is a credential in COSE whose header has the claim status of a CWT.
func (k tokens) inCWT(claim string) jcs.Value {
	h := k.coseHeader()
	var err error
	if h.Claims, err = (cose.Claims{Other: map[int64][]byte{statuslist.ClaimStatus: []byte(claim)}}).Encode(); err != nil {
		k.tb.Fatal(err)
	}
	message, err := base64.StdEncoding.DecodeString(k.cose(h, string(k.unsigned().Canonical())))
	if err != nil {
		k.tb.Fatal(err)
	}
	return credential.Envelope(credential.MediaCredentialCOSE, message)
}

// cborList is {"status_list": {"idx": index, "uri": tokenURI}} in CBOR.
func cborList(index string) string {
	return "\xa1\x6bstatus_list" + "\xa2\x63idx" + index + "\x63uri\x78" + string(rune(len(tokenURI))) + tokenURI
}

// claimsOfStatus are claims that say something.
func (k tokens) claimsOfStatus() []judgedVector {
	const revoked, suspended, unsupported = credential.CodeRevoked, credential.CodeSuspended, credential.CodeStatusUnsupported
	inCOSE, err := base64.StdEncoding.DecodeString(k.cose(k.coseHeader(), string(k.at("1").Canonical())))
	if err != nil {
		k.tb.Fatal(err)
	}
	registered := referred("status-of-what-is-registered-too", "the worst counts", k.inJWT(k.at("0")), k.list(), revoked)
	registered.Statuses = map[string]string{hexDigest(credential.Digest(k.unsigned())): credential.Revoked}
	version1 := decode(k.tb, `{"iss":"`+k.issuer+`"}`).With("vc", k.version1())
	term := referred("version-1-status-of-the-credential-is-a-term", "6.2", k.inJWT(version1.With("vc", k.version1().With("status", text("gold")))), nil, "")
	term.Codes = codes{credential.CheckStatus: credential.CodeUnregistered}
	own := func(purpose string) map[string]listVector {
		return map[string]listVector{tokenURI: {Own: true, Credential: k.unsignedList(1, []string{purpose}, 7).With("id", text(tokenURI)).With("issuer", text("did:example:registry"))}}
	}
	both := k.at("0").With("credentialStatus", k.entry("revocation", "7"))
	pair := k.list()
	pair[listURL] = listVector{Credential: k.credentials.list("revocation", 7)}
	worse := k.at("1").With("credentialStatus", k.entry("revocation", "6"))
	stale := k.list()
	stale[tokenURI] = listVector{JWT: stale[tokenURI].JWT, FetchedAt: "2026-05-01T00:00:00Z"}
	return []judgedVector{
		referred("valid", "7.1", k.inJWT(k.at("0")), k.list(), ""),
		referred("revoked", "7.1", k.inJWT(k.at("1")), k.list(), revoked),
		referred("suspended", "7.1", k.inJWT(k.at("2")), k.list(), suspended),
		referred("status-of-application-specific-meaning", "7.1", k.inJWT(k.at("3")), k.list(), unsupported),
		referred("list-in-a-cwt", "5.2", k.inJWT(k.at("0")), k.cwt(), ""),
		referred("revoked-in-a-cwt", "5.2", k.inJWT(k.at("1")), k.cwt(), revoked),
		referred("sd-jwt-valid", "6.2", text(k.sdOf(k.at("0"), "/credentialSubject/sponsor")), k.list(), ""),
		referred("sd-jwt-revoked", "6.2", text(k.sdOf(k.at("1"), "/credentialSubject/sponsor")), k.list(), revoked),
		referred("sd-jwt-revoked-where-the-claim-is-disclosed", "6.2", text(k.sdOf(k.at("1"), "/status")), k.list(), revoked),
		referred("sd-jwt-reference-withheld", "6.2", text(k.present(k.sdOf(k.at("1"), "/status/status_list"), nil)), k.list(), credential.CodeMalformed),
		referred("cose-revoked-by-its-payload", "6.2", credential.Envelope(credential.MediaCredentialCOSE, inCOSE), k.list(), revoked),
		referred("cose-revoked-by-its-cwt-claims", "6.3", k.inCWT(cborList("\x01")), k.list(), revoked),
		referred("cose-valid-by-its-cwt-claims", "6.3", k.inCWT(cborList("\x00")), k.list(), ""),
		referred("revoked-by-its-header", "RFC 7519, 5.3", text(k.compact(`{"alg":"EdDSA","kid":"`+k.kid+`","status":{"status_list":{"idx":1,"uri":"`+tokenURI+`"}}}`, string(k.unsigned().Canonical()), k.key)), k.list(), revoked),
		referred("version-1-revoked", "6.2", k.inJWT(version1.With("status", member(k.at("1"), "status"))), k.list(), revoked),
		term,
		{Name: "token-status-of-a-credential-in-no-token-is-a-term", Source: tsl + "6.2", Verified: true,
			Input: k.sign(k.at("1").With("@context", decode(k.tb, `["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/undefined-terms/v2"]`)))},
		referred("list-of-the-registry", "the registry's own", k.inJWT(k.at("6")), own("revocation"), ""),
		referred("revoked-by-list-of-the-registry", "the registry's own", k.inJWT(k.at("7")), own("revocation"), revoked),
		referred("suspended-by-list-of-the-registry", "the registry's own", k.inJWT(k.at("7")), own("suspension"), suspended),
		referred("index-beyond-the-list-of-the-registry", "8.3", k.inJWT(k.at("131072")), own("revocation"), credential.CodeListInvalid),
		referred("entry-revoked-and-claim-valid", "the worst counts", k.inJWT(both), pair, revoked),
		referred("entry-valid-and-claim-revoked", "the worst counts", k.inJWT(worse), pair, revoked),
		referred("list-without-expiry", "5.1", k.inJWT(k.at("0")), k.list(func(c *statuslist.Claims) { c.ExpiresAt = time.Time{} }), ""),
		referred("list-with-its-issuer", "5.1", k.inJWT(k.at("0")), k.list(func(c *statuslist.Claims) { c.Issuer = k.issuer }), ""),
		referred("ttl-long-past", "13.7: ttl is no validity period", k.inJWT(k.at("0")), stale, ""),
		registered,
	}
}

// badClaimsOfStatus are claims that say nothing that could be asked.
func (k tokens) badClaimsOfStatus() []judgedVector {
	const malformed, unsupported = credential.CodeMalformed, credential.CodeStatusUnsupported
	bad := func(name, clause, claim string, code credential.Code) judgedVector {
		return referred("claim-"+name, clause, k.inJWT(k.refer(claim)), k.list(), code)
	}
	untrusted := referred("of-a-proof-that-does-not-hold", "8.3: before its status", text(k.compact(k.header("vc+jwt"), string(k.at("1").Canonical()), anotherKey(k.tb))), k.list(), credential.CodeNotChecked)
	untrusted.Codes = codes{credential.CheckProof: credential.CodeProofInvalid, credential.CheckStatus: credential.CodeNotChecked}
	nobody := referred("claim-and-nobody-to-ask", "8.3", k.inJWT(k.at("0")), k.list(), unsupported)
	nobody.Lists = nil
	long := `{"idx":0,"uri":"https://vc.example/` + strings.Repeat("a", 9000) + `"}`
	many := make([]string, 17)
	for i := range many {
		many[i] = `"m` + string(rune('a'+i)) + `":{}`
	}
	return []judgedVector{
		bad("a-string", "6.2", `"active"`, malformed),
		bad("null", "6.2", `null`, malformed),
		bad("an-array", "6.2", `[{"status_list":{"idx":1,"uri":"`+tokenURI+`"}}]`, malformed),
		bad("empty", "6.2: at least one", `{}`, malformed),
		bad("list-a-string", "6.2", `{"status_list":"`+tokenURI+`"}`, malformed),
		bad("list-null", "6.2", `{"status_list":null}`, malformed),
		bad("idx-missing", "6.2", `{"status_list":{"uri":"`+tokenURI+`"}}`, malformed),
		bad("idx-negative", "6.2", `{"status_list":{"idx":-1,"uri":"`+tokenURI+`"}}`, malformed),
		bad("idx-a-string", "6.2", `{"status_list":{"idx":"0","uri":"`+tokenURI+`"}}`, malformed),
		bad("idx-a-fraction", "6.2", `{"status_list":{"idx":0.5,"uri":"`+tokenURI+`"}}`, malformed),
		bad("idx-beyond-integers", "6.2", `{"status_list":{"idx":1e300,"uri":"`+tokenURI+`"}}`, malformed),
		bad("uri-missing", "6.2", `{"status_list":{"idx":0}}`, malformed),
		bad("uri-relative", "RFC 3986, 3", `{"status_list":{"idx":0,"uri":"/status/tokens/1"}}`, malformed),
		bad("uri-a-number", "6.2", `{"status_list":{"idx":0,"uri":7}}`, malformed),
		bad("uri-endless", "bounded", `{"status_list":`+long+`}`, malformed),
		bad("of-another-mechanism", "6.1", `{"identifier_list":{"id":"AQI","uri":"https://vc.example/ids"}}`, unsupported),
		bad("of-another-mechanism-too", "6.1: one saying nothing does not outweigh the other", `{"status_list":{"idx":0,"uri":"`+tokenURI+`"},"x":{}}`, unsupported),
		bad("of-another-mechanism-and-revoked", "the worst counts", `{"status_list":{"idx":1,"uri":"`+tokenURI+`"},"x":{}}`, credential.CodeRevoked),
		bad("of-more-mechanisms-than-are-looked-at", "bounded", `{`+strings.Join(many, ",")+`}`, malformed),
		bad("idx-beyond-the-list", "8.3", `{"status_list":{"idx":100,"uri":"`+tokenURI+`"}}`, credential.CodeListInvalid),
		bad("uri-where-nothing-is", "8.3", `{"status_list":{"idx":0,"uri":"https://vc.example/status/tokens/2"}}`, credential.CodeStatusUnavailable),
		referred("cwt-claim-not-a-map", "6.3", k.inCWT("\x01"), k.list(), malformed),
		referred("cwt-claim-empty", "6.3", k.inCWT("\xa0"), k.list(), malformed),
		referred("cwt-claim-idx-negative", "6.3", k.inCWT(cborList("\x20")), k.list(), malformed),
		referred("cwt-claim-idx-a-float", "6.3", k.inCWT(cborList("\xf9\x00\x00")), k.list(), malformed),
		referred("cwt-claim-with-a-number-as-name", "6.3", k.inCWT("\xa1\x01\x01"), k.list(), malformed),
		referred("cwt-claim-of-another-mechanism", "6.3", k.inCWT("\xa1\x61x\x01"), k.list(), unsupported),
		nobody, untrusted,
	}
}

// badTokenLists are lists that do not hold.
func (k tokens) badTokenLists() []judgedVector {
	bad := func(name, clause string, found map[string]listVector) judgedVector {
		return referred("list-"+name, clause, k.inJWT(k.at("0")), found, credential.CodeListInvalid)
	}
	with := func(change func(*statuslist.Claims)) map[string]listVector { return k.list(change) }
	kid := `","kid":"` + k.kid + `"}`
	raw := func(members string) map[string]listVector {
		return k.listOf("", `{"sub":"`+tokenURI+`","iat":1,`+members+`}`)
	}
	lst, _ := member(decode(k.tb, k.payload()), "status_list").GetString("lst")
	tampered := k.list()[tokenURI].JWT
	forged := k.compact(k.header(statuslist.TypeJWT), k.payload(func(c *statuslist.Claims) { c.TTL = time.Hour }), k.key)
	tampered = forged[:strings.LastIndexByte(forged, '.')] + tampered[strings.LastIndexByte(tampered, '.'):]
	return []judgedVector{
		bad("of-another-uri", "8.3: sub", with(func(c *statuslist.Claims) { c.Subject = "https://vc.example/status/tokens/3" })),
		bad("of-a-uri-that-differs-in-case", "8.3: sub", with(func(c *statuslist.Claims) { c.Subject = strings.ToUpper(tokenURI) })),
		bad("expired", "8.3: exp", with(func(c *statuslist.Claims) { c.ExpiresAt = now })),
		bad("issued-in-the-future", "8.3: iat", with(func(c *statuslist.Claims) { c.IssuedAt = now.Add(2 * time.Minute) })),
		bad("not-yet-in-force", "RFC 7519, 4.1.5", with(func(c *statuslist.Claims) { c.NotBefore = now.Add(2 * time.Minute) })),
		bad("by-an-issuer-whose-key-it-is-not", "11.3", with(func(c *statuslist.Claims) { c.Issuer = foreignIssuer })),
		bad("typ-missing", "5.1: MUST", k.listOf(`{"alg":"EdDSA`+kid, "")),
		bad("typ-of-a-jwt", "RFC 8725, 3.11", k.listOf(k.header("JWT"), "")),
		bad("typ-of-a-credential", "RFC 8725, 3.11", k.listOf(k.header("vc+jwt"), "")),
		bad("kid-missing", "11.3", k.listOf(`{"alg":"EdDSA","typ":"statuslist+jwt"}`, "")),
		bad("kid-a-bare-did", "11.3", k.listOf(`{"alg":"EdDSA","typ":"statuslist+jwt","kid":"`+k.issuer+`"}`, "")),
		bad("kid-with-a-query", "11.3", k.listBy(foreignIssuer+"?a=b#key", k.key)),
		bad("kid-of-no-key", "11.3", k.listBy(foreignIssuer+"#none", k.key)),
		bad("kid-of-a-key-without-assertionMethod", "Controlled Identifiers 1.0, 3.3", k.listBy(foreignIssuer+"#login", k.key)),
		bad("kid-of-a-revoked-key", "Controlled Identifiers 1.0, 2.2", k.listBy(foreignIssuer+"#old", k.key)),
		bad("jwk-instead-of-kid", "RFC 8725, 3.10", k.listOf(`{"alg":"EdDSA","typ":"statuslist+jwt","jwk":`+string(k.key.Public().JWK().Canonical())+`}`, "")),
		bad("alg-none", "RFC 8725, 3.2", k.listOf(`{"alg":"none","typ":"statuslist+jwt`+kid, "")),
		bad("crit", "RFC 7515, 4.1.11", k.listOf(`{"alg":"EdDSA","crit":["x"],"x":1,"typ":"statuslist+jwt`+kid, "")),
		bad("signed-by-another-key", "RFC 7515, 5.2", k.listBy(k.kid, anotherKey(k.tb))),
		bad("tampered", "RFC 7515, 5.2", map[string]listVector{tokenURI: {JWT: tampered}}),
		bad("meant-for-others", "RFC 7519, 4.1.3", raw(`"aud":"x","status_list":{"bits":1,"lst":"`+lst+`"}`)),
		bad("iat-missing", "5.1: MUST", k.listOf("", `{"sub":"`+tokenURI+`","status_list":{"bits":1,"lst":"`+lst+`"}}`)),
		bad("sub-missing", "5.1: MUST", k.listOf("", `{"iat":1,"status_list":{"bits":1,"lst":"`+lst+`"}}`)),
		bad("exp-a-string", "RFC 7519, 4.1.4", raw(`"exp":"soon","status_list":{"bits":1,"lst":"`+lst+`"}`)),
		bad("ttl-of-nothing", "5.1: positive", raw(`"ttl":0,"status_list":{"bits":1,"lst":"`+lst+`"}`)),
		bad("claim-missing", "5.1: MUST", raw(`"x":1`)),
		bad("of-three-bits", "4.2", raw(`"status_list":{"bits":3,"lst":"`+lst+`"}`)),
		bad("lst-not-compressed", "4.1", raw(`"status_list":{"bits":1,"lst":"AAAA"}`)),
		bad("lst-cut", "4.1", raw(`"status_list":{"bits":1,"lst":"`+lst[:len(lst)-8]+`"}`)),
		bad("payload-with-a-duplicate-name", "RFC 7519, 4", raw(`"sub":"`+tokenURI+`","status_list":{"bits":1,"lst":"`+lst+`"}`)),
		bad("not-a-token", "8.2", map[string]listVector{tokenURI: {JWT: "<html>"}}),
		bad("a-credential-in-a-jwt", "RFC 8725, 3.11", map[string]listVector{tokenURI: {JWT: k.jwt(k.unsignedList(1, []string{"revocation"}))}}),
		bad("cwt-of-another-uri", "8.3: sub", k.cwt(func(c *statuslist.Claims) { c.Subject += "0" })),
		bad("cwt-expired", "8.3: exp", k.cwt(func(c *statuslist.Claims) { c.ExpiresAt = now.Add(-time.Second) })),
		bad("cwt-cut", "5.2", map[string]listVector{tokenURI: {CWT: k.cwt()[tokenURI].CWT[:40]}}),
	}
}

// untrustedTokenLists are lists that hold, by others.
func (k tokens) untrustedTokenLists() []judgedVector {
	other := testKey(k.tb, multikey.P256)
	did, kid := string(key.FromPublic(other.Public())), key.MethodID(other.Public())
	bad := func(name, clause string, found map[string]listVector) judgedVector {
		return referred("list-"+name, clause, k.inJWT(k.at("0")), found, credential.CodeListUntrusted)
	}
	return []judgedVector{
		bad("by-another-issuer", "11.3", k.listBy(kid, other, func(c *statuslist.Claims) { c.Issuer = did })),
		bad("by-a-key-of-another", "11.3: whose key it is, where iss does not say", k.listBy(kid, other)),
		bad("by-the-same-key-of-another-did", "11.3", k.listBy(foreignMethod, k.key)),
	}
}
