package credential_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
)

// TestIssuanceDateOfAnOwnContext: a credential of version 2 may have a term that version 1
// had, with a meaning of its own, in every securing; it bounds nothing.
func TestIssuanceDateOfAnOwnContext(t *testing.T) {
	c := newCredentials(t)
	vc := c.unsigned().With("type", text(credential.Type)).With("credentialSubject", decode(t, `{"id":"did:example:agent"}`)).
		With("issuanceDate", text("2030-01-01T00:00:00Z")).With("expirationDate", text("2020-01-01T00:00:00Z")).
		With("@context", decode(t, `["https://www.w3.org/ns/credentials/v2",{"issuanceDate":"https://x.example/issuanceDate","expirationDate":"https://x.example/expirationDate"}]`))
	verifier := credential.Verifier{Resolver: registry{}, Now: now}
	for _, suite := range []string{proof.EdDSAJCS2022, proof.EdDSARDFC2022} {
		v := verifier.Verify(context.Background(), c.sign(vc, func(o *proof.SignOptions) { o.Cryptosuite = suite }))
		if !v.Verified {
			t.Errorf("%s: %+v", suite, v.Checks)
		}
	}
}

// TestDatesOfVersion1HiddenInVersion2: a holder who writes a credential of version 1 anew,
// as one of version 2 with the same RDF, does not get rid of its expiry.
func TestDatesOfVersion1HiddenInVersion2(t *testing.T) {
	c := newCredentials(t)
	old := c.version1().With("type", text(credential.Type)).With("credentialSubject", decode(t, `{"id":"did:example:agent"}`)).
		With("@context", decode(t, `["https://www.w3.org/2018/credentials/v1","https://w3id.org/security/data-integrity/v2"]`)).
		With("expirationDate", text("2026-05-01T00:00:00Z"))
	signed := c.sign(old, func(o *proof.SignOptions) { o.Cryptosuite = proof.EdDSARDFC2022 })
	verifier := credential.Verifier{Resolver: registry{}, Now: now}
	if v := verifier.Verify(context.Background(), signed); v.Verified || len(v.ProblemDetails) != 1 || v.ProblemDetails[0].Code != credential.CodeExpired {
		t.Fatalf("as it was signed: %+v", v.Checks)
	}
	from, until := member(signed, "issuanceDate"), member(signed, "expirationDate")
	anew := signed.Without("issuanceDate", "expirationDate").With("from", from).With("until", until).
		With("@context", decode(t, `["https://www.w3.org/ns/credentials/v2",{
			"from":{"@id":"https://www.w3.org/2018/credentials#issuanceDate","@type":"http://www.w3.org/2001/XMLSchema#dateTime"},
			"until":{"@id":"https://www.w3.org/2018/credentials#expirationDate","@type":"http://www.w3.org/2001/XMLSchema#dateTime"}}]`))
	sameName := signed.With("@context", decode(t, `["https://www.w3.org/ns/credentials/v2",{"c":"https://www.w3.org/2018/credentials#",
			"issuanceDate":{"@id":"c:issuanceDate","@type":"http://www.w3.org/2001/XMLSchema#dateTime"},
			"expirationDate":{"@id":"c:expirationDate","@type":"http://www.w3.org/2001/XMLSchema#dateTime"}}]`))
	for name, doc := range map[string]jcs.Value{"under other names": anew, "under their names": sameName} {
		v := verifier.Verify(context.Background(), doc)
		if row, _ := v.Check(credential.CheckProof); v.Verified || row.Code != credential.CodeProofInvalid || !strings.Contains(row.Detail, proof.ErrHidden.Error()) {
			t.Errorf("%s: %+v", name, v.Checks)
		}
	}
}
