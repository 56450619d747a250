package proof

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/multiformats/go-multibase"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/internal/lexical"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof/internal/sd"
)

// Numbers printed in Data Integrity ECDSA Cryptosuites 1.0, A.7 ("Representation:
// ecdsa-sd-2023"), for the employment authorisation document of ../shared/vectors.
const (
	sdIssuer        = "z42twTcNeSYcnqg1FLuSFs2bsGH3ZqbRHFmvS9XMsYhjxvHN"
	sdStatements    = "z42tqvNGyzyXRzotAYn43UhcFtzDUVdxJ7461fwrfhBPLmfY"
	sdHMACKey       = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	sdCreated       = "2023-08-15T23:36:38Z"
	sdProofHash     = "9c5c9b189f06cfa9d9f21a838ccb9b04316f07ad1a517bfd4955ee28c6a8229c"
	sdMandatoryHash = "a042dc047c236816f49fbe5282a79c5e77abe111e47f4c20203b5064c7f0f059"
	sdBaseSignature = "b8dc55afeb6427a990e9d60c0d363b654306d92703e5036210ca29619d8ed204194ba3d86e31cdbc99f4ee9d5f25f0cc1c1f44f5fa39abec9a50cdf519b457e0"
	sdFirst         = "fd91ec48b3524965f7a1453e9ffa067054eca6f7d6338a84525eb3288bb0caf7a9651f02fee14d6d33ee1679aa8828348ccc574e194d7f57fca8be354c1b30f7"
	// SHA-256 of the proof values printed there.
	sdBaseValue    = "941fd48591bc4b27ecb404d2ac879e9c9f1c65006978cb7c94ff6711024aad6e"
	sdDerivedValue = "da83efdca9316f2e471b9deed0e0266e0d4ae9d109e25b082a00b79bedc9377b"
)

var (
	sdMandatory = []string{"/issuer"}
	sdSelective = []string{"/validFrom", "/validUntil", "/credentialSubject/birthCountry"}
	sdIndexes   = []int{0, 12, 13, 17}
	sdCombined  = []int{0, 1, 2, 9, 12, 13, 16, 17, 18, 19}
	sdAdjusted  = []int{0, 4, 5, 7}
	sdLabels    = []string{"u3Lv2QpFgo-YAegc1cQQKWJFW2sEjQF6FfuZ0VEoMKHg", "u4YIOZn1MHES1Z4Ij2hWZG3R4dEYBqg5fHTyDEvYhC38"}
)

func sdDocument(t *testing.T) jcs.Value {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "vectors", "w3c-ecdsa", "employmentAuth.json"))
	if err != nil {
		t.Skip("no ../shared/vectors beside the checkout")
	}
	doc, err := jcs.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestPublishedDisclosure makes the published base and derived proof, value by
// value.
func TestPublishedDisclosure(t *testing.T) {
	doc := sdDocument(t)
	issuer, err := multikey.ParsePrivate(sdIssuer)
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err := multibase.Decode(sdStatements)
	if err != nil {
		t.Fatal(err)
	}
	created, ok := lexical.Time(sdCreated)
	if !ok {
		t.Fatal(sdCreated)
	}
	base, err := Sign(doc, issuer, SignOptions{
		VerificationMethod: key.MethodID(issuer.Public()), Purpose: did.AssertionMethod, Created: created,
		Cryptosuite: ECDSASD2023, MandatoryPointers: sdMandatory,
		Random: bytes.NewReader(append(mustHex(t, sdHMACKey), secret[2:]...)),
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse(must(base.Get("proof")))
	if err != nil {
		t.Fatal(err)
	}
	value, err := sd.ParseBase(p.ProofValue)
	if err != nil {
		t.Fatal(err)
	}
	checkStatements(t, doc, p)
	derived, err := Derive(base, sdSelective, DeriveOptions{})
	if err != nil {
		t.Fatal(err)
	}
	q, err := Parse(must(derived.Get("proof")))
	if err != nil {
		t.Fatal(err)
	}
	disclosed, err := sd.ParseDerived(q.ProofValue)
	if err != nil || !slices.Equal(disclosed.Mandatory, sdAdjusted) || len(disclosed.Signatures) != 6 {
		t.Errorf("indexes %v, %d signatures, %v", disclosed.Mandatory, len(disclosed.Signatures), err)
	}
	for name, pair := range map[string][2]string{
		"baseSignature":     {hex.EncodeToString(value.Signature), sdBaseSignature},
		"signature 0":       {hex.EncodeToString(value.Signatures[0]), sdFirst},
		"proofValue":        {digest(p.ProofValue), sdBaseValue},
		"derivedProofValue": {digest(q.ProofValue), sdDerivedValue},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s %s, want %s", name, pair[0], pair[1])
		}
	}
	if _, err := Verify(context.Background(), derived, ResolverKeys(key.Resolver{}), Options{Purpose: did.AssertionMethod}); err != nil {
		t.Error(err)
	}
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// checkStatements compares what is signed, and which statements are which.
func checkStatements(t *testing.T, doc jcs.Value, p Proof) {
	t.Helper()
	statements, err := sd.Open(jsonld.Default(), doc, mustHex(t, sdHMACKey))
	if err != nil {
		t.Fatal(err)
	}
	mandatory, err := statements.Group(sdMandatory)
	if err != nil {
		t.Fatal(err)
	}
	combined, err := statements.Group(slices.Concat(sdMandatory, sdSelective))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(mandatory.Indexes, sdIndexes) || !slices.Equal(combined.Indexes, sdCombined) {
		t.Errorf("mandatory %v, combined %v", mandatory.Indexes, combined.Indexes)
	}
	for i, label := range combined.Labels {
		if text, err := multibase.Encode(multibase.Base64url, label); err != nil || text != sdLabels[i] {
			t.Errorf("label %d: %s, %v", i, text, err)
		}
	}
	hash, others := sd.Split(statements.Statements(), mandatory.Indexes)
	config, err := appendConfig(nil, jsonld.Default(), multikey.P256, p.Value, doc)
	if err != nil {
		t.Fatal(err)
	}
	if len(others) != 20 || hex.EncodeToString(hash[:]) != sdMandatoryHash || hex.EncodeToString(config) != sdProofHash {
		t.Errorf("%d statements, mandatoryHash %x, proofHash %x", len(others), hash, config)
	}
}
