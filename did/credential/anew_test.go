package credential_test

import (
	"context"
	"fmt"
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

// TestLimitsAreTold: what is too many is not said to be of the wrong kind.
func TestLimitsAreTold(t *testing.T) {
	c := newCredentials(t)
	many := func(n int, item string) jcs.Value { return decode(t, "["+strings.Repeat(item+",", n-1)+item+"]") }
	for _, tt := range []struct {
		name, item string
		limit      int
		what       string
	}{
		{"credentialSubject", `{"id":"did:example:a"}`, credential.MaxItems, "objects"},
		{"type", `"VerifiableCredential"`, credential.MaxItems, "types"},
		{"@context", `"https://www.w3.org/ns/credentials/v2"`, credential.MaxItems, "contexts"},
		{"evidence", `{"type":"X"}`, credential.MaxItems, "objects"},
		{"description", `{"@value":"x"}`, credential.MaxItems, "language value objects"},
		{"credentialStatus", `{"type":"X"}`, credential.MaxStatus, "objects"},
		{"credentialSchema", `{"id":"urn:x","type":"X"}`, credential.MaxSchemas, "objects"},
	} {
		if _, err := credential.Parse(c.unsigned().With(tt.name, many(tt.limit, tt.item))); err != nil {
			t.Errorf("%d of %s: %v", tt.limit, tt.name, err)
		}
		_, err := credential.Parse(c.unsigned().With(tt.name, many(tt.limit+1, tt.item)))
		want := fmt.Sprintf("%s: %d %s, and at most %d are taken", tt.name, tt.limit+1, tt.what, tt.limit)
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	inner := string(c.unsigned().Canonical())
	_, err := credential.ParsePresentation(c.presentation().With("verifiableCredential", many(credential.MaxCredentials+1, inner)))
	if err == nil || !strings.Contains(err.Error(), "17 credentials, and at most 16 are taken") {
		t.Errorf("credentials: %v", err)
	}
}

// TestVersionThatIsMeant: who writes version 1.1 is not told about version 2.
func TestVersionThatIsMeant(t *testing.T) {
	c := newCredentials(t)
	v1 := text(credential.ContextV1)
	old := c.presentation().With("@context", jcs.Array(v1))
	for name, tt := range map[string]struct {
		doc       jcs.Value
		want, not string
	}{
		"context of version 1 as a string":  {doc: old.With("@context", v1), want: "begins with " + credential.ContextV1, not: credential.ContextV2},
		"context of version 1 second":       {doc: old.With("@context", jcs.Array(text("https://vc.example/c"), v1)), want: "begins with " + credential.ContextV1, not: credential.ContextV2},
		"context of neither":                {doc: old.With("@context", jcs.Array(text("https://vc.example/c"))), want: credential.ContextV2 + " or, in version 1.1, " + credential.ContextV1},
		"no context":                        {doc: old.Without("@context"), want: "@context: missing"},
		"item of no type":                   {doc: old.With("verifiableCredential", decode(t, `[{"type":"X"}]`)), want: "does not contain VerifiableCredential", not: "Enveloped"},
		"item that is a text":               {doc: old.With("verifiableCredential", decode(t, `["x"]`)), want: "neither an object nor a compact JWT"},
		"credential: version 1 as a string": {doc: c.version1().With("@context", v1), want: "begins with " + credential.ContextV1, not: credential.ContextV2},
	} {
		_, err := credential.ParsePresentation(tt.doc)
		if strings.HasPrefix(name, "credential") {
			_, err = credential.Parse(tt.doc)
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) || tt.not != "" && strings.Contains(err.Error(), tt.not) {
			t.Errorf("%s: %v", name, err)
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
