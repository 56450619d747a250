package credential

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// securing is what secures a credential or presentation: its Data Integrity
// proofs, or the envelope it came in. It serves one judgement.
type securing interface {
	// keyOf reports whether a signature names a key of the DID: a fragment of it. That
	// the key is there and is the DID's own is a matter of verify.
	keyOf(id did.ID) bool
	// signer names the keys that the signatures say they are by, or why they name none.
	signer() string
	// verify checks every signature, the keys they are made with and all they are
	// bound to but time. Errors are *proof.Error or *checkError.
	verify(ctx context.Context, e expected) error
	// dates reports what of the signatures' own period (created, expires; nbf, iat,
	// exp) excludes the present; nil if nothing does.
	dates(c *clock) error
	// expires is when the first signature expires; zero: none does.
	expires() time.Time
	// digests are those that the credential may be registered by: first of what it
	// says as it is, then as narrower signatures cover it.
	digests() [][32]byte
}

// expected is what signatures are held to.
type expected struct {
	by        *Verifier
	now       time.Time
	purpose   did.Relationship
	challenge string
	// domain is the exact set, nil does not look.
	domain []string
}

// checkError is a failure that knows its code, and its problem type if some
// specification has one for it.
type checkError struct {
	code   Code
	typ    string
	detail string
	err    error
}

func (e *checkError) Error() string {
	switch {
	case e.err == nil:
		return e.detail
	case e.detail == "":
		return e.err.Error()
	default:
		return e.detail + ": " + e.err.Error()
	}
}

func (e *checkError) Unwrap() error { return e.err }

// codeOf returns the code an error brings along.
func codeOf(err error, otherwise Code) Code {
	var e *checkError
	if errors.As(err, &e) && e.code != "" {
		return e.code
	}
	return otherwise
}

// open finds out what secures a document, and returns what it says.
func open(doc jcs.Value) (jcs.Value, securing, error) {
	if enveloped(doc) {
		return openEnvelope(doc)
	}
	return doc, openIntegrity(doc), nil
}

// enveloped reports whether the document is an envelope: a string, or an object of
// type EnvelopedVerifiableCredential or EnvelopedVerifiablePresentation.
func enveloped(doc jcs.Value) bool {
	if doc.IsString() {
		return true
	}
	types, _ := doc.Get("type")
	if s, ok := types.Str(); ok {
		return isEnvelope(s)
	}
	for item := range types.Elems() {
		if s, _ := item.Str(); isEnvelope(s) {
			return true
		}
	}
	return false
}

func isEnvelope(t string) bool { return t == EnvelopedCredential || t == EnvelopedPresentation }

// integrity is Data Integrity: proofs inside of the document.
type integrity struct {
	doc     jcs.Value
	secured *proof.Secured
	// err is why there are no proofs to check.
	err error
}

func openIntegrity(doc jcs.Value) *integrity {
	s, err := proof.Open(doc)
	return &integrity{doc, s, err}
}

func (s *integrity) proofs() []proof.Proof {
	if s.err != nil {
		return nil
	}
	return s.secured.Proofs()
}

// overRDF reports whether a proof covers what the document says as RDF, and not how
// it is written.
func (s *integrity) overRDF() bool {
	for _, p := range s.proofs() {
		if p.SignsRDF() {
			return true
		}
	}
	return false
}

// mismatch says who signed instead of whom.
func mismatch(by securing, whose string, id did.ID) string {
	return by.signer() + "; the " + whose + " is " + cut(string(id))
}

func (s *integrity) signer() string {
	proofs := s.proofs()
	switch len(proofs) {
	case 0:
		return "there is no proof that names a key"
	case 1:
		return "the proof is by " + cut(proofs[0].VerificationMethod)
	default:
		return fmt.Sprintf("none of the %d proofs is by one of its keys", len(proofs))
	}
}

func (s *integrity) keyOf(id did.ID) bool {
	for _, p := range s.proofs() {
		url := p.VerificationMethod
		if len(url) > len(id) && url[:len(id)] == string(id) && url[len(id)] == '#' {
			return true
		}
	}
	return false
}

func (s *integrity) verify(ctx context.Context, e expected) error {
	if s.err != nil {
		return s.err
	}
	_, err := s.secured.Verify(ctx, proof.ResolverKeys(e.by.Resolver), proof.Options{
		Purpose: e.purpose, Challenge: e.challenge, Domain: e.domain,
		Now: e.now, IgnoreExpiry: true, Verify: e.by.Signature, Processor: e.by.Processor, Cache: e.by.Proofs,
	})
	return err
}

func (s *integrity) dates(c *clock) error {
	for _, p := range s.proofs() {
		if err := proof.CheckDates(p, c.now); err != nil {
			return err
		}
		if err := c.reached("created", p.CreatedAt); err != nil {
			return err
		}
	}
	return nil
}

func (s *integrity) expires() time.Time {
	var first time.Time
	for _, p := range s.proofs() {
		if p.Expires != "" && (first.IsZero() || p.ExpiresAt.Before(first)) {
			first = p.ExpiresAt
		}
	}
	return first
}

// digests returns the digests of a credential under each @context that one of its
// proofs covers. Without them, adding a context to a revoked credential would give
// one that verifies and was never registered.
func (s *integrity) digests() [][32]byte {
	if s.err != nil {
		return [][32]byte{Digest(s.doc)}
	}
	digests := make([][32]byte, 1, 2)
	digests[0] = s.secured.Digest()
	for _, p := range s.proofs() {
		covered, err := p.Document(s.secured.Unsecured())
		if err != nil || !p.Narrows(s.secured.Unsecured()) {
			continue
		}
		digests = append(digests, Digest(covered))
	}
	return digests
}

// unsupportedKey reports whether a key is of a kind that is known, and not supported. A
// key that names no kind may just be damaged.
func unsupportedKey(err error) bool {
	return errors.Is(err, multikey.ErrUnsupportedType) && !errors.Is(err, multikey.ErrUnknownPrefix)
}

// proofDetail is what the error says, and what can be done about an unknown context.
func proofDetail(err error) string {
	if errors.Is(err, jsonld.ErrUnknownContext) {
		return err.Error() + addContext
	}
	return err.Error()
}

func proofCode(err error) Code {
	var e *proof.Error
	switch {
	case errors.Is(err, proof.ErrNoProof):
		return CodeProofMissing
	case errors.Is(err, proof.ErrUnsupported), unsupportedKey(err):
		return CodeProofUnsupported
	case errors.Is(err, jsonld.ErrDataLoss):
		return CodeDataLoss
	case errors.Is(err, jsonld.ErrUnknownContext):
		return CodeContextUnknown
	case overBudget(err):
		return CodeTooCostly
	case !errors.As(err, &e):
		return codeOf(err, CodeProofInvalid)
	}
	switch e.Type {
	case proof.InvalidChallenge:
		return CodeChallengeMismatch
	case proof.InvalidDomain:
		return CodeDomainMismatch
	case proof.InvalidMethodURL, proof.InvalidVerificationMethod, proof.InvalidDocument, proof.InvalidDocumentID, proof.InvalidRelationship:
		return CodeKeyUnavailable
	default:
		return CodeProofInvalid
	}
}
