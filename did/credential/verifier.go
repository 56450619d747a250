package credential

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential/schema"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// Verifier passes verdicts on credentials. Resolver is required. It may be used
// concurrently if what it holds may.
type Verifier struct {
	Resolver did.Resolver
	// Status is the registry; nil skips both checks of status.
	Status StatusSource
	// Hindsight is the registry at present, and says that Now is past and Status the
	// registry as it was then: a credential or issuer revoked since, as of a time that
	// is not after Now, fails; other later changes are told in the row's detail. It is
	// nil where Now is the present.
	Hindsight StatusSource
	// Lists has the status lists that credentialStatus points to, and as TokenLists
	// those of a token's claim status; nil: a credential that has one fails.
	Lists Lists
	// Decoded remembers decoded status lists; nil remembers none.
	Decoded *ListCache
	// AcceptListIssuer decides whether a status list by listIssuer may speak of a
	// credential by issuer, another one. nil accepts none.
	AcceptListIssuer func(listIssuer, issuer string) bool
	// MinListEntries is how many entries a bitstring status list must have; zero is
	// statuslist.MinEntries. The row tells of a list that has fewer than that.
	MinListEntries uint64
	// Schemas has the schemas that credentialSchema points to; nil: a credential that
	// has one of a type known here fails.
	Schemas Schemas
	// Compiled remembers compiled schemas; nil remembers none.
	Compiled *schema.Cache
	// SchemaOptions say how schemas are read.
	SchemaOptions schema.Options
	// Resource returns the bytes of a resource that relatedResource names, from what is
	// at hand; nil knows no others than the JSON-LD contexts.
	Resource func(url string) ([]byte, bool)
	// Proofs remembers proofs whose canonicalisation and signature were computed; nil
	// remembers none. Keys, dates and status are looked at every time.
	Proofs *proof.Cache
	// Processor has the JSON-LD contexts; nil is jsonld.Default.
	Processor *jsonld.Processor
	// AllowUndefinedTerms lets properties and types pass that no context of a version 2
	// document gives a meaning (VC Data Model 2.0, 5.2); the row says so. The RDFC
	// cryptosuites do not: their proofs would not cover them.
	AllowUndefinedTerms bool
	// Signature checks signatures; nil is PublicKey.Verify.
	Signature multikey.VerifyFunc
	// Now is the time that validity is judged by; zero is time.Now.
	Now time.Time
	// Leeway is by how much the clocks of signers may be ahead of Now: a validFrom
	// (issuanceDate), created, nbf or iat within it counts as reached, and the row says
	// so. Zero is DefaultLeeway, and less is none. Nothing lasts longer for it.
	Leeway time.Duration
	// AsOf and FreshUntil go into verdicts as they are.
	AsOf       *AsOf
	FreshUntil time.Time
	// AcceptAnyIssuer skips the check of issuers that are not DIDs: who signed then
	// is not tied to whom the credential names. Issuers that are DIDs are bound to
	// their keys all the same.
	AcceptAnyIssuer bool
	// RequireActiveSubject fails a credential one of whose subjects is a DID that is
	// suspended or revoked. Else its row tells of it, and is skipped.
	RequireActiveSubject bool

	// RequireRegistered fails a credential that Status has not heard of, and so could not
	// tell of its revocation; without Status every one. Status lists and schemas that are
	// credentials need not be registered.
	RequireRegistered bool

	// depth is 1 where a status list is judged, and so on.
	depth int
	// asked is what one judgement has asked for.
	asked *asked
	// sharing: Processor allows a document only a part of the work already.
	sharing bool
}

// Verify judges a secured credential: an object with Data Integrity proofs, an
// EnvelopedVerifiableCredential, or a string that is a compact token. The checks
// come in the order of their names; except after a malformed structure all of them
// are made, so that the verdict on a bad proof still tells that its issuer was
// revoked. Costs are bounded by the size of doc. Every failure is a row.
func (v *Verifier) Verify(ctx context.Context, doc jcs.Value) Verdict {
	return v.VerifyFor(ctx, doc, Options{})
}

// Options are what a credential is held to, where it must have been secured for the
// one who asks.
type Options struct {
	// Challenge is what each of its proofs, the nonce of its token or that of its key
	// binding must be; "" does not look.
	Challenge string
	// Domain is the exact set that each of its proofs must name, all of which the
	// audience of its token, or one of which that of its key binding, must name; nil
	// does not look.
	Domain []string
}

// VerifyFor is Verify of a credential that must have been secured for these options.
func (v *Verifier) VerifyFor(ctx context.Context, doc jcs.Value, opt Options) Verdict {
	payload, by, err := open(doc)
	return v.judgeCredential(ctx, payload, by, err, opt)
}

// judgeCredential judges a credential and what secures it; openErr is why the
// credential could not be taken out of its envelope.
func (v *Verifier) judgeCredential(ctx context.Context, payload jcs.Value, by securing, openErr error, opt Options) Verdict {
	return v.judge(ctx, payload, by, openErr, opt).verdict
}

// judge runs the checks of a credential. What the credential points to is not
// fetched for one whose proof does not hold: nobody answers for those URLs.
func (v *Verifier) judge(ctx context.Context, payload jcs.Value, by securing, openErr error, opt Options) *judgement {
	j := &judgement{by: v, now: v.time(), securing: by, options: opt}
	j.verdict.AsOf = v.AsOf
	j.verdict.Checks = make([]Check, 0, len(credentialChecks))
	if j.structure(payload, openErr) {
		if v.asked == nil && len(j.credential.Status)+len(j.statusClaims())+len(j.credential.Schemas) > 0 {
			j.by = v.counting()
		}
		j.digests = j.securing.digests()
		j.issuer()
		j.proof(ctx, did.AssertionMethod)
		j.validity()
		j.issuerState(ctx)
		j.subjectState(ctx)
		j.status(ctx)
		j.schema(ctx)
		j.relatedResources()
		j.context(payload, j.credential.Version)
		j.verdict.Digest = hex.EncodeToString(j.digests[0][:])
	}
	j.verdict.conclude()
	j.freshness()
	return j
}

// counting returns a Verifier for one judgement, which counts what it asks for.
func (v *Verifier) counting() *Verifier {
	by := *v
	by.asked = &asked{}
	by.Processor = v.processor().Within(new(jsonld.Work))
	return &by
}

// share lets each of several documents take only a part of the work that one may
// take by itself.
func (v *Verifier) share() {
	const part = 8
	if !v.sharing {
		v.Processor, v.sharing = v.processor().Share(part), true
	}
}

// unjudged is the verdict on a credential that is not looked at.
func (v *Verifier) unjudged() Verdict {
	verdict := Verdict{AsOf: v.AsOf}
	for _, name := range credentialChecks {
		verdict.skip(name, CodeNotChecked, "the work on what comes before it went beyond its budget")
	}
	return verdict
}

// DefaultLeeway is the Leeway of a Verifier that sets none.
const DefaultLeeway = 5 * time.Second

func (v *Verifier) leeway() time.Duration {
	if v.Leeway == 0 {
		return DefaultLeeway
	}
	return max(v.Leeway, 0)
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
	options    Options
	// digests are those the credential may be registered by.
	digests [][32]byte
	// trusted: the proofs hold.
	trusted bool
	// exhausted: a proof took more work than its budget.
	exhausted bool
	// bound is until when what was asked about the credential serves; zero if for
	// good. end is when the verdict has to be made anew, zero if never.
	bound, end time.Time
	verdict    Verdict
}

// structure reads the credential; false ends the run.
func (j *judgement) structure(payload jcs.Value, openErr error) bool {
	err := openErr
	if err == nil {
		err = exact(payload)
	}
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
		j.verdict.fail(CheckIssuer, CodeIssuerMismatch, mismatch(j.securing, "issuer", id), nil)
	}
}

// proof holds the credential to all of its proofs, expiry apart.
func (j *judgement) proof(ctx context.Context, purpose did.Relationship) {
	err := j.securing.verify(ctx, expected{
		by: j.by, now: j.now, purpose: purpose, challenge: j.options.Challenge, domain: j.options.Domain,
	})
	if err == nil {
		j.trusted = true
		j.verdict.pass(CheckProof)
		return
	}
	j.exhausted = overBudget(err)
	j.verdict.fail(CheckProof, proofCode(err), proofDetail(err), err)
}
