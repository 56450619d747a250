package ledger

import (
	"context"
	"slices"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// whois publishes the presentation that a DID of this registry links itself to. What
// the credentials in it are worth is for its readers to find out.
func (j *judge) whois(op record.Op) error {
	registry, err := j.founded()
	if err != nil {
		return err
	}
	if registry.Ledger == "" {
		return refuse(record.UnknownLedger, "the ledger is empty")
	}
	if err := j.presentation(op); err != nil {
		return err
	}
	subject, err := j.whoisSubject(op.Issuer)
	if err != nil {
		return err
	}
	digest := op.Digest()
	if first, ok, err := view.GetOutcome(j.in, digest, subject); err != nil || ok {
		j.plan.outcome = first
		return err
	}
	if err := j.issuer(op.Issuer, subject); err != nil {
		return err
	}
	next, err := j.whoisProofs(op, subject)
	if err != nil {
		return err
	}
	body := record.WhoisBody{DID: op.Issuer, Digest: op.CredentialDigest, Proof: op.Proof}
	rec, err := j.append(record.KindWhois, body.Value(), 1<<10)
	if err != nil {
		return err
	}
	view.PutWhois(j.plan, subject, next, rec)
	if op.Credential.IsObject() {
		view.PutWhoisContent(j.plan, subject, op.Credential.Canonical())
	} else {
		view.DeleteWhoisContent(j.plan, subject)
	}
	j.plan.touches = append(j.plan.touches, subject)
	j.accept()
	view.PutOutcome(j.plan, digest, subject, j.plan.outcome, rec)
	return nil
}

// presentation checks what has to be so for the proof to be one of a presentation.
func (j *judge) presentation(op record.Op) error {
	v := op.Credential
	if !v.IsObject() {
		return nil // it is of the past, and gone
	}
	if size := len(v.Canonical()); size > record.MaxPresentation {
		return refuse(record.PresentationInvalid, "%d bytes of at most %d", size, record.MaxPresentation)
	}
	types, _ := v.Get("type")
	if s, _ := types.Str(); s != typePresentation && !slices.ContainsFunc(slices.Collect(types.Elems()), isPresentationType) {
		return refuse(record.PresentationInvalid, "type is not %s", typePresentation)
	}
	// A proof over RDF does not tell by which words its reader knows what it says; those
	// of these contexts cannot be given another meaning.
	contexts, _ := v.Get("@context")
	if first, _ := contexts.At(0).Str(); !contexts.IsArray() || first != credential.ContextV2 && first != credential.ContextV1 {
		return refuse(record.PresentationInvalid, "@context does not begin with that of the data model")
	}
	holder, present := v.Get("holder")
	if id, _ := holder.GetString("id"); present && holder.IsObject() && id == "" {
		return refuse(record.PresentationInvalid, "a holder without id")
	}
	if present && op.Issuer == "" {
		return refuse(record.PresentationInvalid, "holder is neither a DID nor an object with one")
	}
	return nil
}

const typePresentation = "VerifiablePresentation"

func isPresentationType(v jcs.Value) bool { s, _ := v.Str(); return s == typePresentation }

// whoisSubject finds the DID, whose log is here.
func (j *judge) whoisSubject(id did.ID) (string, error) {
	if len(id) > record.MaxDID {
		return "", refuse(record.PresentationInvalid, "a DID of %d bytes", len(id))
	}
	subject, err := j.subject(id)
	if err != nil {
		return "", err
	}
	head, err := view.GetHead(j.in, subject)
	if err == nil && (head == nil || head.DID != id) {
		err = refuse(record.UnknownTarget, "%.200q is not registered", id)
	}
	return subject, err
}

// whoisProofs checks the proofs, all of which are by the DID, for authentication, and
// made later than those before.
func (j *judge) whoisProofs(op record.Op, subject string) (*view.Whois, error) {
	proofs, err := proof.All(jcs.Object(jcs.Member{Name: "proof", Value: op.Proof}))
	if err != nil {
		return nil, &refusal{code: record.ProofInvalid, why: err}
	}
	next := &view.Whois{Digest: op.CredentialDigest}
	for i := range proofs {
		if signer, err := signerOf(proofs[i]); err != nil || signer != op.Issuer {
			return nil, refuse(record.NotAuthorised, "a proof is not by %s", op.Issuer)
		}
		if proofs[i].Challenge != "" || len(proofs[i].Domain) > 0 {
			return nil, refuse(record.PresentationInvalid, "a presentation with challenge or domain was made for one verifier, not for everybody")
		}
		if proofs[i].CreatedAt.IsZero() {
			return nil, refuse(record.ProofInvalid, "a proof does not say when it was created")
		}
		if next.Created.IsZero() || proofs[i].CreatedAt.Before(next.Created) {
			next.Created = proofs[i].CreatedAt
		}
	}
	if err := j.whoisLater(subject, next.Created); err != nil {
		return nil, err
	}
	if op.Credential.IsObject() {
		return next, j.presented(op)
	}
	return next, j.pastPresented(op, proofs)
}

func (j *judge) whoisLater(subject string, created time.Time) error {
	if created.After(j.now.Time().Add(record.IssuedTolerance)) {
		return refuse(record.IssuedInFuture, "created %s, it is %s", created, j.now)
	}
	prev, err := view.GetWhois(j.in, subject)
	if err != nil || prev == nil {
		return err
	}
	if !created.After(prev.Created) {
		return refuse(record.IssuedNotLater, "created %s, the presentation before it %s", created, prev.Created)
	}
	return nil
}

func (j *judge) presented(op record.Op) error {
	secured, err := proof.Open(op.Credential)
	if err != nil {
		return &refusal{code: record.ProofInvalid, why: err}
	}
	if _, err := overRDF(secured.Proofs()); err != nil {
		return err
	}
	for _, p := range secured.Proofs() {
		if p.Narrows(secured.Unsecured()) {
			return refuse(record.ProofInvalid, "a proof covers the presentation with another @context")
		}
	}
	k := j.keys()
	_, err = secured.Verify(context.Background(), k, proof.Options{
		Purpose: did.Authentication, Now: j.now.Time(), Verify: j.verify, Processor: j.processor(), AcceptHidden: j.past != nil,
	})
	if err != nil {
		return k.proofRefusal(err, record.NotAuthorised)
	}
	return nil
}

// pastPresented is presented for a presentation that another has followed.
func (j *judge) pastPresented(op record.Op, proofs []proof.Proof) error {
	k := j.keys()
	for _, p := range proofs {
		if err := j.pastProof(k, op.CredentialDigest, p, did.Authentication); err != nil {
			return k.proofRefusal(err, record.NotAuthorised)
		}
	}
	return nil
}
