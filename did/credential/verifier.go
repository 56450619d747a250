package credential

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// StatusSource knows the status of credentials and DIDs. Implementations are safe
// for concurrent use. The second result is false for what was never registered
// (a DID whose status was never changed may count as such); an error means that
// it cannot be told. A digest by itself names no issuer, and anyone can register
// one: what counts is what was registered, and is revoked, by the issuer given.
type StatusSource interface {
	CredentialStatus(digest [32]byte, issuer did.ID) (StatusInfo, bool, error)
	DIDStatus(id did.ID) (StatusInfo, bool, error)
}

// The statuses.
const (
	Active    = "active"
	Suspended = "suspended"
	Revoked   = "revoked"
)

// StatusInfo is the present status of a credential or DID.
type StatusInfo struct {
	// Status is active, suspended or revoked.
	Status string
	// Reason was given by whoever changed it; may be "".
	Reason string
	// InvalidFrom is the time from which it should never have been relied on; zero
	// if not said.
	InvalidFrom time.Time
	// Since is when the status changed; zero if it never did.
	Since time.Time
}

// Verifier passes verdicts on credentials. Resolver is required. It may be used
// concurrently if what it holds may.
type Verifier struct {
	Resolver did.Resolver
	// Status is the registry; nil skips both checks of status.
	Status StatusSource
	// Signature checks signatures; nil is PublicKey.Verify.
	Signature multikey.VerifyFunc
	// Now is the time that validity is judged by; zero is time.Now.
	Now time.Time
	// AsOf and FreshUntil go into verdicts as they are.
	AsOf       *AsOf
	FreshUntil time.Time
	// AcceptAnyIssuer skips the check of issuers that are not DIDs: who signed then
	// is not tied to whom the credential names. Issuers that are DIDs are bound to
	// their keys all the same.
	AcceptAnyIssuer bool
}

// Verify judges a secured credential. The checks come in the order of their
// names; except after a malformed structure all of them are made, so that the
// verdict on a bad proof still tells that its issuer was revoked. Costs are
// bounded by the size of doc. Every failure is a row.
func (v *Verifier) Verify(ctx context.Context, doc jcs.Value) Verdict {
	j := judgement{by: v, now: v.Now}
	if j.now.IsZero() {
		j.now = time.Now()
	}
	j.verdict.AsOf = v.AsOf
	j.verdict.Checks = make([]Check, 0, 6)
	if j.structure(doc) {
		j.issuer()
		j.proof(ctx)
		j.validity()
		j.issuerState(ctx)
		j.status()
		digest := j.digests[0]
		j.verdict.Digest = hex.EncodeToString(digest[:])
	}
	j.verdict.conclude()
	j.freshness()
	return j.verdict
}

// judgement is one run of a Verifier.
type judgement struct {
	by         *Verifier
	now        time.Time
	credential *Credential
	secured    *proof.Secured
	// openErr is why there are no proofs to check.
	openErr error
	// digests are those the credential may be registered by: first as it is, then as
	// proofs with a narrower @context cover it.
	digests [][32]byte
	verdict Verdict
}

// structure reads the credential and its proofs; false ends the run.
func (j *judgement) structure(doc jcs.Value) bool {
	var err error
	if j.credential, err = Parse(doc); err != nil {
		j.verdict.fail(CheckStructure, CodeMalformed, "", err)
		for _, name := range []string{CheckIssuer, CheckProof, CheckValidity, CheckIssuerState, CheckStatus} {
			j.verdict.skip(name, CodeNotChecked, "")
		}
		return false
	}
	j.verdict.Issuer = j.credential.Issuer
	j.verdict.pass(CheckStructure)
	if j.secured, j.openErr = proof.Open(doc); j.openErr != nil {
		j.digests = [][32]byte{Digest(doc)}
	} else {
		j.digests = coveredDigests(j.secured)
	}
	return true
}

// coveredDigests returns the digests of a credential under each @context that one
// of its proofs covers. Without them, adding a context to a revoked credential
// would give one that verifies and was never registered.
func coveredDigests(s *proof.Secured) [][32]byte {
	digests := make([][32]byte, 1, 2)
	digests[0] = s.Digest()
	for _, p := range s.Proofs() {
		covered, err := p.Document(s.Unsecured())
		if err != nil || !p.Narrows(s.Unsecured()) {
			continue
		}
		digests = append(digests, Digest(covered))
	}
	return digests
}

// issuer looks for a proof that names a key of the issuer.
func (j *judgement) issuer() {
	id, isDID := j.credential.IssuerDID()
	switch {
	case !isDID && j.by.AcceptAnyIssuer:
		j.verdict.skip(CheckIssuer, CodeIssuerNotDID, "who signed is not tied to the issuer")
	case !isDID:
		j.verdict.fail(CheckIssuer, CodeIssuerNotDID, "nothing ties a key to "+j.credential.Issuer, nil)
	case j.openErr == nil && signedBy(j.secured.Proofs(), id):
		j.verdict.pass(CheckIssuer)
	default:
		j.verdict.fail(CheckIssuer, CodeIssuerMismatch, "", nil)
	}
}

// signedBy reports whether a proof's method is a fragment of the DID. That the
// method's controller is that DID too is checked when the key is retrieved.
func signedBy(proofs []proof.Proof, id did.ID) bool {
	for i := range proofs {
		url := proofs[i].VerificationMethod
		if len(url) > len(id) && url[:len(id)] == string(id) && url[len(id)] == '#' {
			return true
		}
	}
	return false
}

// proof holds the credential to all of its proofs, expiry apart.
func (j *judgement) proof(ctx context.Context) {
	err := j.openErr
	if err == nil {
		_, err = j.secured.Verify(ctx, proof.ResolverKeys(j.by.Resolver), proof.Options{
			Purpose: did.AssertionMethod, Now: j.now, IgnoreExpiry: true, Verify: j.by.Signature,
		})
	}
	if err == nil {
		j.verdict.pass(CheckProof)
		return
	}
	j.verdict.fail(CheckProof, proofCode(err), "", err)
}

func proofCode(err error) Code {
	var e *proof.Error
	switch {
	case errors.Is(err, proof.ErrNoProof):
		return CodeProofMissing
	case errors.Is(err, proof.ErrUnsupported):
		return CodeProofUnsupported
	case !errors.As(err, &e):
		return CodeProofInvalid
	}
	switch e.Type {
	case proof.InvalidMethodURL, proof.InvalidVerificationMethod, proof.InvalidDocument, proof.InvalidDocumentID, proof.InvalidRelationship:
		return CodeKeyUnavailable
	default:
		return CodeProofInvalid
	}
}
