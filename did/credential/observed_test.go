package credential_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// elsewhere resolves one DID of another host, from a source.
type elsewhere struct {
	doc    *did.Document
	source *did.Source
}

func (e elsewhere) Resolve(context.Context, did.ID, did.Options) (did.Resolution, error) {
	return did.Resolution{Document: e.doc, Source: e.source}, nil
}

// TestAnObservationIsNamed has a verdict rest on a document that a registry recorded because the
// issuer's host is down: the reader must be told.
func TestAnObservationIsNamed(t *testing.T) {
	private := testKey(t, multikey.Ed25519)
	const issuer = "did:web:bank.example"
	doc, err := did.ParseDocument(decode(t, `{"@context":["https://www.w3.org/ns/did/v1","https://w3id.org/security/multikey/v1"],"id":"`+issuer+`",
		"assertionMethod":[{"id":"`+issuer+`#k","type":"Multikey","controller":"`+issuer+`","publicKeyMultibase":"`+private.Public().String()+`"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	vc, err := proof.Sign(decode(t, `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"issuer":"`+issuer+`",
		"credentialSubject":{"id":"did:example:s"}}`), private, proof.SignOptions{VerificationMethod: issuer + "#k", Purpose: did.AssertionMethod})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		source *did.Source
		code   credential.Code
		detail string
	}{
		"from its host": {&did.Source{Fetched: now, Age: time.Minute}, "", ""},
		"from a record": {&did.Source{Fetched: now.Add(-48 * time.Hour), Observation: &did.Observed{Seq: 41, Reason: "the host is down"}},
			credential.CodeObserved, "as observed at 2026-05-30T00:00:00Z, record 41 (the host is down)"},
	} {
		t.Run(name, func(t *testing.T) {
			v := credential.Verifier{AllowUndefinedTerms: true, Resolver: elsewhere{doc, c.source}, Now: now}
			verdict := v.Verify(t.Context(), vc)
			row, _ := verdict.Check(credential.CheckIssuerState)
			if !verdict.Verified || row.Outcome != credential.Passed || row.Code != c.code || !strings.Contains(row.Detail, c.detail) {
				t.Errorf("%+v", verdict.Checks)
			}
		})
	}
}
