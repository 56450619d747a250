package proof

import (
	"context"
	"fmt"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/multikey"
)

// Options are what the verifier expects.
type Options struct {
	// Purpose is the expected proofPurpose; "" accepts any relationship.
	Purpose did.Relationship
	// Domain is the exact set the proof must name; nil does not look.
	Domain []string
	// Challenge is the one the proof must carry; "" does not look.
	Challenge string
	// Now is what expires is judged by. At the zero time no proof that expires holds.
	Now time.Time
	// IgnoreExpiry leaves expires to the caller, who uses CheckDates.
	IgnoreExpiry bool
	// Verify checks signatures; nil is PublicKey.Verify.
	Verify multikey.VerifyFunc
	// AcceptHidden takes proofs over RDF of documents whose JSON says something else that
	// decides, instead of ErrHidden: for who does not read the JSON, or has read it before.
	AcceptHidden bool
	// Processor has the contexts for suites that read the document as RDF; nil is
	// jsonld.Default.
	Processor *jsonld.Processor
	// Cache, if not nil, saves such suites the work on proofs that it remembers.
	Cache *Cache
}

func (o *Options) processor() *jsonld.Processor {
	if o.Processor == nil {
		return jsonld.Default()
	}
	return o.Processor
}

// Verified is a proof that holds, and the method it was made with.
type Verified struct {
	Proof  Proof
	Method did.VerificationMethod
}

// Verify checks every proof of a secured document (Data Integrity 1.0, 4.4 and
// 4.5) and returns them in their order. A single failure fails the document; the
// error is an *Error. Keys are asked only after all cheaper checks of all proofs.
func Verify(ctx context.Context, doc jcs.Value, keys Keys, opt Options) ([]Verified, error) {
	s, err := Open(doc)
	if err != nil {
		return nil, err
	}
	return s.Verify(ctx, keys, opt)
}

// Secured is a document taken apart from its proofs. Not safe for concurrent use.
type Secured struct {
	unsecured jcs.Value
	proofs    []Proof
	hashes    hashes
	// read is how much was read as RDF, as charge counts.
	read int
}

// Open takes a secured document apart; errors as of All.
func Open(doc jcs.Value) (*Secured, error) {
	proofs, err := All(doc)
	if err != nil {
		return nil, err
	}
	return &Secured{unsecured: doc.Without("proof"), proofs: proofs}, nil
}

// Unsecured returns the document without its proof member.
func (s *Secured) Unsecured() jcs.Value { return s.unsecured }

// Proofs returns the proofs in their order. Callers must not modify them.
func (s *Secured) Proofs() []Proof { return s.proofs }

// Digest returns the SHA-256 of the canonical form of Unsecured.
func (s *Secured) Digest() [32]byte {
	if !s.hashes.hasJSON {
		appendHash(s.hashes.json[:0], multikey.Ed25519, s.unsecured)
		s.hashes.hasJSON = true
	}
	return s.hashes.json
}

// RDFDigest returns the SHA-256 of the canonical N-Quads of Unsecured: of what it
// says, however that is written. Suites that sign RDF let a holder write a document
// anew (an array of one for a value, an id twice), which changes Digest but not
// RDFDigest; whatever is to be remembered of such a document is remembered by this.
// Of opt only Processor is used. Errors are as of Verify.
func (s *Secured) RDFDigest(opt Options) ([32]byte, error) {
	sum, err := s.hashes.append(nil, formRDF, multikey.Ed25519, opt.processor(), s.unsecured)
	if err != nil {
		return [32]byte{}, err
	}
	return [32]byte(sum), nil
}

// Verify is the function of that name, for a document that was opened.
func (s *Secured) Verify(ctx context.Context, keys Keys, opt Options) ([]Verified, error) {
	docs := make([]jcs.Value, len(s.proofs))
	for i := range s.proofs {
		var err error
		if err = s.proofs[i].expected(opt); err == nil {
			docs[i], err = s.covered(i)
		}
		if err != nil {
			return nil, s.at(i, err)
		}
	}
	verified := make([]Verified, len(s.proofs))
	s.read = 0
	if !opt.processor().Metered() {
		opt.Processor = opt.processor().Within(new(jsonld.Work))
	}
	for i, p := range s.proofs {
		method, err := keys.Key(ctx, p.VerificationMethod, did.Relationship(p.Purpose))
		if err != nil {
			return nil, s.at(i, retrieval(err))
		}
		if err = usable(method, opt.Now); err == nil {
			err = s.verify(i, docs[i], method.Key, opt)
		}
		if err != nil {
			return nil, s.at(i, err)
		}
		verified[i] = Verified{Proof: p, Method: method}
	}
	return verified, nil
}

// verify checks proof i over doc, which covered has returned for it. What most
// proofs cover, the whole document, is hashed once.
func (s *Secured) verify(i int, doc jcs.Value, key multikey.PublicKey, opt Options) error {
	p := &s.proofs[i]
	var known *hashes
	if len(p.PreviousProof) == 0 && !p.Narrows(s.unsecured) {
		known = &s.hashes
	}
	if p.suite().form == formJCS {
		return p.check(doc, known, key, opt)
	}
	var id cacheKey
	if opt.AcceptHidden {
		opt.Cache = nil // it remembers what holds for those who read the JSON
	}
	if opt.Cache != nil {
		id = opt.Cache.keyOf(doc, p.Value, key)
		if opt.Cache.has(id, opt.processor().Origin()) {
			return nil
		}
	}
	if err := s.charge(i, doc, known, key.Type()); err != nil {
		return err
	}
	if err := p.check(doc, known, key, opt); err != nil {
		return err
	}
	if opt.Cache != nil {
		opt.Cache.add(id, opt.processor().Origin())
	}
	return nil
}

// at names the proof in the error if there are several.
func (s *Secured) at(i int, err error) error {
	if len(s.proofs) == 1 {
		return err
	}
	e, ok := err.(*Error)
	if !ok {
		return fmt.Errorf("proof %d: %w", i+1, err)
	}
	detail := fmt.Sprintf("proof %d of %d", i+1, len(s.proofs))
	if e.Detail != "" {
		detail += ": " + e.Detail
	}
	return &Error{Type: e.Type, Detail: detail, Err: e.Err}
}
