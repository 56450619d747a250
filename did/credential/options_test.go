package credential_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/sdjwt"
)

// A credential that was secured for one verifier does not verify at another, in whatever form it comes.
func TestCredentialForAnotherVerifier(t *testing.T) {
	k := newTokens(t)
	const challenge, shop = "n-1", "https://verifier.example"
	integrity := k.sign(k.unsigned(), func(o *proof.SignOptions) { o.Challenge, o.Domain = challenge, []string{shop} })
	claims := k.unsigned().With("nonce", text(challenge)).With("aud", text(shop))
	bound := k.present(k.held(), k.binding(func(*sdjwt.Binding) {}), "/credentialSubject/sponsor")
	unbound := k.sd("/credentialSubject/sponsor")
	plain := k.sign(k.unsigned())
	mine := credential.Options{Challenge: challenge, Domain: []string{shop}}
	for _, test := range []struct {
		name string
		doc  jcs.Value
		opt  credential.Options
		code credential.Code // of the row proof; "" if the credential verifies
	}{
		{"integrity", integrity, mine, ""},
		{"integrity, nothing asked", integrity, credential.Options{}, ""},
		{"integrity, another challenge", integrity, credential.Options{Challenge: "n-2"}, credential.CodeChallengeMismatch},
		{"integrity, another domain", integrity, credential.Options{Domain: []string{"https://other.example"}}, credential.CodeDomainMismatch},
		{"integrity, more domains", integrity, credential.Options{Domain: []string{shop, "https://other.example"}}, credential.CodeDomainMismatch},
		{"integrity without challenge", plain, credential.Options{Challenge: challenge}, credential.CodeChallengeMismatch},
		{"integrity without domain", plain, credential.Options{Domain: []string{shop}}, credential.CodeDomainMismatch},
		{"JWT", text(k.jwt(claims)), mine, ""},
		{"JWT, nothing asked, for somebody", text(k.jwt(claims)), credential.Options{}, credential.CodeDomainMismatch},
		{"JWT, another challenge", text(k.jwt(claims)), credential.Options{Challenge: "n-2", Domain: mine.Domain}, credential.CodeChallengeMismatch},
		{"JWT, another domain", text(k.jwt(claims)), credential.Options{Domain: []string{"https://other.example"}}, credential.CodeDomainMismatch},
		{"JWT without nonce", text(k.jwt(k.unsigned())), credential.Options{Challenge: challenge}, credential.CodeChallengeMismatch},
		{"JWT without audience", text(k.jwt(k.unsigned())), credential.Options{Domain: []string{shop}}, credential.CodeDomainMismatch},
		{"SD-JWT", text(bound), mine, ""},
		{"SD-JWT, nothing asked", text(bound), credential.Options{}, ""},
		{"SD-JWT, another challenge", text(bound), credential.Options{Challenge: "n-2"}, credential.CodeChallengeMismatch},
		{"SD-JWT, another domain", text(bound), credential.Options{Domain: []string{"https://other.example"}}, credential.CodeDomainMismatch},
		{"SD-JWT without key binding, challenge", text(unbound), credential.Options{Challenge: challenge}, credential.CodeChallengeMismatch},
		{"SD-JWT without key binding, domain", text(unbound), credential.Options{Domain: []string{shop}}, credential.CodeDomainMismatch},
	} {
		t.Run(test.name, func(t *testing.T) {
			verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now}
			verdict := verifier.VerifyFor(context.Background(), test.doc, test.opt)
			row, _ := verdict.Check(credential.CheckProof)
			if row.Code != test.code || verdict.Verified != (test.code == "") {
				t.Errorf("verified %v, %+v", verdict.Verified, row)
			}
		})
	}
}

// A presentation that answers no challenge may be an old one, and the verdict says so.
func TestPresentationWithoutChallenge(t *testing.T) {
	k := newTokens(t)
	shown := k.credentials.present(k.presentation())
	bare := k.presentation()
	for _, test := range []struct {
		name    string
		doc     jcs.Value
		opt     credential.PresentationOptions
		outcome credential.Outcome
		code    credential.Code
	}{
		{"answered", shown, credential.PresentationOptions{Challenge: challenge}, credential.Passed, ""},
		{"none asked", shown, credential.PresentationOptions{}, credential.Skipped, credential.CodeNoChallenge},
		{"only a domain asked", shown, credential.PresentationOptions{Domain: []string{"shop.example"}}, credential.Skipped, credential.CodeNoChallenge},
		{"another", shown, credential.PresentationOptions{Challenge: "n-2"}, credential.Skipped, credential.CodeNotChecked},
		{"unsecured", bare, credential.PresentationOptions{AllowUnsecured: true}, credential.Skipped, credential.CodeUnsecured},
	} {
		verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now}
		verdict := verifier.VerifyPresentation(context.Background(), test.doc, test.opt)
		checkVerdict(t, verdict)
		row, ok := verdict.Check(credential.CheckChallenge)
		if !ok || row.Outcome != test.outcome || row.Code != test.code || verdict.Verified != (test.name != "another") {
			t.Errorf("%s: verified %v, %+v", test.name, verdict.Verified, row)
		}
	}
}

// What only the tolerance lets pass is told, and a Verifier may have none, or more.
func TestLeeway(t *testing.T) {
	k := newTokens(t)
	early := k.sign(k.unsigned(), created(now.Add(3*time.Second)))
	for _, test := range []struct {
		leeway time.Duration
		doc    jcs.Value
		told   string // in the row validity, "" if the credential fails it
	}{
		{0, early, "created is 2026-06-01T00:00:03Z, ahead by less than the clock tolerance of 5s"},
		{3 * time.Second, early, "created is 2026-06-01T00:00:03Z, ahead by less than the clock tolerance of 3s"},
		{2 * time.Second, early, ""},
		{-1, early, ""},
		{0, text(k.jwt(k.unsigned().With("nbf", jcs.FromInt(now.Unix()+4)))), "nbf is"},
		{0, text(k.jwt(k.unsigned().With("iat", jcs.FromInt(now.Unix()+4)))), "iat is"},
		{-1, text(k.jwt(k.unsigned().With("iat", jcs.FromInt(now.Unix()+4)))), ""},
		{0, k.sign(k.unsigned().With("validFrom", text("2026-06-01T00:00:04Z"))), "validFrom is"},
	} {
		verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, Leeway: test.leeway}
		verdict := verifier.Verify(context.Background(), test.doc)
		row, _ := verdict.Check(credential.CheckValidity)
		if verdict.Verified != (test.told != "") || !strings.HasPrefix(row.Detail, test.told) || test.told == "" && row.Code != credential.CodeNotYetValid {
			t.Errorf("leeway %v: verified %v, %+v", test.leeway, verdict.Verified, row)
		}
	}
}
