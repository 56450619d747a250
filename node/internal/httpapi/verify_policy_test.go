package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/node/api"
)

// verifyWith is a request to verify a credential with these options.
func verifyWith(vc jcs.Value, options string) []byte {
	return []byte(`{"verifiableCredential":` + string(vc.Canonical()) + `,"options":` + options + `}`)
}

// Terms that no context defines pass where the operator and the request let them, and the row says so.
func TestTermsThatNoContextDefines(t *testing.T) {
	ok, bad := http.StatusOK, http.StatusBadRequest
	for policy, want := range map[api.Concession][2]int{api.OnRequest: {bad, ok}, api.Always: {ok, ok}, api.Never: {bad, bad}} {
		n := startNode(t, func(c *Config) { c.Verdicts.AllowUndefinedTerms = policy })
		signer := n.register("agents", "signer")
		vc := signer.sign(signer.issue("x").Without("proof").With("mood", jcs.FromString("good")))
		for asked, options := range []string{`{}`, `{"allowUndefinedTerms":true}`} {
			for path, body := range map[string][]byte{
				verifyPath: verifyWith(vc, options), presentationPath: presentationBody(signer.present("", "", vc), options),
			} {
				v := n.judgedAt(path, want[asked], body).Verdict
				if path == presentationPath {
					v = v.Credentials[0]
				}
				row, _ := v.Check(credential.CheckContext)
				if row.Code != credential.CodeTermsUndefined || (row.Outcome == credential.Skipped) != v.Verified || !strings.Contains(row.Detail, "/mood") {
					t.Errorf("policy %d, %s at %s: %+v", policy, options, path, row)
				}
			}
		}
	}
}

// A credential that nobody can revoke here passes unless the operator or the request demands that one can.
func TestCredentialThatIsNotRegistered(t *testing.T) {
	for _, always := range []bool{false, true} {
		n := startNode(t, func(c *Config) { c.Verdicts.RequireRegistered = always })
		issuer := n.register("issuers", "one")
		registered, unknown := issuer.issue("a"), issuer.issue("b")
		n.post("/v1/credentials", "application/json", registerBody(registered, false)).json(http.StatusCreated, new(api.Receipt))
		for _, test := range []struct {
			vc      jcs.Value
			options string
			outcome credential.Outcome
		}{
			{registered, `{}`, credential.Passed},
			{registered, `{"requireRegistered":true}`, credential.Passed},
			{unknown, `{}`, credential.Skipped},
			{unknown, `{"requireRegistered":false}`, credential.Skipped},
			{unknown, `{"requireRegistered":true}`, credential.Failed},
		} {
			if always && test.outcome == credential.Skipped {
				test.outcome = credential.Failed
			}
			status := http.StatusOK
			if test.outcome == credential.Failed {
				status = http.StatusBadRequest
			}
			v := n.judgedAt(verifyPath, status, verifyWith(test.vc, test.options))
			row, _ := v.Check(credential.CheckStatus)
			if row.Outcome != test.outcome || (row.Code == credential.CodeUnregistered) != (test.outcome != credential.Passed) {
				t.Errorf("always %v, %s: %+v", always, test.options, row)
			}
			n.judged(status, presentationBody(issuer.present("", "", test.vc), test.options))
		}
	}
}

// A number that readers take for another is refused wherever something signed comes in, by its place.
func TestNumberThatIsSignedAsAnother(t *testing.T) {
	n := startNode(t)
	issuer := n.register("issuers", "one")
	vc := issuer.sign(issuer.issue("x").Without("proof").With("credentialSubject", jcs.Object(jcs.Member{Name: "id", Value: jcs.FromString("did:example:a")})).
		With("evidence", decoded(t, `{"type":"https://a.example/E","https://a.example/limit":9007199254740992}`)))
	n.judgedAt(verifyPath, http.StatusOK, verifyWith(vc, `{}`))
	for _, other := range []string{"9007199254740993", "9007199254740991.6", "9007199254740993e0"} {
		altered := strings.Replace(string(vc.Canonical()), "9007199254740992", other, 1)
		v := n.judgedAt(verifyPath, http.StatusBadRequest, []byte(`{"verifiableCredential":`+altered+`}`))
		if row, _ := v.Check(credential.CheckStructure); row.Code != credential.CodeNumberInexact || !strings.Contains(row.Detail, other) {
			t.Errorf("%s: %+v", other, row)
		}
		n.unchanged(func() {
			p := n.post("/v1/credentials", "application/json", []byte(altered)).refused(api.Malformed)
			if !strings.Contains(p.Detail, other) {
				t.Errorf("registered %s: %s", other, p.Detail)
			}
			n.post("/v1/credentials", "application/json", []byte(`{"credential":`+altered+`}`)).refused(api.Malformed)
			n.post("/v1/records", "application/x-ndjson", []byte(`{"op":"credential","credential":`+altered+`,"publish":false}`+"\n"))
		})
	}
}
