package proof_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// FuzzParse: a proof is read or refused with a type, and nothing it reports is
// other than what stands in it.
func FuzzParse(f *testing.F) {
	m := newMaker(f)
	for _, group := range [][]vector{m.positive(), m.shapes(), m.expectations(), m.retrieval()} {
		for _, v := range group {
			p, _ := v.Input.Get("proof")
			f.Add(p.Canonical())
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := jcs.Decode(data)
		if err != nil {
			return
		}
		p, err := proof.Parse(v)
		if err != nil {
			if typeOf(err) == "" {
				t.Errorf("%v has no type", err)
			}
			return
		}
		if !p.Value.Equal(v) || p.Type == "" || p.VerificationMethod == "" || p.Purpose == "" {
			t.Errorf("read %+v", p)
		}
		if got, _ := v.GetString("verificationMethod"); got != p.VerificationMethod {
			t.Errorf("verificationMethod %q", p.VerificationMethod)
		}
	})
}

// FuzzVerify: no document verifies but those that were signed, up to what their
// proofs do not cover: contexts behind the signed ones, and which proofs are there.
func FuzzVerify(f *testing.F) {
	m := newMaker(f)
	signed := make(map[string]bool)
	for _, group := range [][]vector{m.positive(), m.chains(), m.contexts(), m.signatures()} {
		for _, v := range group {
			f.Add(v.Input.Canonical())
			signed[string(v.Input.Without("proof", "@context").Canonical())] = true
		}
	}
	keys := proof.ResolverKeys(key.NewCache(64))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := jcs.Decode(data)
		if err != nil {
			return
		}
		verified, err := proof.Verify(context.Background(), doc, keys, proof.Options{Now: now})
		if err != nil {
			if typeOf(err) == "" {
				t.Errorf("%v has no type", err)
			}
			return
		}
		if len(verified) == 0 || !signed[string(doc.Without("proof", "@context").Canonical())] {
			t.Errorf("verifies: %s", data)
		}
	})
}

// TestAnyByteChanged: no change of a single byte in the canonical form of a signed
// document gives another document that verifies.
func TestAnyByteChanged(t *testing.T) {
	m := newMaker(t)
	keys := proof.ResolverKeys(key.NewCache(64))
	for _, k := range []multikey.PrivateKey{m.ed, m.p256, m.p384} {
		data := m.sign(m.document, k).Canonical()
		t.Run(k.Public().Type().String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				changed := bytes.Clone(data)
				i := rapid.IntRange(0, len(data)-1).Draw(t, "position")
				changed[i] ^= rapid.ByteRange(1, 255).Draw(t, "flip")
				checkRefused(t, changed, keys)
			})
		})
	}
}

// TestEveryByteChanged does the same to every byte of one document, by a printable
// neighbour, which JSON more often survives.
func TestEveryByteChanged(t *testing.T) {
	m := newMaker(t)
	data := m.sign(m.document, m.ed).Canonical()
	keys := proof.ResolverKeys(key.NewCache(64))
	for i := range data {
		changed := bytes.Clone(data)
		changed[i] ^= 1
		checkRefused(t, changed, keys)
	}
}

func checkRefused(t interface{ Errorf(string, ...any) }, changed []byte, keys proof.Keys) {
	doc, err := jcs.Decode(changed)
	if err != nil {
		return
	}
	_, err = proof.Verify(context.Background(), doc, keys, proof.Options{Purpose: did.AssertionMethod, Now: now})
	if e := (*proof.Error)(nil); !errors.As(err, &e) {
		t.Errorf("%v for %s", err, changed)
	}
}
