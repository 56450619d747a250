package credential_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
)

// clique is a credential about n things without names of which each knows each
// other: the worst there is for canonicalisation. Its proof is nonsense.
func (c credentials) clique(n int) jcs.Value {
	var b strings.Builder
	b.WriteString(`{"id":"urn:x:1","k":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"_:n%d","k":[`, i)
		for k := range n {
			if k > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `"_:n%d"`, k)
		}
		b.WriteString(`]}`)
	}
	b.WriteString(`]}`)
	v := c.unsigned().With("credentialSubject", decode(c.tb, b.String())).
		With("@context", decode(c.tb, `["https://www.w3.org/ns/credentials/v2",{"k":{"@id":"https://vc.example/#k","@type":"@id"},"AgentCredential":"https://vc.example/#A"}]`))
	signature := member(member(c.sign(c.unsigned()), "proof").Without("@context"), "proofValue")
	return v.With("proof", member(c.sign(c.unsigned()), "proof").Without("@context").With("cryptosuite", text(proof.EdDSARDFC2022)).With("proofValue", signature))
}

// patience is far above what the worst should take, a second on a core of its own, and
// far below what it takes where nothing bounds it.
const patience = 2 * time.Minute

// TestHostileGraphs: neither one credential nor a presentation full of them costs
// much, whatever is in them.
func TestHostileGraphs(t *testing.T) {
	c := newCredentials(t)
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now}
	for _, n := range []int{4, 5, 6, 7, 8, 30} {
		hostile := c.clique(n)
		begin := time.Now()
		verdict := verifier.Verify(context.Background(), hostile)
		one := time.Since(begin)
		checkVerdict(t, verdict)
		begin = time.Now()
		full := c.presentation()
		items := make([]jcs.Value, credential.MaxCredentials)
		for i := range items {
			items[i] = hostile.With("id", text(fmt.Sprintf("urn:x:%d", i)))
		}
		all := verifier.VerifyPresentation(context.Background(), c.present(full.With("verifiableCredential", jcs.Array(items...))), credential.PresentationOptions{})
		sixteen := time.Since(begin)
		checkVerdict(t, all)
		row, _ := verdict.Check(credential.CheckProof)
		t.Logf("%d: %s; one %v, sixteen %v", n, row.Code, one, sixteen)
		if verdict.Verified || all.Verified || one > patience || sixteen > patience {
			t.Errorf("clique of %d: %v and %v after %v and %v", n, verdict.Verified, all.Verified, one, sixteen)
		}
	}
}

// TestChainsOfCostlyProofs: each proof of a chain signs another document, and all of
// them hold. What one of them may cost, all of them together may.
func TestChainsOfCostlyProofs(t *testing.T) {
	c := newCredentials(t)
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now}
	var b strings.Builder
	const n = 300
	for i := range n {
		fmt.Fprintf(&b, `{"id":"_:n%d","k":"_:n%d"},`, i, (i+1)%n)
	}
	ring := decode(c.tb, `{"id":"urn:x:1","k":[`+strings.TrimSuffix(b.String(), ",")+`]}`)
	chain := func(proofs int) jcs.Value {
		doc := c.unsigned().With("credentialSubject", ring).
			With("@context", decode(c.tb, `["https://www.w3.org/ns/credentials/v2",{"k":{"@id":"https://vc.example/#k","@type":"@id"},"AgentCredential":"https://vc.example/#A"}]`))
		for i := range proofs {
			doc = c.sign(doc, func(o *proof.SignOptions) {
				o.Cryptosuite, o.ID = proof.EdDSARDFC2022, fmt.Sprint("urn:proof:", i)
				if i > 0 {
					o.PreviousProof = []string{fmt.Sprint("urn:proof:", i-1)}
				}
			})
		}
		return doc
	}
	if v := verifier.Verify(context.Background(), chain(1)); !v.Verified {
		t.Errorf("one proof: %+v", v.Checks)
	}
	v := verifier.Verify(context.Background(), chain(9))
	if row, _ := v.Check(credential.CheckProof); row.Code != credential.CodeTooCostly {
		t.Errorf("nine proofs: %+v", row)
	}
}
