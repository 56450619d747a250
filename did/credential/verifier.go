package credential

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
)

// Verifier passes verdicts on credentials. Resolver is required. It may be used
// concurrently if what it holds may.
type Verifier struct {
	Resolver did.Resolver
	// Status is the registry; nil skips both checks of status.
	Status StatusSource
	// Hindsight is the registry at present where Status is the registry at an earlier
	// time: a credential or issuer that was revoked since then, as of a time that is
	// not after Now, fails. nil does not look.
	Hindsight StatusSource
	// Lists has the status lists that credentialStatus points to; nil: a credential
	// that has one fails.
	Lists Lists
	// AcceptListIssuer decides whether a status list by listIssuer may speak of a
	// credential by issuer, another one. nil accepts none.
	AcceptListIssuer func(listIssuer, issuer string) bool
	// Schemas has the schemas that credentialSchema points to; nil: a credential that
	// has one of a type known here fails.
	Schemas Schemas
	// Resource returns the bytes of a resource that relatedResource names, from what is
	// at hand; nil knows none.
	Resource func(url string) ([]byte, bool)
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

// Verify judges a secured credential: an object with Data Integrity proofs, an
// EnvelopedVerifiableCredential, or a string that is a compact token. The checks
// come in the order of their names; except after a malformed structure all of them
// are made, so that the verdict on a bad proof still tells that its issuer was
// revoked. Costs are bounded by the size of doc. Every failure is a row.
func (v *Verifier) Verify(ctx context.Context, doc jcs.Value) Verdict {
	payload, by, err := open(doc)
	return v.judgeCredential(ctx, payload, by, err)
}

// judgeCredential judges a credential and what secures it; openErr is why the
// credential could not be taken out of its envelope.
func (v *Verifier) judgeCredential(ctx context.Context, payload jcs.Value, by securing, openErr error) Verdict {
	j := judgement{by: v, now: v.time(), securing: by}
	j.verdict.AsOf = v.AsOf
	j.verdict.Checks = make([]Check, 0, len(credentialChecks))
	if j.structure(payload, openErr) {
		j.issuer()
		j.proof(ctx, did.AssertionMethod)
		j.validity()
		j.issuerState(ctx)
		j.status()
		digest := j.securing.digests()[0]
		j.verdict.Digest = hex.EncodeToString(digest[:])
	}
	j.verdict.conclude()
	j.freshness()
	return j.verdict
}

func (v *Verifier) time() time.Time {
	if v.Now.IsZero() {
		return time.Now()
	}
	return v.Now
}

// judgement is one run of a Verifier.
type judgement struct {
	by         *Verifier
	now        time.Time
	credential *Credential
	securing   securing
	verdict    Verdict
}

// structure reads the credential; false ends the run.
func (j *judgement) structure(payload jcs.Value, openErr error) bool {
	err := openErr
	if err == nil {
		j.credential, err = Parse(payload)
	}
	if err != nil {
		j.verdict.fail(CheckStructure, codeOf(err, CodeMalformed), "", err)
		for _, name := range credentialChecks[1:] {
			j.verdict.skip(name, CodeNotChecked, "")
		}
		return false
	}
	j.verdict.Issuer = j.credential.Issuer
	j.verdict.pass(CheckStructure)
	return true
}

// issuer looks for a proof that names a key of the issuer.
func (j *judgement) issuer() {
	id, isDID := j.credential.IssuerDID()
	switch {
	case !isDID && j.by.AcceptAnyIssuer:
		j.verdict.skip(CheckIssuer, CodeIssuerNotDID, "who signed is not tied to the issuer")
	case !isDID:
		j.verdict.fail(CheckIssuer, CodeIssuerNotDID, "nothing ties a key to "+j.credential.Issuer, nil)
	case j.securing.keyOf(id):
		j.verdict.pass(CheckIssuer)
	default:
		j.verdict.fail(CheckIssuer, CodeIssuerMismatch, "", nil)
	}
}

// proof holds the credential to all of its proofs, expiry apart.
func (j *judgement) proof(ctx context.Context, purpose did.Relationship) {
	err := j.securing.verify(ctx, expected{by: j.by, now: j.now, purpose: purpose})
	if err == nil {
		j.verdict.pass(CheckProof)
		return
	}
	j.verdict.fail(CheckProof, proofCode(err), "", err)
}
