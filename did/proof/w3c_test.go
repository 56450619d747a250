package proof

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/multiformats/go-multibase"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
)

// published is one folder of the W3C test vectors, which hold every value that
// comes up while signing and verifying.
type published struct {
	t           *testing.T
	dir, suffix string
}

func (p published) bytes(name, ext string) []byte {
	p.t.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, name+p.suffix+ext))
	if err != nil {
		p.t.Fatal(err)
	}
	return data
}

func (p published) text(name string) string {
	return strings.TrimSpace(string(p.bytes(name, ".txt")))
}

func (p published) json(name string) jcs.Value {
	p.t.Helper()
	v, err := jcs.Decode(p.bytes(name, ".json"))
	if err != nil {
		p.t.Fatal(err)
	}
	return v
}

// TestPublishedVectors reproduces every intermediate value of the vectors that
// vc-di-eddsa and vc-di-ecdsa publish.
func TestPublishedVectors(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "vectors")
	for _, suite := range []struct{ dir, suffix, keys string }{
		{"w3c-eddsa/eddsa-jcs-2022", "JCS", "w3c-eddsa/keyPair.json"},
		{"w3c-ecdsa/ecdsa-jcs-2019-p256", "JCSECDSAP256", "w3c-ecdsa/p256KeyPair.json"},
		{"w3c-eddsa/eddsa-rdfc-2022", "DataInt", "w3c-eddsa/keyPair.json"},
		{"w3c-eddsa/eddsa-rdfc-2022/employ", "DataInt", "w3c-eddsa/keyPair.json"},
		{"w3c-ecdsa/ecdsa-rdfc-2019-p384", "ECDSAP384", "w3c-ecdsa/p384KeyPair.json"},
		{"w3c-ecdsa/ecdsa-rdfc-2019-p384/employ", "ECDSAP384", "w3c-ecdsa/p384KeyPair.json"},
	} {
		t.Run(suite.dir, func(t *testing.T) {
			dir := filepath.Join(root, suite.dir)
			if _, err := os.Stat(dir); err != nil {
				t.Skip("no ../shared/vectors beside the checkout")
			}
			p := published{t, dir, suite.suffix}
			checkPublished(t, p, p.json("signed"))
			private := publishedKey(t, filepath.Join(root, suite.keys))
			checkReproduced(t, p, private)
		})
	}
}

func publishedKey(t *testing.T, file string) multikey.PrivateKey {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var pair struct {
		Public     string `json:"publicKeyMultibase"`
		Secret     string `json:"secretKeyMultibase"`
		PrivateKey string `json:"privateKeyMultibase"`
	}
	if err := json.Unmarshal(data, &pair); err != nil {
		t.Fatal(err)
	}
	private, err := multikey.ParsePrivate(pair.Secret + pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	if private.Public().String() != pair.Public {
		t.Fatalf("public key %s", private.Public())
	}
	return private
}

// checkPublished takes a signed document apart and compares each value.
func checkPublished(t *testing.T, want published, signed jcs.Value) {
	s, err := Open(signed)
	if err != nil {
		t.Fatal(err)
	}
	p := s.Proofs()[0]
	method, err := ResolverKeys(key.Resolver{}).Key(context.Background(), p.VerificationMethod, did.AssertionMethod)
	if err != nil {
		t.Fatal(err)
	}
	typ := method.Key.Type()
	config := p.Value.Without("proofValue")
	canonical := func(v jcs.Value) string { return string(v.Canonical()) }
	if p.suite().form == formRDF {
		context, _ := signed.Get("@context")
		config = config.With("@context", context)
		canonical = func(v jcs.Value) string { return canonicalRDF(t, typ, v) }
	}
	if !config.Equal(want.json("proofConfig")) {
		t.Error("proof configuration differs")
	}
	canonDoc, proofCanon := canonical(s.Unsecured()), canonical(config)
	docHash, configHash := appendSum(nil, typ, []byte(canonDoc)), appendSum(nil, typ, []byte(proofCanon))
	sig, err := p.signature(signatureSize(typ))
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{
		"canonDoc":     strings.TrimSpace(canonDoc),
		"docHash":      hex.EncodeToString(docHash),
		"proofCanon":   strings.TrimSpace(proofCanon),
		"proofHash":    hex.EncodeToString(configHash),
		"combinedHash": hex.EncodeToString(append(configHash, docHash...)),
		"sigHex":       hex.EncodeToString(sig),
		"sigBTC58":     p.ProofValue,
	} {
		if want := want.text(name); got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
	if _, err := Verify(context.Background(), signed, ResolverKeys(key.Resolver{}), Options{Purpose: did.AssertionMethod}); err != nil {
		t.Error(err)
	}
	if err := VerifyDigest(docHash, p, method.Key, nil); (err == nil) != (p.suite().form == formJCS) {
		t.Error(err)
	}
}

func canonicalRDF(t *testing.T, typ multikey.Type, v jcs.Value) string {
	t.Helper()
	text, err := jsonld.Default().Canonicalize(v, rdfHash(typ))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkReproduced signs the unsigned document anew. Ed25519 is deterministic, so
// the published proof must come out; the ECDSA vector was made with RFC 6979 too.
func checkReproduced(t *testing.T, want published, private multikey.PrivateKey) {
	signed := want.json("signed")
	p, err := Parse(must(signed.Get("proof")))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Sign(signed.Without("proof"), private, SignOptions{
		VerificationMethod: key.MethodID(private.Public()),
		Purpose:            did.AssertionMethod,
		Created:            p.CreatedAt,
		Cryptosuite:        p.Cryptosuite,
	})
	if err != nil {
		t.Fatal(err)
	}
	if !got.Equal(signed) {
		t.Errorf("signed anew:\n got %s\nwant %s", got.Canonical(), signed.Canonical())
	}
	value, err := multibase.Encode(multibase.Base58BTC, mustHex(t, want.text("sigHex")))
	if err != nil || value != want.text("sigBTC58") {
		t.Errorf("proofValue %s, %v", value, err)
	}
}

func must(v jcs.Value, ok bool) jcs.Value {
	if !ok {
		panic("missing member")
	}
	return v
}

func mustHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
