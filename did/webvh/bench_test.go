package webvh_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
)

// BenchmarkEd25519 is the limit: one verification of 64 bytes by crypto/ed25519.
func BenchmarkEd25519(b *testing.B) {
	seed := sha256.Sum256([]byte("bench"))
	k := ed25519.NewKeyFromSeed(seed[:])
	public, message := k.Public().(ed25519.PublicKey), make([]byte, 64)
	sig := ed25519.Sign(k, message)
	for b.Loop() {
		if !ed25519.Verify(public, message, sig) {
			b.Fatal("no")
		}
	}
}

// BenchmarkGenesis is the whole way from the bytes of a one-key first entry to
// its state: parsing, every check, one signature.
func BenchmarkGenesis(b *testing.B) {
	c := create(b, "a", nil)
	benchmark(b, c.entries[0], func(e webvh.Entry) error {
		_, err := webvh.Genesis(e, nil, webvh.Context{Now: day(1)})
		return err
	})
}

// BenchmarkNext is the same for an entry that follows.
func BenchmarkNext(b *testing.B) {
	c := create(b, "a", nil)
	first := c.state
	c.update("a", nil)
	benchmark(b, c.entries[1], func(e webvh.Entry) error {
		_, err := first.Next(e, nil, webvh.Context{Now: day(2)})
		return err
	})
}

// BenchmarkGenesisUnsigned leaves out the signature, as with a cache that knows it.
func BenchmarkGenesisUnsigned(b *testing.B) {
	c := create(b, "a", nil)
	cache := multikey.NewCache(64)
	benchmark(b, c.entries[0], func(e webvh.Entry) error {
		_, err := webvh.Genesis(e, nil, webvh.Context{Now: day(1), Verify: cache.Verify})
		return err
	})
}

func benchmark(b *testing.B, e webvh.Entry, judge func(webvh.Entry) error) {
	line := e.Value.Canonical()
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		v, err := jcs.Decode(line)
		if err != nil {
			b.Fatal(err)
		}
		e, err := webvh.ParseEntry(v)
		if err != nil {
			b.Fatal(err)
		}
		if err := judge(e); err != nil {
			b.Fatal(err)
		}
	}
}
