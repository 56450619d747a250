package proof

import (
	"slices"
	"time"

	"github.com/multiformats/go-multibase"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
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
}

// Sign returns doc with one more proof, by the cryptosuite of the key's type
// (Data Integrity 1.0, 4.2 and 4.3): as object if it is the first, else at the
// end of an array. The same input gives the same output. Errors are *Error with
// GenerationError, or what All says of the proofs that are there already.
func Sign(doc jcs.Value, key multikey.PrivateKey, opt SignOptions) (jcs.Value, error) {
	if !doc.IsObject() {
		return jcs.Value{}, ungenerated("the document is not an object", nil)
	}
	existing, err := existingProofs(doc)
	if err != nil {
		return jcs.Value{}, err
	}
	unsecured := doc.Without("proof")
	config, err := configure(unsecured, key.Public().Type(), opt)
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
	value, err := proofValue(signed, config, key)
	if err != nil {
		return jcs.Value{}, err
	}
	return doc.With("proof", appended(existing, config.With("proofValue", jcs.FromString(value)))), nil
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

// configure returns the proof without proofValue. With the document's @context in
// it, the proof stays valid when a later proof needs further contexts.
func configure(unsecured jcs.Value, t multikey.Type, opt SignOptions) (jcs.Value, error) {
	suite := SuiteFor(t)
	if suite == "" {
		return jcs.Value{}, ungenerated("", ErrKeyType)
	}
	if !isRelationship(string(opt.Purpose)) {
		return jcs.Value{}, ungenerated("", ErrPurpose)
	}
	c := config{jcs.Object()}
	if contexts, present := unsecured.Get("@context"); present {
		c.v = c.v.With("@context", contexts)
	}
	c.text("type", Type)
	c.text("cryptosuite", suite)
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

func proofValue(signed, config jcs.Value, key multikey.PrivateKey) (string, error) {
	t := key.Public().Type()
	sig, err := key.Sign(appendHash(appendHash(nil, t, config), t, signed))
	if err != nil {
		return "", ungenerated("", err)
	}
	s, err := multibase.Encode(multibase.Base58BTC, sig)
	if err != nil {
		return "", ungenerated("", err)
	}
	return s, nil
}
