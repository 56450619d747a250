package agent

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
)

// served is an agent with a key of each type, and the URL under which it is reached.
type served struct {
	t   *testing.T
	url string
}

func serveAgent(t *testing.T, change func(*Config)) served {
	t.Helper()
	store, wallet := newStore(t)
	for _, kind := range []multikey.Type{multikey.Ed25519, multikey.P256, multikey.P384} {
		if _, err := store.Add("", generate(t, kind)); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewUnstartedServer(nil)
	server.Start()
	t.Cleanup(server.Close)
	cfg := Config{Keys: store, Wallet: wallet, BaseURL: server.URL}
	if change != nil {
		change(&cfg)
	}
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	server.Config.Handler = a.Handler()
	return served{t, server.URL}
}

func (s served) do(r *http.Request) (int, jcs.Value) {
	s.t.Helper()
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	v, err := jcs.Decode(body)
	if err != nil {
		s.t.Fatalf("reply %d is not JSON: %s", reply.StatusCode, body)
	}
	return reply.StatusCode, v
}

func (s served) request(method, path, body string) *http.Request {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return r
}

func (s served) post(path, body string) (int, jcs.Value) {
	s.t.Helper()
	return s.do(s.request(http.MethodPost, path, body))
}

// must posts and returns one member of a reply of that status.
func (s served) must(status int, path, body, member string) jcs.Value {
	s.t.Helper()
	got, v := s.post(path, body)
	if got != status {
		s.t.Fatalf("POST %s: %d %s, want %d", path, got, v.Canonical(), status)
	}
	out, ok := v.Get(member)
	if !ok {
		s.t.Fatalf("POST %s: no %s in %s", path, member, v.Canonical())
	}
	return out
}

const draft = `{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/undefined-terms/v2"],
	"id":"urn:uuid:6d1f6e31-0cf4-4b7c-8a3c-3e6b6d4f1e11","type":["VerifiableCredential","AgentCredential"],
	"credentialSubject":{"id":"did:example:bot","mayBook":"flights","limits":[{"eur":100},{"usd":120}]}}`

func object(name string, v jcs.Value, more ...string) string {
	members := []string{`"` + name + `":` + string(v.Canonical())}
	return "{" + strings.Join(append(members, more...), ",") + "}"
}

// check returns the outcome and code of a row of a verdict.
func check(v jcs.Value, name string) (outcome, code string) {
	checks, _ := v.Get("checks")
	for row := range checks.Elems() {
		if n, _ := row.GetString("name"); n == name {
			outcome, _ = row.GetString("outcome")
			code, _ = row.GetString("code")
		}
	}
	return outcome, code
}

var issueRoutes = []string{
	"/credentials/issue",
	"/issuers/eddsa-jcs-2022/credentials/issue",
	"/issuers/eddsa-rdfc-2022/credentials/issue",
	"/issuers/ecdsa-jcs-2019/P-256/credentials/issue",
	"/issuers/ecdsa-jcs-2019/P-384/credentials/issue",
	"/issuers/ecdsa-rdfc-2019/P-256/credentials/issue",
	"/issuers/ecdsa-rdfc-2019/P-384/credentials/issue",
	"/issuers/status/credentials/issue",
}

func TestWhatIsIssuedVerifiesAndNothingElse(t *testing.T) {
	s := serveAgent(t, nil)
	for _, route := range issueRoutes {
		t.Run(route, func(t *testing.T) {
			vc := s.must(http.StatusCreated, route, `{"credential":`+draft+`}`, "verifiableCredential")
			if status, v := s.post("/credentials/verify", object("verifiableCredential", vc)); status != http.StatusOK {
				t.Errorf("the credential does not verify: %s", v.Canonical())
			}
			subject, _ := vc.Get("credentialSubject")
			bad := vc.With("credentialSubject", subject.With("mayBook", jcs.FromString("anything")))
			status, v := s.post("/credentials/verify", object("verifiableCredential", bad))
			if outcome, code := check(v, "proof"); status != http.StatusBadRequest || outcome != "failed" || code != "proof-invalid" {
				t.Errorf("tampered: %d %s", status, v.Canonical())
			}
		})
	}
}

func TestIssueRefuses(t *testing.T) {
	s := serveAgent(t, nil)
	with := func(name, value string) string {
		d, err := jcs.Decode([]byte(draft))
		if err != nil {
			t.Fatal(err)
		}
		v, err := jcs.Decode([]byte(value))
		if err != nil {
			t.Fatal(err)
		}
		return object("credential", d.With(name, v))
	}
	const rdfc = "/issuers/eddsa-rdfc-2022/credentials/issue"
	for name, tt := range map[string]struct {
		path, body string
		status     int
	}{
		"a suite that is none":            {"/issuers/rsa-2018/credentials/issue", `{"credential":` + draft + `}`, 404},
		"a curve that is none":            {"/issuers/ecdsa-rdfc-2019/P-521/credentials/issue", `{"credential":` + draft + `}`, 404},
		"a curve of another suite":        {"/issuers/ecdsa-sd-2023/P-384/credentials/issue", `{"credential":` + draft + `}`, 404},
		"EdDSA with a curve":              {"/issuers/eddsa-jcs-2022/P-256/credentials/issue", `{"credential":` + draft + `}`, 404},
		"no JSON":                         {rdfc, `{`, 400},
		"a duplicate member":              {rdfc, `{"credential":{},"credential":` + draft + `}`, 400},
		"no credential":                   {rdfc, `{}`, 400},
		"a credential that is text":       {rdfc, `{"credential":"x"}`, 400},
		"options that are text":           {rdfc, `{"credential":` + draft + `,"options":"x"}`, 400},
		"no context":                      {rdfc, with("@context", `[]`), 400},
		"no type":                         {rdfc, with("type", `["AgentCredential"]`), 400},
		"no claim":                        {rdfc, with("credentialSubject", `{}`), 400},
		"a validity without offset":       {rdfc, with("validFrom", `"2026-01-01T00:00:00"`), 400},
		"a context nobody has":            {rdfc, with("@context", `["https://www.w3.org/ns/credentials/v2","https://unknown.example/v1"]`), 400},
		"a term nobody defines":           {rdfc, with("@context", `["https://www.w3.org/ns/credentials/v2"]`), 400},
		"an issuer that is not the agent": {rdfc, with("issuer", `"did:example:stranger"`), 404},
		"an issuer that is no DID":        {rdfc, with("issuer", `"https://issuer.example"`), 400},
		"a method the agent has not":      {rdfc, `{"credential":` + draft + `,"options":{"verificationMethod":"did:example:a#b"}}`, 404},
		"a suite in the options":          {"/credentials/issue", `{"credential":` + draft + `,"options":{"cryptosuite":"none"}}`, 400},
		"a time that is none":             {rdfc, `{"credential":` + draft + `,"options":{"expires":"tomorrow"}}`, 400},
		"a pointer to nothing": {"/issuers/ecdsa-sd-2023/P-256/credentials/issue",
			`{"credential":` + draft + `,"options":{"mandatoryPointers":["/nothing"]}}`, 400},
		"a status purpose of its own":  {"/issuers/status/credentials/issue", `{"credential":` + draft + `,"options":{"statusPurpose":"whim"}}`, 400},
		"deriving from nothing":        {"/credentials/derive", `{}`, 400},
		"a presentation by another":    {"/presentations/prove", `{"presentation":{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiablePresentation"],"holder":"did:example:x"}}`, 404},
		"a presentation without type":  {"/presentations/prove", `{"presentation":{"@context":["https://www.w3.org/ns/credentials/v2"]}}`, 400},
		"a status nobody gave away":    {"/credentials/status", `{"credentialId":"urn:uuid:0","credentialStatus":{"statusPurpose":"revocation"}}`, 404},
		"a purpose that is no string":  {"/credentials/status", `{"credentialId":"urn:uuid:0","credentialStatus":{"statusPurpose":["suspension"]}}`, 400},
		"a status without entry":       {"/credentials/status", `{"credentialId":"urn:uuid:0"}`, 400},
		"more than a request may hold": {rdfc, `{"x":"` + strings.Repeat("x", maxBody) + `"}`, 413},
	} {
		t.Run(name, func(t *testing.T) {
			status, v := s.post(tt.path, tt.body)
			if status != tt.status {
				t.Errorf("%d %s, want %d", status, v.Canonical(), tt.status)
			}
			if _, signed := v.Get("verifiableCredential"); signed {
				t.Error("signed all the same")
			}
		})
	}
}

func TestSelectiveDisclosure(t *testing.T) {
	s := serveAgent(t, nil)
	base := s.must(http.StatusCreated, "/issuers/ecdsa-sd-2023/P-256/credentials/issue",
		`{"credential":`+draft+`,"options":{"mandatoryPointers":["/issuer"]}}`, "verifiableCredential")
	if status, _ := s.post("/credentials/verify", object("verifiableCredential", base)); status != http.StatusBadRequest {
		t.Errorf("a base proof was verified: %d", status)
	}
	derived := s.must(http.StatusCreated, "/credentials/derive",
		object("verifiableCredential", base, `"options":{"selectivePointers":["/credentialSubject/limits/1"]}`), "verifiableCredential")
	if strings.Contains(string(derived.Canonical()), "flights") {
		t.Error("what was not selected is disclosed")
	}
	if status, v := s.post("/credentials/verify", object("verifiableCredential", derived)); status != http.StatusOK {
		t.Errorf("the derived credential does not verify: %s", v.Canonical())
	}
}

func TestStatusOfItsOwnList(t *testing.T) {
	s := serveAgent(t, nil)
	vc := s.must(http.StatusCreated, "/issuers/status/credentials/issue",
		`{"credential":`+draft+`,"options":{"statusPurpose":["revocation","suspension"]}}`, "verifiableCredential")
	id, _ := vc.GetString("id")
	verify := func() (int, string) {
		status, v := s.post("/credentials/verify", object("verifiableCredential", vc))
		_, code := check(v, "status")
		return status, code
	}
	change := func(purpose string, on bool) int {
		body, err := json.Marshal(map[string]any{"credentialId": id, "status": on, "credentialStatus": map[string]string{"statusPurpose": purpose}})
		if err != nil {
			t.Fatal(err)
		}
		status, _ := s.post("/credentials/status", string(body))
		return status
	}
	for i, step := range []struct {
		purpose string
		on      bool
		changed int
		status  int
		code    string
	}{
		{"suspension", true, 200, 400, "suspended"},
		{"suspension", false, 200, 200, ""},
		{"revocation", true, 200, 400, "revoked"},
		{"revocation", false, 400, 400, "revoked"},
	} {
		if got := change(step.purpose, step.on); got != step.changed {
			t.Fatalf("step %d: changing the status: %d, want %d", i, got, step.changed)
		}
		if status, code := verify(); status != step.status || step.code != "" && code != step.code {
			t.Errorf("step %d: %d %q, want %d %q", i, status, code, step.status, step.code)
		}
	}

	entries, _ := vc.Get("credentialStatus")
	list, _ := entries.At(0).GetString("statusListCredential")
	path := strings.TrimPrefix(list, s.url)
	status, published := s.do(s.request(http.MethodGet, path, ""))
	if status != http.StatusOK {
		t.Fatalf("GET %s: %d", path, status)
	}
	if status, v := s.post("/credentials/verify", object("verifiableCredential", published)); status != http.StatusOK {
		t.Errorf("the list does not verify: %s", v.Canonical())
	}
}

// A credential that was issued twice under one id is two that verify: to revoke it is to
// revoke both.
func TestRevokesEveryIssueOfACredential(t *testing.T) {
	s := serveAgent(t, nil)
	var all []jcs.Value
	for range 3 {
		all = append(all, s.must(http.StatusCreated, "/issuers/status/credentials/issue", `{"credential":`+draft+`}`, "verifiableCredential"))
	}
	id, _ := all[0].GetString("id")
	if status, v := s.post("/credentials/status", `{"credentialId":"`+id+`","credentialStatus":{"statusPurpose":"revocation"},"status":true}`); status != http.StatusOK {
		t.Fatalf("revoke: %d %s", status, v.Canonical())
	}
	for i, vc := range all {
		if status, _ := s.post("/credentials/verify", object("verifiableCredential", vc)); status != http.StatusBadRequest {
			t.Errorf("issue %d still verifies", i)
		}
	}
}

func TestPresentations(t *testing.T) {
	s := serveAgent(t, nil)
	vc := s.must(http.StatusCreated, issueRoutes[2], `{"credential":`+draft+`}`, "verifiableCredential")
	challenge := string(s.must(http.StatusOK, "/challenges", `{}`, "challenge").Canonical())
	presentation := `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiablePresentation"],"verifiableCredential":[` + string(vc.Canonical()) + `]}`
	vp := s.must(http.StatusCreated, "/presentations/prove",
		`{"presentation":`+presentation+`,"options":{"challenge":`+challenge+`,"domain":"shop.example"}}`, "verifiablePresentation")

	good := `"options":{"challenge":` + challenge + `,"domain":"shop.example"}`
	for name, options := range map[string]string{
		"another challenge": `"options":{"challenge":"x","domain":"shop.example"}`,
		"another domain":    `"options":{"challenge":` + challenge + `,"domain":"mallory.example"}`,
	} {
		if status, v := s.post("/presentations/verify", object("verifiablePresentation", vp, options)); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, status, v.Canonical())
		}
	}
	if status, v := s.post("/presentations/verify", object("verifiablePresentation", vp, good)); status != http.StatusOK {
		t.Errorf("%d %s", status, v.Canonical())
	}
	if status, _ := s.post("/presentations/verify", object("verifiablePresentation", vp, good)); status != http.StatusBadRequest {
		t.Error("the challenge served twice")
	}
}

func TestGuard(t *testing.T) {
	s := serveAgent(t, func(c *Config) { c.Token = strings.Repeat("t", 40) })
	for name, tt := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"with the token":       {func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+strings.Repeat("t", 40)) }, 200},
		"without a token":      {func(*http.Request) {}, 401},
		"with another token":   {func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 401},
		"with another scheme":  {func(r *http.Request) { r.Header.Set("Authorization", "Basic "+strings.Repeat("t", 40)) }, 401},
		"under a rebound name": {func(r *http.Request) { r.Host = "mallory.example" }, 403},
		"from a web page":      {func(r *http.Request) { r.Header.Set("Origin", "https://mallory.example") }, 403},
		"as a form of a web page": {func(r *http.Request) {
			r.Header.Set("Authorization", "Bearer "+strings.Repeat("t", 40))
			r.Header.Set("Content-Type", "text/plain")
		}, 415},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.request(http.MethodPost, "/challenges", `{}`)
			tt.change(r)
			if status, v := s.do(r); status != tt.status {
				t.Errorf("%d %s, want %d", status, v.Canonical(), tt.status)
			}
		})
	}
}

func TestTokens(t *testing.T) {
	s := serveAgent(t, nil)
	for _, form := range []string{"jwt", "sd-jwt", "cose"} {
		t.Run(form, func(t *testing.T) {
			vc := s.must(http.StatusCreated, "/credentials/issue",
				`{"credential":`+draft+`,"options":{"mediaType":"application/vc+`+form+`"}}`, "verifiableCredential")
			if status, v := s.post("/credentials/verify", object("verifiableCredential", vc)); status != http.StatusOK {
				t.Errorf("the credential does not verify: %s", v.Canonical())
			}
			presentation := `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiablePresentation"],"verifiableCredential":[` + string(vc.Canonical()) + `]}`
			vp := s.must(http.StatusCreated, "/presentations/prove",
				`{"presentation":`+presentation+`,"options":{"mediaType":"application/vp+`+form+`","challenge":"c","domain":"shop.example"}}`, "verifiablePresentation")
			for options, want := range map[string]int{
				`"options":{"challenge":"c","domain":"shop.example"}`:    http.StatusOK,
				`"options":{"challenge":"d","domain":"shop.example"}`:    http.StatusBadRequest,
				`"options":{"challenge":"c","domain":"mallory.example"}`: http.StatusBadRequest,
			} {
				if status, v := s.post("/presentations/verify", object("verifiablePresentation", vp, options)); status != want {
					t.Errorf("%s: %d %s", options, status, v.Canonical())
				}
			}
		})
	}
	for _, options := range []string{`{"mediaType":"text/plain"}`, `{"mediaType":"application/vc+jwt","cryptosuite":"eddsa-jcs-2022"}`, `{"mediaType":"application/vp+jwt"}`} {
		if status, v := s.post("/credentials/issue", `{"credential":`+draft+`,"options":`+options+`}`); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", options, status, v.Canonical())
		}
	}
}
