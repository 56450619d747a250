package proof_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jsonld"
)

// vocabularies are those of what decides about a document.
var vocabularies = []string{"https://www.w3.org/2018/credentials#", "https://w3id.org/security#", "https://www.w3.org/ns/credentials/status#", "https://w3id.org/vc/status-list#"}

// TestContextsOfOthersRenameNothing: a document under published contexts is read by its
// names alone. Those that do not define the data model and its proofs must not have other
// words for it, nor for the names themselves.
func TestContextsOfOthersRenameNothing(t *testing.T) {
	names := []string{"issuer", "holder", "validFrom", "validUntil", "issuanceDate", "expirationDate", "credentialSubject", "credentialStatus", "credentialSchema",
		"relatedResource", "verifiableCredential", "proof", "proofPurpose", "verificationMethod", "cryptosuite", "created", "expires", "challenge", "domain"}
	others := 0
	for _, url := range jsonld.Embedded().URLs() {
		if !strings.HasPrefix(url, "https://purl.imsglobal.org/") && !strings.HasPrefix(url, "https://w3id.org/dcc/") {
			continue
		}
		others++
		text, _ := jsonld.Embedded().Text(url)
		for _, v := range vocabularies {
			if strings.Contains(string(text), v) {
				t.Errorf("%s has words of %s", url, v)
			}
		}
		if i := slices.IndexFunc(names, func(name string) bool { return strings.Contains(string(text), `"`+name+`":`) }); i >= 0 {
			t.Errorf("%s defines %s", url, names[i])
		}
		if strings.Contains(string(text), `"@vocab"`) || strings.Contains(string(text), `"@base"`) || strings.Contains(string(text), `"@import"`) {
			t.Errorf("%s defines more than its terms", url)
		}
	}
	if others != 5 {
		t.Errorf("%d contexts of others", others)
	}
}
