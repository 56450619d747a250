package proof

import (
	"crypto/sha256"
	"time"

	"github.com/multiformats/go-multibase"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/multikey"
)

// VerifyOne checks that p is a signature by key of unsecured, and that its
// cryptosuite is known and fits the key. It checks neither purpose nor dates nor
// whose key it is. unsecured is the document without its proof member; where p
// has previousProof, with an array of the proofs it names as proof member. A nil
// verify is PublicKey.Verify. Contexts are those of jsonld.Default. Errors are
// VerificationErrors (ErrUnsupported, ErrKeyType, ErrContext, ErrPreviousProof,
// ErrDisclosure, ErrHidden, ErrSignature) and, of suites that read the document as RDF,
// TransformationError and DataLoss.
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
	return p.check(doc, nil, key, Options{Verify: verify})
}

// VerifyDigest is VerifyOne for a document of which only the SHA-256 of the
// canonical form is known: 32 bytes, of the document without its proof member.
// It refuses what signs something else: suites that are not of RFC 8785
// (ErrUnsupported), keys that hash otherwise (P-384, as ErrKeyType) and proofs
// with previousProof.
func VerifyDigest(docHash []byte, p Proof, key multikey.PublicKey, verify multikey.VerifyFunc) error {
	if err := p.supported(); err != nil {
		return err
	}
	switch {
	case p.suite().form != formJCS:
		return unverified(p.suite().String()+" does not sign the hash of the JSON", ErrUnsupported)
	case len(docHash) != sha256.Size:
		return unverified("the digest is not a SHA-256", nil)
	case key.Type() == multikey.P384:
		return unverified("P-384 signs a SHA-384 of the document", ErrKeyType)
	case len(p.PreviousProof) > 0:
		return unverified("the proof signs more than the document", ErrPreviousProof)
	}
	var known hashes
	known.json, known.hasJSON = [sha256.Size]byte(docHash), true
	return p.check(jcs.Value{}, &known, key, Options{Verify: verify})
}

// hashes are those of one document, each computed when it is first asked for.
type hashes struct {
	json    [sha256.Size]byte
	hasJSON bool
	// rdf is indexed by jsonld.Hash; nil where not known.
	rdf [2][]byte
	// read: the document is readable.
	read bool
}

// readable checks that neither the document nor the proof hides what it says; the
// document once.
func (p *Proof) readable(opt Options, doc jcs.Value, known *hashes) error {
	if opt.AcceptHidden {
		return nil
	}
	ld := opt.processor()
	if known == nil || !known.read {
		if err := readable(ld, doc); err != nil {
			return err
		}
		if known != nil {
			known.read = true
		}
	}
	return p.sameByName(ld, doc)
}

// append appends the hash of doc that keys of type t sign. SHA-384 of JSON is not
// kept: hardly anything is signed so.
func (h *hashes) append(dst []byte, f form, t multikey.Type, ld *jsonld.Processor, doc jcs.Value) ([]byte, error) {
	if f == formJCS {
		if h == nil || t == multikey.P384 {
			return appendHash(dst, t, doc), nil
		}
		if !h.hasJSON {
			appendHash(h.json[:0], t, doc)
			h.hasJSON = true
		}
		return append(dst, h.json[:]...), nil
	}
	if h == nil {
		return appendRDF(dst, ld, t, doc)
	}
	kept := &h.rdf[rdfHash(t)]
	if *kept == nil {
		sum, err := appendRDF(nil, ld, t, doc)
		if err != nil {
			return nil, err
		}
		*kept = sum
	}
	return append(dst, *kept...), nil
}

// check verifies the signature or signatures of p by key over doc, whose hashes
// may be known, with the verify function and the contexts in opt.
func (p *Proof) check(doc jcs.Value, known *hashes, key multikey.PublicKey, opt Options) error {
	s := p.suite()
	if !s.fits(key.Type()) {
		return unverified(key.Type().String()+" key, "+s.String(), ErrKeyType)
	}
	verify := opt.Verify
	if verify == nil {
		verify = multikey.PublicKey.Verify
	}
	if s.form == formDisclosure {
		if err := p.checkDisclosure(doc, opt.processor(), key, verify); err != nil {
			return err
		}
		return p.readable(opt, doc, known)
	}
	sig, err := p.signature(signatureSize(key.Type()))
	if err != nil {
		return err
	}
	var ld *jsonld.Processor
	message := make([]byte, 0, 2*maxHash)
	if s.form == formJCS {
		message = appendHash(message, key.Type(), p.Value.Without("proofValue"))
	} else {
		ld = opt.processor()
		if message, err = appendConfig(message, ld, key.Type(), p.Value, doc); err != nil {
			return err
		}
	}
	if message, err = known.append(message, s.form, key.Type(), ld, doc); err != nil {
		return err
	}
	if !verify(key, message, sig) {
		return unverified("", ErrSignature)
	}
	if s.form == formRDF {
		return p.readable(opt, doc, known)
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
