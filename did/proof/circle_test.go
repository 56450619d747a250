package proof_test

import (
	"context"
	"crypto/elliptic"
	"errors"
	"math/big"
	"testing"

	"github.com/multiformats/go-multibase"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// keyFor makes the P-256 key under which a given signature is one of message: with
// ECDSA, whoever may choose the key last can have any signature.
func keyFor(t *testing.T, sig, digest []byte) multikey.PublicKey {
	t.Helper()
	curve := elliptic.P256()
	n := curve.Params().N
	r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
	// R = kG with k = 7, of which r is the x coordinate; Q = (sR − eG) / r.
	inverse := new(big.Int).ModInverse(r, n)
	u := new(big.Int).Mul(s, big.NewInt(7))
	u.Sub(u, new(big.Int).SetBytes(digest)).Mul(u, inverse).Mod(u, n)
	secret, err := multikey.NewPrivate(multikey.P256, u.FillBytes(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return secret.Public()
}

// TestCircleWithValidSignature: a proof that names itself as the one before holds
// by its signature, with a key made for it, and is refused all the same.
func TestCircleWithValidSignature(t *testing.T) {
	m := newMaker(t)
	docs := documents(m.documents())
	seven, err := multikey.NewPrivate(multikey.P256, append(make([]byte, 31), 7))
	if err != nil {
		t.Fatal(err)
	}
	sig := append(append([]byte(nil), seven.Public().Bytes()[1:]...), make([]byte, 32)...)
	sig[63] = 9
	value := encoded(multibase.Base58BTC, sig)
	one := text("urn:proof:1")
	config := m.config(m.document, m.p256).With("verificationMethod", text("did:example:good#key")).With("id", one).With("previousProof", one)
	p := config.With("proofValue", text(value))
	message := append(hash(m.p256, config), hash(m.p256, m.document.With("proof", jcs.Array(p)))...)
	public := keyFor(t, sig, sum(m.p256, message))
	if !public.Verify(message, sig) {
		t.Fatal("the key does not fit the signature")
	}
	method := member(docs["did:example:good"], "verificationMethod").At(0).With("publicKeyMultibase", text(public.String()))
	docs["did:example:good"] = docs["did:example:good"].With("verificationMethod", jcs.Array(method))
	_, err = proof.Verify(context.Background(), m.document.With("proof", p), proof.ResolverKeys(docs), proof.Options{Now: now})
	if !errors.Is(err, proof.ErrPreviousProof) {
		t.Error(err)
	}
}
