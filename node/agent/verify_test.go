package agent

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// TestDemandsThatAreNone: an option that asks for nothing does not pass for one that asks
// for something.
func TestDemandsThatAreNone(t *testing.T) {
	s := serveAgent(t, nil)
	vp := s.must(http.StatusCreated, "/presentations/prove",
		`{"presentation":{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiablePresentation"]}}`, "verifiablePresentation")
	s.must(http.StatusOK, "/presentations/verify", object("verifiablePresentation", vp), "verified")
	for _, options := range []string{
		`{"challenge":""}`, `{"challenge":null}`, `{"challenge":["x"]}`, `{"domain":""}`, `{"domain":[]}`, `{"domain":[""]}`,
		`{"domain":["shop.example",""]}`, `{"domain":{}}`, `[]`, `null`, `"x"`,
	} {
		if status, v := s.post("/presentations/verify", object("verifiablePresentation", vp, `"options":`+options)); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", options, status, v.Canonical())
		}
	}
}

// TestIssuerThatIsNoDID: nothing ties a key to it, and only who says so takes it.
func TestIssuerThatIsNoDID(t *testing.T) {
	s := serveAgent(t, nil)
	vc, err := jcs.Decode([]byte(strings.Replace(draft, `"id"`, `"issuer":"https://vc.example/issuers/5678","id"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	key := generate(t, multikey.Ed25519)
	id := "did:key:" + key.Public().String()
	vc, err = proof.Sign(vc, key, proof.SignOptions{VerificationMethod: id + "#" + key.Public().String(), Purpose: "assertionMethod"})
	if err != nil {
		t.Fatal(err)
	}
	for options, want := range map[string]int{
		`{}`: http.StatusBadRequest, `{"acceptAnyIssuer":false}`: http.StatusBadRequest,
		`{"acceptAnyIssuer":true}`: http.StatusOK,
	} {
		status, v := s.post("/credentials/verify", object("verifiableCredential", vc, `"options":`+options))
		if _, code := check(v, "issuer"); status != want || code != "issuer-not-did" {
			t.Errorf("%s: %d %s", options, status, v.Canonical())
		}
	}
}
