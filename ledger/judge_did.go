package ledger

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/web"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// reserved are the first path segments that are the registry's own routes.
var reserved = []string{
	"1.0", "v1", "credentials", "presentations", "challenges", "checkpoint", "tile",
	"add-checkpoint", "healthz", "readyz", "metrics", ".well-known",
}

// Reserved reports whether a hosted DID's path may not begin with that segment.
func Reserved(segment string) bool { return slices.Contains(reserved, strings.ToLower(segment)) }

// appendix is one did operation in the course of being judged.
type appendix struct {
	entries []webvh.Entry
	// head is nil for a log that is new here.
	head *view.Head
	scid string
	// last is where the DID lives after the operation.
	last webvh.Identifier
}

// did appends log entries, all or none. State comes first, signatures last.
func (j *judge) did(op record.Op) error {
	a, err := j.openLog(op)
	if err != nil {
		return err
	}
	if done, err := j.compareHead(a); err != nil || done {
		return err
	}
	if err := j.host(a); err != nil {
		return err
	}
	witness, err := j.witnessProofs(op, a)
	if err != nil {
		return err
	}
	for i := range a.entries {
		for n := range a.entries[i].Proofs {
			if err := lasting(&a.entries[i].Proofs[n]); err != nil {
				return err
			}
		}
	}
	var prev *webvh.State
	if a.head != nil {
		prev = &a.head.State
	}
	states, err := webvh.Extend(prev, a.entries, witness, j.webvhContext())
	if err != nil {
		return j.entryRefusal(a, err)
	}
	return j.appendEntries(op, a, prev, states, witness)
}

// openLog parses the entries and finds the log they are of.
func (j *judge) openLog(op record.Op) (*appendix, error) {
	a := &appendix{entries: make([]webvh.Entry, len(op.Entries))}
	for i, v := range op.Entries {
		var err error
		if a.entries[i], err = webvh.ParseEntry(v); err != nil {
			return nil, webvhRefusal(err)
		}
	}
	id, _ := a.entries[len(a.entries)-1].State.GetString("id")
	var err error
	if a.last, err = webvh.ParseID(did.ID(id)); err != nil {
		return nil, &refusal{code: record.StateID, why: err}
	}
	a.scid = a.last.SCID
	a.head, err = view.GetHead(j.in, a.scid)
	return a, err
}

// compareHead refuses entries that do not follow the head, and those of a DID that
// is revoked. Entries that are all in the log already are done.
func (j *judge) compareHead(a *appendix) (done bool, err error) {
	first := a.entries[0].Number
	if a.head == nil {
		if first != 1 {
			return false, refuse(record.StalePredecessor, "the first entry is of version %d, and no log of %s is here", first, a.scid)
		}
		return false, nil
	}
	if first != a.head.Number+1 {
		if done, err := j.appended(a); err != nil || done {
			return done, err
		}
		return false, &refusal{code: record.StalePredecessor, head: a.head.VersionID,
			why: fmt.Errorf("version %d does not follow the head %s", first, a.head.VersionID)}
	}
	status, err := view.GetStatus(j.in, view.DIDTarget(a.scid))
	if err != nil {
		return false, err
	}
	if status != nil && status.Status == record.Revoked {
		return false, refuse(record.DIDRevoked, "%s was revoked by record %d", a.head.DID, status.Seq)
	}
	return false, nil
}

// appended reports whether the entries, their proofs aside, are those of successive
// records; then the outcome is that of appending them.
func (j *judge) appended(a *appendix) (bool, error) {
	var first, last record.Seq
	for i := range a.entries {
		at, ok, err := view.GetEntry(j.in, a.scid, a.entries[i].Number)
		if err != nil || !ok {
			return false, err
		}
		stored, err := j.entryAt(at.Seq)
		if err != nil {
			return false, err
		}
		if !stored.Without("proof").Equal(a.entries[i].Value.Without("proof")) {
			return false, nil
		}
		if i == 0 {
			first = at.Seq
		}
		if last = at.Seq; last != first+record.Seq(i) {
			return false, nil
		}
	}
	return true, j.again(last, len(a.entries))
}

// entryRefusal adds the head where a wrong predecessor may be the reason.
func (j *judge) entryRefusal(a *appendix, err error) error {
	err = webvhRefusal(err)
	if r, ok := err.(*refusal); ok && r.code == record.EntryHashMismatch && a.head != nil {
		r.head = a.head.VersionID
	}
	return err
}

// host decides whether the DID may live where its last entry has it.
func (j *judge) host(a *appendix) error {
	registry, err := j.founded()
	if err != nil {
		return err
	}
	if registry.Ledger == "" {
		return j.found(a)
	}
	if a.scid == registry.Ledger {
		if a.last.ID() != registry.DID {
			return refuse(record.WrongDomain, "the registry's own DID does not move")
		}
		return nil
	}
	if a.last.Domain != registry.Domain {
		if err := leave(a, registry); err != nil {
			return err
		}
	}
	return j.claimPaths(a, registry)
}

// claimPaths gives the DID the path of every entry that has it on the registry's
// domain; a log that has moved in may have been here before.
func (j *judge) claimPaths(a *appendix, registry view.Identity) error {
	for i := range a.entries {
		text, _ := a.entries[i].State.GetString("id")
		id, err := webvh.ParseID(did.ID(text))
		if err != nil {
			return &refusal{code: record.StateID, why: err}
		}
		if id.Domain != registry.Domain {
			continue
		}
		if err := j.checkSpelling(a, did.ID(text), id); err != nil {
			return err
		}
		if err := j.claimPath(id.Path, a.scid); err != nil {
			return err
		}
	}
	return nil
}

// checkSpelling refuses a DID that comes to live here in another spelling than the one
// that its host and path have: nobody who is told where it is would find it, nor the
// did:web DID beside it. Those that earlier versions let in go on as they are.
func (j *judge) checkSpelling(a *appendix, as did.ID, id webvh.Identifier) error {
	if j.past != nil || a.head != nil && a.head.DID == as {
		return nil
	}
	if spelt := id.ID(); spelt != as {
		return refuse(record.StateID, "%s is spelt %s", as, spelt)
	}
	if _, err := web.ParseID(id.Web()); err != nil {
		return &refusal{code: record.StateID, why: fmt.Errorf("the did:web DID beside it: %w", err)}
	}
	return nil
}

func (j *judge) claimPath(segments []string, scid string) error {
	path := strings.Join(segments, "/")
	if path == "" || Reserved(segments[0]) {
		return refuse(record.ReservedPath, "path %.200q is the registry's own", path)
	}
	owner, err := view.GetPath(j.in, path)
	if err != nil {
		return err
	}
	if owner != "" && owner != scid {
		return refuse(record.PathTaken, "path %.200q is that of %s", path, owner)
	}
	if owner == "" {
		view.PutPath(j.plan, path, scid)
	}
	return nil
}

// leave lets a DID that lives here move away, and nothing else that is elsewhere.
func leave(a *appendix, registry view.Identity) error {
	if a.head == nil {
		return refuse(record.WrongDomain, "the DID is on %s, this registry on %s", a.last.Domain, registry.Domain)
	}
	home, err := webvh.ParseID(a.head.DID)
	if err != nil {
		return fmt.Errorf("head of %s: %w", a.scid, err)
	}
	if home.Domain != registry.Domain {
		return &refusal{code: record.DIDMoved, head: a.head.VersionID, why: fmt.Errorf("the DID has moved to %s", home.Domain)}
	}
	return nil
}

// found makes the first log at a domain's root the registry's own.
func (j *judge) found(a *appendix) error {
	if len(a.last.Path) > 0 {
		return refuse(record.UnknownLedger, "the ledger is empty: record 0 is the first entry of a DID at the root of the registry's domain")
	}
	j.plan.founds = &view.Identity{Ledger: a.scid, DID: a.last.ID(), Domain: a.last.Domain}
	view.PutIdentity(j.plan, *j.plan.founds)
	return nil
}

// witnessProofs are those of the operation, and those set aside for its entries if
// they may be needed.
func (j *judge) witnessProofs(op record.Op, a *appendix) ([]webvh.WitnessProof, error) {
	if j.past != nil {
		return slices.Concat(j.past.witness...), nil
	}
	proofs, err := parseProofs(op.Witness)
	if err != nil {
		return nil, err
	}
	awaited, err := j.awaited(a)
	if err != nil {
		return nil, err
	}
	proofs = append(proofs, awaited...)
	needed := a.head != nil && a.head.Witness.Active()
	for i := range a.entries {
		_, sets := a.entries[i].Parameters.Get("witness")
		if needed = needed || sets; !needed {
			continue
		}
		staged, err := view.GetStaged(j.in, a.entries[i].VersionID)
		if err != nil {
			return nil, err
		}
		if len(staged) > 0 {
			proofs = append(proofs, staged...)
			view.Unstage(j.plan, a.entries[i].VersionID)
		}
	}
	return proofs, nil
}

// lasting refuses a proof that expires: a log that is accepted today has to verify
// on any later day, and nothing in the ledger can be signed again.
func lasting(p *proof.Proof) error {
	if p.Expires != "" {
		return refuse(record.ProofInvalid, "a proof in a log must not expire, this one does at %.40s", p.Expires)
	}
	return nil
}

func parseProofs(items []jcs.Value) ([]webvh.WitnessProof, error) {
	if len(items) == 0 {
		return nil, nil
	}
	proofs, err := webvh.ParseWitnessFile(jcs.Array(items...))
	if err != nil {
		return nil, webvhRefusal(err)
	}
	if len(proofs) > record.MaxWitnessProofs {
		return nil, refuse(record.WitnessProof, "%d proofs of at most %d", len(proofs), record.MaxWitnessProofs)
	}
	for i := range proofs {
		if size := len(proofs[i].Proof.Value.Canonical()); size > record.MaxWitnessProof {
			return nil, refuse(record.WitnessProof, "proof of %d bytes, of at most %d", size, record.MaxWitnessProof)
		}
		if err := lasting(&proofs[i].Proof); err != nil {
			return nil, err
		}
	}
	return proofs, nil
}

// appendEntries plans a record for each entry and the changes to the views.
func (j *judge) appendEntries(op record.Op, a *appendix, prev *webvh.State, states []webvh.State, witness []webvh.WitnessProof) error {
	size := op.Size()
	if j.past != nil {
		size = j.past.size
	}
	approvals := j.newApprovals(a, witness)
	var file *view.WitnessFile
	if a.head != nil {
		view.PutPastHead(j.plan, a.head)
	}
	for i := range states {
		proofs, err := approvals.forRecord(i, approvers(prev, &states[i]))
		if err != nil {
			return err
		}
		if file, err = j.approve(a, file, proofs); err != nil {
			return err
		}
		body := record.DIDBody{Entry: a.entries[i].Value, Witness: proofValues(proofs)}
		rec, err := j.append(record.KindDID, body.Value(), size/len(states)+128)
		if err != nil {
			return err
		}
		view.PutEntry(j.plan, a.scid, states[i].Number, a.entries[i].Time, rec)
		if i > 0 {
			view.PutPassed(j.plan, prev, rec-1)
		}
		if prev != nil && prev.DID != states[i].DID {
			if err := j.formerDID(a.scid, prev.DID, rec); err != nil {
				return err
			}
		}
		prev = &states[i]
	}
	view.PutHead(j.plan, prev, len(states)-1)
	if err := j.arrived(a, prev); err != nil {
		return err
	}
	j.touchDID(a.scid, a.last)
	j.accept()
	if file != nil {
		view.PutFile(j.plan, a.scid, file)
	}
	return nil
}

// approve adds the proofs in a record to the log's did-witness.json; file is nil before
// the first. The file grows with every new witness: an entry after which it is larger
// than those who resolve the DID read is refused, whatever comes with it. Not so among
// the records of a ledger: earlier versions looked only at the end of an operation,
// and where that was is not recorded.
func (j *judge) approve(a *appendix, file *view.WitnessFile, proofs []webvh.WitnessProof) (*view.WitnessFile, error) {
	if len(proofs) == 0 {
		return file, nil
	}
	if file == nil {
		known, err := view.GetFile(j.in, a.scid)
		if err != nil {
			return nil, err
		}
		file = view.NewWitnessFile(known)
	}
	file.Add(proofs)
	if j.past == nil && !file.Fits() {
		return nil, refuse(record.EntryTooLarge, "did-witness.json would be larger than a resolver reads")
	}
	return file, nil
}

// formerDID notes that the record rec takes a log away from a DID.
func (j *judge) formerDID(scid string, id did.ID, rec int) error {
	_, had, err := view.HadDID(j.in, scid, id)
	if err == nil && !had {
		view.PutFormerDID(j.plan, scid, id, rec)
	}
	j.touchHome(id)
	return err
}

// touchDID notes that what is known of a did:webvh DID, and of the did:web DID
// beside it, has changed.
func (j *judge) touchDID(scid string, id webvh.Identifier) {
	j.plan.touches = append(j.plan.touches, scid, string(id.Web()))
}

func (j *judge) touchHome(id did.ID) {
	if parsed, err := webvh.ParseID(id); err == nil {
		j.plan.touches = append(j.plan.touches, string(parsed.Web()))
	}
}
