package webvh

import (
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// checkProofs: every proof of the entry is valid and by one of the authorised
// keys ("Authorized Keys").
func checkProofs(authorised []string, e *Entry, t *text, keys *keyring, c Context) *Error {
	digest := sha256.Sum256(t.with(e.VersionID))
	for i := range e.Proofs {
		p := &e.Proofs[i]
		name, err := checkShape(p, c)
		if err != nil {
			return err
		}
		if !slices.Contains(authorised, name) {
			return refuse(UnauthorisedKey, "%.128q is not an active update key", name)
		}
		key, perr := keys.get(name)
		if perr != nil {
			return because(ProofInvalid, "key", perr)
		}
		if err := verify(digest[:], p, key, c); err != nil {
			return err
		}
	}
	return nil
}

// checkShape checks what did:webvh demands of any proof and returns the Multikey
// that it names.
func checkShape(p *proof.Proof, c Context) (string, *Error) {
	if p.Type != "DataIntegrityProof" {
		return "", refuse(ProofInvalid, "type is not DataIntegrityProof")
	}
	if p.Cryptosuite != suite {
		return "", refuse(CryptosuiteNotAllowed, "%.64q where %s has to be", p.Cryptosuite, suite)
	}
	if p.Purpose != purpose {
		return "", refuse(ProofInvalid, "proofPurpose is not %s", purpose)
	}
	for _, name := range []string{"@context", "previousProof"} {
		if _, present := p.Value.Get(name); present {
			return "", refuse(ProofInvalid, "proof with %s", name)
		}
	}
	name, ok := keyOf(p.VerificationMethod)
	if !ok {
		return "", refuse(ProofInvalid, "verificationMethod %.256q is not did:key:K#K", p.VerificationMethod)
	}
	if err := proof.CheckDates(*p, c.Now); err != nil {
		return "", because(ProofInvalid, "", err)
	}
	return name, nil
}

// keyOf returns K of did:key:K#K. Both are compared byte for byte.
func keyOf(verificationMethod string) (string, bool) {
	rest, ok := strings.CutPrefix(verificationMethod, keyPrefix)
	if !ok {
		return "", false
	}
	body, fragment, ok := strings.Cut(rest, "#")
	return body, ok && body != "" && body == fragment
}

// verify checks the signature over a document of that SHA-256 digest.
func verify(digest []byte, p *proof.Proof, key multikey.PublicKey, c Context) *Error {
	if key.Type() != multikey.Ed25519 {
		return refuse(ProofInvalid, "a key of type %s makes no %s proofs", key.Type(), suite)
	}
	if err := proof.VerifyDigest(digest, *p, key, c.Verify); err != nil {
		return because(ProofInvalid, "", err)
	}
	return nil
}
