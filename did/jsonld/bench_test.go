package jsonld_test

import (
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

// credential is 1.5 kB of an agent's credential, without its proof.
const credential = `{
  "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
  "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
  "type": ["VerifiableCredential", "AgentAuthorityCredential"],
  "name": "Authority of a purchasing agent",
  "description": "A minimum viable example of an authority credential, with \"quotes\".",
  "issuer": "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
  "validFrom": "2026-01-01T00:00:00Z",
  "validUntil": "2027-01-01T00:00:00Z",
  "credentialSubject": {
    "id": "did:webvh:QmXhVjFG6EBTosDastaaHMRypm2qSv4SMGctADsx878Yux:example.com:agents:7",
    "authority": {
      "scope": ["purchase", "negotiate", "cancel"],
      "limit": {"currency": "EUR", "amount": 25000, "period": "P1M"},
      "sponsor": {"name": "Example Organisation", "department": "Purchasing", "country": "DE"}
    },
    "conditions": [
      {"kind": "time-of-day", "from": "08:00", "until": "18:00", "zone": "Europe/Berlin"},
      {"kind": "counterparty", "list": ["did:web:supplier-a.example", "did:web:supplier-b.example"]}
    ]
  },
  "credentialStatus": {
    "id": "https://registry.example/v1/status-lists/1#94567",
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "94567",
    "statusListCredential": "https://registry.example/v1/status-lists/1"
  }
}`

func benchmark(b *testing.B, v jcs.Value, h jsonld.Hash) {
	p := jsonld.Default()
	var buf []byte
	var err error
	b.ReportAllocs()
	for b.Loop() {
		if buf, err = p.Append(buf[:0], v, h); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCanonicalize is what verifying a signature over RDF costs beside the
// signature: two of these, for the credential and for the proof's options.
func BenchmarkCanonicalize(b *testing.B) {
	b.Run("credential", func(b *testing.B) { benchmark(b, decode(b, []byte(credential)), jsonld.SHA256) })
	b.Run("credential-sha384", func(b *testing.B) { benchmark(b, decode(b, []byte(credential)), jsonld.SHA384) })
	b.Run("w3c-unsigned", func(b *testing.B) {
		benchmark(b, decode(b, read(b, "w3c-eddsa/unsigned.json")), jsonld.SHA256)
	})
	b.Run("w3c-employ", func(b *testing.B) {
		benchmark(b, decode(b, read(b, "w3c-eddsa/employmentAuth.json")), jsonld.SHA256)
	})
	b.Run("proof-options", func(b *testing.B) {
		benchmark(b, decode(b, read(b, "w3c-eddsa/eddsa-rdfc-2022/proofConfigDataInt.json")), jsonld.SHA256)
	})
}

// BenchmarkCompile is the first use of a context.
func BenchmarkCompile(b *testing.B) {
	v := decode(b, []byte(credential))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := jsonld.New(jsonld.Embedded()).Canonicalize(v, jsonld.SHA256); err != nil {
			b.Fatal(err)
		}
	}
}
