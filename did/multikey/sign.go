package multikey

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"fmt"
	"math/big"
)

// Sign returns the signature of message that Verify accepts. It is deterministic:
// RFC 8032 for Ed25519, RFC 6979 for P-256 and P-384. Other kinds of key give
// ErrCannotSign.
func (k PrivateKey) Sign(message []byte) ([]byte, error) {
	switch k.pub.typ {
	case Ed25519:
		return ed25519.Sign(k.ed, message), nil
	case P256:
		digest := sha256.Sum256(message)
		return k.signECDSA(digest[:], crypto.SHA256)
	case P384:
		digest := sha512.Sum384(message)
		return k.signECDSA(digest[:], crypto.SHA384)
	default:
		return nil, fmt.Errorf("%w: %s", ErrCannotSign, k.pub.typ)
	}
}

// signECDSA signs without randomness and rewrites the DER result as r‖s.
func (k PrivateKey) signECDSA(digest []byte, hash crypto.Hash) ([]byte, error) {
	der, err := k.ec.Sign(nil, digest, hash)
	if err != nil {
		return nil, fmt.Errorf("sign with %s: %w", k.pub.typ, err)
	}
	var parts struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &parts); err != nil {
		return nil, fmt.Errorf("sign with %s: %w", k.pub.typ, err)
	}
	sig := make([]byte, specs[k.pub.typ].sigSize)
	parts.R.FillBytes(sig[:len(sig)/2])
	parts.S.FillBytes(sig[len(sig)/2:])
	return sig, nil
}
