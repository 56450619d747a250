package proof_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// typeOf returns the type of an *Error, and "" for any other error.
func typeOf(err error) string {
	var e *proof.Error
	if errors.As(err, &e) {
		return e.Type
	}
	return ""
}

// open returns what a document secured once is made of.
func open(t testing.TB, doc jcs.Value) (jcs.Value, proof.Proof) {
	t.Helper()
	s, err := proof.Open(doc)
	if err != nil {
		t.Fatal(err)
	}
	return s.Unsecured(), s.Proofs()[0]
}

func TestVerifyOne(t *testing.T) {
	m := newMaker(t)
	for _, k := range []multikey.PrivateKey{m.ed, m.p256, m.p384} {
		doc, p := open(t, m.sign(m.document, k))
		if err := proof.VerifyOne(doc, p, k.Public(), nil); err != nil {
			t.Errorf("%s: %v", k.Public().Type(), err)
		}
		if err := proof.VerifyOne(doc.With("x", text("y")), p, k.Public(), nil); !errors.Is(err, proof.ErrSignature) {
			t.Errorf("%s: %v", k.Public().Type(), err)
		}
		if err := proof.VerifyOne(doc, p, multikey.PublicKey{}, nil); !errors.Is(err, proof.ErrKeyType) {
			t.Errorf("zero key: %v", err)
		}
	}
	doc, p := open(t, m.sign(m.document, m.ed))
	refuse := func(multikey.PublicKey, []byte, []byte) bool { return false }
	if err := proof.VerifyOne(doc, p, m.ed.Public(), refuse); !errors.Is(err, proof.ErrSignature) {
		t.Errorf("verify function not used: %v", err)
	}
	if err := proof.VerifyOne(doc, p, m.other.Public(), nil); !errors.Is(err, proof.ErrSignature) {
		t.Errorf("other key: %v", err)
	}
	p.PreviousProof = []string{"urn:x:1"}
	if err := proof.VerifyOne(doc, p, m.ed.Public(), nil); !errors.Is(err, proof.ErrPreviousProof) {
		t.Errorf("chain without its proofs: %v", err)
	}
}

func TestVerifyDigest(t *testing.T) {
	m := newMaker(t)
	for _, k := range []multikey.PrivateKey{m.ed, m.p256} {
		doc, p := open(t, m.sign(m.document, k))
		digest := sha256.Sum256(doc.Canonical())
		if err := proof.VerifyDigest(digest[:], p, k.Public(), nil); err != nil {
			t.Errorf("%s: %v", k.Public().Type(), err)
		}
		if err := proof.VerifyDigest(digest[1:], p, k.Public(), nil); err == nil {
			t.Error("31 bytes verify")
		}
		digest[0] ^= 1
		if err := proof.VerifyDigest(digest[:], p, k.Public(), nil); !errors.Is(err, proof.ErrSignature) {
			t.Errorf("%s: %v", k.Public().Type(), err)
		}
	}
	doc, p := open(t, m.sign(m.document, m.p384))
	digest := sha256.Sum256(doc.Canonical())
	if err := proof.VerifyDigest(digest[:], p, m.p384.Public(), nil); !errors.Is(err, proof.ErrKeyType) {
		t.Errorf("P-384: %v", err)
	}
	doc, p = open(t, m.sign(m.document, m.ed))
	digest = sha256.Sum256(doc.Canonical())
	p.PreviousProof = []string{"urn:x:1"}
	if err := proof.VerifyDigest(digest[:], p, m.ed.Public(), nil); !errors.Is(err, proof.ErrPreviousProof) {
		t.Errorf("chain: %v", err)
	}
}

func TestCheckDates(t *testing.T) {
	m := newMaker(t)
	_, never := open(t, m.sign(m.document, m.ed))
	_, expiring := open(t, m.sign(m.document, m.ed, func(o *proof.SignOptions) { o.Expires = now }))
	for _, tt := range []struct {
		name    string
		p       proof.Proof
		now     time.Time
		expired bool
	}{
		{"never", never, now, false},
		{"never, no clock", never, time.Time{}, false},
		{"before", expiring, now.Add(-time.Nanosecond), false},
		{"at", expiring, now, true},
		{"no clock", expiring, time.Time{}, true},
	} {
		if err := proof.CheckDates(tt.p, tt.now); errors.Is(err, proof.ErrExpired) != tt.expired {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestIgnoreExpiry leaves the proof's expiry, and nothing else, to the caller.
func TestIgnoreExpiry(t *testing.T) {
	m := newMaker(t)
	doc := m.sign(m.document, m.ed, func(o *proof.SignOptions) { o.Expires = now.Add(-time.Hour) })
	keys := proof.ResolverKeys(key.Resolver{})
	if _, err := proof.Verify(context.Background(), doc, keys, proof.Options{Now: now, IgnoreExpiry: true}); err != nil {
		t.Error(err)
	}
	if _, err := proof.Verify(context.Background(), doc, keys, proof.Options{Now: now}); !errors.Is(err, proof.ErrExpired) {
		t.Error(err)
	}
	tampered := doc.With("x", text("y"))
	if _, err := proof.Verify(context.Background(), tampered, keys, proof.Options{Now: now, IgnoreExpiry: true}); !errors.Is(err, proof.ErrSignature) {
		t.Error(err)
	}
}

// counting counts what it is asked for.
type counting struct {
	keys  proof.Keys
	asked map[string]int
}

func (c counting) Key(ctx context.Context, url string, rel did.Relationship) (did.VerificationMethod, error) {
	c.asked[url]++
	return c.keys.Key(ctx, url, rel)
}

// TestKeysAskedLast: no key is retrieved for a proof that would be refused anyway.
func TestKeysAskedLast(t *testing.T) {
	m := newMaker(t)
	inner := counting{proof.ResolverKeys(key.Resolver{}), map[string]int{}}
	expired := m.sign(m.sign(m.document, m.ed), m.p256, func(o *proof.SignOptions) { o.Expires = now })
	if _, err := proof.Verify(context.Background(), expired, inner, proof.Options{Now: now}); err == nil {
		t.Error("verifies")
	}
	if len(inner.asked) != 0 {
		t.Errorf("asked for %v", inner.asked)
	}
}

func TestErrorText(t *testing.T) {
	for _, tt := range []struct {
		err  *proof.Error
		want string
	}{
		{&proof.Error{Type: proof.ParsingError, Detail: "x"}, "PARSING_ERROR: x"},
		{&proof.Error{Type: proof.VerificationError, Err: proof.ErrSignature}, "PROOF_VERIFICATION_ERROR: signature does not verify"},
		{&proof.Error{Type: proof.InvalidRelationship, Err: did.ErrInvalidRelationship}, "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"},
		{&proof.Error{Type: proof.InvalidDocument, Detail: "d", Err: proof.ErrDeactivated}, "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT: d: DID is deactivated"},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// deactivated returns the documents of deactivated DIDs, as a careless resolver may.
type deactivated struct{ did.Resolver }

func (d deactivated) Resolve(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	r, err := d.Resolver.Resolve(ctx, id, opt)
	r.Metadata.Deactivated = true
	return r, err
}

func TestDeactivatedWithDocument(t *testing.T) {
	m := newMaker(t)
	keys := proof.ResolverKeys(deactivated{key.Resolver{}})
	_, err := proof.Verify(context.Background(), m.sign(m.document, m.ed), keys, proof.Options{Now: now})
	if !errors.Is(err, proof.ErrDeactivated) || typeOf(err) != proof.InvalidDocument {
		t.Error(err)
	}
}
