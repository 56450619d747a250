package ledger

import (
	"fmt"
	"slices"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/web"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// observed is an observation in the course of being judged.
type observed struct {
	record.Observation
	op      record.Op
	secured *proof.Secured
	prev    *view.Observed
	// trusted and rewritten are those of the view.Observed that is to be.
	trusted   string
	rewritten bool
}

// observation records what a node saw of a DID that lives elsewhere. The node's word is
// taken for nothing but what it fetched: what follows from that every node finds out
// for itself.
func (j *judge) observation(op record.Op) error {
	o, err := j.openObservation(op)
	if err != nil {
		return err
	}
	digest := op.Digest()
	if first, ok, err := view.GetOutcome(j.in, digest, string(o.DID)); err != nil || ok {
		j.plan.outcome = first
		return err
	}
	for _, step := range []func(*observed) error{j.foreign, j.observedTimes, j.observedBy, j.observedDocument, j.compareObserved} {
		if err := step(o); err != nil {
			return err
		}
	}
	body := record.ObservationBody{Observation: o.Observation, Rewritten: o.rewritten}
	body.Diverged = o.DID.Method() == "web" && o.prev != nil && o.prev.Digest != o.Digest
	rec, err := j.append(record.KindObservation, body.Value(), 4<<10)
	if err != nil {
		return err
	}
	view.PutObserved(j.plan, string(o.DID), o.prev, &view.Observed{
		Fetched: o.FetchedText, Digest: o.Digest, Deactivated: o.Deactivated,
		VersionID: o.VersionID, Trusted: o.trusted, Rewritten: o.rewritten,
	}, rec)
	if op.Log != nil {
		view.PutObservedFiles(j.plan, string(o.DID), op.Log, op.LogWitness)
	} else {
		view.DeleteObservedFiles(j.plan, string(o.DID))
	}
	j.plan.touches = append(j.plan.touches, view.Subject(o.DID))
	j.accept()
	view.PutOutcome(j.plan, digest, string(o.DID), j.plan.outcome, rec)
	return nil
}

func (j *judge) openObservation(op record.Op) (*observed, error) {
	registry, err := j.founded()
	if err != nil {
		return nil, err
	}
	o := &observed{op: op}
	if o.Observation, err = record.ParseObservation(op.Observation); err != nil {
		return nil, &refusal{code: record.Malformed, why: err}
	}
	if registry.Ledger == "" || o.Ledger != registry.Ledger {
		return nil, refuse(record.UnknownLedger, "the observation is for ledger %.80q, this is %q", o.Ledger, registry.Ledger)
	}
	if o.secured, err = proof.Open(op.Observation); err != nil {
		return nil, &refusal{code: record.ProofInvalid, why: err}
	}
	return o, plainly(o.secured.Proofs())
}

// foreign refuses a DID that the registry answers for itself, and those whose documents
// follow from their names.
func (j *judge) foreign(o *observed) error {
	registry, err := j.founded()
	if err != nil {
		return err
	}
	domain := ""
	switch o.DID.Method() {
	case "web":
		id, err := web.ParseID(o.DID)
		if err != nil || id.ID() != o.DID {
			return refuse(record.NotForeign, "%.200q is no did:web DID in its canonical spelling", o.DID)
		}
		domain = id.Domain
	case "webvh":
		id, err := webvh.ParseID(o.DID)
		if err != nil || id.ID() != o.DID {
			return refuse(record.NotForeign, "%.200q is no did:webvh DID in its canonical spelling", o.DID)
		}
		domain = id.Domain
		head, err := view.GetHead(j.in, id.SCID)
		if err != nil {
			return err
		}
		if head != nil {
			return refuse(record.NotForeign, "the log of %s is here", o.DID)
		}
	default:
		return refuse(record.NotForeign, "DIDs of the method %.40s are not observed", o.DID.Method())
	}
	if domain == registry.Domain {
		return refuse(record.NotForeign, "%s is on this registry's own domain", domain)
	}
	return nil
}

// observedTimes: what was fetched was fetched lately, and after what was fetched before.
func (j *judge) observedTimes(o *observed) (err error) {
	now := j.now.Time()
	if o.Fetched.After(now.Add(record.IssuedTolerance)) {
		return refuse(record.IssuedInFuture, "fetched %s, it is %s", o.Fetched, j.now)
	}
	if o.Fetched.Before(now.Add(-record.ObservedTolerance)) {
		return refuse(record.ObservationInvalid, "fetched %s, it is %s", o.Fetched, j.now)
	}
	if o.prev, err = view.GetObserved(j.in, string(o.DID)); err != nil || o.prev == nil {
		return err
	}
	before, err := record.ParseStamp(o.prev.Fetched)
	if err != nil {
		return fmt.Errorf("observation of %s: %w", o.DID, err)
	}
	if !o.Fetched.After(before) {
		return refuse(record.IssuedNotLater, "fetched %s, the observation before it %s", o.Fetched, before)
	}
	return nil
}

// observedBy checks that the statement is by a key of the registry's own document.
func (j *judge) observedBy(o *observed) error { return j.byRegistry(o.secured) }

// observedDocument checks that the document is one, of that DID, and, of did:webvh,
// what the log comes to.
func (j *judge) observedDocument(o *observed) error {
	if !o.Deactivated {
		doc, err := did.ParseDocument(o.Document)
		if err != nil {
			return &refusal{code: record.DocumentInvalid, why: err}
		}
		if doc.ID() != o.DID {
			return refuse(record.DocumentInvalid, "the document is of %s", doc.ID())
		}
	}
	if o.DID.Method() == "webvh" {
		return j.observedLog(o)
	}
	if o.op.Log != nil {
		return refuse(record.ObservationInvalid, "a log of a DID that has none")
	}
	return nil
}

func (j *judge) observedLog(o *observed) error {
	if j.past != nil && j.past.rewritten != nil {
		o.rewritten = *j.past.rewritten
		o.trust()
		return nil
	}
	if o.op.Log == nil || !digests(o.op.Log, o.Log) || !digests(o.op.LogWitness, o.Witness) {
		return refuse(record.ObservationInvalid, "the files are not those that the observation is of")
	}
	log, err := webvh.VerifyLogIn(o.op.Log, o.op.LogWitness, j.webvhContext())
	if err != nil {
		return webvhRefusal(err)
	}
	res, err := log.Resolve(o.DID, did.Options{})
	if err != nil {
		return &refusal{code: record.ObservationInvalid, why: err}
	}
	newest := log.Versions[len(log.Versions)-1].State
	if newest.DID != o.DID {
		return refuse(record.ObservationInvalid, "the log is that of %s now", newest.DID)
	}
	if newest.VersionID != o.VersionID || newest.Deactivated != o.Deactivated ||
		!newest.Deactivated && !res.Document.Value().Equal(o.Document) {
		return refuse(record.ObservationInvalid, "the log comes to another document, of version %s", newest.VersionID)
	}
	// An entry's hash is over that of the one before: who has it has all before it.
	o.rewritten = o.prev != nil && !slices.ContainsFunc(log.Versions, func(v webvh.Version) bool {
		return v.State.VersionID == o.prev.Trusted
	})
	o.trust()
	return nil
}

// trust keeps what the first log went on to: one that was rewritten is not gone on from.
func (o *observed) trust() {
	o.trusted = o.VersionID
	if o.rewritten && o.prev != nil {
		o.trusted = o.prev.Trusted
	}
}

func digests(file []byte, want *record.Hash) bool {
	if file == nil || want == nil {
		return file == nil && want == nil
	}
	return record.FileDigest(file) == *want
}

// compareObserved refuses what says nothing new, unless it is that the DID is observed
// again.
func (j *judge) compareObserved(o *observed) error {
	pinned, err := view.Pinned(j.in, string(o.DID), o.prev)
	if err != nil {
		return err
	}
	if p := o.prev; pinned && p.Digest == o.Digest && p.Deactivated == o.Deactivated && p.VersionID == o.VersionID && p.Rewritten == o.rewritten {
		return refuse(record.NoChange, "%s is as it was in record %d", o.DID, p.Seq)
	}
	return nil
}

// observedIssuer resolves a did:webvh DID from what was last observed of it, so that
// what its keys sign can be judged on every node alike. Its log vouches for it, not the
// node that fetched it: so a did:web document is not good enough, nor is a log that
// does not go on from what was seen first.
func (w *world) observedIssuer(id did.ID) (did.Resolution, bool, error) {
	o, err := view.GetObserved(w.in, string(id))
	if err != nil || o == nil || o.Rewritten || id.Method() != "webvh" {
		return did.Resolution{}, false, err
	}
	res := did.Resolution{Metadata: did.Metadata{VersionID: o.VersionID, Deactivated: o.Deactivated}}
	if o.Deactivated {
		return res, true, nil
	}
	seen, err := w.observationAt(o.Seq)
	if err != nil {
		return did.Resolution{}, false, err
	}
	res.Document, err = did.ParseDocument(seen.Document)
	return res, err == nil, err
}
