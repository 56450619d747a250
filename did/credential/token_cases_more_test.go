package credential_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did/cose"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/sdjwt"
)

// held is an SD-JWT bound to the holder's key.
func (k tokens) held() string {
	return k.sdOf(k.unsigned().With("cnf", jcs.Object(jcs.Member{Name: "jwk", Value: k.holder.Public().JWK()})), "/credentialSubject/sponsor")
}

func (k tokens) binding(change func(*sdjwt.Binding)) *sdjwt.Binding {
	b := &sdjwt.Binding{Key: k.holder, Audience: "https://verifier.example", Nonce: "n-1", IssuedAt: now.Unix() - 30}
	change(b)
	return b
}

func (k tokens) selective() []tokenVector {
	const media, rfc = credential.MediaCredentialSDJWT, "RFC 9901, 7"
	const sponsor = "/credentialSubject/sponsor"
	all := k.sd(sponsor)
	parts := strings.Split(all, "~")
	forged := jose.Encode64([]byte(`["AQIDBAUGBwgJCgsMDQ4PEA","sponsor","mailto:mallory@example.com"]`))
	invalid := func(name, token string) tokenVector {
		return bad("sd-jwt-"+name, rfc+".1", media, token, credential.CheckStructure, credential.CodeProofInvalid)
	}
	bound := func(name string, change func(*sdjwt.Binding), code credential.Code) tokenVector {
		v := bad("sd-jwt-binding-"+name, rfc+".3", media, k.present(k.held(), k.binding(change), sponsor), credential.CheckProof, code)
		v.Bound = &bound{"n-1", []string{"https://verifier.example"}}
		return v
	}
	ok := bound("good", func(*sdjwt.Binding) {}, "")
	ok.Verified, ok.Codes = true, nil
	missing := bound("missing", func(*sdjwt.Binding) {}, credential.CodeProofInvalid)
	missing.Token = k.present(k.held(), nil, sponsor)
	stripped := bound("of-another-selection", func(*sdjwt.Binding) {}, credential.CodeProofInvalid)
	pieces := strings.Split(stripped.Token, "~")
	stripped.Token = pieces[0] + "~" + pieces[2]
	unasked := bound("bad-though-none-is-demanded", func(b *sdjwt.Binding) { b.Key = k.key }, credential.CodeProofInvalid)
	unasked.Bound = nil
	byURL := k.sdOf(k.unsigned().With("cnf", decode(k.tb, `{"kid":"`+key.MethodID(k.holder.Public())+`"}`)))
	urlBound := bound("key-by-url", func(*sdjwt.Binding) {}, "")
	urlBound.Verified, urlBound.Codes, urlBound.Token = true, nil, k.present(byURL, k.binding(func(*sdjwt.Binding) {}))
	unknownURL := bound("key-by-url-unknown", func(*sdjwt.Binding) {}, credential.CodeKeyUnavailable)
	unknownURL.Token = k.present(k.sdOf(k.unsigned().With("cnf", decode(k.tb, `{"kid":"did:example:unknown#key"}`))), k.binding(func(*sdjwt.Binding) {}))
	return []tokenVector{
		good("sd-jwt-all-shown", vcJose+"3.2.1", media, all),
		good("sd-jwt-nothing-hidden", vcJose+"3.2.1", media, k.sd()),
		good("sd-jwt-by-its-generic-media-type", "RFC 9901, 12.2", "application/sd-jwt", all),
		good("sd-jwt-binding-not-demanded", rfc+".3", media, k.present(k.held(), k.binding(func(*sdjwt.Binding) {}), sponsor)),
		ok, urlBound, missing, stripped, unasked, unknownURL,
		invalid("disclosure-tampered", parts[0]+"~"+forged+"~"),
		invalid("disclosure-added", all+forged+"~"),
		invalid("disclosure-twice", all+parts[1]+"~"),
		bad("sd-jwt-disclosure-cut", rfc+".1", media, strings.TrimSuffix(all, "~"), credential.CheckStructure, credential.CodeMalformed),
		bad("sd-jwt-subject-emptied", "a subject without claims", media, k.sdShown(sponsor, "/credentialSubject/id"), credential.CheckStructure, credential.CodeMalformed),
		bad("sd-jwt-issuer-withheld", vcJose+"3.2.1", media, k.sdShown("/issuer"), credential.CheckStructure, credential.CodeMalformed),
		bad("sd-jwt-type-withheld", vcJose+"3.2.1", media, k.sdShown("/type"), credential.CheckStructure, credential.CodeMalformed),
		bad("sd-jwt-claim-vc-disclosed", vcJose+"3.1.3", media, k.sdOf(k.unsigned().With("vc", jcs.Object()), "/vc"), credential.CheckStructure, credential.CodeMalformed),
		bad("sd-jwt-exp-past", "RFC 7519, 4.1.4", media, k.sdOf(k.unsigned().With("exp", jcs.FromInt(now.Unix()))), credential.CheckValidity, credential.CodeProofExpired),
		bad("sd-jwt-typ-of-a-jwt", "RFC 8725, 3.11", media, k.jwt(k.unsigned())+"~", credential.CheckStructure, credential.CodeMalformed),
		bad("sd-jwt-typ-of-sd-jwt-vc", "RFC 8725, 3.11", media, k.compact(k.header("dc+sd-jwt"), string(k.unsigned().Canonical()), k.key)+"~", credential.CheckStructure, credential.CodeProofUnsupported),
		bad("sd-jwt-hash-broken", "RFC 9901, 9.4", media, k.compact(k.header("vc+sd-jwt"), string(k.unsigned().With("_sd_alg", text("md5")).Canonical()), k.key)+"~", credential.CheckStructure, credential.CodeProofUnsupported),
		bad("sd-jwt-signed-by-another-key", "RFC 7515, 5.2", media, k.compact(k.header("vc+sd-jwt"), string(k.unsigned().Canonical()), anotherKey(k.tb))+"~", credential.CheckProof, credential.CodeProofInvalid),
		bound("nonce-wrong", func(b *sdjwt.Binding) { b.Nonce = "n-2" }, credential.CodeChallengeMismatch),
		bound("audience-wrong", func(b *sdjwt.Binding) { b.Audience = "https://other.example" }, credential.CodeDomainMismatch),
		bound("by-another-key", func(b *sdjwt.Binding) { b.Key = anotherKey(k.tb) }, credential.CodeProofInvalid),
		bound("by-the-issuer", func(b *sdjwt.Binding) { b.Key = k.key }, credential.CodeProofInvalid),
		bound("too-old", func(b *sdjwt.Binding) { b.IssuedAt = now.Add(-11 * time.Minute).Unix() }, credential.CodeProofInvalid),
		bound("from-the-future", func(b *sdjwt.Binding) { b.IssuedAt = now.Add(2 * time.Minute).Unix() }, credential.CodeProofInvalid),
	}
}

func (k tokens) inCOSE() []tokenVector {
	const media = credential.MediaCredentialCOSE
	v := k.unsigned()
	body := string(v.Canonical())
	h := k.coseHeader()
	with := func(change func(*cose.Header)) cose.Header {
		changed := h
		change(&changed)
		return changed
	}
	claims := func(c cose.Claims) cose.Header {
		data, err := c.Encode()
		if err != nil {
			k.tb.Fatal(err)
		}
		return with(func(h *cose.Header) { h.Claims = data })
	}
	tail, err := base64.StdEncoding.DecodeString(k.cose(h, body))
	if err != nil {
		k.tb.Fatal(err)
	}
	tail = append(tail, 0)
	tampered, err := base64.StdEncoding.DecodeString(k.cose(h, body))
	if err != nil {
		k.tb.Fatal(err)
	}
	tampered = []byte(strings.Replace(string(tampered), "mailto:a@", "mailto:b@", 1))
	encode := base64.StdEncoding.EncodeToString
	const structure, proof = credential.CheckStructure, credential.CheckProof
	neither := codes{credential.CheckIssuer: credential.CodeIssuerMismatch, proof: credential.CodeKeyUnavailable}
	return []tokenVector{
		good("cose", vcJose+"3.3.1", media, k.cose(h, body)),
		good("cose-without-types", vcJose+"3.3.1: SHOULD", media, k.cose(cose.Header{KeyID: h.KeyID}, body)),
		good("cose-with-claims", "RFC 9597, 2", media, k.cose(claims(cose.Claims{Issuer: k.issuer, Subject: "did:example:agent", Expires: now.Add(time.Second), IssuedAt: now}), body)),
		bad("cose-tampered", "RFC 9052, 4.4", media, encode(tampered), proof, credential.CodeProofInvalid),
		bad("cose-trailing-bytes", "RFC 8949, 5.3", media, encode(tail), structure, credential.CodeMalformed),
		bad("cose-payload-not-json", vcJose+"3.3.1", media, k.cose(h, "\xa0"), structure, credential.CodeMalformed),
		bad("cose-payload-with-a-duplicate-name", vcJose+"3.3.1", media, k.cose(h, `{"issuer":"did:example:mallory",`+body[1:]), structure, credential.CodeMalformed),
		bad("cose-typ-of-a-presentation", "RFC 9596, 2", media, k.cose(with(func(h *cose.Header) { h.Typ = credential.MediaPresentationCOSE }), body), structure, credential.CodeMalformed),
		bad("cose-typ-of-another-token", "RFC 9596, 2", media, k.cose(with(func(h *cose.Header) { h.Typ = "application/statuslist+cwt" }), body), structure, credential.CodeMalformed),
		bad("cose-content-type-of-a-presentation", vcJose+"3.3.1", media, k.cose(with(func(h *cose.Header) { h.ContentType = "application/vp" }), body), structure, credential.CodeMalformed),
		bad("cose-content-type-of-something-else", vcJose+"3.3.1", media, k.cose(with(func(h *cose.Header) { h.ContentType = "text/html" }), body), structure, credential.CodeMalformed),
		bad("cose-exp-past", "RFC 8392, 3.1.4", media, k.cose(claims(cose.Claims{Expires: now}), body), credential.CheckValidity, credential.CodeProofExpired),
		bad("cose-exp-past-in-the-payload", vcJose+"3.3.3", media, k.cose(h, string(v.With("exp", jcs.FromInt(now.Unix())).Canonical())), credential.CheckValidity, credential.CodeProofExpired),
		bad("cose-nbf-to-come", "RFC 8392, 3.1.5", media, k.cose(claims(cose.Claims{NotBefore: now.Add(6 * time.Second)}), body), credential.CheckValidity, credential.CodeNotYetValid),
		bad("cose-iss-not-the-issuer", vcJose+"4.1", media, k.cose(claims(cose.Claims{Issuer: "did:example:mallory"}), body), proof, credential.CodeClaimMismatch),
		bad("cose-aud-somebody-else", "RFC 8392, 3.1.3", media, k.cose(claims(cose.Claims{Audience: []string{"https://other.example"}}), body), proof, credential.CodeDomainMismatch),
		bad("cose-claims-malformed", "RFC 8392, 3.1", media, k.cose(with(func(h *cose.Header) { h.Claims = []byte{0xa1, 1, 1} }), body), structure, credential.CodeMalformed),
		bad("cose-jwt-as-cose", vcJose+"3.3", media, encode([]byte(k.jwt(v))), structure, credential.CodeMalformed),
		bad("cose-of-another-did", "kid is bound to the issuer", media, k.cose(h, string(v.With("issuer", text(foreignIssuer)).Canonical())), credential.CheckIssuer, credential.CodeIssuerMismatch),
		{Name: "cose-kid-missing", Source: vcJose + "4.1", Media: media, Token: k.cose(with(func(h *cose.Header) { h.KeyID = nil }), body), Codes: neither},
		{Name: "cose-kid-not-utf-8", Source: vcJose + "4.1", Media: media, Token: k.cose(with(func(h *cose.Header) { h.KeyID = []byte{0xff} }), body), Codes: neither},
	}
}

// envelope puts a token into an object.
func (k tokens) envelope(media, token string) jcs.Value {
	typ := credential.EnvelopedCredential
	if strings.HasPrefix(media, "application/vp") {
		typ = credential.EnvelopedPresentation
	}
	return k.enveloped(typ, "data:"+media+","+token)
}

func (k tokens) enveloped(typ, url string) jcs.Value {
	return jcs.Object(
		jcs.Member{Name: "@context", Value: text(credential.ContextV2)},
		jcs.Member{Name: "id", Value: text(url)}, jcs.Member{Name: "type", Value: text(typ)},
	)
}

// strayBits is a message in base64 whose last character has bits that do not
// count.
func (k tokens) strayBits() string {
	v := k.unsigned()
	for name := "n"; ; name += "n" {
		text := k.cose(k.coseHeader(), string(v.With("name", text(name)).Canonical()))
		body := strings.TrimRight(text, "=")
		if len(text)-len(body) == 2 {
			const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
			last := strings.IndexByte(alphabet, body[len(body)-1])
			return body[:len(body)-1] + string(alphabet[last|1]) + "=="
		}
	}
}

func (k tokens) envelopes() []tokenVector {
	const source = "VC Data Model 2.0, 4.13.1"
	v := k.unsigned()
	jwt, sd, inCOSE := k.jwt(v), k.sd("/credentialSubject/sponsor"), k.cose(k.coseHeader(), string(v.Canonical()))
	coseMedia := credential.MediaCredentialCOSE + ";base64"
	ok := func(name string, envelope jcs.Value) tokenVector {
		return tokenVector{Name: "envelope-" + name, Source: source, Envelope: envelope, Verified: true}
	}
	no := func(name string, envelope jcs.Value, code credential.Code) tokenVector {
		return tokenVector{Name: "envelope-" + name, Source: source, Envelope: envelope, Codes: codes{credential.CheckStructure: code}}
	}
	plain := k.envelope(mediaJWT, jwt)
	raw, err := base64.StdEncoding.DecodeString(inCOSE)
	if err != nil {
		k.tb.Fatal(err)
	}
	percent := ""
	for _, b := range raw {
		percent += fmt.Sprintf("%%%02X", b)
	}
	url := func(u string) jcs.Value { return plain.With("id", text(u)) }
	const malformed = credential.CodeMalformed
	return []tokenVector{
		ok("jwt", plain), ok("sd-jwt", k.envelope(credential.MediaCredentialSDJWT, sd)), ok("cose", k.envelope(coseMedia, inCOSE)),
		ok("in-arrays", plain.With("type", jcs.Array(text(credential.EnvelopedCredential))).With("@context", jcs.Array(text(credential.ContextV2)))),
		ok("jwt-in-base64", k.envelope(mediaJWT+";base64", base64.StdEncoding.EncodeToString([]byte(jwt)))),
		ok("percent-encoded", url("data:"+mediaJWT+","+strings.ReplaceAll(jwt, ".", "%2E"))),
		ok("media-type-with-a-parameter", url("DATA:Application/VC+JWT;charset=utf-8,"+jwt)),
		ok("string-jwt", text(jwt)), ok("string-sd-jwt", text(sd)),
		no("string-of-something-else", text("hello"), malformed),
		no("string-a-data-url", text("data:"+mediaJWT+","+jwt), malformed),
		no("without-context", plain.Without("@context"), malformed),
		no("of-another-context", plain.With("@context", text("https://example.com/context")), malformed),
		no("without-id", plain.Without("id"), malformed),
		no("id-not-a-data-url", url("https://vc.example/credentials/1"), malformed),
		no("id-without-a-comma", url("data:"+mediaJWT+";"+jwt), malformed),
		no("id-an-array", plain.With("id", jcs.Array(text("data:"+mediaJWT+","+jwt))), malformed),
		no("of-two-types", plain.With("type", jcs.Array(text(credential.EnvelopedCredential), text("VerifiableCredential"))), malformed),
		no("of-both-types", plain.With("type", jcs.Array(text(credential.EnvelopedCredential), text(credential.EnvelopedPresentation))), malformed),
		no("with-claims-of-its-own", plain.With("issuer", text("did:example:mallory")), malformed),
		no("with-a-proof-of-its-own", k.sign(plain), malformed),
		no("media-type-missing", url("data:,"+jwt), malformed),
		no("media-type-of-a-presentation", url("data:application/vp+jwt,"+jwt), malformed),
		no("media-type-generic", url("data:application/jwt,"+jwt), malformed),
		no("media-type-unknown", url("data:application/vc+xml,"+jwt), credential.CodeProofUnsupported),
		no("media-type-of-the-old-drafts", url("data:application/vc+ld+json+jwt,"+jwt), credential.CodeProofUnsupported),
		no("percent-encoding-broken", url("data:"+mediaJWT+","+jwt+"%2"), malformed),
		no("base64-broken", url("data:"+coseMedia+","+inCOSE[:len(inCOSE)-3]+"!=="), malformed),
		no("base64-with-trailing-bits", url("data:"+mediaJWT+";base64,"+base64.StdEncoding.EncodeToString([]byte(jwt + "a"))[:8]+"YR=="), malformed),
		no("base64-of-cose-with-trailing-bits", url("data:"+coseMedia+","+k.strayBits()), malformed),
		no("cose-percent-encoded", url("data:"+credential.MediaCredentialCOSE+","+percent), malformed),
		no("cose-without-base64", url("data:"+credential.MediaCredentialCOSE+","+inCOSE), malformed),
		no("cose-in-base64url", url("data:"+coseMedia+","+strings.NewReplacer("+", "-", "/", "_").Replace(inCOSE)+"-_"), malformed),
		no("alg-none", k.envelope(mediaJWT, jose.Encode64([]byte(`{"alg":"none"}`))+"."+jose.Encode64(v.Canonical())+"."), credential.CodeProofUnsupported),
	}
}

func (k tokens) presentations() []tokenVector {
	const media, source = credential.MediaPresentationJWT, vcJose + "3.1.2"
	holder := string(key.FromPublic(k.holder.Public()))
	kid := key.MethodID(k.holder.Public())
	vp := func(items ...jcs.Value) jcs.Value {
		return decode(k.tb, `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiablePresentation"],"holder":"`+holder+`"}`).
			With("verifiableCredential", jcs.Array(items...))
	}
	inner := k.envelope(mediaJWT, k.jwt(k.unsigned()))
	plain := vp(inner, k.sign(k.unsigned())).With("nonce", text("n-1")).With("aud", text("https://verifier.example"))
	with := func(header string, payload jcs.Value, by multikey.PrivateKey) string {
		return k.compact(header, string(payload.Canonical()), by)
	}
	header := `{"alg":"ES256","kid":"` + kid + `","typ":"vp+jwt"}`
	demand := &bound{"n-1", []string{"https://verifier.example"}}
	no := func(name string, token string, check string, code credential.Code) tokenVector {
		v := bad("vp-"+name, source, media, token, check, code)
		v.Bound = demand
		return v
	}
	changed := func(name string, payload jcs.Value, check string, code credential.Code) tokenVector {
		return no(name, with(header, payload, k.holder), check, code)
	}
	const proof, structure, whose = credential.CheckProof, credential.CheckStructure, credential.CheckHolder
	ok := good("vp", source, media, with(header, plain, k.holder))
	ok.Bound = demand
	envelope := tokenVector{Name: "vp-in-an-envelope", Source: "VC Data Model 2.0, 4.13.2", Envelope: k.envelope(media, with(header, plain, k.holder)), Verified: true, Bound: demand}
	inSD := good("vp-in-an-sd-jwt", vcJose+"3.2.2", credential.MediaPresentationSDJWT, with(`{"alg":"ES256","kid":"`+kid+`","typ":"vp+sd-jwt"}`, plain, k.holder)+"~")
	inSD.Bound = demand
	signed, err := cose.Sign(cose.Header{KeyID: []byte(kid), ContentType: "application/vp", Typ: credential.MediaPresentationCOSE}, plain.Canonical(), k.holder)
	if err != nil {
		k.tb.Fatal(err)
	}
	inCOSE := good("vp-in-cose", vcJose+"3.3.2", credential.MediaPresentationCOSE, base64.StdEncoding.EncodeToString(signed))
	inCOSE.Bound = demand
	version1 := decode(k.tb, `{"iss":"`+holder+`","nonce":"n-1","aud":["https://verifier.example"],"vp":{"@context":["`+credential.ContextV1+`"],"type":["VerifiablePresentation"]}}`)
	first, _ := version1.Get("vp")
	old := k.compact(k.header("JWT"), string(decode(k.tb, `{"iss":"`+k.issuer+`","nbf":1}`).With("vc", k.version1().Without("issuer", "issuanceDate")).Canonical()), k.key)
	v1 := good("vp-version-1", "VC Data Model 1.1, 6.3.1", media, with(`{"alg":"ES256","kid":"`+kid+`","typ":"JWT"}`, version1.With("vp", first.With("verifiableCredential", jcs.Array(text(old)))), k.holder))
	v1.Bound = demand
	login := foreignIssuer + "#login"
	byLogin := good("vp-by-a-key-for-authentication", "Controlled Identifiers 1.0, 2.3", media, with(`{"alg":"EdDSA","kid":"`+login+`"}`, plain.With("holder", text(foreignIssuer)), k.key))
	byLogin.Bound = demand
	tampered := k.jwt(k.unsigned())
	tampered = tampered[:len(tampered)-8] + "AAAAAAAA"
	return []tokenVector{
		ok, envelope, inSD, inCOSE, v1, byLogin,
		changed("nonce-missing", plain.Without("nonce"), proof, credential.CodeChallengeMismatch),
		changed("nonce-wrong", plain.With("nonce", text("n-2")), proof, credential.CodeChallengeMismatch),
		changed("nonce-a-number", plain.With("nonce", jcs.FromInt(1)), structure, credential.CodeMalformedPresentation),
		changed("aud-missing", plain.Without("aud"), proof, credential.CodeDomainMismatch),
		changed("aud-somebody-else", plain.With("aud", text("https://other.example")), proof, credential.CodeDomainMismatch),
		changed("iss-not-the-holder", plain.With("iss", text("did:example:mallory")), proof, credential.CodeClaimMismatch),
		changed("iss-without-holder-not-of-the-key", plain.Without("holder").With("iss", text("did:example:mallory")), proof, credential.CodeClaimMismatch),
		changed("jti-not-the-id", plain.With("id", text("urn:x:1")).With("jti", text("urn:x:2")), proof, credential.CodeClaimMismatch),
		changed("exp-past", plain.With("exp", jcs.FromInt(now.Unix())), credential.CheckValidity, credential.CodeProofExpired),
		changed("claim-vp", plain.With("vp", jcs.Object()), structure, credential.CodeMalformedPresentation),
		changed("a-credential", k.unsigned(), structure, credential.CodeMalformedPresentation),
		changed("credential-tampered", plain.With("verifiableCredential", jcs.Array(inner, k.envelope(mediaJWT, tampered))), credential.CheckCredentials, credential.CodeCredentialUnverified),
		changed("credential-as-a-string", plain.With("verifiableCredential", jcs.Array(text(k.jwt(k.unsigned())))), structure, credential.CodeMalformedPresentation),
		changed("presentation-inside", plain.With("verifiableCredential", k.envelope(media, ok.Token)), structure, credential.CodeMalformedPresentation),
		no("typ-of-a-credential", with(`{"alg":"ES256","kid":"`+kid+`","typ":"vc+jwt"}`, plain, k.holder), structure, credential.CodeMalformedPresentation),
		no("kid-of-another-did", with(`{"alg":"EdDSA","kid":"`+k.kid+`"}`, plain, k.key), whose, credential.CodeHolderMismatch),
		no("key-for-assertions-only", with(`{"alg":"EdDSA","kid":"`+foreignMethod+`"}`, plain.With("holder", text(foreignIssuer)), k.key), proof, credential.CodeKeyUnavailable),
		no("signed-by-another-key", with(`{"alg":"EdDSA","kid":"`+login+`"}`, plain.With("holder", text(foreignIssuer)), anotherKey(k.tb)), proof, credential.CodeProofInvalid),
		no("alg-none", jose.Encode64([]byte(`{"alg":"none","kid":"`+kid+`"}`))+"."+jose.Encode64(plain.Canonical())+".", structure, credential.CodeProofUnsupported),
	}
}

func (k tokens) tokenStates() []tokenVector {
	v := k.unsigned()
	digest := hexDigest(credential.Digest(v))
	known := func(of, s string) map[string]string { return map[string]string{of: s} }
	sd := k.sd("/credentialSubject/sponsor")
	parsed, err := sdjwt.Parse([]byte(sd))
	if err != nil {
		k.tb.Fatal(err)
	}
	signed := hexDigest(credential.Digest(parsed.Signed))
	with := func(name, source, media, token string, statuses map[string]string, check string, code credential.Code) tokenVector {
		b := bad(name, source, media, token, check, code)
		b.Statuses = statuses
		return b
	}
	const status, state = credential.CheckStatus, credential.CheckIssuerState
	return []tokenVector{
		with("jwt-revoked", "status is by the digest of the payload", mediaJWT, k.jwt(v), known(digest, credential.Revoked), status, credential.CodeRevoked),
		with("jwt-suspended", "status is by the digest of the payload", mediaJWT, k.jwt(v), known(digest, credential.Suspended), status, credential.CodeSuspended),
		with("jwt-revoked-and-signed-anew", "claims of the token must not hide the revocation", mediaJWT, k.jwt(v.With("iat", jcs.FromInt(now.Unix()))), known(digest, credential.Revoked), status, credential.CodeRevoked),
		with("jwt-status-unavailable", "fails closed", mediaJWT, k.jwt(v), known(digest, "unavailable"), status, credential.CodeStatusUnavailable),
		with("jwt-issuer-suspended", "containment", mediaJWT, k.jwt(v), known(k.issuer, credential.Suspended), state, credential.CodeIssuerSuspended),
		with("jwt-issuer-revoked", "status of a DID", mediaJWT, k.jwt(v), known(k.issuer, credential.Revoked), state, credential.CodeIssuerRevoked),
		with("cose-revoked", "status is by the digest of the payload", credential.MediaCredentialCOSE, k.cose(k.coseHeader(), string(v.Canonical())), known(digest, credential.Revoked), status, credential.CodeRevoked),
		with("sd-jwt-revoked", "status is by the digest of what was signed", credential.MediaCredentialSDJWT, sd, known(signed, credential.Revoked), status, credential.CodeRevoked),
		with("sd-jwt-revoked-and-less-shown", "withholding must not hide the revocation", credential.MediaCredentialSDJWT, k.present(sd, nil), known(signed, credential.Revoked), status, credential.CodeRevoked),
		with("sd-jwt-revoked-as-it-was-registered-whole", "the same credential", credential.MediaCredentialSDJWT, sd, known(digest, credential.Revoked), status, credential.CodeRevoked),
	}
}
