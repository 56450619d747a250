package proof

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof/internal/sd"
)

// multikeyP256 is the prefix of a P-256 public key.
const multikeyP256 = "\x80\x24"

// baseProofValue signs a document so that parts of it can be disclosed (Data
// Integrity ECDSA Cryptosuites 1.0, 3.6.1 to 3.6.5).
func baseProofValue(doc, config jcs.Value, key Signer, opt SignOptions) (string, error) {
	random := opt.Random
	if random == nil {
		random = rand.Reader
	}
	hmacKey := make([]byte, sd.LabelSize)
	if _, err := io.ReadFull(random, hmacKey); err != nil {
		return "", ungenerated("", err)
	}
	own, err := statementKey(random)
	if err != nil {
		return "", ungenerated("", err)
	}
	base := sd.Base{PublicKey: append([]byte(multikeyP256), own.Public().Bytes()...), HMACKey: hmacKey, Pointers: opt.MandatoryPointers}
	statements, err := sd.Open(opt.processor(), doc, hmacKey)
	if err != nil {
		return "", undisclosed(err)
	}
	mandatory, err := statements.Group(opt.MandatoryPointers)
	if err != nil {
		return "", undisclosed(err)
	}
	hash, others := sd.Split(statements.Statements(), mandatory.Indexes)
	for _, statement := range others {
		sig, err := own.Sign([]byte(statement))
		if err != nil {
			return "", ungenerated("", err)
		}
		base.Signatures = append(base.Signatures, sig)
	}
	message, err := signData(opt.processor(), config, doc, base.PublicKey, hash)
	if err != nil {
		return "", err
	}
	if base.Signature, err = signature(key, message); err != nil {
		return "", err
	}
	value, err := base.Encode()
	if err != nil {
		return "", ungenerated("", err)
	}
	return value, nil
}

// statementKey makes the key that is used for the statements of one document and
// then forgotten.
func statementKey(random io.Reader) (multikey.PrivateKey, error) {
	seed := make([]byte, 32)
	// A seed is out of range once in 2^32.
	for range 16 {
		if _, err := io.ReadFull(random, seed); err != nil {
			return multikey.PrivateKey{}, err
		}
		if key, err := multikey.NewPrivate(multikey.P256, seed); err == nil {
			return key, nil
		}
	}
	return multikey.PrivateKey{}, errors.New("random source gives no key")
}

// signData is what the base signature is of (3.5.1): hash of the configuration,
// key of the statements, hash of the mandatory statements.
func signData(ld *jsonld.Processor, config, doc jcs.Value, publicKey []byte, mandatory [sha256.Size]byte) ([]byte, error) {
	data, err := appendConfig(nil, ld, multikey.P256, config, doc)
	if err != nil {
		return nil, err
	}
	return append(append(data, publicKey...), mandatory[:]...), nil
}

// checkDisclosure verifies a derived proof (3.6.7): the issuer's signature of
// the mandatory statements, and that of each other statement by the key that the
// issuer signed along.
func (p *Proof) checkDisclosure(doc jcs.Value, ld *jsonld.Processor, key multikey.PublicKey, verify multikey.VerifyFunc) error {
	value, err := sd.ParseDerived(p.ProofValue)
	if errors.Is(err, sd.ErrBase) {
		return unverified("a base proof, which only its holder can read: derive first what is to be shown", err)
	}
	if err != nil {
		return unverified("", err)
	}
	own, err := multikey.NewPublic(multikey.P256, value.PublicKey[len(multikeyP256):])
	if err != nil || string(value.PublicKey[:len(multikeyP256)]) != multikeyP256 {
		return unverified("the key of the statements is no P-256 key", ErrKeyType)
	}
	mandatory, others, err := value.Statements(ld, doc)
	if errors.Is(err, sd.ErrStatements) {
		return unverified(err.Error(), ErrDisclosure)
	} else if err != nil {
		return untransformed(err)
	}
	message, err := signData(ld, p.Value, doc, value.PublicKey, mandatory)
	if err != nil {
		return err
	}
	if !verify(key, message, value.Signature) {
		return unverified("", ErrSignature)
	}
	if err := ld.Spend(len(others) * stepsPerStatement); err != nil {
		return untransformed(err)
	}
	for i, statement := range others {
		if !verify(own, []byte(statement), value.Signatures[i]) {
			return unverified("of a statement", ErrSignature)
		}
	}
	return nil
}

// undisclosed gives an error of package sd its type.
func undisclosed(err error) error {
	for _, own := range []error{sd.ErrPointer, sd.ErrStatements, sd.ErrValue} {
		if errors.Is(err, own) {
			return ungenerated("", err)
		}
	}
	return untransformed(err)
}
