package proof

import (
	"crypto/sha256"
	"time"

	"github.com/multiformats/go-multibase"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
)

// VerifyOne checks that p is a signature by key of unsecured, and that its
// cryptosuite is known and fits the key. It checks neither purpose nor dates nor
// whose key it is. unsecured is the document without its proof member; where p
// has previousProof, with an array of the proofs it names as proof member. A nil
// verify is PublicKey.Verify. Errors are VerificationErrors: ErrUnsupported,
// ErrKeyType, ErrContext, ErrPreviousProof, ErrSignature.
func VerifyOne(unsecured jcs.Value, p Proof, key multikey.PublicKey, verify multikey.VerifyFunc) error {
	if err := p.supported(); err != nil {
		return err
	}
	doc, err := p.Document(unsecured)
	if err != nil {
		return err
	}
	if _, bound := unsecured.Get("proof"); !bound && len(p.PreviousProof) > 0 {
		return unverified("", ErrPreviousProof)
	}
	var hash [maxHash]byte
	return p.verifyHashed(appendHash(hash[:0], key.Type(), doc), key, verify)
}

// VerifyDigest is VerifyOne for a document of which only the SHA-256 of the
// canonical form is known: 32 bytes, of the document without its proof member.
// It refuses what signs something else: keys that hash otherwise (P-384, as
// ErrKeyType) and proofs with previousProof.
func VerifyDigest(docHash []byte, p Proof, key multikey.PublicKey, verify multikey.VerifyFunc) error {
	if err := p.supported(); err != nil {
		return err
	}
	if len(docHash) != sha256.Size {
		return unverified("the digest is not a SHA-256", nil)
	}
	if key.Type() == multikey.P384 {
		return unverified("P-384 signs a SHA-384 of the document", ErrKeyType)
	}
	if len(p.PreviousProof) > 0 {
		return unverified("the proof signs more than the document", ErrPreviousProof)
	}
	return p.verifyHashed(docHash, key, verify)
}

// supported checks type, cryptosuite and the header of proofValue.
func (p *Proof) supported() error {
	if p.Type != Type || p.Cryptosuite != EdDSAJCS2022 && p.Cryptosuite != ECDSAJCS2019 {
		return unverified("", ErrUnsupported)
	}
	if p.ProofValue == "" {
		return unverified("the proof has no proofValue", nil)
	}
	if p.ProofValue[0] != 'z' {
		return unverified("proofValue is not base58btc multibase (header z)", nil)
	}
	return nil
}

// verifyHashed checks the signature over the document half docHash, made with the
// hash of the key's type.
func (p *Proof) verifyHashed(docHash []byte, key multikey.PublicKey, verify multikey.VerifyFunc) error {
	if SuiteFor(key.Type()) != p.Cryptosuite {
		return unverified(key.Type().String()+" key, "+p.Cryptosuite, ErrKeyType)
	}
	sig, err := p.signature(signatureSize(key.Type()))
	if err != nil {
		return err
	}
	if verify == nil {
		verify = multikey.PublicKey.Verify
	}
	message := make([]byte, 0, 2*maxHash)
	message = appendHash(message, key.Type(), p.Value.Without("proofValue"))
	message = append(message, docHash...)
	if !verify(key, message, sig) {
		return unverified("", ErrSignature)
	}
	return nil
}

// signature decodes proofValue to exactly size bytes. The length is bounded
// first: a byte takes fewer than 7/5 digits of base58.
func (p *Proof) signature(size int) ([]byte, error) {
	if len(p.ProofValue) > 1+(size*7+4)/5 {
		return nil, unverified("proofValue is too long for the key", nil)
	}
	_, sig, err := multibase.Decode(p.ProofValue)
	if err != nil {
		return nil, unverified("proofValue", err)
	}
	if len(sig) != size {
		return nil, unverified("proofValue has the wrong length for the key", nil)
	}
	return sig, nil
}

// CheckDates reports a proof that has expired at now, expires itself included,
// as a VerificationError with ErrExpired. With the zero time every proof that
// expires counts as expired.
func CheckDates(p Proof, now time.Time) error {
	if p.ExpiresAt.IsZero() && p.Expires == "" {
		return nil
	}
	if now.IsZero() || !now.Before(p.ExpiresAt) {
		return unverified("expires "+p.Expires, ErrExpired)
	}
	return nil
}
