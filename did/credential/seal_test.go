package credential_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
)

// What Seal makes, the verifier accepts: bare, in its envelope, and in a
// presentation of each kind.
func TestSeal(t *testing.T) {
	k := newTokens(t)
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now}
	demand := credential.PresentationOptions{Challenge: "n-1", Domain: []string{"https://verifier.example"}}
	var inner []jcs.Value
	for _, media := range []string{credential.MediaCredentialJWT, credential.MediaCredentialSDJWT, credential.MediaCredentialCOSE} {
		opt := credential.SealOptions{KeyID: k.kid}
		if media == credential.MediaCredentialSDJWT {
			opt.Disclosable = []string{"/credentialSubject/sponsor"}
		}
		token, err := credential.Seal(k.defined(k.unsigned()), media, k.key, opt)
		if err != nil {
			t.Fatal(err)
		}
		envelope := credential.Envelope(media, token)
		inner = append(inner, envelope)
		for _, verdict := range []credential.Verdict{verifier.VerifyToken(context.Background(), media, token), verifier.Verify(context.Background(), envelope)} {
			if !verdict.Verified {
				t.Errorf("%s: %+v", media, verdict.ProblemDetails)
			}
		}
	}
	holder := string(key.FromPublic(k.holder.Public()))
	vp := decode(t, `{"@context":["`+credential.ContextV2+`"],"type":["VerifiablePresentation"],"holder":"`+holder+`","nonce":"n-1","aud":"https://verifier.example"}`).
		With("verifiableCredential", jcs.Array(inner...))
	for _, media := range []string{credential.MediaPresentationJWT, credential.MediaPresentationSDJWT, credential.MediaPresentationCOSE} {
		token, err := credential.Seal(vp, media, k.holder, credential.SealOptions{KeyID: key.MethodID(k.holder.Public())})
		if err != nil {
			t.Fatal(err)
		}
		verdict := verifier.VerifyPresentation(context.Background(), credential.Envelope(media, token), demand)
		if !verdict.Verified || len(verdict.Credentials) != 3 || verdict.Holder != holder {
			t.Errorf("%s: %+v", media, verdict)
		}
		if verdict := verifier.VerifyToken(context.Background(), media, token); !verdict.Verified || !verdict.Presentation {
			t.Errorf("%s: %+v", media, verdict)
		}
	}
}

func TestCannotSeal(t *testing.T) {
	k := newTokens(t)
	v := k.defined(k.unsigned())
	other := testKey(t, k.holder.Public().Type())
	for name, f := range map[string]func() ([]byte, error){
		"media type": func() ([]byte, error) {
			return credential.Seal(v, "application/vc+ld+json", k.key, credential.SealOptions{KeyID: k.kid})
		},
		"structure": func() ([]byte, error) {
			return credential.Seal(v.Without("issuer"), credential.MediaCredentialJWT, k.key, credential.SealOptions{KeyID: k.kid})
		},
		"kind": func() ([]byte, error) {
			return credential.Seal(v, credential.MediaPresentationJWT, k.key, credential.SealOptions{KeyID: k.kid})
		},
		"key id": func() ([]byte, error) {
			return credential.Seal(v, credential.MediaCredentialJWT, k.key, credential.SealOptions{KeyID: "#key"})
		},
		"no key id": func() ([]byte, error) {
			return credential.Seal(v, credential.MediaCredentialCOSE, k.key, credential.SealOptions{})
		},
		"another's key": func() ([]byte, error) {
			return credential.Seal(v, credential.MediaCredentialJWT, other, credential.SealOptions{KeyID: key.MethodID(other.Public())})
		},
		"claims": func() ([]byte, error) {
			return credential.Seal(v.With("iss", text("did:example:x")), credential.MediaCredentialJWT, k.key, credential.SealOptions{KeyID: k.kid})
		},
		"claim vc": func() ([]byte, error) {
			return credential.Seal(v.With("vc", jcs.Object()), credential.MediaCredentialSDJWT, k.key, credential.SealOptions{KeyID: k.kid})
		},
		"disclosable": func() ([]byte, error) {
			return credential.Seal(v, credential.MediaCredentialJWT, k.key, credential.SealOptions{KeyID: k.kid, Disclosable: []string{"/id"}})
		},
		"pointer": func() ([]byte, error) {
			return credential.Seal(v, credential.MediaCredentialSDJWT, k.key, credential.SealOptions{KeyID: k.kid, Disclosable: []string{"/nobody"}})
		},
	} {
		token, err := f()
		if err == nil || token != nil || strings.Contains(err.Error(), "%!") {
			t.Errorf("%s: %s, %v", name, token, err)
		}
	}
}
