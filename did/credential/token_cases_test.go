package credential_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/cose"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/sdjwt"
)

// tokens makes tokens by the issuer of credentials.
type tokens struct {
	credentials
	kid    string
	holder multikey.PrivateKey
}

func newTokens(tb testing.TB) tokens {
	c := newCredentials(tb)
	return tokens{c, key.MethodID(c.key.Public()), testKey(tb, multikey.P256)}
}

type counter struct{ n byte }

func (c *counter) Read(p []byte) (int, error) {
	for i := range p {
		c.n++
		p[i] = c.n
	}
	return len(p), nil
}

// compact signs two parts whatever they say.
func (k tokens) compact(header, payload string, by multikey.PrivateKey) string {
	signed := jose.Encode64([]byte(header)) + "." + jose.Encode64([]byte(payload))
	sig, err := by.Sign([]byte(signed))
	if err != nil {
		k.tb.Fatal(err)
	}
	return signed + "." + jose.Encode64(sig)
}

// header is that of a token of the issuer.
func (k tokens) header(typ string) string {
	return `{"alg":"EdDSA","kid":"` + k.kid + `","typ":"` + typ + `"}`
}

func (k tokens) jwt(payload jcs.Value) string {
	return k.compact(k.header("vc+jwt"), string(payload.Canonical()), k.key)
}

// sd is an SD-JWT with everything shown, sdShown one that shows what is not named.
func (k tokens) sd(hidden ...string) string { return k.sdOf(k.unsigned(), hidden...) }

func (k tokens) sdOf(payload jcs.Value, hidden ...string) string {
	made, err := sdjwt.Issue(payload, k.key, sdjwt.IssueOptions{
		Header: decode(k.tb, `{"kid":"`+k.kid+`","typ":"vc+sd-jwt"}`), Disclosable: hidden, Random: &counter{},
	})
	if err != nil {
		k.tb.Fatal(err)
	}
	return made
}

func (k tokens) sdShown(hidden ...string) string { return k.present(k.sd(hidden...), nil) }

func (k tokens) present(token string, bind *sdjwt.Binding, reveal ...string) string {
	made, err := sdjwt.Present([]byte(token), reveal, bind)
	if err != nil {
		k.tb.Fatal(err)
	}
	return made
}

func (k tokens) cose(h cose.Header, payload string) string {
	made, err := cose.Sign(h, []byte(payload), k.key)
	if err != nil {
		k.tb.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(made)
}

func (k tokens) coseHeader() cose.Header {
	return cose.Header{KeyID: []byte(k.kid), ContentType: "application/vc", Typ: credential.MediaCredentialCOSE}
}

func (k tokens) file() tokenFile {
	file := tokenFile{
		Description: "Credentials and presentations secured with JWT, SD-JWT and COSE (in base64), and in envelopes; what the registry knows, as in verdict.json; documents by DID beside did:key. bound demands a key binding of a credential in an SD-JWT, and a nonce and audience of a presentation. codes are those of the checks that did not simply pass; where the structure does not, its code alone; of status only failures.",
		Source:      "made by go test ./did/credential -update from fixed keys and salts",
		Now:         now.Format(time.RFC3339), Documents: k.documents(),
	}
	for _, group := range [][]tokenVector{
		k.validTokens(), k.badHeaders(), k.badKeys(), k.badClaims(), k.badPayloads(), k.version1Tokens(),
		k.selective(), k.inCOSE(), k.envelopes(), k.presentations(), k.tokenStates(),
	} {
		file.Cases = append(file.Cases, group...)
	}
	for i := range file.Cases {
		if file.Cases[i].Codes == nil {
			file.Cases[i].Codes = codes{}
		}
	}
	return file
}

const (
	mediaJWT = credential.MediaCredentialJWT
	vcJose   = "VC-JOSE-COSE 1.0, "
)

func good(name, source, media, token string) tokenVector {
	return tokenVector{Name: name, Source: source, Media: media, Token: token, Verified: true}
}

// bad fails one check.
func bad(name, source, media, token, check string, code credential.Code) tokenVector {
	return tokenVector{Name: name, Source: source, Media: media, Token: token, Codes: codes{check: code}}
}

// unreadable is a JWT that is refused before its credential is looked at.
func unreadable(name, source, token string, code credential.Code) tokenVector {
	return bad(name, source, mediaJWT, token, credential.CheckStructure, code)
}

func (k tokens) validTokens() []tokenVector {
	v := k.unsigned()
	body := string(v.Canonical())
	full := v.With("iss", text(k.issuer)).With("jti", text("urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33")).With("sub", text("did:example:agent")).
		With("iat", jcs.FromInt(now.Unix()-60)).With("nbf", jcs.FromInt(now.Unix())).With("exp", jcs.FromInt(now.Unix()+1))
	vectors := []tokenVector{
		good("jwt", vcJose+"3.1.1", mediaJWT, k.jwt(v)),
		good("jwt-with-all-claims", vcJose+"3.1.3", mediaJWT, k.jwt(full)),
		good("jwt-without-typ", vcJose+"3.1.1: SHOULD", mediaJWT, k.compact(`{"alg":"EdDSA","kid":"`+k.kid+`"}`, body, k.key)),
		good("jwt-typ-jwt", "RFC 7519, 5.1", mediaJWT, k.compact(k.header("JWT"), body, k.key)),
		good("jwt-typ-in-full-and-in-other-letters", "RFC 7515, 4.1.9", mediaJWT, k.compact(k.header("application/VC+JWT"), body, k.key)),
		good("jwt-cty-vc", vcJose+"3.1.1", mediaJWT, k.compact(`{"alg":"EdDSA","cty":"vc","kid":"`+k.kid+`","typ":"vc+jwt"}`, body, k.key)),
		good("jwt-iss-in-the-header", "RFC 7519, 5.3", mediaJWT, k.compact(`{"alg":"EdDSA","iss":"`+k.issuer+`","kid":"`+k.kid+`"}`, body, k.key)),
		good("jwt-relative-kid-with-iss", vcJose+"4.1", mediaJWT, k.compact(`{"alg":"EdDSA","kid":"`+k.kid[len(k.issuer):]+`"}`, string(v.With("iss", text(k.issuer)).Canonical()), k.key)),
		good("jwt-issuer-as-object", vcJose+"4.1", mediaJWT, k.jwt(full.With("issuer", decode(k.tb, `{"id":"`+k.issuer+`"}`)))),
		good("jwt-key-of-a-document", vcJose+"4.3", mediaJWT, k.compact(`{"alg":"EdDSA","kid":"`+foreignMethod+`"}`, string(v.With("issuer", text(foreignIssuer)).Canonical()), k.key)),
		good("jwt-by-its-generic-media-type", "RFC 7519, 10.3", "application/jwt; charset=utf-8", k.jwt(v)),
		good("jwt-nbf-and-iat-not-later-than-validFrom", vcJose+"3.1.3", mediaJWT, k.jwt(v.With("exp", jcs.FromInt(now.Unix()+1)))),
		good("jwt-with-a-proof-inside", "both hold", mediaJWT, k.jwt(k.sign(v))),
		good("jwt-many-subjects", "RFC 7519, 4.1.2", mediaJWT, k.jwt(full.With("credentialSubject", decode(k.tb, `[{"id":"did:example:other","a":1},{"id":"did:example:agent","a":1}]`)))),
	}
	for _, t := range []multikey.Type{multikey.P256, multikey.P384} {
		other := testKey(k.tb, t)
		payload := v.With("issuer", text(string(key.FromPublic(other.Public()))))
		vectors = append(vectors, good("jwt-"+strings.ToLower(jose.AlgFor(t)), "RFC 7518, 3.4", mediaJWT,
			k.compact(`{"alg":"`+jose.AlgFor(t)+`","kid":"`+key.MethodID(other.Public())+`","typ":"vc+jwt"}`, string(payload.Canonical()), other)))
	}
	return vectors
}

func (k tokens) badHeaders() []tokenVector {
	body := string(k.unsigned().Canonical())
	with := func(name, source, members string, code credential.Code) tokenVector {
		return unreadable("jwt-"+name, source, k.compact(`{`+members+`,"kid":"`+k.kid+`"}`, body, k.key), code)
	}
	tampered := k.jwt(k.unsigned().With("name", text("Mallory")))
	honest := k.jwt(k.unsigned())
	swap := tampered[:strings.LastIndexByte(tampered, '.')] + honest[strings.LastIndexByte(honest, '.'):]
	return []tokenVector{
		unreadable("jwt-alg-none", vcJose+"1.2.1", jose.Encode64([]byte(`{"alg":"none","kid":"`+k.kid+`"}`))+"."+jose.Encode64([]byte(body))+".", credential.CodeProofUnsupported),
		with("alg-hmac", "RFC 8725, 2.1", `"alg":"HS256"`, credential.CodeProofUnsupported),
		with("alg-rsa", "RFC 8725, 3.1", `"alg":"RS256"`, credential.CodeProofUnsupported),
		with("crit", "RFC 7515, 4.1.11", `"alg":"EdDSA","crit":["exp"]`, credential.CodeProofUnsupported),
		with("b64", "RFC 7797, 6", `"alg":"EdDSA","b64":false,"crit":["b64"]`, credential.CodeProofUnsupported),
		with("typ-of-a-presentation", "RFC 8725, 3.11", `"alg":"EdDSA","typ":"vp+jwt"`, credential.CodeMalformed),
		with("typ-of-an-sd-jwt", "RFC 8725, 3.11", `"alg":"EdDSA","typ":"vc+sd-jwt"`, credential.CodeMalformed),
		with("typ-of-a-key-binding", "RFC 8725, 3.11", `"alg":"EdDSA","typ":"kb+jwt"`, credential.CodeMalformed),
		with("typ-of-an-access-token", "RFC 9068, 4", `"alg":"EdDSA","typ":"at+jwt"`, credential.CodeMalformed),
		with("typ-of-a-status-list", "RFC 8725, 3.11", `"alg":"EdDSA","typ":"statuslist+jwt"`, credential.CodeMalformed),
		with("cty-nested", "RFC 7519, 5.2", `"alg":"EdDSA","cty":"JWT"`, credential.CodeMalformed),
		with("cty-of-a-presentation", vcJose+"3.1.1", `"alg":"EdDSA","cty":"vp"`, credential.CodeMalformed),
		bad("jwt-alg-swapped", "RFC 8725, 3.1", mediaJWT, k.compact(`{"alg":"ES256","kid":"`+k.kid+`"}`, body, k.key), credential.CheckProof, credential.CodeProofInvalid),
		bad("jwt-tampered", "RFC 7515, 5.2", mediaJWT, swap, credential.CheckProof, credential.CodeProofInvalid),
		unreadable("jwt-trailing-bits", "RFC 4648, 3.5", honest[:len(honest)-1]+"_", credential.CodeMalformed),
		unreadable("jwt-padded", "RFC 7515, 2", honest+"==", credential.CodeMalformed),
		unreadable("jwt-signature-cut", "RFC 7515, 5.2", honest[:strings.LastIndexByte(honest, '.')+1], credential.CodeMalformed),
		unreadable("jwt-with-a-tilde", vcJose+"3.1", honest+"~", credential.CodeMalformed),
		bad("sd-jwt-without-a-tilde", "RFC 9901, 4", credential.MediaCredentialSDJWT, honest, credential.CheckStructure, credential.CodeMalformed),
		bad("media-type-unknown", vcJose+"6.1", "application/vc+xml", honest, credential.CheckStructure, credential.CodeProofUnsupported),
		bad("media-type-malformed", vcJose+"6.1", "jwt/", honest, credential.CheckStructure, credential.CodeProofUnsupported),
		bad("media-type-of-the-other-kind", vcJose+"6.1", credential.MediaPresentationJWT, honest, credential.CheckStructure, credential.CodeMalformedPresentation),
	}
}

func (k tokens) badKeys() []tokenVector {
	v := k.unsigned()
	body := string(v.Canonical())
	const issuer, proof = credential.CheckIssuer, credential.CheckProof
	with := func(name, source, kid string, payload jcs.Value, c codes) tokenVector {
		return tokenVector{Name: "jwt-" + name, Source: source, Media: mediaJWT, Codes: c, Token: k.compact(`{"alg":"EdDSA","kid":"`+kid+`"}`, string(payload.Canonical()), k.key)}
	}
	neither := codes{issuer: credential.CodeIssuerMismatch, proof: credential.CodeKeyUnavailable}
	other := testKey(k.tb, multikey.P384)
	foreign := v.With("issuer", text(foreignIssuer))
	jwk := string(k.key.Public().JWK().Canonical())
	return []tokenVector{
		{Name: "jwt-kid-missing", Source: vcJose + "4.1: MUST for DID URLs", Media: mediaJWT, Codes: neither, Token: k.compact(`{"alg":"EdDSA"}`, body, k.key)},
		{Name: "jwt-kid-missing-with-iss", Source: vcJose + "4.1", Media: mediaJWT, Codes: neither, Token: k.compact(`{"alg":"EdDSA"}`, string(v.With("iss", text(k.issuer)).Canonical()), k.key)},
		{Name: "jwt-jwk-instead-of-kid", Source: "RFC 8725, 3.10", Media: mediaJWT, Codes: neither, Token: k.compact(`{"alg":"EdDSA","jwk":`+jwk+`}`, body, k.key)},
		with("kid-empty", vcJose+"4.1", "", v, neither),
		with("kid-relative-without-iss", vcJose+"4.3", k.kid[len(k.issuer):], v, neither),
		with("kid-a-bare-did", vcJose+"4.1", k.issuer, v, neither),
		with("kid-a-name", vcJose+"4.1", "key-1", v, neither),
		with("kid-an-https-url", vcJose+"4.3", "https://vc.example/keys/1", v, neither),
		with("kid-with-a-query", "Controlled Identifiers 1.0, 3.3", foreignIssuer+"?versionId=1#key", foreign, neither),
		with("kid-with-a-path", "Controlled Identifiers 1.0, 3.3", foreignIssuer+"/x#key", foreign, neither),
		with("kid-of-another-did", "kid is bound to the issuer", k.kid, v.With("issuer", text(foreignIssuer)), codes{issuer: credential.CodeIssuerMismatch}),
		with("kid-of-a-did-that-begins-like-the-issuer", "compared whole", foreignMethod, v.With("issuer", text("did:example:iss")),
			codes{issuer: credential.CodeIssuerMismatch, credential.CheckIssuerState: credential.CodeIssuerUnresolvable}),
		with("kid-of-no-key", "Controlled Identifiers 1.0, 3.3", foreignIssuer+"#none", foreign, codes{proof: credential.CodeKeyUnavailable}),
		with("kid-of-a-key-without-assertionMethod", "Controlled Identifiers 1.0, 3.3", foreignIssuer+"#login", foreign, codes{proof: credential.CodeKeyUnavailable}),
		with("kid-of-a-revoked-key", "Controlled Identifiers 1.0, 2.2", foreignIssuer+"#old", foreign, codes{proof: credential.CodeKeyUnavailable}),
		with("kid-of-a-deactivated-did", "DID 1.1, 7.2.4", "did:example:deactivated#key", v.With("issuer", text("did:example:deactivated")),
			codes{proof: credential.CodeKeyUnavailable, credential.CheckIssuerState: credential.CodeIssuerDeactivated}),
		with("kid-of-an-unknown-did", "Controlled Identifiers 1.0, 3.3", "did:example:unknown#key", v.With("issuer", text("did:example:unknown")),
			codes{proof: credential.CodeKeyUnavailable, credential.CheckIssuerState: credential.CodeIssuerUnresolvable}),
		with("did-key-fragment-of-another-key", "did:key 3.1", k.issuer+key.MethodID(other.Public())[strings.IndexByte(key.MethodID(other.Public()), '#'):], v, codes{proof: credential.CodeKeyUnavailable}),
		{Name: "jwt-signed-by-another-key", Source: "RFC 7515, 5.2", Media: mediaJWT, Codes: codes{proof: credential.CodeProofInvalid},
			Token: k.compact(`{"alg":"EdDSA","kid":"`+k.kid+`","jwk":`+string(anotherKey(k.tb).Public().JWK().Canonical())+`}`, body, anotherKey(k.tb))},
		{Name: "jwt-https-issuer", Source: "nothing ties a key to it", Media: mediaJWT, Token: k.jwt(v.With("issuer", text("https://vc.example/issuers/1"))),
			Codes: codes{issuer: credential.CodeIssuerNotDID, credential.CheckIssuerState: credential.CodeIssuerNotDID}},
	}
}

func anotherKey(tb testing.TB) multikey.PrivateKey {
	seed := make([]byte, 32)
	seed[0] = 9
	made, err := multikey.NewPrivate(multikey.Ed25519, seed)
	if err != nil {
		tb.Fatal(err)
	}
	return made
}

func (k tokens) badClaims() []tokenVector {
	v := k.unsigned()
	const validity, proof, structure = credential.CheckValidity, credential.CheckProof, credential.CheckStructure
	claim := func(name, source, claim, value, check string, code credential.Code) tokenVector {
		return bad("jwt-"+name, source, mediaJWT, k.jwt(v.With(claim, decode(k.tb, value))), check, code)
	}
	at := func(seconds int64) string { return fmt.Sprint(now.Unix() + seconds) }
	header := func(name, members string, c codes) tokenVector {
		return tokenVector{Name: "jwt-" + name, Source: "RFC 7519, 5.3", Media: mediaJWT, Codes: c,
			Token: k.compact(`{"alg":"EdDSA","kid":"`+k.kid+`",`+members+`}`, string(v.Canonical()), k.key)}
	}
	return []tokenVector{
		claim("exp-now", "RFC 7519, 4.1.4: on or after", "exp", at(0), validity, credential.CodeProofExpired),
		claim("exp-long-past", "RFC 7519, 4.1.4", "exp", "0", validity, credential.CodeProofExpired),
		claim("nbf-to-come", "RFC 7519, 4.1.5", "nbf", at(6), validity, credential.CodeNotYetValid),
		claim("exp-now-whatever-the-clock-tolerance", "RFC 7519, 4.1.4: tolerance is for what begins", "exp", at(-1), validity, credential.CodeProofExpired),
		claim("iat-to-come", "a signature that is yet to be made", "iat", at(6), validity, credential.CodeNotYetValid),
		claim("exp-a-string", "RFC 7519, 4.1.4", "exp", `"2030-01-01T00:00:00Z"`, structure, credential.CodeMalformed),
		claim("exp-beyond-time", "RFC 7519, 2", "exp", `1e30`, structure, credential.CodeMalformed),
		claim("nbf-null", "RFC 7519, 4.1.5", "nbf", `null`, structure, credential.CodeMalformed),
		claim("iss-not-the-issuer", vcJose+"4.1", "iss", `"did:example:mallory"`, proof, credential.CodeClaimMismatch),
		claim("iss-an-object", "RFC 7519, 4.1.1", "iss", `{}`, structure, credential.CodeMalformed),
		claim("jti-not-the-id", vcJose+"3.1.3", "jti", `"urn:uuid:00000000-0000-0000-0000-000000000000"`, proof, credential.CodeClaimMismatch),
		claim("sub-not-the-subject", vcJose+"3.1.3", "sub", `"did:example:mallory"`, proof, credential.CodeClaimMismatch),
		claim("aud-somebody-else", "RFC 7519, 4.1.3", "aud", `"https://other.example"`, proof, credential.CodeDomainMismatch),
		claim("aud-nobody", "RFC 7519, 4.1.3", "aud", `[]`, proof, credential.CodeDomainMismatch),
		claim("aud-a-number", "RFC 7519, 4.1.3", "aud", `7`, structure, credential.CodeMalformed),
		claim("claim-vc", vcJose+"3.1.3", "vc", `{}`, structure, credential.CodeMalformed),
		claim("claim-vc-with-a-version-1-credential", vcJose+"3.1.3", "vc", string(k.version1().Canonical()), structure, credential.CodeMalformed),
		claim("claim-vp", vcJose+"3.1.3", "vp", `{}`, structure, credential.CodeMalformed),
		header("header-iss-not-the-issuer", `"iss":"did:example:mallory"`, codes{proof: credential.CodeClaimMismatch}),
		header("header-exp-past", `"exp":1`, codes{validity: credential.CodeProofExpired}),
		header("header-aud", `"aud":"https://other.example"`, codes{proof: credential.CodeDomainMismatch}),
		header("header-sub-not-the-subject", `"sub":"did:example:mallory"`, codes{proof: credential.CodeClaimMismatch}),
	}
}

func (k tokens) badPayloads() []tokenVector {
	v := k.unsigned()
	raw := func(name, source, payload string) tokenVector {
		return unreadable("jwt-"+name, source, k.compact(k.header("vc+jwt"), payload, k.key), credential.CodeMalformed)
	}
	body := string(v.Canonical())
	return []tokenVector{
		raw("payload-not-json", "RFC 7519, 7.2", "credential"),
		raw("payload-an-array", "RFC 7519, 7.2", "["+body+"]"),
		raw("payload-with-a-duplicate-name", "RFC 7519, 4", `{"issuer":"did:example:mallory",`+body[1:]),
		raw("payload-with-a-tail", "RFC 8259, 2", body+"{}"),
		raw("payload-of-another-sort", vcJose+"5", `{"sub":"did:example:agent","scope":"all"}`),
		raw("payload-a-token-again", vcJose+"3.1.1", `"`+k.jwt(v)+`"`),
		raw("payload-an-envelope-again", vcJose+"3.1.1", string(k.envelope(mediaJWT, k.jwt(v)).Canonical())),
		raw("payload-a-presentation", vcJose+"3.1.1", `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":"VerifiablePresentation"}`),
		raw("payload-both-credential-and-presentation", vcJose+"1.2", string(v.With("type", jcs.Array(text("VerifiableCredential"), text("VerifiablePresentation"))).Canonical())),
		raw("payload-without-context", vcJose+"5", string(v.Without("@context").Canonical())),
		raw("payload-without-issuer", vcJose+"5", string(v.Without("issuer").Canonical())),
		bad("jwt-credential-expired", "VC Data Model 2.0, 4.9", mediaJWT, k.jwt(v.With("validUntil", text("2026-05-31T00:00:00Z"))), credential.CheckValidity, credential.CodeExpired),
		bad("jwt-proof-inside-does-not-hold", "a proof that is there must hold", mediaJWT, k.jwt(k.sign(v).With("name", text("changed"))), credential.CheckProof, credential.CodeProofInvalid),
		bad("jwt-proof-inside-malformed", "a proof that is there must hold", mediaJWT, k.jwt(v.With("proof", text("x"))), credential.CheckProof, credential.CodeProofInvalid),
	}
}

func (k tokens) version1Tokens() []tokenVector {
	const source = "VC Data Model 1.1, 6.3.1"
	inner := k.version1().Without("issuer", "id", "issuanceDate", "expirationDate").With("credentialSubject", decode(k.tb, `{"sponsor":"mailto:a@example.com"}`))
	claims := decode(k.tb, fmt.Sprintf(`{"iss":"%s","jti":"urn:uuid:1","sub":"did:example:agent","nbf":%d,"exp":%d}`, k.issuer, now.Unix()-60, now.Unix()+60)).With("vc", inner)
	const typ = `"typ":"JWT"`
	make := func(payload jcs.Value, members string) string {
		return k.compact(`{"alg":"EdDSA",`+members+`}`, string(payload.Canonical()), k.key)
	}
	kid := `"kid":"` + k.kid + `",` + typ
	whole := func(name string, payload jcs.Value, check string, code credential.Code) tokenVector {
		return bad("version-1-"+name, source, mediaJWT, make(payload, kid), check, code)
	}
	two := claims.With("iss", text("did:example:two"))
	return []tokenVector{
		good("version-1", source, mediaJWT, make(claims, kid)),
		good("version-1-without-kid", source+": where the issuer has one key", mediaJWT, make(claims, typ)),
		good("version-1-with-the-properties-too", source, mediaJWT, make(claims.With("vc", k.version1().Without("id", "credentialSubject", "issuanceDate", "expirationDate").
			With("issuer", decode(k.tb, `{"id":"`+k.issuer+`","name":"I"}`)).With("credentialSubject", decode(k.tb, `{"id":"did:example:agent","a":1}`)).
			With("issuanceDate", text(now.Add(-time.Minute).Add(time.Millisecond).Format(time.RFC3339Nano)))), kid)),
		whole("expired", claims.With("exp", jcs.FromInt(now.Unix()-1)), credential.CheckValidity, credential.CodeExpired),
		whole("not-yet", claims.With("nbf", jcs.FromInt(now.Unix()+6)), credential.CheckValidity, credential.CodeNotYetValid),
		whole("iss-missing", claims.Without("iss"), credential.CheckStructure, credential.CodeMalformed),
		whole("nbf-missing", claims.Without("nbf"), credential.CheckStructure, credential.CodeMalformed),
		whole("date-contradicted", claims.With("vc", inner.With("issuanceDate", text("2020-01-01T00:00:00Z"))), credential.CheckStructure, credential.CodeMalformed),
		{Name: "version-1-issuer-contradicted", Source: source, Media: mediaJWT, Token: make(claims.With("vc", inner.With("issuer", text("did:example:mallory"))), kid),
			Codes: codes{credential.CheckIssuer: credential.CodeIssuerMismatch, credential.CheckProof: credential.CodeClaimMismatch, credential.CheckIssuerState: credential.CodeIssuerUnresolvable}},
		whole("subject-contradicted", claims.With("vc", inner.With("credentialSubject", decode(k.tb, `{"id":"did:example:mallory","a":1}`))), credential.CheckProof, credential.CodeClaimMismatch),
		whole("id-contradicted", claims.With("vc", inner.With("id", text("urn:uuid:2"))), credential.CheckProof, credential.CodeClaimMismatch),
		whole("of-version-2", claims.With("vc", inner.With("@context", jcs.Array(text(credential.ContextV2)))), credential.CheckStructure, credential.CodeMalformed),
		whole("whole-of-version-2", decode(k.tb, `{"iss":"`+k.issuer+`"}`).With("vc", k.unsigned()), credential.CheckStructure, credential.CodeMalformed),
		whole("beside-a-presentation", claims.With("vp", jcs.Object()), credential.CheckStructure, credential.CodeMalformed),
		whole("beside-another", claims.With("@context", jcs.Array(text(credential.ContextV1))), credential.CheckStructure, credential.CodeMalformed),
		whole("not-an-object", claims.With("vc", text("x")), credential.CheckStructure, credential.CodeMalformed),
		{Name: "version-1-without-kid-and-two-keys", Source: source, Media: mediaJWT, Token: make(two, typ), Codes: codes{credential.CheckProof: credential.CodeKeyUnavailable}},
		{Name: "version-1-without-kid-and-no-key-of-that-type", Source: source, Media: mediaJWT,
			Token: k.compact(`{"alg":"ES256","typ":"JWT"}`, string(claims.Canonical()), k.key), Codes: codes{credential.CheckProof: credential.CodeKeyUnavailable}},
	}
}
