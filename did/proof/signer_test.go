package proof_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// elsewhere signs with a key that is kept elsewhere.
type elsewhere struct {
	key  multikey.PublicKey
	sign func([]byte) ([]byte, error)
}

func (e elsewhere) Public() multikey.PublicKey          { return e.key }
func (e elsewhere) Sign(message []byte) ([]byte, error) { return e.sign(message) }

func TestSigner(t *testing.T) {
	m := newMaker(t)
	for _, suite := range []string{"", proof.ECDSAJCS2019, proof.ECDSARDFC2019, proof.ECDSASD2023} {
		set := func(s proof.Signer) error {
			opt := options(m.p256)
			opt.Cryptosuite, opt.Random = suite, noise()
			signed, err := proof.Sign(m.strict(), s, opt)
			if err == nil && !signed.Equal(m.sign(m.strict(), m.p256, by(suite), func(o *proof.SignOptions) { o.Random = noise() })) {
				t.Errorf("%s: signed otherwise", suite)
			}
			return err
		}
		if err := set(elsewhere{m.p256.Public(), m.p256.Sign}); err != nil {
			t.Errorf("%s: %v", suite, err)
		}
		broken := errors.New("the key is away")
		if err := set(elsewhere{m.p256.Public(), func([]byte) ([]byte, error) { return nil, broken }}); !errors.Is(err, broken) || typeOf(err) != proof.GenerationError {
			t.Errorf("%s: %v", suite, err)
		}
		der := func(message []byte) ([]byte, error) { return append(make([]byte, 6), make([]byte, 64)...), nil }
		if err := set(elsewhere{m.p256.Public(), der}); !errors.Is(err, proof.ErrSignature) {
			t.Errorf("%s: a DER signature is taken over: %v", suite, err)
		}
		if err := set(nil); !errors.Is(err, proof.ErrKeyType) {
			t.Errorf("%s: no signer: %v", suite, err)
		}
	}
}

func TestSuites(t *testing.T) {
	for k, want := range map[multikey.Type][]string{
		multikey.Ed25519:   {proof.EdDSAJCS2022, proof.EdDSARDFC2022},
		multikey.P256:      {proof.ECDSAJCS2019, proof.ECDSARDFC2019, proof.ECDSASD2023},
		multikey.P384:      {proof.ECDSAJCS2019, proof.ECDSARDFC2019},
		multikey.X25519:    nil,
		multikey.Secp256k1: nil,
	} {
		if got := proof.Suites(k); !slices.Equal(got, want) {
			t.Errorf("%s: %v", k, got)
		}
	}
}

// TestSignRefusesAsRDF what would give a proof that does not verify or says
// something else than its options.
func TestSignRefusesAsRDF(t *testing.T) {
	m := newMaker(t)
	first := m.sign(m.strict(), m.ed, func(o *proof.SignOptions) { o.ID = "urn:proof:1" })
	type change = func(*proof.SignOptions)
	for name, tt := range map[string]struct {
		key    multikey.PrivateKey
		change change
		code   string
	}{
		"unknown suite":        {m.ed, by("eddsa-rdfc-2023"), proof.GenerationError},
		"suite of another key": {m.ed, by(proof.ECDSARDFC2019), proof.GenerationError},
		"sd with P-384":        {m.p384, by(proof.ECDSASD2023), proof.GenerationError},
		"older suite":          {m.ed, by(proof.Ed25519Signature2020), proof.GenerationError},
		"pointers without sd": {m.ed, func(o *proof.SignOptions) {
			o.Cryptosuite, o.MandatoryPointers = proof.EdDSARDFC2022, []string{"/issuer"}
		}, proof.GenerationError},
		"sd on top of a proof": {m.p256, func(o *proof.SignOptions) {
			o.Cryptosuite, o.PreviousProof = proof.ECDSASD2023, []string{"urn:proof:1"}
		}, proof.GenerationError},
		"pointer at nothing": {m.p256, func(o *proof.SignOptions) {
			o.Cryptosuite, o.MandatoryPointers = proof.ECDSASD2023, []string{"/nothing"}
		}, proof.GenerationError},
		"no randomness left": {m.p256, func(o *proof.SignOptions) {
			o.Cryptosuite, o.Random = proof.ECDSASD2023, bytes.NewReader(make([]byte, 40))
		}, proof.GenerationError},
		"randomness without a key": {m.p256, func(o *proof.SignOptions) {
			o.Cryptosuite, o.Random = proof.ECDSASD2023, bytes.NewReader(make([]byte, 2048))
		}, proof.GenerationError},
	} {
		opt := options(tt.key)
		tt.change(&opt)
		if _, err := proof.Sign(first, tt.key, opt); typeOf(err) != tt.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, doc := range map[string]string{
		"dropped term":  `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":"VerifiableCredential","unknownTerm":1}`,
		"relative type": `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":"Undefined"}`,
	} {
		for _, suite := range proof.Suites(multikey.P256)[1:] {
			opt := options(m.p256)
			opt.Cryptosuite = suite
			if _, err := proof.Sign(m.decode(doc), m.p256, opt); typeOf(err) != proof.DataLoss {
				t.Errorf("%s, %s: %v", name, suite, err)
			}
		}
	}
	twice := m.derive(m.sign(m.sailing(), m.p256, by(proof.ECDSASD2023)), "/issuer")
	again := m.derive(m.sign(m.sailing(), m.p256, by(proof.ECDSASD2023)), "/issuer")
	if twice.Equal(again) {
		t.Error("two base proofs share their keys")
	}
}
