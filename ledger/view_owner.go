package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

var (
	_ credential.OwnerSource = (*View)(nil)
	_ credential.OwnerSource = (*Past)(nil)
)

// Bounds on what is looked up of the ownership of one DID.
const (
	// MaxOwners is how many controllers of a document are looked up: the first.
	MaxOwners = 8
	// MaxRegistrations is how many registrations by one controller about one agent are:
	// the newest.
	MaxRegistrations = 8
)

// Owner is a controller that a DID document names, other than its subject.
type Owner struct {
	credential.Owner
	// Seq is the record of that registration, Since its time; the rest is zero where
	// there is none.
	Seq   record.Seq
	Since time.Time
	// ValidUntil is when a confirmed one ceases to be by itself; zero if never.
	ValidUntil time.Time
	// Why says for people why it is only claimed.
	Why string
}

// Ownership is who owns a DID, and until when that answer holds.
type Ownership struct {
	Owners []Owner
	// Keys are those of ChangedSince: a change of one of them may change the answer.
	Keys []string
	// Until is when it may change without a record; zero if never.
	Until time.Time
}

// Ownership tells of the controllers that a document of the DID names whether they own
// it: one does that has registered an AgentRegistrationCredential about it which is in
// force, and which a key of its newest document has signed as it is written. Without
// that, ownership is what the document claims.
func (v *View) Ownership(ctx context.Context, id did.ID, doc *did.Document, now time.Time) (Ownership, error) {
	o, err := v.ownership(ctx, id, doc, now)
	return o, v.ledger.Report(err)
}

// Owners implements credential.OwnerSource by the DID's newest document.
func (w *world) Owners(ctx context.Context, id did.ID, now time.Time) ([]credential.Owner, error) {
	if m := id.Method(); m != "webvh" && m != "web" {
		return nil, nil // computed documents name no controller
	}
	res, err := w.Resolve(ctx, id, did.Options{})
	if did.CodeOf(err) == did.InternalError {
		return nil, err
	}
	if err != nil || res.Document == nil {
		return nil, nil
	}
	o, err := w.ownership(ctx, id, res.Document, now)
	var list []credential.Owner
	for i := range o.Owners {
		list = append(list, o.Owners[i].Owner)
	}
	return list, err
}

func (w *world) ownership(ctx context.Context, id did.ID, doc *did.Document, now time.Time) (Ownership, error) {
	var all Ownership
	controllers := doc.Controllers()
	if len(controllers) == 0 {
		return all, nil
	}
	agent, err := w.subject(id)
	if err != nil {
		return all, err
	}
	for _, controller := range controllers {
		key, err := w.subject(controller)
		if err != nil {
			return all, err
		}
		if key == agent {
			continue
		}
		owner := &Owner{Owner: credential.Owner{Controller: controller}}
		if len(all.Owners) < MaxOwners {
			q := ownerQuestion{world: w, agent: agent, controller: controller, key: key, now: now, all: &all}
			if err := q.answer(ctx, owner); err != nil {
				return all, err
			}
		} else {
			owner.Why = fmt.Sprintf("of the controllers of a document the first %d are looked up", MaxOwners)
		}
		all.Owners = append(all.Owners, *owner)
	}
	return all, nil
}

// ownerQuestion asks whether one controller owns one agent.
type ownerQuestion struct {
	*world
	agent, key string
	controller did.ID
	now        time.Time
	all        *Ownership
}

func (q *ownerQuestion) answer(ctx context.Context, owner *Owner) error {
	q.all.Keys = append(q.all.Keys, q.key)
	newest, err := q.newest()
	if err != nil {
		return err
	}
	if newest == nil {
		owner.Why = "it has registered no " + record.AgentRegistration + " about the DID"
		return nil
	}
	why, err := q.standing(ctx)
	if err != nil {
		return err
	}
	for n := 0; newest != nil && n < MaxRegistrations; n++ {
		found, err := q.registration(ctx, newest.Seq, why)
		if err != nil {
			return err
		}
		if found.Confirmed || n == 0 {
			*owner = found
		}
		if found.Confirmed || why != "" || newest.Number == 1 {
			break
		}
		if newest, err = view.GetPastOwnership(q.in, q.agent, q.key, newest.Number-1); err != nil {
			return err
		}
	}
	return nil
}

func (q *ownerQuestion) newest() (*view.Ownership, error) {
	if q.before > 0 {
		return view.GetOwnershipBefore(q.in, q.agent, q.key, q.before)
	}
	return view.GetOwnership(q.in, q.agent, q.key)
}

// standing says why nothing that the controller has signed counts; "" if it does.
func (q *ownerQuestion) standing(ctx context.Context) (why string, err error) {
	status, err := q.statusOf(view.DIDTarget(q.key))
	if err != nil {
		return "", err
	}
	if status != nil && status.Status != record.Active {
		return fmt.Sprintf("the controller is %s since record %d", status.Status, status.Seq), nil
	}
	res, err := q.asIssuer().Resolve(ctx, q.controller, did.Options{})
	switch {
	case did.CodeOf(err) == did.InternalError:
		return "", err
	case err != nil:
		return "the controller cannot be resolved here", nil
	case res.Document == nil:
		return "the controller is deactivated", nil
	}
	return "", nil
}

// asIssuer is the state in which DIDs resolve as they do for those who register what they
// have issued. What was observed of others is of the present.
func (q *ownerQuestion) asIssuer() *world {
	w := *q.world
	w.observes = w.before == 0
	return &w
}

// registration looks at one registration; why is what is wrong with all of them.
func (q *ownerQuestion) registration(ctx context.Context, seq record.Seq, why string) (Owner, error) {
	o := Owner{Owner: credential.Owner{Controller: q.controller}, Seq: seq}
	data, err := view.GetRecord(q.in, seq)
	if err != nil {
		return o, err
	}
	r, err := record.Decode(data)
	if err != nil {
		return o, fmt.Errorf("record %d: %w", seq, err)
	}
	body, err := record.ParseCredentialBody(r.Body)
	if err != nil {
		return o, fmt.Errorf("record %d: %w", seq, err)
	}
	o.Credential, o.Since = body.Digest, r.Time.Time()
	if why == "" {
		if why, err = q.inForce(&body); err != nil {
			return o, err
		}
	}
	if why == "" {
		why, err = q.signed(ctx, seq, &body)
	}
	o.Confirmed, o.Why = err == nil && why == "", why
	if o.Confirmed {
		o.ValidUntil = q.until(&body)
	}
	return o, err
}

// inForce says why a registration is not in force; "" if it is.
func (q *ownerQuestion) inForce(body *record.CredentialBody) (why string, err error) {
	reg, err := view.GetRegistration(q.in, body.Digest, q.key)
	if err != nil {
		return "", err
	}
	if reg == nil {
		return "its registration is by another", nil
	}
	q.all.Keys = append(q.all.Keys, reg.As.String())
	status, err := q.statusOf(reg.Target())
	if err != nil {
		return "", err
	}
	if status != nil && status.Status != record.Active {
		return fmt.Sprintf("its registration is %s since record %d", status.Status, status.Seq), nil
	}
	from, readable := dateOf(body.ValidFrom)
	if begins := from.Add(-credential.DefaultLeeway); !readable || begins.After(q.now) {
		q.changes(begins)
		return "its registration is not valid yet", nil
	}
	if until := q.until(body); !until.IsZero() {
		if q.now.After(until) {
			return "its registration has expired", nil
		}
		q.changes(until)
	}
	return "", nil
}

// changes notes when the answer may be another one.
func (q *ownerQuestion) changes(at time.Time) {
	if at.After(q.now) && (q.all.Until.IsZero() || at.Before(q.all.Until)) {
		q.all.Until = at
	}
}

// until is when a registration ends by itself, or its proof does; zero if never. What
// cannot be read has ended.
func (q *ownerQuestion) until(body *record.CredentialBody) time.Time {
	until, readable := dateOf(body.ValidUntil)
	if !readable {
		return time.Unix(0, 0).UTC()
	}
	for _, p := range body.WrittenBy() {
		if !p.ExpiresAt.IsZero() && (until.IsZero() || p.ExpiresAt.Before(until)) {
			until = p.ExpiresAt
		}
	}
	return until
}

// dateOf reads a date of a credential; the zero time is none.
func dateOf(text string) (t time.Time, readable bool) {
	if text == "" {
		return t, true
	}
	t, err := time.Parse(time.RFC3339, text)
	return t, err == nil
}

// signed says why a registration is not signed by a key that the controller has now; ""
// if it is. That it was when it was registered is known.
func (q *ownerQuestion) signed(ctx context.Context, seq record.Seq, body *record.CredentialBody) (why string, err error) {
	keys := proof.ResolverKeys(q.asIssuer())
	for _, p := range body.WrittenBy() {
		method, err := keys.Key(ctx, p.VerificationMethod, did.AssertionMethod)
		if internal(err) {
			return "", err
		}
		if err != nil || proof.Usable(method, q.now) != nil || proof.CheckDates(p, q.now) != nil {
			continue
		}
		err = proof.VerifyDigest(body.Digest[:], p, method.Key, nil)
		if errors.Is(err, proof.ErrKeyType) || errors.Is(err, proof.ErrPreviousProof) {
			err = q.sameKey(ctx, seq, p, method.Key)
		}
		if internal(err) {
			return "", err
		}
		if err == nil {
			return "", nil
		}
	}
	return "the controller has no more the key that signed its registration", nil
}

// sameKey compares a key with that which the proof of record seq was made by, where the
// digest does not tell. A controller that is observed has no state of then.
func (q *ownerQuestion) sameKey(ctx context.Context, seq record.Seq, p proof.Proof, now multikey.PublicKey) error {
	then := *q.world
	then.before = seq
	method, err := proof.ResolverKeys(&then).Key(ctx, p.VerificationMethod, did.AssertionMethod)
	if err == nil && method.Key.String() != now.String() {
		err = proof.ErrKeyType
	}
	return err
}

// internal reports whether a key could not be looked for, rather than that there is none.
func internal(err error) bool {
	var e *did.Error
	return errors.As(err, &e) && e.Code == did.InternalError
}
