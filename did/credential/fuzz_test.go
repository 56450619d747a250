package credential_test

import (
	"bytes"
	"context"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
)

// FuzzVerify: every document gets a verdict that keeps its promises, and no
// credential is verified but those that were signed, up to contexts added.
func FuzzVerify(f *testing.F) {
	c := newCredentials(f)
	signed := map[string]bool{}
	for _, v := range c.verdictFile().Cases {
		f.Add(v.Input.Canonical())
		if v.Verified {
			signed[string(v.Input.Without("proof", "@context").Canonical())] = true
		}
	}
	for _, v := range c.malformed() {
		f.Add(v.Input.Canonical())
	}
	source := registry{Documents: c.documents()}
	verifier := credential.Verifier{Resolver: source, Status: source, Now: now}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := jcs.Decode(data)
		if err != nil {
			return
		}
		v := verifier.Verify(context.Background(), doc)
		checkVerdict(t, v)
		if v.Verified && !signed[string(doc.Without("proof", "@context").Canonical())] {
			t.Errorf("verified: %s", data)
		}
	})
}

// TestAnyByteChanged: no change of a single byte in the canonical form of a signed
// credential is verified.
func TestAnyByteChanged(t *testing.T) {
	c := newCredentials(t)
	data := c.sign(c.unsigned()).Canonical()
	verifier := credential.Verifier{Resolver: key.Resolver{}, Now: now}
	rapid.Check(t, func(t *rapid.T) {
		changed := bytes.Clone(data)
		changed[rapid.IntRange(0, len(data)-1).Draw(t, "position")] ^= rapid.ByteRange(1, 255).Draw(t, "flip")
		doc, err := jcs.Decode(changed)
		if err != nil {
			return
		}
		if v := verifier.Verify(context.Background(), doc); v.Verified {
			t.Errorf("verified: %s", changed)
		}
	})
}
