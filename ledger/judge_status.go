package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// signed is a status change in the course of being judged.
type signed struct {
	record.StatusChange
	secured *proof.Secured
	// signer is who signed, signerKey what the signer is looked up by.
	signer    did.ID
	signerKey string
	target    view.Target
	// present is the target's status, nil if it was never changed.
	present *view.Status
	// bySelf: the target is the signer's own DID, or an entry of its own list.
	bySelf bool
	// as is, of a credential, the digest that its status goes by.
	as record.Hash
	// entries is, of an entry of a list, that one.
	entries []view.ListEntry
	// controllers are, of a DID, the keys of its controllers other than itself.
	controllers []string
}

// status changes a status: the proof names a signer, the signer must have
// authority over the target, the target must allow the transition, and only then
// is the signature checked.
func (j *judge) status(op record.Op) error {
	c, err := j.openChange(op)
	if err != nil {
		return err
	}
	// Two issuers may have registered one digest, and their changes may read alike.
	digest := op.Digest()
	if first, ok, err := view.GetOutcome(j.in, digest, c.signerKey); err != nil || ok {
		j.plan.outcome = first
		return err
	}
	for _, step := range []func(*signed) error{j.findTarget, j.checkSigner, j.checkTransition, j.checkSignature} {
		if err := step(c); err != nil {
			return err
		}
	}
	rec, err := j.append(record.KindStatus, c.Value, op.Size())
	if err != nil {
		return err
	}
	issued, _ := c.Value.GetString("issued")
	next := &view.Status{
		Since: j.now, Status: c.Status, By: c.signer, BySelf: c.bySelf, Issued: issued,
		Reason: c.Reason, InvalidFrom: c.InvalidFromText, Cascade: c.Cascade,
	}
	if c.Status == record.Suspended && !c.bySelf {
		next.Controllers = c.controllers
	}
	view.PutStatus(j.plan, c.target, c.present, next, rec)
	if err := j.setBits(c, rec); err != nil {
		return err
	}
	j.accept()
	view.PutOutcome(j.plan, digest, c.signerKey, j.plan.outcome, rec)
	return nil
}

// openChange reads the change and who signed it.
func (j *judge) openChange(op record.Op) (*signed, error) {
	registry, err := j.founded()
	if err != nil {
		return nil, err
	}
	c := new(signed)
	if c.StatusChange, err = record.ParseStatusChange(op.Change); err != nil {
		return nil, &refusal{code: record.Malformed, why: err}
	}
	if registry.Ledger == "" || c.Ledger != registry.Ledger {
		return nil, refuse(record.UnknownLedger, "the change is for ledger %.80q, this is %q", c.Ledger, registry.Ledger)
	}
	if c.Issued.After(j.now.Time().Add(record.IssuedTolerance)) {
		return nil, refuse(record.IssuedInFuture, "issued %s, it is %s", c.Issued, j.now)
	}
	if c.secured, err = proof.Open(op.Change); err != nil {
		return nil, &refusal{code: record.ProofInvalid, why: err}
	}
	if err := plainly(c.secured.Proofs()); err != nil {
		return nil, err
	}
	p := c.secured.Proofs()[0]
	if p.Narrows(c.secured.Unsecured()) {
		return nil, refuse(record.ProofInvalid, "the proof covers the change with another @context")
	}
	if c.signer, err = signerOf(p); err != nil {
		return nil, &refusal{code: record.ProofInvalid, why: err}
	}
	c.signerKey, err = j.subject(c.signer)
	return c, err
}

// findTarget finds the target, and refuses a signer with no authority over it.
func (j *judge) findTarget(c *signed) error {
	var err error
	switch {
	case c.DID != "":
		err = j.findDID(c)
	case c.Entry != nil:
		err = j.findEntry(c)
	default:
		err = j.findCredential(c)
	}
	if err != nil {
		return err
	}
	c.present, err = view.GetStatus(j.in, c.target)
	return err
}

// findCredential: a credential's status is its issuer's to change, by any digest that
// the issuer's credential is registered by.
func (j *judge) findCredential(c *signed) error {
	primary, err := view.GetPrimary(j.in, c.Digest)
	if err != nil {
		return err
	}
	if primary == nil {
		return refuse(record.UnknownTarget, "no credential of digest %s is registered", c.Digest)
	}
	own, err := view.GetRegistration(j.in, c.Digest, c.signerKey)
	if err != nil {
		return err
	}
	if own == nil {
		return refuse(record.NotAuthorised, "%s did not issue the credential", c.signer)
	}
	c.target, c.as = own.Target(), own.As
	j.touchCredential(c.Digest, c.as)
	return nil
}

// findDID: a DID's status is its own to change, and its controllers'.
func (j *judge) findDID(c *signed) error {
	subject, err := j.findControlled(c, c.DID)
	if err != nil {
		return err
	}
	c.target = view.DIDTarget(subject)
	return j.authority(c, c.DID, subject)
}

// authority refuses a signer who is neither the DID nor one of its controllers. The
// target is the DID or belongs to it.
func (j *judge) authority(c *signed, id did.ID, subject string) error {
	c.bySelf = c.signerKey == subject
	if c.bySelf || slices.Contains(c.controllers, c.signerKey) {
		return nil
	}
	// What a suspended DID makes of its document does not take it out of the hands
	// of those who suspended it.
	present, err := view.GetStatus(j.in, c.target)
	if err != nil {
		return err
	}
	if present == nil || !slices.Contains(present.Controllers, c.signerKey) {
		return refuse(record.NotAuthorised, "%s is neither %s nor one of its controllers", c.signer, id)
	}
	return nil
}

// findControlled finds the DID that the target is or belongs to, notes its controllers
// and returns its key.
func (j *judge) findControlled(c *signed, id did.ID) (string, error) {
	switch id.Method() {
	case "key", "jwk":
		if _, err := j.Resolve(context.Background(), id, did.Options{}); err != nil {
			return "", &refusal{code: record.UnknownTarget, why: err}
		}
		if c.DID != "" {
			j.plan.touches = append(j.plan.touches, string(id))
		}
		return string(id), nil
	case "webvh":
		return j.findLog(c, id)
	default:
		return "", refuse(record.UnknownTarget, "the status of %s is not kept here", id)
	}
}

func (j *judge) findLog(c *signed, id did.ID) (string, error) {
	scid := view.Subject(id)
	head, err := view.GetHead(j.in, scid)
	if err != nil {
		return "", err
	}
	if head == nil || head.DID != id {
		return "", refuse(record.UnknownTarget, "%s is not registered", id)
	}
	doc, err := j.document(head.Seq)
	if err != nil {
		return "", err
	}
	for _, controller := range doc.Controllers() {
		key, err := j.subject(controller)
		if err != nil {
			return "", err
		}
		if key != scid {
			c.controllers = append(c.controllers, key)
		}
	}
	if c.DID != "" {
		j.plan.touches = append(j.plan.touches, scid)
		j.touchHome(head.DID)
	}
	return scid, nil
}

// checkSigner refuses a signer that is suspended, revoked or deactivated, except
// for the DID that suspended itself. The key itself is looked up with the proof.
func (j *judge) checkSigner(c *signed) error {
	own := c.present
	if !c.bySelf || c.DID == "" {
		var err error
		if own, err = view.GetStatus(j.in, view.DIDTarget(c.signerKey)); err != nil {
			return err
		}
	}
	if own != nil && own.Status != record.Active {
		ownDID := c.bySelf && c.DID != ""
		if ownDID && own.Status == record.Revoked {
			return nil // checkTransition has the better word for it
		}
		if !ownDID || !own.BySelf {
			return refuse(record.NotAuthorised, "%s is %s since record %d", c.signer, own.Status, own.Seq)
		}
	}
	res, err := j.Resolve(context.Background(), c.signer, did.Options{})
	if err != nil {
		if did.CodeOf(err) == did.InternalError {
			return err
		}
		return &refusal{code: record.NotAuthorised, why: err}
	}
	if res.Document == nil {
		return refuse(record.NotAuthorised, "%s is deactivated", c.signer)
	}
	return nil
}

// checkTransition: revoked is final; a suspension by a controller is lifted by one
// of those who controlled the DID then, whatever the DID has made of its document
// since; a controller may take a DID's own suspension over; other changes must
// change something. Each change is dated later than the one before.
func (j *judge) checkTransition(c *signed) error {
	status := record.Active
	if c.present != nil {
		status = c.present.Status
	}
	if status == record.Revoked {
		return refuse(record.FinalStatus, "%s is revoked", c.Target())
	}
	takeover := c.present != nil && status == record.Suspended && c.present.BySelf && !c.bySelf
	if status == c.Status && !takeover {
		return refuse(record.NoChange, "%s is %s", c.Target(), status)
	}
	if c.present == nil {
		return nil
	}
	if lifts := status == record.Suspended && c.Status == record.Active; lifts && len(c.present.Controllers) > 0 &&
		!slices.Contains(c.present.Controllers, c.signerKey) {
		return refuse(record.NotAuthorised, "%s did not control %s when it was suspended", c.signer, c.Target())
	}
	before, err := c.present.IssuedTime()
	if err != nil {
		return fmt.Errorf("status of %s: %w", c.Target(), err)
	}
	if !c.Issued.After(before) {
		return refuse(record.IssuedNotLater, "issued %s, the change before it %s", c.Issued, before)
	}
	return nil
}

func (j *judge) checkSignature(c *signed) error {
	k := j.keys()
	_, err := c.secured.Verify(context.Background(), k, proof.Options{
		Purpose: did.AssertionMethod, Now: j.now.Time(), Verify: j.verify,
	})
	if err == nil {
		return nil
	}
	err = k.proofRefusal(err, record.NotAuthorised)
	var r *refusal
	if errors.As(err, &r) && r.code == record.ProofInvalid {
		r.why = fmt.Errorf("status change of %s: %w", c.Target(), r.why)
	}
	return err
}
