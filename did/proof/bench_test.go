package proof_test

import (
	"context"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/proof"
)

// BenchmarkVerify measures each suite over one credential, from bytes, beside what
// cannot be saved: the bare verification of a signature.
func BenchmarkVerify(b *testing.B) {
	m := newMaker(b)
	keys := proof.ResolverKeys(key.NewCache(64))
	d := m.document
	for _, c := range []struct {
		name  string
		doc   jcs.Value
		cache *proof.Cache
	}{
		{"eddsa-jcs-2022", m.sign(d, m.ed), nil},
		{"eddsa-rdfc-2022", m.sign(d, m.ed, rdfc(m.ed)), nil},
		{"eddsa-rdfc-2022-cached", m.sign(d, m.ed, rdfc(m.ed)), proof.NewCache(16)},
		{"ecdsa-rdfc-2019-p256", m.sign(d, m.p256, rdfc(m.p256)), nil},
		{"ecdsa-rdfc-2019-p384", m.sign(d, m.p384, rdfc(m.p384)), nil},
		{"ecdsa-sd-2023-derived", m.derive(m.disclosable(m.sailing(), m.p256, "/issuer", "/credentialSubject/sails/1"), "/credentialSubject/boards/0/year", "/validFrom"), nil},
	} {
		data := c.doc.Canonical()
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			opt := proof.Options{Purpose: did.AssertionMethod, Now: now, Cache: c.cache}
			for b.Loop() {
				doc, err := jcs.Decode(data)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := proof.Verify(context.Background(), doc, keys, opt); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("bare-ed25519", func(b *testing.B) {
		message := make([]byte, 64)
		sig, err := m.ed.Sign(message)
		if err != nil {
			b.Fatal(err)
		}
		public := m.ed.Public()
		for b.Loop() {
			if !public.Verify(message, sig) {
				b.Fatal("does not verify")
			}
		}
	})
}

// BenchmarkDerive measures what a holder does.
func BenchmarkDerive(b *testing.B) {
	m := newMaker(b)
	base := m.disclosable(m.sailing(), m.p256, "/issuer", "/credentialSubject/sails/1")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := proof.Derive(base, []string{"/validFrom"}, proof.DeriveOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
