package proof

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/multiformats/go-multibase"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/multikey"
)

// SignOptions are what a new proof says. VerificationMethod and Purpose are
// required; the zero value of anything else leaves it out.
type SignOptions struct {
	// VerificationMethod is the URL of the signing key in its controller's document.
	VerificationMethod string
	Purpose            did.Relationship
	// Created and Expires are written in UTC, whole seconds.
	Created, Expires time.Time
	Domain           []string
	Challenge        string
	Nonce            string
	// ID names the proof, a URL, so that others can refer to it.
	ID string
	// PreviousProof are ids of proofs on the document that this one signs too.
	PreviousProof []string
	// Cryptosuite is one of Suites for the key's type; "" is that of SuiteFor.
	Cryptosuite string
	// MandatoryPointers, of ecdsa-sd-2023, say what every derived document shows:
	// JSON Pointers (RFC 6901) into the document.
	MandatoryPointers []string
	// Random, of ecdsa-sd-2023, is where 32 bytes of HMAC key and then the secret of
	// the key for the statements come from; nil is crypto/rand.
	Random io.Reader
	// Processor has the contexts for suites that read the document as RDF; nil is
	// jsonld.Default.
	Processor *jsonld.Processor
}

// Signer makes signatures with one key: a multikey.PrivateKey, or something that
// keeps the key elsewhere. Signatures are those of multikey: 64 bytes for Ed25519,
// r‖s over the hash of the curve for ECDSA.
type Signer interface {
	Public() multikey.PublicKey
	Sign(message []byte) ([]byte, error)
}

// Sign returns doc with one more proof (Data Integrity 1.0, 4.2 and 4.3): as
// object if it is the first, else at the end of an array. The same input gives the
// same output, but for ecdsa-sd-2023, whose base proof is for the holder of the
// document alone: what others may see is made with Derive. Errors are *Error with
// GenerationError, TransformationError or DataLoss, or what All says of the proofs
// that are there already.
func Sign(doc jcs.Value, key Signer, opt SignOptions) (jcs.Value, error) {
	if !doc.IsObject() {
		return jcs.Value{}, ungenerated("the document is not an object", nil)
	}
	existing, err := existingProofs(doc)
	if err != nil {
		return jcs.Value{}, err
	}
	s, err := opt.suite(key)
	if err != nil {
		return jcs.Value{}, err
	}
	unsecured := doc.Without("proof")
	config, err := s.configure(unsecured, opt)
	if err != nil {
		return jcs.Value{}, err
	}
	signed := unsecured
	if len(opt.PreviousProof) > 0 {
		matching, err := previous(existing, opt.PreviousProof)
		if err != nil {
			return jcs.Value{}, ungenerated("", err)
		}
		signed = unsecured.With("proof", matching)
	}
	if s.form != formJCS {
		if err := readable(opt.processor(), signed); errors.Is(err, ErrHidden) {
			return jcs.Value{}, ungenerated("", err)
		} else if err != nil {
			return jcs.Value{}, err
		}
	}
	value, err := s.proofValue(signed, config, key, opt)
	if err != nil {
		return jcs.Value{}, err
	}
	return doc.With("proof", appended(existing, config.With("proofValue", jcs.FromString(value)))), nil
}

// suite chooses how key signs.
func (o *SignOptions) suite(key Signer) (*suite, error) {
	if key == nil {
		return nil, ungenerated("", ErrKeyType)
	}
	t := key.Public().Type()
	name := o.Cryptosuite
	if name == "" {
		name = SuiteFor(t)
	}
	s := suiteOf(Type, name)
	switch {
	case s == nil && o.Cryptosuite != "":
		return nil, ungenerated(o.Cryptosuite, ErrUnsupported)
	case s == nil || !s.fits(t):
		return nil, ungenerated("", ErrKeyType)
	case s.form != formDisclosure && len(o.MandatoryPointers) > 0:
		return nil, ungenerated(s.String()+" knows no mandatory pointers", ErrUnsupported)
	case s.form == formDisclosure && len(o.PreviousProof) > 0:
		return nil, ungenerated(s.String()+" cannot sign previous proofs", ErrUnsupported)
	}
	return s, nil
}

// existingProofs returns the proofs doc has, of which there is room for one more.
func existingProofs(doc jcs.Value) ([]Proof, error) {
	if _, present := doc.Get("proof"); !present {
		return nil, nil
	}
	proofs, err := All(doc)
	if err != nil {
		return nil, err
	}
	if len(proofs) == MaxProofs {
		return nil, ungenerated("the document has as many proofs as it may", nil)
	}
	return proofs, nil
}

func appended(existing []Proof, p jcs.Value) jcs.Value {
	if len(existing) == 0 {
		return p
	}
	all := make([]jcs.Value, 0, len(existing)+1)
	for i := range existing {
		all = append(all, existing[i].Value)
	}
	return jcs.Array(append(all, p)...)
}

// configure returns the proof without proofValue. In the JCS suites it has the
// document's @context in it, so that the proof stays valid when a later proof needs
// further contexts.
func (s *suite) configure(unsecured jcs.Value, opt SignOptions) (jcs.Value, error) {
	if !isRelationship(string(opt.Purpose)) {
		return jcs.Value{}, ungenerated("", ErrPurpose)
	}
	c := config{jcs.Object()}
	if contexts, present := unsecured.Get("@context"); present && s.form == formJCS {
		c.v = c.v.With("@context", contexts)
	}
	c.text("type", s.typ)
	c.text("cryptosuite", s.name)
	c.text("verificationMethod", opt.VerificationMethod)
	c.text("proofPurpose", string(opt.Purpose))
	c.text("id", opt.ID)
	c.text("challenge", opt.Challenge)
	c.text("nonce", opt.Nonce)
	c.time("created", opt.Created)
	c.time("expires", opt.Expires)
	c.set("domain", opt.Domain)
	c.set("previousProof", opt.PreviousProof)
	if _, err := Parse(c.v); err != nil {
		return jcs.Value{}, ungenerated("", err)
	}
	return c.v, nil
}

// config is a proof being written; empty members are left out.
type config struct{ v jcs.Value }

func (c *config) text(name, s string) {
	if s != "" {
		c.v = c.v.With(name, jcs.FromString(s))
	}
}

func (c *config) time(name string, t time.Time) {
	if !t.IsZero() {
		c.text(name, t.UTC().Format("2006-01-02T15:04:05Z"))
	}
}

// set writes one string as itself and several as an array without repetitions.
func (c *config) set(name string, items []string) {
	if len(items) == 1 {
		c.v = c.v.With(name, jcs.FromString(items[0]))
		return
	}
	var values []jcs.Value
	for i, s := range items {
		if !slices.Contains(items[:i], s) {
			values = append(values, jcs.FromString(s))
		}
	}
	if len(values) > 0 {
		c.v = c.v.With(name, jcs.Array(values...))
	}
}

// proofValue signs a document under a configuration.
func (s *suite) proofValue(signed, config jcs.Value, key Signer, opt SignOptions) (string, error) {
	t := key.Public().Type()
	var message []byte
	var err error
	switch s.form {
	case formJCS:
		message = appendHash(appendHash(nil, t, config), t, signed)
	case formRDF:
		if message, err = appendConfig(nil, opt.processor(), t, config, signed); err != nil {
			return "", err
		}
		if message, err = appendRDF(message, opt.processor(), t, signed); err != nil {
			return "", err
		}
	default:
		return baseProofValue(signed, config, key, opt)
	}
	sig, err := signature(key, message)
	if err != nil {
		return "", err
	}
	text, err := multibase.Encode(multibase.Encoding(s.header), sig)
	if err != nil {
		return "", ungenerated("", err)
	}
	return text, nil
}

func (o *SignOptions) processor() *jsonld.Processor {
	if o.Processor == nil {
		return jsonld.Default()
	}
	return o.Processor
}

// signature asks the signer for a signature, which some make in another encoding.
func signature(key Signer, message []byte) ([]byte, error) {
	sig, err := key.Sign(message)
	if err != nil {
		return nil, ungenerated("", err)
	}
	if want := signatureSize(key.Public().Type()); len(sig) != want {
		return nil, ungenerated(fmt.Sprintf("the signer made %d bytes, not %d", len(sig), want), ErrSignature)
	}
	return sig, nil
}
