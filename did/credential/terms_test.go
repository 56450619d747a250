package credential_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/proof"
)

// forms are the ways to secure a credential, written like this, that do not read it as RDF.
func (k tokens) forms(written string) map[string]jcs.Value {
	k.tb.Helper()
	return map[string]jcs.Value{
		"eddsa-jcs-2022": k.sign(decode(k.tb, written)),
		"JWT":            text(k.compact(k.header("vc+jwt"), written, k.key)),
		"SD-JWT":         text(k.compact(k.header("vc+sd-jwt"), written, k.key) + "~"),
		"COSE":           k.enveloped(credential.EnvelopedCredential, "data:application/vc+cose;base64,"+k.cose(k.coseHeader(), written)),
	}
}

// Terms that no context defines make a credential of version 2 fail in every form,
// unless the verifier lets them pass, which the row then says.
func TestTermsThatNoContextDefines(t *testing.T) {
	k := newTokens(t)
	base := `"https://www.w3.org/ns/credentials/v2"`
	with := func(context, rest string) jcs.Value {
		return decode(t, `{"@context":[`+context+`],"issuer":"`+k.issuer+`",`+rest+`}`)
	}
	const plain = `"type":["VerifiableCredential"]`
	for _, test := range []struct {
		name string
		doc  jcs.Value
		code credential.Code
		path string
	}{
		{"nothing but the base", with(base, plain+`,"credentialSubject":{"id":"did:example:a"}`), "", ""},
		{"undefined-terms", with(base+`,"https://www.w3.org/ns/credentials/undefined-terms/v2"`, `"type":["VerifiableCredential","Badge"],"credentialSubject":{"a":{"b":1}}`), "", ""},
		{"in-line context", with(base+`,{"Badge":"https://a.example/Badge","a":"https://a.example/a"}`, `"type":["VerifiableCredential","Badge"],"credentialSubject":{"a":null}`), "", ""},
		{"full URLs", with(base, `"type":["VerifiableCredential","https://a.example/Badge"],"credentialSubject":{"https://a.example/a":1}`), "", ""},
		{"a relative id", with(base+`,{"a":"https://a.example/a"}`, plain+`,"credentialSubject":{"a":{"id":"of/mine"}}`), "", ""},
		{"an empty object", with(base+`,{"a":"https://a.example/a"}`, plain+`,"credentialSubject":{"a":{}}`), "", ""},
		{"an unknown context", with(base+`,"https://a.example/context"`, plain+`,"credentialSubject":{"a":1}`), credential.CodeContextUnknown, ""},

		{"type", with(base, `"type":["VerifiableCredential","Badge"],"credentialSubject":{"id":"did:example:a"}`), credential.CodeTermsUndefined, "/type"},
		{"claim", with(base, plain+`,"credentialSubject":{"id":"did:example:a","mayBook":1}`), credential.CodeTermsUndefined, "/credentialSubject/mayBook"},
		{"claim below", with(base+`,{"a":"https://a.example/a"}`, plain+`,"credentialSubject":{"a":[{"a":1},{"b":2}]}`), credential.CodeTermsUndefined, "/credentialSubject/a/1/b"},
		{"type below", with(base, plain+`,"credentialSubject":{"type":"Bot"}`), credential.CodeTermsUndefined, "/credentialSubject/type"},
		{"at the top", with(base, plain+`,"credentialSubject":{"id":"did:example:a"},"rank":1`), credential.CodeTermsUndefined, "/rank"},
		{"mapped to nothing", with(base+`,{"a":null}`, plain+`,"credentialSubject":{"a":1}`), credential.CodeTermsUndefined, "/credentialSubject/a"},
		{"undefined with null", with(base, plain+`,"credentialSubject":{"id":"did:example:a","mayBook":null}`), credential.CodeTermsUndefined, "/credentialSubject/mayBook"},
		{"protected term", with(base+`,{"VerifiableCredential":"https://a.example/X"}`, plain+`,"credentialSubject":{"id":"did:example:a"}`), credential.CodeContextInvalid, ""},
		{"protected term below", with(base, plain+`,"credentialSubject":{"@context":{"id":"https://a.example/id"},"id":"did:example:a"}`), credential.CodeContextInvalid, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			for form, doc := range k.forms(string(test.doc.Canonical())) {
				for _, allow := range []bool{false, true} {
					verifier := credential.Verifier{Resolver: registry{}, Now: now, AllowUndefinedTerms: allow}
					verdict := verifier.Verify(context.Background(), doc)
					checkVerdict(t, verdict)
					row, _ := verdict.Check(credential.CheckContext)
					passes := test.code == "" || test.code == credential.CodeContextUnknown || allow && test.code == credential.CodeTermsUndefined
					if row.Code != test.code || !strings.Contains(row.Detail, test.path) || verdict.Verified != passes || (row.Outcome == credential.Failed) == passes {
						t.Errorf("%s, allow %v: verified %v, %+v", form, allow, verdict.Verified, row)
					}
				}
			}
		})
	}
}

// What tokens say of themselves needs no context, and version 1 demands none.
func TestTermsThatNeedNoContext(t *testing.T) {
	k := newTokens(t)
	verifier := credential.Verifier{Resolver: registry{}, Now: now}
	claims := k.defined(k.unsigned()).With("@context", jcs.Array(text(credential.ContextV2))).With("type", text(credential.Type)).
		With("credentialSubject", decode(t, `{"id":"did:example:a"}`)).
		With("nbf", jcs.FromInt(now.Unix())).With("iss", text(k.issuer)).With("sub", text("did:example:a")).With("nonce", text("n")).With("vct", text("urn:x:y"))
	for name, doc := range map[string]jcs.Value{
		"claims": text(k.jwt(claims)), "version 1": k.sign(k.version1()), "terms read as RDF": k.sign(k.defined(k.unsigned()), suite(proof.EdDSARDFC2022)),
	} {
		if v := verifier.Verify(context.Background(), doc); !v.Verified {
			t.Errorf("%s: %+v", name, v.ProblemDetails)
		}
	}
	if v := verifier.Verify(context.Background(), k.sign(claims)); v.Verified {
		t.Error("claims of tokens pass in what is no token")
	}
	vp := k.presentation(k.sign(k.defined(k.unsigned())))
	if v := verifier.VerifyPresentation(context.Background(), k.credentials.present(vp), credential.PresentationOptions{}); !v.Verified {
		t.Errorf("%+v", v.ProblemDetails)
	}
	v := verifier.VerifyPresentation(context.Background(), k.credentials.present(vp.With("mood", text("good"))), credential.PresentationOptions{})
	if row, _ := v.Check(credential.CheckContext); v.Verified || row.Code != credential.CodeTermsUndefined {
		t.Errorf("%+v", row)
	}
	v = verifier.VerifyPresentation(context.Background(), k.credentials.present(k.presentation(k.sign(k.unsigned()))), credential.PresentationOptions{})
	if len(v.Credentials) != 1 || v.Verified || v.Credentials[0].Verified {
		t.Errorf("a credential inside: %+v", v.Checks)
	}
}

func suite(name string) func(*proof.SignOptions) {
	return func(o *proof.SignOptions) { o.Cryptosuite = name }
}

// Numbers that a reader could take for another fail in every form, wherever they stand.
func TestNumbersThatReadersTakeForOthers(t *testing.T) {
	k := newTokens(t)
	verifier := credential.Verifier{Resolver: registry{}, Now: now}
	for number, want := range map[string]bool{
		"9007199254740991": true, "9007199254740992": true, "-12": true, "4.35": true, "1e2": true, "1E-7": true, "0.10000000000000001": true,
		"9007199254740993": false, "18446744073709551615": false, "9007199254740991.6": false, "1.0000000000000000001": false, "1e-400": false,
	} {
		for _, subject := range []string{`{"limit":"%"}`, `{"a":{"b":[0,{"c":"%"}]}}`} {
			doc := k.defined(k.unsigned()).With("credentialSubject", decode(t, subject))
			for form, secured := range k.forms(strings.Replace(string(doc.Canonical()), `"%"`, number, 1)) {
				verdict := verifier.Verify(context.Background(), secured)
				checkVerdict(t, verdict)
				row, _ := verdict.Check(credential.CheckStructure)
				if verdict.Verified != want || (row.Code == credential.CodeNumberInexact) == want || !want && !strings.HasPrefix(row.Detail, "/credentialSubject/") {
					t.Errorf("%s of %s: verified %v, %+v", form, number, verdict.Verified, row)
				}
			}
		}
	}
	disclosure := jose.Encode64([]byte(`["salt","limit",9007199254740993]`))
	digest := sha256.Sum256([]byte(disclosure))
	hidden := k.defined(k.unsigned()).With("credentialSubject", decode(t, `{"_sd":["`+jose.Encode64(digest[:])+`"]}`))
	sd := k.compact(k.header("vc+sd-jwt"), string(hidden.Canonical()), k.key) + "~" + disclosure + "~"
	verdict := verifier.Verify(context.Background(), text(sd))
	if row, _ := verdict.Check(credential.CheckStructure); verdict.Verified || row.Code != credential.CodeNumberInexact || !strings.HasPrefix(row.Detail, "/credentialSubject/limit") {
		t.Errorf("disclosed: %+v", row)
	}
	inner := k.defined(k.unsigned()).With("credentialSubject", decode(t, `{"limit":9007199254740993}`))
	vp := k.credentials.present(k.presentation(k.sign(inner)))
	v := verifier.VerifyPresentation(context.Background(), vp, credential.PresentationOptions{})
	if row, _ := v.Check(credential.CheckStructure); v.Verified || row.Code != credential.CodeNumberInexact || !strings.HasPrefix(row.Detail, "/verifiableCredential/") {
		t.Errorf("%+v", row)
	}
	dated := strings.Replace(string(k.defined(k.unsigned()).With("exp", text("%")).Canonical()), `"%"`, "253402300798.00000000000000001", 1)
	if v := verifier.Verify(context.Background(), text(k.compact(k.header("vc+jwt"), dated, k.key))); v.Verified {
		t.Error("a date that is another")
	}
}

// TestWhatIsSignedVerifies: what no verifier would take is not sealed, and checked before it is signed.
func TestWhatIsSignedVerifies(t *testing.T) {
	k := newTokens(t)
	good := k.defined(k.unsigned())
	holder := string(key.FromPublic(k.key.Public()))
	vp := decode(t, `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiablePresentation"],"holder":"`+holder+`"}`)
	other := testKey(t, k.holder.Public().Type())
	for _, test := range []struct {
		name  string
		doc   jcs.Value
		check string
		code  credential.Code
	}{
		{"good", good, "", ""},
		{"good presentation", vp, "", ""},
		{"an issuer that is no DID", good.With("issuer", text("https://bank.example")), "", ""},
		{"unknown context", good.With("@context", decode(t, `["https://www.w3.org/ns/credentials/v2","https://a.example/c"]`)), "", ""},
		{"structure", good.Without("credentialSubject"), credential.CheckStructure, credential.CodeMalformed},
		{"number", good.With("credentialSubject", decode(t, `{"n":9007199254740993}`)), credential.CheckStructure, credential.CodeNumberInexact},
		{"protected term", good.With("@context", decode(t, `["https://www.w3.org/ns/credentials/v2",{"VerifiableCredential":"https://a.example/X"}]`)), credential.CheckContext, credential.CodeContextInvalid},
		{"undefined term", k.unsigned(), credential.CheckContext, credential.CodeTermsUndefined},
		{"another issuer", good.With("issuer", text(string(key.FromPublic(other.Public())))), credential.CheckIssuer, credential.CodeIssuerMismatch},
		{"related resource", good.With("relatedResource", decode(t, `{"id":"https://www.w3.org/ns/credentials/v2","digestSRI":"`+sri+`"}`)), credential.CheckRelatedResource, credential.CodeDigestMismatch},
		{"status entry", good.With("credentialStatus", decode(t, `{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":7,"statusListCredential":"https://vc.example/1"}`)),
			credential.CheckStatus, credential.CodeListInvalid},
		{"presentation's structure", vp.With("verifiableCredential", text("x")), credential.CheckStructure, credential.CodeMalformedPresentation},
		{"presentation's terms", vp.With("mood", text("good")), credential.CheckContext, credential.CodeTermsUndefined},
		{"presentation's number", vp.With("verifiableCredential", decode(t, `[{"type":["VerifiableCredential"],"n":9007199254740993}]`)), credential.CheckStructure, credential.CodeNumberInexact},
		{"another holder", vp.With("holder", text(string(key.FromPublic(other.Public())))), credential.CheckHolder, credential.CodeHolderMismatch},
	} {
		t.Run(test.name, func(t *testing.T) {
			media := []string{credential.MediaCredentialJWT, credential.MediaCredentialSDJWT, credential.MediaCredentialCOSE}
			if _, presents := test.doc.Get("holder"); presents {
				media = []string{credential.MediaPresentationJWT, credential.MediaPresentationSDJWT, credential.MediaPresentationCOSE}
			}
			for _, m := range media {
				token, err := credential.Seal(test.doc, m, k.key, credential.SealOptions{KeyID: k.kid})
				if (err == nil) != (test.code == "") || (token == nil) != (err != nil) || err != nil && test.check != credential.CheckStructure && !strings.Contains(err.Error(), string(test.code)) {
					t.Errorf("%s: %v", m, err)
				}
			}
			var refusal *credential.Refusal
			err := new(credential.Verifier).CheckUnsigned(test.doc, k.kid, false)
			if (err == nil) != (test.code == "") || err != nil && (!errors.As(err, &refusal) || refusal.Check != test.check || refusal.Code != test.code || refusal.Type == "" || refusal.Title == "") {
				t.Errorf("%+v", err)
			}
		})
	}
	endorsed := k.sign(good)
	if err := new(credential.Verifier).CheckUnsigned(endorsed, key.MethodID(other.Public()), false); err != nil {
		t.Errorf("a second signature, by somebody else: %v", err)
	}
	if _, err := did.Parse(holder); err != nil {
		t.Fatal(err)
	}
}
