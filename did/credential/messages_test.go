package credential_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/cose"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// told is a row that a verdict must have, and words of its detail.
type told struct {
	row    string
	code   credential.Code
	detail string
}

func (k tokens) tells(name string, doc jcs.Value, want ...told) {
	k.tb.Helper()
	verifier := credential.Verifier{Resolver: registry{}, Now: now}
	v := verifier.Verify(context.Background(), doc)
	for _, w := range want {
		row, _ := v.Check(w.row)
		if row.Code != w.code || !strings.Contains(row.Detail, w.detail) {
			k.tb.Errorf("%s: %+v, want %+v", name, row, w)
		}
	}
}

// TestWhatIsNotSupportedIsNamed: proofs, algorithms, keys and tokens of kinds that are not
// taken are said not to be, by their names.
func TestWhatIsNotSupportedIsNamed(t *testing.T) {
	k := newTokens(t)
	vc := k.unsigned()
	proofOf := func(members string) jcs.Value {
		return vc.With("proof", decode(t, `{"verificationMethod":"`+k.kid+`","proofPurpose":"assertionMethod","created":"2026-01-01T00:00:00Z",`+members+`}`))
	}
	body := string(vc.Canonical())
	header := func(members string) jcs.Value {
		return text(k.compact(`{"typ":"vc+jwt",`+members+`}`, body, k.key))
	}
	unsupported := func(row, detail string) told { return told{row, credential.CodeProofUnsupported, detail} }
	for _, suite := range []string{"Ed25519Signature2018", "JsonWebSignature2020", "EcdsaSecp256k1Signature2019", "BbsBlsSignature2020", "RsaSignature2018"} {
		k.tells(suite, proofOf(`"type":"`+suite+`","jws":"a..b"`), unsupported(credential.CheckProof, `type "`+suite+`" (supported are eddsa-jcs-2022`))
	}
	for _, suite := range []string{"bbs-2023", "eddsa-2022", "mldsa44-jcs-2024"} {
		k.tells(suite, proofOf(`"type":"DataIntegrityProof","cryptosuite":"`+suite+`","proofValue":"zx"`), unsupported(credential.CheckProof, `cryptosuite "`+suite+`"`))
	}
	k.tells("no cryptosuite", proofOf(`"type":"DataIntegrityProof","proofValue":"zx"`), unsupported(credential.CheckProof, "a proof without cryptosuite"))
	k.tells("creator", vc.With("proof", decode(t, `{"type":"RsaSignature2018","creator":"did:example:a#k","jws":"a..b"}`)), unsupported(credential.CheckProof, `type "RsaSignature2018"`))
	for _, alg := range []string{"RS256", "PS256", "ES512", "ES256K", "HS256", "none"} {
		k.tells(alg, header(`"kid":"`+k.kid+`","alg":"`+alg+`"`), unsupported(credential.CheckStructure, `alg "`+alg+`" (supported are Ed25519`))
	}
	k.tells("x5c", header(`"alg":"EdDSA","x5c":["MIIB"]`), unsupported(credential.CheckProof, "in a certificate (x5c)"), told{credential.CheckIssuer, credential.CodeIssuerMismatch, "(x5c)"})
	k.tells("x5c beside a kid", header(`"alg":"EdDSA","kid":"`+k.kid+`","x5c":["MIIB"]`), told{row: credential.CheckProof})
	k.tells("encrypted", text("a.b.c.d.e"), unsupported(credential.CheckStructure, "an encrypted token (JWE)"))
	sdjwtvc := `{"iss":"https://issuer.example","vct":"https://credentials.example/identity","given_name":"A"}`
	k.tells("dc+sd-jwt", text(k.compact(`{"alg":"EdDSA","typ":"dc+sd-jwt"}`, sdjwtvc, k.key)+"~"), unsupported(credential.CheckStructure, "an SD-JWT VC (dc+sd-jwt)"))
	k.tells("vc+sd-jwt of a draft", text(k.compact(`{"alg":"EdDSA","typ":"vc+sd-jwt"}`, sdjwtvc, k.key)+"~"), unsupported(credential.CheckStructure, "an SD-JWT VC (dc+sd-jwt)"))
	envelope := func(media string) jcs.Value {
		return decode(t, `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":"EnvelopedVerifiableCredential","id":"data:`+media+`,x"}`)
	}
	k.tells("mdoc", envelope("application/vc+mso_mdoc"), unsupported(credential.CheckStructure, "application/vc+mso_mdoc"))

	message, err := cose.Sign(cose.Header{}, []byte(body), k.key)
	if err != nil {
		t.Fatal(err)
	}
	chained := strings.Replace(string(message), "\xa0", "\xa1\x18\x21\x41\x00", 1) // x5chain in the unprotected header
	k.tells("x5chain", decode(t, `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":"EnvelopedVerifiableCredential","id":"data:application/vc+cose;base64,`+
		base64.StdEncoding.EncodeToString([]byte(chained))+`"}`), unsupported(credential.CheckProof, "x5chain"))
}

// TestUnsupportedKeyIsNamed: a key of a kind that is known and not taken is no key that
// just cannot be had.
func TestUnsupportedKeyIsNamed(t *testing.T) {
	k := newTokens(t)
	for name, method := range map[string]string{
		`kty "RSA"`: `"type":"JsonWebKey","publicKeyJwk":{"kty":"RSA","n":"AQAB","e":"AQAB"}`,
		`verification method of type "Ed25519VerificationKey2018"`: `"type":"Ed25519VerificationKey2018","publicKeyBase58":"a"`,
	} {
		doc := decode(t, `{"id":"did:web:issuer.example","verificationMethod":[{"id":"did:web:issuer.example#k","controller":"did:web:issuer.example",`+method+`}],"assertionMethod":["did:web:issuer.example#k"]}`)
		vc := k.signWith(k.unsigned().With("issuer", text("did:web:issuer.example")), k.key, "did:web:issuer.example#k")
		verifier := credential.Verifier{Resolver: registry{Documents: map[string]jcs.Value{"did:web:issuer.example": doc}}, Now: now}
		v := verifier.Verify(context.Background(), vc)
		if row, _ := v.Check(credential.CheckProof); row.Code != credential.CodeProofUnsupported || !strings.Contains(row.Detail, name) {
			t.Errorf("%s: %+v", name, row)
		}
	}
}

// TestDetailsSayWhatIsWrong: each was told as something else, or not at all.
func TestDetailsSayWhatIsWrong(t *testing.T) {
	k := newTokens(t)
	vc := k.unsigned()
	body := string(vc.Canonical())
	mismatch := func(detail string) told { return told{credential.CheckIssuer, credential.CodeIssuerMismatch, detail} }
	unavailable := func(detail string) told { return told{credential.CheckProof, credential.CodeKeyUnavailable, detail} }
	k.tells("no kid", text(k.compact(`{"alg":"EdDSA","typ":"vc+jwt"}`, body, k.key)),
		mismatch("the token has no kid"), unavailable("the token has no kid, and nothing says which key signed it"))
	k.tells("kid of a registry of its own", text(k.compact(`{"alg":"EdDSA","typ":"vc+jwt","kid":"key-1"}`, body, k.key)),
		mismatch(`kid "key-1" is not the DID URL`), unavailable(`kid "key-1" is not the DID URL of a verification method`))
	other := testKey(t, multikey.P256)
	k.tells("another's proof", k.signWith(vc, other, "did:key:"+other.Public().String()+"#"+other.Public().String()),
		mismatch("the proof is by did:key:"+other.Public().String()))
	k.tells("no such method", k.signWith(vc, k.key, k.issuer+"#another"), unavailable("the document has no verification method of that id"))
	k.tells("not for assertions", k.sign(vc, func(o *proof.SignOptions) { o.Purpose = did.KeyAgreement }), told{credential.CheckProof, credential.CodeProofInvalid, "keyAgreement where assertionMethod was expected"})

	plain := vc.With("type", text(credential.Type)).With("credentialSubject", decode(t, `{"id":"did:example:agent"}`))
	rdf := k.sign(plain, func(o *proof.SignOptions) { o.Cryptosuite = proof.EdDSARDFC2022 })
	loses := func(v jcs.Value) jcs.Value { return v.With("colour", text("blue")) }
	k.tells("loss in the proof", rdf.With("proof", loses(member(rdf, "proof"))), told{credential.CheckProof, credential.CodeDataLoss, "DATA_LOSS_DETECTION_ERROR: of the proof, not of the document"})
	verifier := credential.Verifier{Resolver: registry{}, Now: now}
	inDocument := verifier.Verify(context.Background(), loses(rdf))
	if row, _ := inDocument.Check(credential.CheckProof); row.Code != credential.CodeDataLoss || strings.Contains(row.Detail, "of the proof") {
		t.Errorf("loss in the document: %+v", row)
	}

	base := k.signWith(plain.With("issuer", text("did:key:"+other.Public().String())), other, "did:key:"+other.Public().String()+"#"+other.Public().String(),
		func(o *proof.SignOptions) { o.Cryptosuite = proof.ECDSASD2023 })
	k.tells("base proof", base, told{credential.CheckProof, credential.CodeProofInvalid, "derive first what is to be shown"})
}

// TestVersion1TokensOfOthers: a JWT of version 1.1 may have the issuer's DID for kid; a jti
// that is no URL is named as what it is.
func TestVersion1TokensOfOthers(t *testing.T) {
	k := newTokens(t)
	inner := k.version1().Without("issuer", "id", "issuanceDate", "expirationDate")
	token := func(kid, more string) jcs.Value {
		claims := decode(t, `{"iss":"`+k.issuer+`","nbf":1676572093`+more+`}`).With("vc", inner)
		return text(k.compact(`{"alg":"EdDSA","typ":"JWT","kid":"`+kid+`"}`, string(claims.Canonical()), k.key))
	}
	k.tells("kid is the DID", token(k.issuer, ""), told{row: credential.CheckIssuer}, told{row: credential.CheckProof})
	k.tells("kid is another's DID", token("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", ""),
		told{credential.CheckIssuer, credential.CodeIssuerMismatch, "is not the DID URL of a verification method"}, told{credential.CheckProof, credential.CodeKeyUnavailable, "is not the DID URL"})
	k.tells("jti is a UUID", token(k.kid, `,"jti":"3978344f-8596-4c3a-a978-8fcaba3903c5"`),
		told{credential.CheckStructure, credential.CodeMalformed, `id: by the claim jti "3978344f-8596-4c3a-a978-8fcaba3903c5", which is not a URL`})
	v2 := text(k.compact(`{"alg":"EdDSA","typ":"vc+jwt","kid":"`+k.issuer+`"}`, string(k.unsigned().Canonical()), k.key))
	k.tells("kid is the DID, in version 2", v2, told{credential.CheckProof, credential.CodeKeyUnavailable, "is not the DID URL of a verification method"})
}
