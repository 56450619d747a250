package jcs_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
)

// credential is 1.5 kB of a secured credential as it comes over HTTP, indented.
const credential = `{
  "@context": [
    "https://www.w3.org/ns/credentials/v2",
    "https://www.w3.org/ns/credentials/examples/v2"
  ],
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
  "proof": {
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-jcs-2022",
    "created": "2026-01-01T00:00:00Z",
    "verificationMethod": "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
    "proofPurpose": "assertionMethod",
    "proofValue": "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX"
  }
}`

func benchmarkTransform(b *testing.B, data []byte) {
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		v, err := jcs.Decode(data)
		if err != nil {
			b.Fatal(err)
		}
		buf = v.Append(buf[:0])
	}
}

// BenchmarkTransform is the hot path: what is indented and out of order.
func BenchmarkTransform(b *testing.B) { benchmarkTransform(b, []byte(credential)) }

// BenchmarkTransformCompact is what JSON libraries write: no space, own order.
func BenchmarkTransformCompact(b *testing.B) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(credential)); err != nil {
		b.Fatal(err)
	}
	benchmarkTransform(b, compact.Bytes())
}

// BenchmarkTransformCanonical is what the ledger holds.
func BenchmarkTransformCanonical(b *testing.B) {
	benchmarkTransform(b, decode(b, credential).Canonical())
}

// BenchmarkWithoutProof is what verification hashes: the parts, each canonical.
func BenchmarkWithoutProof(b *testing.B) {
	v := decode(b, credential)
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		buf = v.Without("proof").Append(buf[:0])
	}
}

// BenchmarkEncodingJSON is the peer: decode into any, and write it again.
func BenchmarkEncodingJSON(b *testing.B) {
	b.SetBytes(int64(len(credential)))
	b.ReportAllocs()
	for b.Loop() {
		var x any
		if err := json.Unmarshal([]byte(credential), &x); err != nil {
			b.Fatal(err)
		}
		if _, err := json.Marshal(x); err != nil {
			b.Fatal(err)
		}
	}
}
