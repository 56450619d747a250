package ledger

import (
	"context"
	"fmt"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// unpin ends the observation of a DID. What was observed of it stays, and stays what
// was last observed.
func (j *judge) unpin(op record.Op) error {
	registry, err := j.founded()
	if err != nil {
		return err
	}
	u, err := record.ParseUnpin(op.Unpin)
	if err != nil {
		return &refusal{code: record.Malformed, why: err}
	}
	if registry.Ledger == "" || u.Ledger != registry.Ledger {
		return refuse(record.UnknownLedger, "the statement is for ledger %.80q, this is %q", u.Ledger, registry.Ledger)
	}
	secured, err := proof.Open(op.Unpin)
	if err != nil {
		return &refusal{code: record.ProofInvalid, why: err}
	}
	if err := plainly(secured.Proofs()); err != nil {
		return err
	}
	digest := op.Digest()
	if first, ok, err := view.GetOutcome(j.in, digest, string(u.DID)); err != nil || ok {
		j.plan.outcome = first
		return err
	}
	if err := j.mayUnpin(u); err != nil {
		return err
	}
	if err := j.byRegistry(secured); err != nil {
		return err
	}
	rec, err := j.append(record.KindUnpin, op.Unpin, 1<<10)
	if err != nil {
		return err
	}
	view.PutUnpinned(j.plan, string(u.DID), rec)
	j.plan.touches = append(j.plan.touches, view.Subject(u.DID))
	j.accept()
	view.PutOutcome(j.plan, digest, string(u.DID), j.plan.outcome, rec)
	return nil
}

// mayUnpin: the DID is observed, and was when the statement was made. One that was kept
// back does not count against a pin that was made since.
func (j *judge) mayUnpin(u record.Unpin) error {
	if u.Issued.After(j.now.Time().Add(record.IssuedTolerance)) {
		return refuse(record.IssuedInFuture, "issued %s, it is %s", u.Issued, j.now)
	}
	last, err := view.GetObserved(j.in, string(u.DID))
	if err != nil {
		return err
	}
	if last == nil {
		return refuse(record.UnknownTarget, "%.200q was not observed here", u.DID)
	}
	pinned, err := view.Pinned(j.in, string(u.DID), last)
	if err != nil {
		return err
	}
	if !pinned {
		return refuse(record.NoChange, "%.200q is not observed any more", u.DID)
	}
	fetched, err := record.ParseStamp(last.Fetched)
	if err != nil {
		return fmt.Errorf("observation of %s: %w", u.DID, err)
	}
	if !u.Issued.After(fetched) {
		return refuse(record.IssuedNotLater, "issued %s, the newest observation is of %s", u.Issued, fetched)
	}
	return nil
}

// byRegistry checks that a statement is by a key of the registry's own document.
func (j *judge) byRegistry(secured *proof.Secured) error {
	registry, err := j.founded()
	if err != nil {
		return err
	}
	p := secured.Proofs()[0]
	if signer, err := signerOf(p); err != nil || signer != registry.DID {
		return refuse(record.NotAuthorised, "the proof is not by %s", registry.DID)
	}
	if err := lasting(&p); err != nil {
		return err
	}
	if p.Narrows(secured.Unsecured()) {
		return refuse(record.ProofInvalid, "the proof covers the statement with another @context")
	}
	k := j.keys()
	_, err = secured.Verify(context.Background(), k, proof.Options{
		Purpose: did.AssertionMethod, Now: j.now.Time(), Verify: j.verify,
	})
	if err != nil {
		return k.proofRefusal(err, record.NotAuthorised)
	}
	return nil
}
