package agent

import (
	"net/http"
	"strings"
	"testing"
)

// TestOptionThatIsNotUnderstood: whatever a route is asked to do and does not do is refused by its name.
func TestOptionThatIsNotUnderstood(t *testing.T) {
	s := serveAgent(t, nil)
	vc := s.must(http.StatusCreated, "/credentials/issue", `{"credential":`+draft+`}`, "verifiableCredential")
	base := s.must(http.StatusCreated, "/issuers/ecdsa-sd-2023/credentials/issue", `{"credential":`+draft+`}`, "verifiableCredential")
	const presentation = `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiablePresentation"]}`
	vp := s.must(http.StatusCreated, "/presentations/prove", `{"presentation":`+presentation+`}`, "verifiablePresentation")
	credential, toPresent := `"credential":`+draft, `"presentation":`+presentation
	toDerive, toVerify := `"verifiableCredential":`+string(base.Canonical()), `"verifiableCredential":`+string(vc.Canonical())
	shown := `"verifiablePresentation":` + string(vp.Canonical())
	const jwt = `"mediaType":"application/vc+jwt"`
	for _, test := range []struct{ path, doc, options, names string }{
		{"/credentials/issue", credential, `{"proofPurpose":"authentication"}`, "options.proofPurpose"},
		{"/credentials/issue", credential, `{"type":"Ed25519Signature2018"}`, "options.type"},
		{"/credentials/issue", credential, `{"expire":"2030-01-01T00:00:00Z"}`, "options.expire"},
		{"/credentials/issue", credential, `{"statusPurpose":"revocation"}`, "options.statusPurpose"},
		{"/credentials/issue", credential, `{"disclosable":["/credentialSubject/mayBook"]}`, "options.disclosable"},
		{"/credentials/issue", credential, `{` + jwt + `,"expires":"2030-01-01T00:00:00Z"}`, "options.expires"},
		{"/credentials/issue", credential, `{` + jwt + `,"mandatoryPointers":["/issuer"]}`, "options.mandatoryPointers"},
		{"/credentials/issue", credential, `{"credentialId":7}`, "options.credentialId"},
		{"/credentials/issue", credential, `{"created":true}`, "options.created"},
		{"/credentials/issue", `"claims":{},` + credential, `{}`, "claims"},
		{"/issuers/eddsa-jcs-2022/credentials/issue", credential, `{"cryptosuite":"ecdsa-jcs-2019"}`, "options.cryptosuite"},
		{"/issuers/eddsa-jcs-2022/credentials/issue", credential, `{` + jwt + `}`, "options.mediaType"},
		{"/issuers/status/credentials/issue", credential, `{"statusPurposes":["revocation"]}`, "options.statusPurposes"},
		{"/presentations/prove", toPresent, `{"proofPurpose":"assertionMethod"}`, "options.proofPurpose"},
		{"/presentations/prove", toPresent, `{"credentialId":"urn:x:y"}`, "options.credentialId"},
		{"/presentations/prove", toPresent, `{"audience":"shop.example"}`, "options.audience"},
		{"/credentials/derive", toDerive, `{"pointers":["/id"]}`, "options.pointers"},
		{"/credentials/derive", toDerive, `{"selectivePointers":[1]}`, "options.selectivePointers"},
		{"/credentials/verify", toVerify, `{"holder":"did:example:a"}`, "options.holder"},
		{"/credentials/verify", toVerify, `{"checks":["horoscope"]}`, "horoscope"},
		{"/credentials/verify", `"challenge":"c",` + toVerify, `{}`, "challenge"},
		{"/presentations/verify", shown, `{"acceptAnyIssuer":"true"}`, "options.acceptAnyIssuer"},
		{"/presentations/verify", shown, `{"nonce":"c"}`, "options.nonce"},
	} {
		status, v := s.post(test.path, `{`+test.doc+`,"options":`+test.options+`}`)
		detail, _ := v.GetString("detail")
		if code, _ := v.GetString("code"); status != http.StatusBadRequest || code != "unknown-option" && code != "malformed" || !strings.Contains(detail, test.names) {
			t.Errorf("%s %s: %d %s", test.path, test.options, status, v.Canonical())
		}
	}
}

// TestCredentialForAnotherVerifier: challenge and domain are compared where a credential is verified by itself, too.
func TestCredentialForAnotherVerifier(t *testing.T) {
	s := serveAgent(t, nil)
	for _, media := range []string{"", `"mediaType":"application/vc+jwt",`, `"mediaType":"application/vc+cose",`} {
		challenge := s.must(http.StatusOK, "/challenges", `{}`, "challenge")
		good := `"options":{"challenge":` + string(challenge.Canonical()) + `,"domain":"shop.example"}`
		vc := s.must(http.StatusCreated, "/credentials/issue",
			`{"credential":`+draft+`,`+strings.Replace(good, "{", "{"+media, 1)+`}`, "verifiableCredential")
		for options, code := range map[string]string{
			`"options":{"challenge":"another","domain":"shop.example"}`:                             "challenge-mismatch",
			`"options":{"challenge":` + string(challenge.Canonical()) + `,"domain":"evil.example"}`: "domain-mismatch",
		} {
			if status, v := s.post("/credentials/verify", object("verifiableCredential", vc, options)); status != http.StatusBadRequest {
				t.Errorf("%s %s: %d %s", media, options, status, v.Canonical())
			} else if _, got := check(v, "proof"); got != code {
				t.Errorf("%s %s: %s", media, options, got)
			}
		}
		if status, v := s.post("/credentials/verify", object("verifiableCredential", vc, good)); status != http.StatusOK {
			t.Errorf("%s: %d %s", media, status, v.Canonical())
		}
		if status, v := s.post("/credentials/verify", object("verifiableCredential", vc, good)); status != http.StatusBadRequest {
			t.Errorf("%s: shown again: %d %s", media, status, v.Canonical())
		}
	}
}
