package credential_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/proof"
)

// said is what tells signed documents apart: how they are written, up to contexts
// added, or what they say where that is what was signed.
func said(v jcs.Value) string {
	s, err := proof.Open(v)
	if err == nil && s.Proofs()[0].SignsRDF() {
		graph, err := s.RDFDigest(proof.Options{})
		return fmt.Sprintf("%x %v", graph, err)
	}
	return string(v.Without("proof", "@context").Canonical())
}

// FuzzVerify: every document gets a verdict that keeps its promises, and no
// credential is verified but those that were signed.
func FuzzVerify(f *testing.F) {
	c := newCredentials(f)
	signed := map[string]bool{}
	for _, v := range c.verdictFile().Cases {
		f.Add(v.Input.Canonical())
		if v.Verified || v.RequireActiveSubject {
			signed[said(v.Input)] = true
		}
	}
	for _, v := range c.malformed() {
		f.Add(v.Input.Canonical())
	}
	source := registry{Documents: c.documents()}
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: source, Status: source, Now: now}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := jcs.Decode(data)
		if err != nil {
			return
		}
		v := verifier.Verify(context.Background(), doc)
		checkVerdict(t, v)
		if v.Verified && !signed[said(doc)] {
			t.Errorf("verified: %s", data)
		}
	})
}

// FuzzParse: whatever is read as a credential has what every credential has.
func FuzzParse(f *testing.F) {
	c := newCredentials(f)
	for _, v := range c.structureFile().Cases {
		f.Add(v.Input.Canonical())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := jcs.Decode(data)
		if err != nil {
			return
		}
		vc, err := credential.Parse(doc)
		var e *credential.Error
		if err != nil && (!errors.As(err, &e) || e.Type == "" || e.Detail == "") {
			t.Errorf("%v", err)
		}
		if err == nil && (vc.Issuer == "" || vc.Version == 0 || len(vc.Types) == 0) {
			t.Errorf("read %+v", vc)
		}
	})
}

// FuzzParsePresentation: the same for presentations.
func FuzzParsePresentation(f *testing.F) {
	c := newCredentials(f)
	for _, v := range c.presentationFile().Cases {
		f.Add(v.Input.Canonical())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := jcs.Decode(data)
		if err != nil {
			return
		}
		p, err := credential.ParsePresentation(doc)
		var e *credential.Error
		if err != nil && (!errors.As(err, &e) || e.Type == "" || e.Detail == "") {
			t.Errorf("%v", err)
		}
		if err == nil && (p.Version == 0 || len(p.Types) == 0 || len(p.Credentials) > credential.MaxCredentials) {
			t.Errorf("read %+v", p)
		}
	})
}

// FuzzVerifyPresentation: every document gets a verdict that keeps its promises, and
// no presentation is verified for our challenge but those that were made for it.
func FuzzVerifyPresentation(f *testing.F) {
	c := newCredentials(f)
	signed := map[string]bool{}
	for _, v := range append(c.boundPresentations(), c.filledPresentations()...) {
		f.Add(v.Input.Canonical())
		// The registry here has heard of no revocation.
		if v.Verified || v.Statuses != nil {
			signed[said(v.Input)] = true
		}
	}
	for _, v := range c.malformedPresentations() {
		f.Add(v.Input.Canonical())
	}
	source := registry{Documents: c.documents()}
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: source, Status: source, Now: now}
	opt := credential.PresentationOptions{Challenge: challenge}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := jcs.Decode(data)
		if err != nil {
			return
		}
		v := verifier.VerifyPresentation(context.Background(), doc, opt)
		checkVerdict(t, v)
		if v.Verified && !signed[said(doc)] {
			t.Errorf("verified: %s", data)
		}
	})
}

// FuzzVerifyPointers: nothing that lists or schemas say makes a verdict that breaks
// its promises, or takes long.
func FuzzVerifyPointers(f *testing.F) {
	c := newCredentials(f)
	f.Add(c.list("revocation", 7).Canonical(), []byte(agentSchema))
	f.Add(c.list2021(7).Canonical(), []byte(exponential()))
	f.Add(c.badLists()[1].Input.Canonical(), []byte("null"))
	vc := c.sign(c.unsigned().With("credentialStatus", c.entry("revocation", "6")).
		With("credentialSchema", decode(f, `[{"id":"`+schemaURL+`","type":"JsonSchema"},{"id":"`+schemaURL+`","type":"JsonSchemaCredential"}]`)))
	f.Fuzz(func(t *testing.T, list, schema []byte) {
		doc, err := jcs.Decode(list)
		if err != nil {
			return
		}
		verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, Schemas: schemas{schemaURL: text(string(schema))}}
		for _, own := range []bool{false, true} {
			verifier.Lists = lists{listURL: {Credential: doc, Own: own}}
			checkVerdict(t, verifier.Verify(context.Background(), vc))
		}
	})
}

// TestAnyByteChanged: no change of a single byte in the canonical form of a signed
// credential is verified.
func TestAnyByteChanged(t *testing.T) {
	c := newCredentials(t)
	data := c.sign(c.unsigned()).Canonical()
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: key.Resolver{}, Now: now}
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
