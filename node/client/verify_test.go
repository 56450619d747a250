package client

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/node/api"
)

func TestPresentationVerdicts(t *testing.T) {
	good := credential.Verdict{Verified: true, Presentation: true}
	for name, test := range map[string]struct {
		handle http.HandlerFunc
		ok     bool
	}{
		"verified":            {says(http.StatusOK, good), true},
		"not verified":        {says(http.StatusBadRequest, credential.Verdict{Presentation: true}), true},
		"verified, but a 400": {says(http.StatusBadRequest, good), false},
		"of a credential":     {says(http.StatusOK, credential.Verdict{Verified: true}), false},
		"refused":             {refuse(api.Malformed), false},
		"refused, as VC API":  {says(http.StatusBadRequest, map[string]any{"verified": false, "code": "malformed", "status": 400}), false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := newTestClient(t, newNode(t, test.handle)).VerifyPresentation(t.Context(), jcs.Object(), PresentationOptions{})
			if (err == nil) != test.ok {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestWhatIsAskedOfVerification(t *testing.T) {
	n := newNode(t, says(http.StatusOK, credential.Verdict{Verified: true, Presentation: true}))
	c := newTestClient(t, n)
	ask := func(o PresentationOptions, opts ...ReadOption) {
		t.Helper()
		if _, err := c.VerifyPresentation(t.Context(), jcs.FromString("a.b.c"), o, opts...); err != nil {
			t.Fatal(err)
		}
	}
	ask(PresentationOptions{Challenge: "x", Domain: []string{"a", "b"}}, AsOf(7))
	ask(PresentationOptions{AllowUnsecured: true}, AsOfTime(time.Date(2026, 1, 2, 4, 4, 5, 6e6, time.FixedZone("", 3600))))
	ask(PresentationOptions{}, AcceptAnyIssuer())
	if _, err := newTestClient(t, n).VerifyFor(t.Context(), jcs.FromString("a.b.c"), credential.Options{Challenge: "x", Domain: []string{"a"}}); !errors.Is(err, ErrMismatch) {
		t.Errorf("a verdict on a presentation: %v", err)
	}
	for i, want := range []string{
		`POST /presentations/verify?at=7 {"options":{"challenge":"x","domain":["a","b"]},"verifiablePresentation":"a.b.c"}`,
		`POST /presentations/verify?at=2026-01-02T03%3A04%3A05.006Z {"options":{},"presentation":"a.b.c"}`,
		`POST /presentations/verify {"options":{"acceptAnyIssuer":true},"verifiablePresentation":"a.b.c"}`,
		`POST /credentials/verify {"options":{"challenge":"x","domain":["a"]},"verifiableCredential":"a.b.c"}`,
	} {
		if got := n.requests()[i]; got != want {
			t.Errorf("asked %s, want %s", got, want)
		}
	}
}

// What cannot be sent as it was read is not sent.
func TestVerdictOnANumberThatIsSentAsAnother(t *testing.T) {
	n := newNode(t, says(http.StatusOK, credential.Verdict{Verified: true}))
	c := newTestClient(t, n)
	doc, err := jcs.Decode([]byte(`{"credentialSubject":{"limit":9007199254740993}}`))
	if err != nil {
		t.Fatal(err)
	}
	vc, err := c.Verify(t.Context(), doc)
	if row, _ := vc.Check(credential.CheckStructure); err != nil || vc.Verified || row.Code != credential.CodeNumberInexact {
		t.Errorf("%+v, %v", vc, err)
	}
	vp, err := c.VerifyPresentation(t.Context(), doc, PresentationOptions{})
	if row, _ := vp.Check(credential.CheckStructure); err != nil || vp.Verified || row.Code != credential.CodeNumberInexact {
		t.Errorf("%+v, %v", vp, err)
	}
	if _, err := c.RegisterCredential(t.Context(), doc, false); err == nil {
		t.Error("registered as another")
	}
	if asked := n.requests(); len(asked) > 0 {
		t.Errorf("asked %v", asked)
	}
}

func TestVerdictOnAToken(t *testing.T) {
	verdict := credential.Verdict{Verified: true, Digest: digest}
	c := newTestClient(t, newNode(t, says(http.StatusOK, verdict)))
	envelope := jcs.Object(jcs.Member{Name: "type", Value: jcs.FromString(credential.EnvelopedCredential)})
	for _, vc := range []jcs.Value{jcs.FromString("a.b.c"), envelope} {
		if _, err := c.Verify(t.Context(), vc); err != nil {
			t.Errorf("%s: %v", vc.Canonical(), err)
		}
	}
	if _, err := c.Verify(t.Context(), jcs.Object()); !errors.Is(err, ErrMismatch) {
		t.Errorf("of another credential: %v", err)
	}
}

func TestChallenge(t *testing.T) {
	if got, err := newTestClient(t, newNode(t, says(http.StatusOK, api.Challenge{Challenge: "abc"}))).Challenge(t.Context()); err != nil || got != "abc" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := newTestClient(t, newNode(t, says(http.StatusOK, api.Challenge{}))).Challenge(t.Context()); !errors.Is(err, ErrMismatch) {
		t.Errorf("an empty one: %v", err)
	}
}

func TestDereference(t *testing.T) {
	followed := false
	elsewhere := newNode(t, func(http.ResponseWriter, *http.Request) { followed = true })
	n := newNode(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Accept") == api.TypeURIList:
			w.Header().Set("Location", elsewhere.URL+"/file")
			w.WriteHeader(http.StatusSeeOther)
		case strings.Contains(r.RequestURI, "gone"):
			says(http.StatusGone, map[string]any{"content": nil, "contentStream": nil, "contentMetadata": map[string]bool{"deactivated": true}, "dereferencingMetadata": map[string]any{}})(w, r)
		case strings.Contains(r.RequestURI, "keyAgreement"):
			says(http.StatusInternalServerError, map[string]any{"contentStream": nil, "dereferencingMetadata": map[string]any{
				"error": map[string]string{"type": "https://w3id.org/security#INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"}}})(w, r)
		case strings.Contains(r.RequestURI, "none"):
			says(http.StatusNotFound, map[string]any{"didDocument": nil, "didResolutionMetadata": map[string]any{
				"error": map[string]string{"type": "https://www.w3.org/ns/did#NOT_FOUND"}}})(w, r)
		case strings.Contains(r.RequestURI, "other"):
			says(http.StatusOK, map[string]any{"hello": 1})(w, r)
		default:
			says(http.StatusOK, map[string]any{"contentStream": map[string]string{"id": "x"}, "contentMetadata": map[string]any{}, "dereferencingMetadata": map[string]any{}})(w, r)
		}
	})
	c := newTestClient(t, n)
	got, err := c.Dereference(t.Context(), "did:web:a?service=files", DereferenceOptions{Endpoint: true})
	if err != nil || got.Location != elsewhere.URL+"/file" || followed {
		t.Errorf("%+v, %v, followed: %t", got, err, followed)
	}
	if got, err = c.Dereference(t.Context(), "did:web:a#k", DereferenceOptions{}); err != nil || !got.Content.IsObject() {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = c.Dereference(t.Context(), "did:web:gone#k", DereferenceOptions{}); err != nil || got.Status != http.StatusGone || got.Content.IsObject() {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = c.Dereference(t.Context(), "did:web:a#k", DereferenceOptions{Relationship: "keyAgreement"})
	if did.CodeOf(err) != did.InvalidRelationship {
		t.Errorf("%v", err)
	}
	if _, err = c.Dereference(t.Context(), "did:web:none", DereferenceOptions{}); did.CodeOf(err) != did.NotFound {
		t.Errorf("%v", err)
	}
	if _, err = c.Dereference(t.Context(), "did:web:other", DereferenceOptions{}); err == nil {
		t.Error("an answer that is none was taken")
	}
	if asked := n.requests()[0]; asked != "GET /1.0/identifiers/did%3Aweb%3Aa%3Fservice%3Dfiles " {
		t.Errorf("asked %q", asked)
	}
}
