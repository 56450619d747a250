package agent

import (
	"net/http"
	"strings"
	"testing"
)

const version1 = `{"@context":["https://www.w3.org/2018/credentials/v1"],"type":["VerifiableCredential"],
	"issuanceDate":"2026-01-01T00:00:00Z","credentialSubject":{"id":"did:example:bot"}}`

// TestContextOfProofs: a document whose contexts do not define the members of proofs
// gets the one that does, and no other document does.
func TestContextOfProofs(t *testing.T) {
	s := serveAgent(t, nil)
	plain := `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"credentialSubject":{"id":"did:example:bot"}}`
	presentation := `{"@context":["https://www.w3.org/2018/credentials/v1"],"type":["VerifiablePresentation"]}`
	for _, c := range []struct {
		path, in, body, out string
		contexts            int
	}{
		{"/issuers/eddsa-rdfc-2022/credentials/issue", "credential", version1, "verifiableCredential", 2},
		{"/issuers/ecdsa-rdfc-2019/P-384/credentials/issue", "credential", version1, "verifiableCredential", 2},
		{"/issuers/ecdsa-sd-2023/P-256/credentials/issue", "credential", version1, "verifiableCredential", 2},
		{"/issuers/eddsa-jcs-2022/credentials/issue", "credential", version1, "verifiableCredential", 2},
		{"/issuers/eddsa-jcs-2022/credentials/issue", "credential", plain, "verifiableCredential", 1},
		{"/holders/eddsa-rdfc-2022/presentations/prove", "presentation", presentation, "verifiablePresentation", 2},
	} {
		secured := s.must(http.StatusCreated, c.path, `{"`+c.in+`":`+c.body+`}`, c.out)
		contexts, _ := secured.Get("@context")
		if last, _ := contexts.At(contexts.Len() - 1).Str(); contexts.Len() != c.contexts || c.contexts == 2 && last != dataIntegrity {
			t.Errorf("%s: %s", c.path, contexts.Canonical())
		}
		if c.out == "verifiableCredential" && !strings.Contains(c.path, "-sd-") {
			s.must(http.StatusOK, "/credentials/verify", object(c.out, secured), "verified")
		}
	}
}

// TestIssueRefusesWhatItKnowsToBeWrong: status entries that nobody could read, wherever
// they stand, and digests that are not those of a context at hand.
func TestIssueRefusesWhatItKnowsToBeWrong(t *testing.T) {
	s := serveAgent(t, nil)
	const digest = `{"id":"https://www.w3.org/ns/credentials/v2","digestMultibase":"uM4RgWQc3RUDtjJCSgTJtTfvpZ7SPEg_LNO0ESlovQC0"}`
	for name, member := range map[string]string{
		"entry-with-index-that-is-no-string":  `"credentialStatus":{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":1,"statusListCredential":"https://vc.example/1"}`,
		"entry-under-another-name":            `"statusEntry":{"type":"BitstringStatusListEntry","statusListIndex":true,"statusListCredential":"https://vc.example"}`,
		"entry-without-purpose-in-an-array":   `"credentialStatus":[{"type":"BitstringStatusListEntry","statusListIndex":"1","statusListCredential":"https://vc.example/1"}]`,
		"related-resource-of-another-digest":  `"relatedResource":` + digest,
		"second-related-resource-of-another":  `"relatedResource":[{"id":"https://vc.example/elsewhere","digestSRI":"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},` + digest + `]`,
		"related-resource-of-another-sri-too": `"relatedResource":{"id":"https://www.w3.org/ns/credentials/v2","digestSRI":"sha384-_rCVIV7fSXXTNIvpiq26jRDyj8JG8TDjij-tD0ewLk4JpnXEz6a5AeeY_1qQ0d0P"}`,
	} {
		for _, path := range []string{"/issuers/eddsa-jcs-2022/credentials/issue", "/issuers/status/credentials/issue"} {
			body := `{"credential":` + strings.TrimSuffix(draft, "}") + "," + member + "}}"
			if status, v := s.post(path, body); status != http.StatusBadRequest {
				t.Errorf("%s, %s: %d %s", name, path, status, v.Canonical())
			}
		}
	}
}

// TestIssueRefusesWhatNoVerifierTakes: in every form, with the code that the verdict would have.
func TestIssueRefusesWhatNoVerifierTakes(t *testing.T) {
	s := serveAgent(t, nil)
	const context, subject = `"@context":["https://www.w3.org/ns/credentials/v2"]`, `"credentialSubject":{"id":"did:example:bot"}`
	const redefined = `"@context":["https://www.w3.org/ns/credentials/v2",{"VerifiableCredential":"https://agents.example/terms#X"}]`
	forms := map[string]string{"/issuers/status/credentials/issue": `{}`}
	for _, suite := range []string{"eddsa-jcs-2022", "eddsa-rdfc-2022", "ecdsa-jcs-2019", "ecdsa-rdfc-2019", "ecdsa-sd-2023"} {
		forms["/issuers/"+suite+"/credentials/issue"] = `{}`
	}
	for _, form := range []string{"jwt", "sd-jwt", "cose"} {
		forms["/credentials/issue?"+form] = `{"mediaType":"application/vc+` + form + `"}`
	}
	for doc, want := range map[string]string{
		`{` + redefined + `,"type":["VerifiableCredential"],` + subject + `}`:                                            "context-invalid",
		`{` + context + `,"type":["VerifiableCredential","CourierAgentCredential"],` + subject + `}`:                     "terms-undefined",
		`{` + context + `,"type":["VerifiableCredential"],"credentialSubject":{"id":"did:example:bot","mayBook":1}}`:     "terms-undefined",
		`{` + context + `,"type":["VerifiableCredential"],"credentialSubject":{"https://a.example/n":9007199254740993}}`: "number-inexact",
		`{` + context + `,"type":["VerifiableCredential"]}`:                                                              "credential-malformed",
	} {
		for path, options := range forms {
			status, v := s.post(path, `{"credential":`+doc+`,"options":`+options+`}`)
			if code, _ := v.GetString("code"); status != http.StatusBadRequest || code != want {
				t.Errorf("%s of %s: %d %s", path, doc, status, v.Canonical())
			}
		}
	}
	for doc, want := range map[string]string{
		`{` + context + `,"type":["VerifiablePresentation"],"mood":"good"}`:                                                                         "terms-undefined",
		`{` + context + `,"type":["VerifiablePresentation"],"verifiableCredential":[{"type":["VerifiableCredential"],"limit":9007199254740991.6}]}`: "number-inexact",
		`{` + context + `,"type":["VerifiablePresentation"],"verifiableCredential":["x"]}`:                                                          "presentation-malformed",
	} {
		for _, options := range []string{`{}`, `{"cryptosuite":"eddsa-rdfc-2022"}`, `{"mediaType":"application/vp+jwt"}`, `{"mediaType":"application/vp+cose"}`} {
			status, v := s.post("/presentations/prove", `{"presentation":`+doc+`,"options":`+options+`}`)
			if code, _ := v.GetString("code"); status != http.StatusBadRequest || code != want {
				t.Errorf("%s of %s: %d %s", options, doc, status, v.Canonical())
			}
		}
	}
}

func TestListMedia(t *testing.T) {
	for accept, want := range map[string]string{
		"": "application/vc", "*/*": "application/vc", "text/html": "application/vc",
		"application/ld+json, application/json":  "application/ld+json",
		"application/json;q=0.5, application/vc": "application/vc",
		"application/vc;q=0.1, application/json": "application/json",
		"application/json;q=2":                   "application/vc",
	} {
		if got := listMedia([]string{accept}); got != want {
			t.Errorf("%q: %s, want %s", accept, got, want)
		}
	}
	if got := listMedia(nil); got != "application/vc" {
		t.Error(got)
	}
}
