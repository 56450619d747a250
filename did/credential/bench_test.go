package credential_test

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/credential/schema"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// benchCredential returns a signed credential of about 1.5 kB as it travels:
// members in the order of the specification's examples, not canonical.
func benchCredential(tb testing.TB, t multikey.Type) []byte {
	tb.Helper()
	private := testKey(tb, t)
	issuer := string(key.FromPublic(private.Public()))
	unsigned := decode(tb, `{
		"@context":["https://www.w3.org/ns/credentials/v2","https://tabard.id/contexts/agent/v1"],
		"id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
		"type":["VerifiableCredential","AgentCapabilityCredential"],
		"name":"Purchasing agent of Example Corporation",
		"description":"Permits the agent to place orders with approved suppliers up to the stated limit, and nothing else.",
		"issuer":{"id":"`+issuer+`","name":"Example Corporation"},
		"validFrom":"2026-01-01T00:00:00Z","validUntil":"2027-01-01T00:00:00Z",
		"credentialSubject":{"id":"did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2","type":"Agent",
		"sponsor":"mailto:purchasing@example.com","model":{"name":"example-model","version":"2026-01","provider":"Example AI"},
		"capabilities":[{"action":"order:create","resource":"https://suppliers.example/catalogue","limit":{"currency":"EUR","amount":5000,"per":"day"}},
		{"action":"order:cancel","resource":"https://suppliers.example/orders"},{"action":"invoice:read","resource":"https://suppliers.example/invoices"}]}}`)
	signed, err := proof.Sign(unsigned, private, proof.SignOptions{
		VerificationMethod: key.MethodID(private.Public()), Purpose: did.AssertionMethod,
		Created: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return travelling(signed)
}

// travelling writes a credential the way issuers do: @context, id and type first,
// proof last.
func travelling(v jcs.Value) []byte {
	var b strings.Builder
	b.WriteByte('{')
	for _, name := range []string{
		"@context", "id", "type", "name", "description", "issuer", "validFrom", "validUntil", "credentialSubject", "proof",
	} {
		member, _ := v.Get(name)
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + name + `":`)
		b.Write(member.Canonical())
	}
	b.WriteByte('}')
	return []byte(b.String())
}

// BenchmarkVerify measures the way from bytes to verdict beside what cannot be
// saved: the bare verification of a signature over 64 bytes. That one runs first
// and last, because shared cores do not keep one speed.
func BenchmarkVerify(b *testing.B) {
	data := benchCredential(b, multikey.Ed25519)
	private := testKey(b, multikey.Ed25519)
	bare := func(b *testing.B) {
		message := make([]byte, 64)
		sig, err := private.Sign(message)
		if err != nil {
			b.Fatal(err)
		}
		public := private.Public()
		for b.Loop() {
			if !public.Verify(message, sig) {
				b.Fatal("does not verify")
			}
		}
	}
	resolver := key.NewCache(1024)
	keys := proof.ResolverKeys(resolver)
	if len(data) < 1400 || len(data) > 1600 {
		b.Fatalf("the credential has %d bytes", len(data))
	}
	b.Run("bare", bare)
	b.Run("proof", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			doc, err := jcs.Decode(data)
			if err != nil {
				b.Fatal(err)
			}
			opt := proof.Options{Purpose: did.AssertionMethod, Now: now}
			if _, err := proof.Verify(context.Background(), doc, keys, opt); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verdict", func(b *testing.B) {
		b.ReportAllocs()
		verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: resolver, Now: now}
		for b.Loop() {
			doc, err := jcs.Decode(data)
			if err != nil {
				b.Fatal(err)
			}
			if v := verifier.Verify(context.Background(), doc); !v.Verified {
				b.Fatal(v)
			}
		}
	})
	b.Run("verdict-json", func(b *testing.B) {
		b.ReportAllocs()
		verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: resolver, Now: now}
		for b.Loop() {
			doc, err := jcs.Decode(data)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := json.Marshal(verifier.Verify(context.Background(), doc)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("uncached-key", func(b *testing.B) {
		b.ReportAllocs()
		verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: key.Resolver{}, Now: now}
		for b.Loop() {
			doc, err := jcs.Decode(data)
			if err != nil {
				b.Fatal(err)
			}
			if v := verifier.Verify(context.Background(), doc); !v.Verified {
				b.Fatal(v)
			}
		}
	})
	b.Run("bare-again", bare)
}

// BenchmarkPresentation is a presentation of four credentials from bytes to verdict,
// with everything warm: keys, status lists, compiled schemas.
func BenchmarkPresentation(b *testing.B) {
	c := newCredentials(b)
	const issued = 4
	var vcs []jcs.Value
	for i := range issued {
		vcs = append(vcs, c.sign(c.unsigned().
			With("credentialStatus", jcs.Array(c.entry("revocation", strconv.Itoa(100+i)), c.entry("suspension", strconv.Itoa(100+i)))).
			With("credentialSchema", decode(b, `{"id":"`+schemaURL+`","type":"JsonSchema"}`))))
	}
	data := c.present(c.presentation(vcs...)).Canonical()
	opt := credential.PresentationOptions{Challenge: challenge, Domain: []string{"shop.example"}}
	plain := make([]jcs.Value, issued)
	for i := range plain {
		plain[i] = c.sign(c.unsigned())
	}
	list := lists(at(c.sign(c.unsignedList(1, []string{"revocation", "suspension"}, 7))))
	verifier := credential.Verifier{
		AllowUndefinedTerms: true,
		Resolver:            key.NewCache(1024), Now: now, Lists: list, Decoded: credential.NewListCache(1 << 24),
		Schemas: schemas{schemaURL: decode(b, agentSchema)}, Compiled: schema.NewCache(16), Proofs: proof.NewCache(1024),
	}
	for _, bench := range []struct {
		name string
		data []byte
	}{
		{"four", c.present(c.presentation(plain...)).Canonical()},
		{"four-with-status-and-schema", data},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				doc, err := jcs.Decode(bench.data)
				if err != nil {
					b.Fatal(err)
				}
				if v := verifier.VerifyPresentation(context.Background(), doc, opt); !v.Verified {
					b.Fatal(v)
				}
			}
		})
	}
}
