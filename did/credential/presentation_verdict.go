package credential

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
)

// presenting is one judgement of a presentation.
type presenting struct {
	judgement
	opt          PresentationOptions
	presentation *Presentation
	// proofErr is what came of the presentation's own proofs.
	proofErr error
	// first is when the first verdict on a credential inside has to be made anew.
	first time.Time
}

// judgePresentation judges a presentation and what secures it; openErr is why it
// could not be taken out of its envelope.
func (v *Verifier) judgePresentation(ctx context.Context, payload jcs.Value, by securing, openErr error, opt PresentationOptions) Verdict {
	p := presenting{judgement: judgement{by: v.counting(), now: v.time(), securing: by}, opt: opt}
	p.by.share()
	p.verdict.Presentation = true
	p.verdict.AsOf = v.AsOf
	p.verdict.Checks = make([]Check, 0, len(presentationChecks))
	if p.structure(payload, openErr) {
		p.holder()
		p.proof(ctx)
		p.trusted = p.proofErr == nil
		p.challenge()
		p.validity()
		p.holderState(ctx)
		p.credentials(ctx)
		p.context(payload.Without("verifiableCredential"), p.presentation.Version)
	}
	p.verdict.conclude()
	if p.opt.AllowUnsecured && p.unsecured() {
		p.verdict.Verified = len(p.verdict.ProblemDetails) == 0
	}
	p.freshness()
	return p.verdict
}

// structure reads the presentation; false ends the run.
func (p *presenting) structure(payload jcs.Value, openErr error) bool {
	err := openErr
	if err == nil {
		err = exact(payload)
	}
	if err == nil {
		p.presentation, err = ParsePresentation(payload)
	}
	if err != nil {
		p.verdict.fail(CheckStructure, codeOf(err, CodeMalformedPresentation), "", err)
		for _, name := range presentationChecks[1:] {
			p.verdict.skip(name, CodeNotChecked, "")
		}
		return false
	}
	p.verdict.Holder = p.presentation.Holder
	p.verdict.pass(CheckStructure)
	return true
}

// unsecured reports whether the presentation has no proof, and none is asked for.
func (p *presenting) unsecured() bool {
	s, ok := p.securing.(*integrity)
	bound := p.opt.Challenge != "" || p.opt.Domain != nil || p.opt.Holder != ""
	return ok && errors.Is(s.err, proof.ErrNoProof) && !bound
}

// holder looks for a proof that names a key of the holder, if the presentation
// says whose it is.
func (p *presenting) holder() {
	id, isDID := p.presentation.HolderDID()
	holder := p.presentation.Holder
	switch {
	case p.opt.Holder != "" && holder != p.opt.Holder:
		p.verdict.fail(CheckHolder, CodeHolderMismatch, "the presentation is not by "+p.opt.Holder, nil)
	case holder == "":
		p.verdict.skip(CheckHolder, CodeAbsent, "the presentation names no holder")
	case p.opt.AllowUnsecured && p.unsecured():
		p.verdict.skip(CheckHolder, CodeUnsecured, "nothing ties the presentation to its holder")
	case !isDID && p.by.AcceptAnyIssuer:
		p.verdict.skip(CheckHolder, CodeHolderNotDID, "who signed is not tied to the holder")
	case !isDID:
		p.verdict.fail(CheckHolder, CodeHolderNotDID, "nothing ties a key to "+holder, nil)
	case p.securing.keyOf(id):
		p.verdict.pass(CheckHolder)
	default:
		p.verdict.fail(CheckHolder, CodeHolderMismatch, mismatch(p.securing, "holder", id), nil)
	}
}

// proof holds the presentation to all of its proofs, expiry apart.
func (p *presenting) proof(ctx context.Context) {
	if p.opt.AllowUnsecured && p.unsecured() {
		p.proofErr = &checkError{code: CodeProofMissing, detail: "the presentation is not secured"}
		p.verdict.skip(CheckProof, CodeUnsecured, "the presentation has no proof")
		return
	}
	p.proofErr = p.securing.verify(ctx, expected{
		by: p.by, now: p.now, purpose: did.Authentication, challenge: p.opt.Challenge, domain: p.opt.Domain,
	})
	if p.proofErr != nil {
		p.verdict.fail(CheckProof, proofCode(p.proofErr), "", p.proofErr)
		return
	}
	p.verdict.pass(CheckProof)
}

// challenge says whether the presentation answers one.
func (p *presenting) challenge() {
	switch {
	case p.opt.AllowUnsecured && p.unsecured():
		p.verdict.skip(CheckChallenge, CodeUnsecured, "")
	case p.opt.Challenge == "":
		p.verdict.skip(CheckChallenge, CodeNoChallenge, "none was asked for: it may have been shown before, by whoever has seen it")
	case p.proofErr != nil:
		p.verdict.skip(CheckChallenge, CodeNotChecked, "")
	default:
		p.verdict.pass(CheckChallenge)
	}
}

// validity compares the dates of the proofs with now.
func (p *presenting) validity() {
	clock := p.clock()
	if err := p.securing.dates(clock); err != nil {
		p.verdict.fail(CheckValidity, codeOf(err, CodeProofExpired), "", err)
		return
	}
	p.verdict.passWith(CheckValidity, clock.note())
}

func (p *presenting) holderState(ctx context.Context) {
	id, isDID := p.presentation.HolderDID()
	switch {
	case p.presentation.Holder == "":
		p.verdict.skip(CheckHolderState, CodeAbsent, "")
	case !isDID:
		p.verdict.skip(CheckHolderState, CodeHolderNotDID, "")
	default:
		if err := p.owned(ctx, RoleHolder, id, p.proofErr == nil); err != nil {
			p.verdict.fail(CheckHolderState, CodeStatusUnavailable, "", err)
			return
		}
		p.state(ctx, CheckHolderState, id, holderCodes)
	}
}

// credentials passes a verdict on each credential. Once the work on one of them
// has gone beyond its budget, those after it are not looked at any more: what a
// hostile presentation costs is bounded by what one hostile document costs.
func (p *presenting) credentials(ctx context.Context) {
	if len(p.presentation.Credentials) == 0 {
		p.verdict.skip(CheckCredentials, CodeAbsent, "")
		return
	}
	exhausted := overBudget(p.proofErr)
	failed := 0
	for _, doc := range p.presentation.Credentials {
		var inner Verdict
		if exhausted {
			inner = p.by.unjudged()
		} else {
			inner, exhausted = p.credential(ctx, doc)
		}
		if !inner.Verified {
			failed++
		}
		p.verdict.Credentials = append(p.verdict.Credentials, inner)
	}
	if failed > 0 {
		detail := fmt.Sprintf("%d of %d are not verified", failed, len(p.presentation.Credentials))
		p.verdict.fail(CheckCredentials, CodeCredentialUnverified, detail, nil)
		return
	}
	p.verdict.pass(CheckCredentials)
}

// credential judges one. A credential without proof whose issuer is the holder is
// self-asserted, and secured by what secures the presentation (VC Data Model 2.0,
// 4.13.4).
func (p *presenting) credential(ctx context.Context, doc jcs.Value) (v Verdict, exhausted bool) {
	payload, by, err := open(doc)
	if s, ok := by.(*integrity); ok && errors.Is(s.err, proof.ErrNoProof) && p.selfAsserted(payload) {
		by = &asserted{payload, p.securing, p.assertion(payload)}
	}
	j := p.by.judge(ctx, payload, by, err, Options{})
	p.first = earliest(p.first, j.end)
	return j.verdict, j.exhausted
}

// assertion reports what keeps the presentation's proofs from proving a credential in
// it. If they sign RDF, the credential must show what it says, in the presentation's
// contexts and its own.
func (p *presenting) assertion(doc jcs.Value) error {
	s, ok := p.securing.(*integrity)
	if p.proofErr != nil || !ok || !s.overRDF() {
		return p.proofErr
	}
	contexts := append(arrayOf(p.presentation.Value, "@context"), arrayOf(doc, "@context")...)
	return proof.Readable(p.by.processor(), doc.With("@context", jcs.Array(contexts...)))
}

func (p *presenting) selfAsserted(payload jcs.Value) bool {
	c, err := Parse(payload)
	return err == nil && p.presentation.Holder != "" && c.Issuer == p.presentation.Holder
}

// freshness bounds the verdict by the proofs' expiry and by the credentials.
func (p *presenting) freshness() {
	if p.verdict.Verified && !p.by.FreshUntil.IsZero() {
		p.verdict.FreshUntil = timestamp(earliest(p.by.FreshUntil, p.securing.expires(), p.first))
	}
}

// asserted is a self-asserted credential: the presentation's proofs secure it.
type asserted struct {
	credential   jcs.Value
	presentation securing
	err          error
}

func (s *asserted) keyOf(id did.ID) bool                   { return s.presentation.keyOf(id) }
func (s *asserted) signer() string                         { return s.presentation.signer() }
func (s *asserted) verify(context.Context, expected) error { return s.err }
func (s *asserted) dates(c *clock) error                   { return s.presentation.dates(c) }
func (s *asserted) expires() time.Time                     { return s.presentation.expires() }
func (s *asserted) digests() [][32]byte                    { return [][32]byte{Digest(s.credential)} }
