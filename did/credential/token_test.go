package credential_test

import (
	"context"
	"encoding/base64"
	"maps"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
)

// tokenFile is vectors/credential/tokens.json.
type tokenFile struct {
	Description string               `json:"description"`
	Source      string               `json:"source"`
	Now         string               `json:"now"`
	Documents   map[string]jcs.Value `json:"documents"`
	Cases       []tokenVector        `json:"cases"`
}

// tokenVector is a token and what it is held to, or an envelope, and the codes of
// the checks that did not simply pass. Where the structure does not hold, nothing
// else is checked, and only its code is given.
type tokenVector struct {
	Name   string `json:"name"`
	Source string `json:"source"`
	Media  string `json:"media,omitempty"`
	// Token is in base64 where Media is of COSE.
	Token    string            `json:"token,omitempty"`
	Envelope jcs.Value         `json:"envelope,omitzero"`
	Statuses map[string]string `json:"statuses,omitempty"`
	// Bound demands a key binding of a credential, or a challenge and domain of a
	// presentation.
	Bound    *bound                     `json:"bound,omitempty"`
	Verified bool                       `json:"verified"`
	Codes    map[string]credential.Code `json:"codes"`
}

type bound struct {
	Challenge string   `json:"challenge"`
	Domain    []string `json:"domain"`
}

// TestTokens runs vectors/credential/tokens.json, which it also writes with
// -update.
func TestTokens(t *testing.T) {
	var file tokenFile
	vectorsInto(t, "tokens.json", newTokens(t).file(), &file)
	verified := 0
	for _, v := range file.Cases {
		t.Run(v.Name, func(t *testing.T) {
			verdict := v.verdict(t, file.Documents)
			checkVerdict(t, verdict)
			codes := notPassed(verdict)
			if codes[credential.CheckStructure] != "" {
				codes = map[string]credential.Code{credential.CheckStructure: codes[credential.CheckStructure]}
			}
			delete(codes, credential.CheckStatus)
			if c, _ := verdict.Check(credential.CheckStatus); c.Outcome == credential.Failed {
				codes[credential.CheckStatus] = c.Code
			}
			if verdict.Verified != v.Verified || !maps.Equal(codes, v.Codes) {
				t.Errorf("verified %v, codes %v; want %v, %v", verdict.Verified, codes, v.Verified, v.Codes)
				t.Log(verdict.ProblemDetails)
				for _, inner := range verdict.Credentials {
					t.Log(inner.ProblemDetails)
				}
			}
		})
		if v.Verified {
			verified++
		}
	}
	if verified*2 > len(file.Cases) {
		t.Errorf("%d of %d vectors are positive", verified, len(file.Cases))
	}
}

func (v tokenVector) verdict(t *testing.T, documents map[string]jcs.Value) credential.Verdict {
	source := registry{documents, v.Statuses}
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: source, Status: source, Now: now}
	opt := credential.PresentationOptions{}
	if v.Bound != nil {
		opt = credential.PresentationOptions{Challenge: v.Bound.Challenge, Domain: v.Bound.Domain}
	}
	ctx := context.Background()
	if v.Envelope.IsObject() || v.Envelope.IsString() {
		if types, _ := v.Envelope.GetString("type"); types == credential.EnvelopedPresentation {
			return verifier.VerifyPresentation(ctx, v.Envelope, opt)
		}
		return verifier.Verify(ctx, v.Envelope)
	}
	data := []byte(v.Token)
	switch v.Media {
	case credential.MediaCredentialCOSE, credential.MediaPresentationCOSE:
		var err error
		if data, err = base64.StdEncoding.DecodeString(v.Token); err != nil {
			t.Fatal(err)
		}
	case credential.MediaCredentialSDJWT:
		if v.Bound != nil {
			return verifier.VerifyBound(ctx, data, opt)
		}
	}
	if v.Media == credential.MediaPresentationJWT || v.Media == credential.MediaPresentationSDJWT || v.Media == credential.MediaPresentationCOSE {
		return verifier.VerifyPresentationToken(ctx, v.Media, data, opt)
	}
	return verifier.VerifyToken(ctx, v.Media, data)
}

// The digest of an SD-JWT is that of what the issuer signed, whatever is shown;
// that of a token is of its payload.
func TestTokenDigests(t *testing.T) {
	k := newTokens(t)
	all, none := k.sd("/credentialSubject/sponsor"), k.sdShown("/credentialSubject/sponsor")
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now}
	first := verifier.VerifyToken(context.Background(), credential.MediaCredentialSDJWT, []byte(all))
	second := verifier.VerifyToken(context.Background(), credential.MediaCredentialSDJWT, []byte(none))
	if !first.Verified || !second.Verified || first.Digest != second.Digest {
		t.Errorf("%v %s, %v %s", first.Verified, first.Digest, second.Verified, second.Digest)
	}
	jwt := verifier.VerifyToken(context.Background(), credential.MediaCredentialJWT, []byte(k.jwt(k.unsigned())))
	if want := hexDigest(credential.Digest(k.unsigned())); jwt.Digest != want || !jwt.Verified {
		t.Errorf("%s, want %s", jwt.Digest, want)
	}
}

func TestTokenFreshness(t *testing.T) {
	k := newTokens(t)
	soon := now.Add(time.Minute)
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, FreshUntil: now.Add(time.Hour)}
	verdict := verifier.Verify(context.Background(), text(k.jwt(k.unsigned().With("exp", jcs.FromInt(soon.Unix())))))
	if !verdict.Verified || verdict.FreshUntil != soon.Format(time.RFC3339) {
		t.Errorf("%+v", verdict)
	}
}

func FuzzToken(f *testing.F) {
	k := newTokens(f)
	for _, v := range k.file().Cases {
		if v.Token != "" {
			f.Add(v.Media, v.Token)
		}
	}
	f.Add("application/jwt; x=y", "a.b.c")
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{k.documents(), nil}, Now: now}
	f.Fuzz(func(t *testing.T, media, token string) {
		for _, verdict := range []credential.Verdict{
			verifier.VerifyToken(context.Background(), media, []byte(token)),
			verifier.VerifyPresentationToken(context.Background(), media, []byte(token), credential.PresentationOptions{Challenge: "c"}),
			verifier.VerifyBound(context.Background(), []byte(token), credential.PresentationOptions{}),
		} {
			if verdict.Verified != (len(verdict.ProblemDetails) == 0) {
				t.Fatalf("%+v", verdict)
			}
		}
	})
}

func FuzzEnvelope(f *testing.F) {
	k := newTokens(f)
	for _, v := range k.file().Cases {
		if v.Envelope.IsObject() {
			f.Add(v.Envelope.Canonical())
		}
	}
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{k.documents(), nil}, Now: now}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := jcs.Decode(data)
		if err != nil {
			return
		}
		if verdict := verifier.Verify(context.Background(), doc); verdict.Verified && len(verdict.ProblemDetails) > 0 {
			t.Fatalf("%+v", verdict)
		}
		if verdict := verifier.VerifyPresentation(context.Background(), doc, credential.PresentationOptions{}); verdict.Verified && len(verdict.ProblemDetails) > 0 {
			t.Fatalf("%+v", verdict)
		}
	})
}

// documents has an issuer whose keys differ in what they are for.
func (k tokens) documents() map[string]jcs.Value {
	pub := k.key.Public().String()
	method := func(name, more string) string {
		return `{"id":"` + name + `","type":"Multikey","controller":"` + foreignIssuer + `","publicKeyMultibase":"` + pub + `"` + more + `}`
	}
	return map[string]jcs.Value{
		foreignIssuer: decode(k.tb, `{"id":"`+foreignIssuer+`","verificationMethod":[`+method("#key", "")+`,`+method("#login", "")+`,`+
			method("#old", `,"revoked":"2026-01-01T00:00:00Z"`)+`],"assertionMethod":["#key","#old"],"authentication":["#login"]}`),
		"did:example:two": decode(k.tb, `{"id":"did:example:two","verificationMethod":[`+
			`{"id":"#a","type":"Multikey","controller":"did:example:two","publicKeyMultibase":"`+pub+`"},`+
			`{"id":"#b","type":"Multikey","controller":"did:example:two","publicKeyMultibase":"`+pub+`"}],"assertionMethod":["#a","#b"]}`),
		"did:example:deactivated": jcs.Object(),
	}
}

var _ did.Resolver = registry{}
