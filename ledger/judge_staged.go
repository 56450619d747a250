package ledger

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// maxVersionID bounds what proofs are set aside under.
const maxVersionID = 128

// stage sets witness proofs aside for versions that are to come. Only proofs that
// verify are kept. Those of a witness that the DID at the operation's path names have
// room of their own, which nobody else takes up. For all others there is a common one:
// who may approve a first entry, or the one that names the first witnesses, shows when
// that arrives.
func (j *judge) stage(op record.Op) error {
	registry, err := j.founded()
	if err != nil {
		return err
	}
	if registry.Ledger == "" {
		return refuse(record.UnknownLedger, "the ledger is empty")
	}
	proofs, err := parseProofs(op.Witness)
	if err != nil {
		return err
	}
	if len(proofs) == 0 {
		return refuse(record.WitnessProof, "no proof")
	}
	for _, p := range proofs {
		if len(p.VersionID) > maxVersionID {
			return refuse(record.WitnessProof, "versionId of %d bytes", len(p.VersionID))
		}
		if err := p.Verify(j.webvhContext()); err != nil {
			return webvhRefusal(err)
		}
	}
	rest, err := j.await(op.Path, proofs)
	if err == nil {
		err = j.stageForAny(rest)
	}
	if errors.Is(err, view.ErrFull) {
		err = &refusal{code: record.StagingFull, why: err}
	}
	j.plan.outcome = record.Outcome{Code: record.Accepted, Time: j.now}
	return err
}

// await sets those proofs aside that the DID at a path awaits, and returns those that
// are left. A proof of a version that has come is nobody's concern any more.
func (j *judge) await(path string, proofs []webvh.WitnessProof) (rest []webvh.WitnessProof, err error) {
	if path == "" {
		return proofs, nil
	}
	scid, err := view.GetPath(j.in, path)
	if err != nil || scid == "" {
		return proofs, err
	}
	head, err := view.GetHead(j.in, scid)
	if err != nil || head == nil {
		return proofs, err
	}
	awaited, err := view.GetAwaited(j.in, scid)
	if err != nil {
		return nil, err
	}
	for _, p := range proofs {
		switch number := view.VersionNumber(p.VersionID); {
		case number <= head.Number:
		case !names(head.Witness, p):
			rest = append(rest, p)
		case number > head.Number+record.MaxEntries:
			return nil, refuse(record.WitnessProof, "version %d is too far from the head, %s", number, head.VersionID)
		default:
			if awaited, err = view.Await(awaited, p, len(head.Witness.Witnesses)); err != nil {
				return nil, err
			}
		}
	}
	if len(awaited) > 0 {
		view.PutAwaited(j.plan, scid, awaited)
	}
	return rest, nil
}

// names reports whether a proof is by one of the witnesses.
func names(w webvh.Witness, p webvh.WitnessProof) bool {
	id, ok := p.Witness()
	return ok && slices.Contains(w.Witnesses, webvh.WitnessID{ID: string(id)})
}

// stageForAny sets proofs aside in the room that all share.
func (j *judge) stageForAny(proofs []webvh.WitnessProof) error {
	var versions []string
	byVersion := make(map[string][]webvh.WitnessProof)
	for _, p := range proofs {
		if byVersion[p.VersionID] == nil {
			versions = append(versions, p.VersionID)
		}
		byVersion[p.VersionID] = append(byVersion[p.VersionID], p)
	}
	for _, version := range versions {
		if err := view.Stage(j.in, j.plan, version, byVersion[version], j.now); err != nil {
			return err
		}
	}
	j.plan.staged = versions
	return nil
}

// awaited returns the proofs set aside for an operation's entries by witnesses that the
// head names.
func (j *judge) awaited(a *appendix) ([]webvh.WitnessProof, error) {
	if a.head == nil || !a.head.Witness.Active() {
		return nil, nil
	}
	waiting, err := view.GetAwaited(j.in, a.scid)
	if err != nil {
		return nil, err
	}
	var come []webvh.WitnessProof
	for _, p := range waiting {
		if slices.ContainsFunc(a.entries, func(e webvh.Entry) bool { return e.VersionID == p.VersionID }) {
			come = append(come, p)
		}
	}
	return come, nil
}

// arrived forgets the proofs that wait for a log whose head is now next: of versions up
// to that, and of witnesses that it does not name.
func (j *judge) arrived(a *appendix, next *webvh.State) error {
	if j.past != nil || a.head == nil || !a.head.Witness.Active() {
		return nil // none are set aside
	}
	waiting, err := view.GetAwaited(j.in, a.scid)
	if err != nil || len(waiting) == 0 {
		return err
	}
	view.PutAwaited(j.plan, a.scid, slices.DeleteFunc(waiting, func(p webvh.WitnessProof) bool {
		return view.VersionNumber(p.VersionID) <= next.Number || !names(next.Witness, p)
	}))
	return nil
}

// mayAwait refuses proofs that await would not have set aside for that log.
func (j *judge) mayAwait(scid string, proofs []webvh.WitnessProof) error {
	head, err := view.GetHead(j.in, scid)
	if err != nil {
		return err
	}
	if head == nil {
		return errors.New("there is no such log")
	}
	for _, p := range proofs {
		n := view.VersionNumber(p.VersionID)
		if n <= head.Number || n > head.Number+record.MaxEntries || !names(head.Witness, p) {
			return fmt.Errorf("a proof for %.200q that it does not await", p.VersionID)
		}
		if err := j.mayStage(p.VersionID, []webvh.WitnessProof{p}); err != nil {
			return err
		}
	}
	return nil
}
