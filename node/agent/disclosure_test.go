package agent

import (
	"net/http"
	"strings"
	"testing"
)

// TestStatusIsNotForTheHolderToHide: whatever a holder selects of a credential, what
// decides about it comes along.
func TestStatusIsNotForTheHolderToHide(t *testing.T) {
	s := serveAgent(t, nil)
	vc := strings.Replace(draft, `"id"`, `"validUntil":"2099-01-01T00:00:00Z","id"`, 1)
	base := s.must(http.StatusCreated, "/issuers/status/credentials/issue", `{"credential":`+vc+`,"options":{"cryptosuite":"ecdsa-sd-2023"}}`, "verifiableCredential")
	derived := s.must(http.StatusCreated, "/credentials/derive", object("verifiableCredential", base, `"options":{"selectivePointers":["/credentialSubject/mayBook"]}`), "verifiableCredential")
	for _, name := range []string{"issuer", "validUntil", "credentialStatus"} {
		if _, shown := derived.Get(name); !shown {
			t.Errorf("no %s in %s", name, derived.Canonical())
		}
	}
	if v := s.must(http.StatusOK, "/credentials/verify", object("verifiableCredential", derived), "checks"); v.Len() == 0 {
		t.Error("no checks")
	}
}
