package multikey_test

import (
	"crypto/ed25519"
	"testing"

	"github.com/tabard-id/tabard/did/multikey"
)

func benchmarkParse(b *testing.B, typ multikey.Type) {
	private, err := multikey.Generate(typ)
	if err != nil {
		b.Fatal(err)
	}
	s := private.Public().String()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := multikey.ParsePublic(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseEd25519(b *testing.B) { benchmarkParse(b, multikey.Ed25519) }
func BenchmarkParseP256(b *testing.B)    { benchmarkParse(b, multikey.P256) }

func benchmarkVerify(b *testing.B, typ multikey.Type, verify multikey.VerifyFunc) {
	private, err := multikey.Generate(typ)
	if err != nil {
		b.Fatal(err)
	}
	message := make([]byte, 64)
	sig, err := private.Sign(message)
	if err != nil {
		b.Fatal(err)
	}
	key := private.Public()
	b.ReportAllocs()
	for b.Loop() {
		if !verify(key, message, sig) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkVerifyEd25519(b *testing.B) {
	benchmarkVerify(b, multikey.Ed25519, multikey.PublicKey.Verify)
}

func BenchmarkVerifyP256(b *testing.B) {
	benchmarkVerify(b, multikey.P256, multikey.PublicKey.Verify)
}

func BenchmarkVerifyP384(b *testing.B) {
	benchmarkVerify(b, multikey.P384, multikey.PublicKey.Verify)
}

// BenchmarkVerifyCached is a signature that has been met before.
func BenchmarkVerifyCached(b *testing.B) {
	benchmarkVerify(b, multikey.Ed25519, multikey.NewCache(1024).Verify)
}

// BenchmarkBareEd25519 is the peer of BenchmarkVerifyEd25519.
func BenchmarkBareEd25519(b *testing.B) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	message := make([]byte, 64)
	sig := ed25519.Sign(private, message)
	for b.Loop() {
		if !ed25519.Verify(public, message, sig) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkString(b *testing.B) {
	private, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = private.Public().String()
	}
}
