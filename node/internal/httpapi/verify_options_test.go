package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/node/api"
)

// A credential that was secured for one verifier does not pass at another that says what it expects.
func TestCredentialSecuredForAnotherVerifier(t *testing.T) {
	n := startNode(t)
	issuer := n.register("issuers", "one")
	secure := func(challenge, domain string) jcs.Value {
		vc, err := proof.Sign(issuer.issue("x").Without("proof"), issuer.key, proof.SignOptions{
			VerificationMethod: string(issuer.id) + "#key-1", Purpose: did.AssertionMethod, Created: n.now, Challenge: challenge, Domain: []string{domain},
		})
		if err != nil {
			t.Fatal(err)
		}
		return vc
	}
	claims := func(challenge, domain string) jcs.Value {
		return jcs.FromString(issuer.token("vc+jwt", "vc", issuer.issue("x").Without("proof").
			With("nonce", jcs.FromString(challenge)).With("aud", jcs.FromString(domain))))
	}
	for form, secure := range map[string]func(challenge, domain string) jcs.Value{"proof": secure, "token": claims} {
		vc := secure("n-1", "shop.example")
		for options, code := range map[string]credential.Code{
			`{"challenge":"n-1","domain":"shop.example"}`:   "",
			`{"challenge":"n-1","domain":["shop.example"]}`: "",
			`{"challenge":"n-2","domain":"shop.example"}`:   credential.CodeChallengeMismatch,
			`{"challenge":"n-1","domain":"evil.example"}`:   credential.CodeDomainMismatch,
		} {
			t.Run(form+options, func(t *testing.T) {
				status := http.StatusOK
				if code != "" {
					status = http.StatusBadRequest
				}
				v := n.within(t).judgedAt(verifyPath, status, []byte(`{"verifiableCredential":`+string(vc.Canonical())+`,"options":`+options+`}`))
				if row, _ := v.Check(credential.CheckProof); row.Code != code {
					t.Errorf("%+v", row)
				}
			})
		}
		c := n.challenge()
		body := []byte(`{"verifiableCredential":` + string(secure(c, "shop.example").Canonical()) + `,"options":{"challenge":"` + c + `","domain":"shop.example"}}`)
		n.judgedAt(verifyPath, http.StatusOK, body)
		if v := n.judgedAt(verifyPath, http.StatusBadRequest, body); v.Checks[0].Code != "challenge-spent" || v.Verdict.Presentation {
			t.Errorf("%s shown again: %+v", form, v)
		}
	}
}

// What is asked and not understood is refused by its name, whatever else may be right.
func TestOptionThatIsNotUnderstood(t *testing.T) {
	n := startNode(t)
	issuer := n.register("issuers", "one")
	vc := issuer.issue("x")
	for path, doc := range map[string]string{
		verifyPath:       `"verifiableCredential":` + string(vc.Canonical()),
		presentationPath: `"verifiablePresentation":` + string(issuer.present("", "", vc).Canonical()),
	} {
		n.judgedAt(path, http.StatusOK, []byte(`{`+doc+`,"options":{"checks":["proof","credentialStatus"],"returnResults":true,"returnProblemDetails":false}}`))
		for rest, want := range map[string]struct {
			code  api.Code
			names string
		}{
			`"options":{"chalenge":"x"}`:                        {api.UnknownOption, "options.chalenge"},
			`"options":{"nonce":"x","audience":"shop.example"}`: {api.UnknownOption, "options.audience, options.nonce"},
			`"options":{"skipStatus":true}`:                     {api.UnknownOption, "options.skipStatus"},
			`"challenge":"x"`:                                   {api.UnknownOption, "challenge"},
			`"option":{"challenge":"x"}`:                        {api.UnknownOption, "option"},
			`"options":{"challenge":5}`:                         {api.Malformed, "options.challenge"},
			`"options":{"challenge":""}`:                        {api.Malformed, "options.challenge"},
			`"options":{"challenge":null}`:                      {api.Malformed, "options.challenge"},
			`"options":{"domain":[]}`:                           {api.Malformed, "options.domain"},
			`"options":{"domain":["shop.example",1]}`:           {api.Malformed, "options.domain"},
			`"options":{"domain":{}}`:                           {api.Malformed, "options.domain"},
			`"options":{"checks":["proof","horoscope"]}`:        {api.Malformed, "horoscope"},
			`"options":{"checks":"all"}`:                        {api.Malformed, "all"},
			`"options":{"returnResults":"yes"}`:                 {api.Malformed, "options.returnResults"},
			`"options":{"acceptAnyIssuer":1}`:                   {api.Malformed, "options.acceptAnyIssuer"},
			`"options":{"returnCredential":"yes"}`:              {api.Malformed, "options.returnCredential"},
			`"options":["challenge"]`:                           {api.Malformed, "options"},
		} {
			got := n.post(path, "application/json", []byte(`{`+doc+`,`+rest+`}`))
			if path == presentationPath && strings.Contains(rest, "returnCredential") {
				want.code = api.UnknownOption
			}
			if p := got.refused(want.code); !strings.Contains(p.Detail, want.names) {
				t.Errorf("%s %s: %s", path, rest, p.Detail)
			}
		}
	}
}
