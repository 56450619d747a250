package credential_test

import (
	"context"
	"encoding/base64"
	"testing"

	"github.com/tabard-id/tabard/did/credential"
)

// One credential in each kind of token, with nothing remembered between runs.
func BenchmarkToken(b *testing.B) {
	k := newTokens(b)
	v := k.unsigned()
	inCOSE, err := base64.StdEncoding.DecodeString(k.cose(k.coseHeader(), string(v.Canonical())))
	if err != nil {
		b.Fatal(err)
	}
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now}
	for media, token := range map[string][]byte{
		credential.MediaCredentialJWT: []byte(k.jwt(v)), credential.MediaCredentialSDJWT: []byte(k.sd("/credentialSubject/sponsor")), credential.MediaCredentialCOSE: inCOSE,
	} {
		b.Run(media[len("application/"):], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if verdict := verifier.VerifyToken(context.Background(), media, token); !verdict.Verified {
					b.Fatalf("%+v", verdict)
				}
			}
		})
	}
}
