package credential_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/proof"
)

// TestOpenBadge: a badge of Open Badges 3.0 with an endorsement in it verifies with the
// contexts that are built in, and not with those that nobody has.
func TestOpenBadge(t *testing.T) {
	c := newCredentials(t)
	badge := decode(t, `{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
		"id":"urn:uuid:7a1c8c2e-6d3b-4c50-9d3e-0d3c1b5f2a11","type":["VerifiableCredential","OpenBadgeCredential"],"name":"Welder",
		"issuer":{"id":"`+c.issuer+`","type":"Profile","name":"The Guild"},"validFrom":"2026-01-01T00:00:00Z",
		"credentialSubject":{"id":"did:example:agent","type":"AchievementSubject","achievement":{"id":"urn:uuid:1","type":"Achievement","name":"Welding",
			"description":"Has welded","criteria":{"narrative":"A seam"}}},
		"endorsement":[{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
			"id":"urn:uuid:2","type":["VerifiableCredential","EndorsementCredential"],"issuer":{"id":"did:example:endorser","type":"Profile"},
			"validFrom":"2026-02-01T00:00:00Z","credentialSubject":{"id":"urn:uuid:1","type":"EndorsementSubject","endorsementComment":"Good seams"}}]}`)
	verifier := credential.Verifier{Resolver: registry{}, Now: now}
	signed := c.sign(badge, func(o *proof.SignOptions) { o.Cryptosuite = proof.EdDSARDFC2022 })
	if v := verifier.Verify(context.Background(), signed); !v.Verified {
		t.Errorf("%+v", v.Checks)
	}
	unknown := signed.With("@context", decode(t, `["https://www.w3.org/ns/credentials/v2","https://vc.example/nobody/has/it"]`))
	v := verifier.Verify(context.Background(), unknown)
	if row, _ := v.Check(credential.CheckProof); row.Code != credential.CodeContextUnknown || !strings.Contains(row.Detail, "whoever runs the verifier can add it") {
		t.Errorf("%+v", row)
	}
}
