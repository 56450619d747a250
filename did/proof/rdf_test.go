package proof_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

func TestVerifyOneAsRDF(t *testing.T) {
	m := newMaker(t)
	for _, k := range []multikey.PrivateKey{m.ed, m.p256, m.p384} {
		doc, p := open(t, m.sign(m.strict(), k, rdfc(k)))
		if err := proof.VerifyOne(doc, p, k.Public(), nil); err != nil {
			t.Errorf("%s: %v", k.Public().Type(), err)
		}
		if err := proof.VerifyOne(doc.With("name", text("x")), p, k.Public(), nil); !errors.Is(err, proof.ErrSignature) {
			t.Errorf("%s: %v", k.Public().Type(), err)
		}
		if err := proof.VerifyOne(doc.With("unknownTerm", text("x")), p, k.Public(), nil); typeOf(err) != proof.DataLoss {
			t.Errorf("%s: %v", k.Public().Type(), err)
		}
		digest := sha256.Sum256(doc.Canonical())
		if err := proof.VerifyDigest(digest[:], p, k.Public(), nil); !errors.Is(err, proof.ErrUnsupported) {
			t.Errorf("digest: %v", err)
		}
	}
	doc, p := open(t, m.derive(m.disclosable(m.sailing(), m.p256, "/issuer"), "/validFrom"))
	if err := proof.VerifyOne(doc, p, m.p256.Public(), nil); err != nil {
		t.Error(err)
	}
	if err := proof.VerifyOne(doc.Without("validFrom"), p, m.p256.Public(), nil); !errors.Is(err, proof.ErrDisclosure) {
		t.Error(err)
	}
}

// counted counts the signatures that are verified.
func counted(n *int) multikey.VerifyFunc {
	return func(k multikey.PublicKey, message, sig []byte) bool {
		*n++
		return k.Verify(message, sig)
	}
}

// TestCache: what the cache remembers saves the signature and nothing else.
func TestCache(t *testing.T) {
	m := newMaker(t)
	keys := proof.ResolverKeys(key.Resolver{})
	doc := m.sign(m.strict(), m.ed, rdfc(m.ed), func(o *proof.SignOptions) {
		o.Expires, o.Domain, o.Challenge = now.Add(time.Hour), []string{"a.example"}, "x"
	})
	n := 0
	opt := proof.Options{Now: now, Cache: proof.NewCache(16), Verify: counted(&n)}
	verify := func(doc jcs.Value, change func(*proof.Options)) error {
		o := opt
		if change != nil {
			change(&o)
		}
		_, err := proof.Verify(context.Background(), doc, keys, o)
		return err
	}
	for range 3 {
		if err := verify(doc, nil); err != nil || n != 1 {
			t.Fatalf("%d signatures, %v", n, err)
		}
	}
	for name, tt := range map[string]struct {
		change func(*proof.Options)
		want   string
	}{
		"expired":   {func(o *proof.Options) { o.Now = now.Add(time.Hour) }, proof.VerificationError},
		"purpose":   {func(o *proof.Options) { o.Purpose = did.Authentication }, proof.VerificationError},
		"domain":    {func(o *proof.Options) { o.Domain = []string{"b.example"} }, proof.InvalidDomain},
		"challenge": {func(o *proof.Options) { o.Challenge = "y" }, proof.InvalidChallenge},
	} {
		if err := verify(doc, tt.change); typeOf(err) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	gone := proof.ResolverKeys(deactivated{key.Resolver{}})
	if _, err := proof.Verify(context.Background(), doc, gone, opt); !errors.Is(err, proof.ErrDeactivated) {
		t.Errorf("deactivated: %v", err)
	}
	if n != 1 {
		t.Errorf("%d signatures verified", n)
	}
	for range 2 {
		if err := verify(doc.With("name", text("x")), nil); !errors.Is(err, proof.ErrSignature) {
			t.Errorf("changed: %v", err)
		}
	}
	if n != 3 {
		t.Errorf("failures are remembered: %d signatures verified", n)
	}
}

// TestCacheKnowsContexts: the same bytes read with other contexts are another
// document.
func TestCacheKnowsContexts(t *testing.T) {
	m := newMaker(t)
	const url = "https://context.example/v1"
	with := func(term string) *jsonld.Processor {
		c, err := jsonld.Embedded().With(map[string][]byte{url: []byte(`{"@context":{"mine":"` + term + `"}}`)})
		if err != nil {
			t.Fatal(err)
		}
		return jsonld.New(c)
	}
	one, other := with("https://example.com/one"), with("https://example.com/other")
	doc := m.strict().With("@context", jcs.Array(member(m.strict(), "@context").At(0), member(m.strict(), "@context").At(1), text(url))).With("mine", text("x"))
	signed := m.sign(doc, m.ed, rdfc(m.ed), func(o *proof.SignOptions) { o.Processor = one })
	cache, keys := proof.NewCache(16), proof.ResolverKeys(key.Resolver{})
	for _, tt := range []struct {
		p    *jsonld.Processor
		want error
	}{{one, nil}, {other, proof.ErrSignature}, {nil, jsonld.ErrUnknownContext}, {one, nil}} {
		_, err := proof.Verify(context.Background(), signed, keys, proof.Options{Now: now, Cache: cache, Processor: tt.p})
		if !errors.Is(err, tt.want) {
			t.Errorf("%v, want %v", err, tt.want)
		}
	}
}

// TestCacheIsBounded: entries push each other out, and nothing breaks.
func TestCacheIsBounded(t *testing.T) {
	m := newMaker(t)
	cache, keys := proof.NewCache(1), proof.ResolverKeys(key.Resolver{})
	n := 0
	for i := range 64 {
		doc := m.sign(m.strict().With("name", text(fmt.Sprint(i))), m.ed, rdfc(m.ed))
		for range 2 {
			if _, err := proof.Verify(context.Background(), doc, keys, proof.Options{Now: now, Cache: cache, Verify: counted(&n)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n != 64 {
		t.Errorf("%d signatures verified", n)
	}
}

// TestRDFDigest does not depend on how the document is written.
func TestRDFDigest(t *testing.T) {
	m := newMaker(t)
	signed := m.sign(m.strict(), m.ed, rdfc(m.ed))
	digests := make(map[[32]byte]bool)
	for _, doc := range []jcs.Value{signed, signed.With("credentialSubject", jcs.Array(member(signed, "credentialSubject"))), signed.With("type", text("VerifiableCredential"))} {
		s, err := proof.Open(doc)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Verify(context.Background(), proof.ResolverKeys(key.Resolver{}), proof.Options{Now: now}); err != nil {
			t.Error(err)
		}
		digest, err := s.RDFDigest(proof.Options{})
		if err != nil || digest != sha256.Sum256(m.quads(m.ed, m.strict())) {
			t.Errorf("%x, %v", digest, err)
		}
		digests[s.Digest()] = true
	}
	if len(digests) != 3 {
		t.Errorf("%d digests of the JSON", len(digests))
	}
	s, err := proof.Open(signed.With("unknownTerm", text("x")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.RDFDigest(proof.Options{}); typeOf(err) != proof.DataLoss {
		t.Error(err)
	}
}

// TestReadingIsLimited: a set over RDF verifies with one hash of the
// document for each kind of hash; a chain that would read too much is refused.
func TestReadingIsLimited(t *testing.T) {
	m := newMaker(t)
	large := m.strict().With("name", text(strings.Repeat("x", 400<<10)))
	set, chain := large, large
	for i := range 8 {
		set = m.sign(set, m.ed, rdfc(m.ed))
		chain = m.sign(chain, m.ed, rdfc(m.ed), func(o *proof.SignOptions) {
			o.ID = fmt.Sprint("urn:proof:", i)
			if i > 0 {
				o.PreviousProof = []string{fmt.Sprint("urn:proof:", i-1)}
			}
		})
	}
	keys := proof.ResolverKeys(key.Resolver{})
	if _, err := proof.Verify(context.Background(), set, keys, proof.Options{Now: now}); err != nil {
		t.Error(err)
	}
	_, err := proof.Verify(context.Background(), chain, keys, proof.Options{Now: now})
	if !errors.Is(err, jsonld.ErrBudget) || typeOf(err) != proof.TransformationError {
		t.Error(err)
	}
}

func TestSignsRDF(t *testing.T) {
	m := newMaker(t)
	for doc, want := range map[*jcs.Value]bool{
		new(m.sign(m.strict(), m.ed)):                                    false,
		new(m.sign(m.strict(), m.ed, rdfc(m.ed))):                        true,
		new(m.disclosable(m.strict(), m.p256, "/issuer")):                true,
		new(edit(m.sign(m.strict(), m.ed), "cryptosuite", text("none"))): false,
	} {
		if _, p := open(t, *doc); p.SignsRDF() != want {
			t.Errorf("%s: %v", p.Cryptosuite, !want)
		}
	}
}

// TestCacheKnowsKeys: a method that has another key now does not keep the proofs of
// the one before.
func TestCacheKnowsKeys(t *testing.T) {
	m := newMaker(t)
	docs := documents(m.documents())
	config := m.rdfConfig(m.strict(), m.ed).Without("@context").With("verificationMethod", text("did:example:good#key"))
	signed := m.attachRDF(m.strict(), m.strict(), config, m.ed)
	opt := proof.Options{Now: now, Cache: proof.NewCache(16)}
	if _, err := proof.Verify(context.Background(), signed, proof.ResolverKeys(docs), opt); err != nil {
		t.Fatal(err)
	}
	method := member(docs["did:example:good"], "verificationMethod").At(0).With("publicKeyMultibase", text(m.other.Public().String()))
	docs["did:example:good"] = docs["did:example:good"].With("verificationMethod", jcs.Array(method))
	if _, err := proof.Verify(context.Background(), signed, proof.ResolverKeys(docs), opt); !errors.Is(err, proof.ErrSignature) {
		t.Error(err)
	}
}

// TestCacheConcurrently: one cache serves verifiers that know nothing of each other.
func TestCacheConcurrently(t *testing.T) {
	m := newMaker(t)
	cache, keys := proof.NewCache(8), proof.ResolverKeys(key.NewCache(8))
	docs := make([]jcs.Value, 24)
	for i := range docs {
		docs[i] = m.sign(m.strict().With("name", text(fmt.Sprint(i))), m.ed, rdfc(m.ed))
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for _, doc := range docs {
				if _, err := proof.Verify(context.Background(), doc, keys, proof.Options{Now: now, Cache: cache}); err != nil {
					t.Error(err)
				}
				changed := doc.With("issuer", text("https://vc.example/issuers/1"))
				if _, err := proof.Verify(context.Background(), changed, keys, proof.Options{Now: now, Cache: cache}); !errors.Is(err, proof.ErrSignature) {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
}
