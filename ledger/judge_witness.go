package ledger

import (
	"slices"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
)

// approvers returns the witnesses whose approval the entry between prev and next
// needed: those active before it, or, if there were none, its own.
func approvers(prev, next *webvh.State) webvh.Witness {
	if prev != nil && prev.Witness.Active() {
		return prev.Witness
	}
	return next.Witness
}

// approvals picks the proofs that go into records, so that each record proves by
// itself that its entry was witnessed.
type approvals struct {
	judge *judge
	// index is the entry that a versionId is of.
	index  map[string]int
	proofs []webvh.WitnessProof
	// holds is what came of verifying proofs, each once.
	holds map[int]bool
}

func (p *approvals) verified(i int) bool {
	holds, known := p.holds[i]
	if !known {
		holds = p.proofs[i].Verify(p.judge.webvhContext()) == nil
		p.holds[i] = holds
	}
	return holds
}

func (j *judge) newApprovals(a *appendix, proofs []webvh.WitnessProof) *approvals {
	if len(proofs) == 0 {
		return &approvals{judge: j}
	}
	index := make(map[string]int, len(a.entries))
	for i := range a.entries {
		index[a.entries[i].VersionID] = i
	}
	return &approvals{judge: j, index: index, proofs: proofs, holds: make(map[int]bool)}
}

// forRecord returns the proofs that go into the record of entry i. A record of the
// past has to have as many as its entry needed; which ones is for it to say.
func (p *approvals) forRecord(i int, w webvh.Witness) ([]webvh.WitnessProof, error) {
	if p.judge.past == nil {
		return p.of(i, w), nil
	}
	own := approvals{judge: p.judge, index: p.index, proofs: p.judge.past.witness[i], holds: make(map[int]bool)}
	proofs := own.of(i, w)
	if w.Active() && len(proofs) < w.Threshold {
		return nil, refuse(record.WitnessThreshold, "the record has %d proofs of %d", len(proofs), w.Threshold)
	}
	return proofs, nil
}

// of returns, for each of the witnesses up to the threshold, the first proof that
// holds of entry i or a later one.
func (p *approvals) of(i int, w webvh.Witness) []webvh.WitnessProof {
	if !w.Active() {
		return nil
	}
	var list []webvh.WitnessProof
	var seen []string
	for n, proof := range p.proofs {
		if len(list) == w.Threshold {
			break
		}
		at, ok := p.index[proof.VersionID]
		if !ok || at < i {
			continue
		}
		witness, ok := proof.Witness()
		id := string(witness)
		if !ok || slices.Contains(seen, id) || !slices.Contains(w.Witnesses, webvh.WitnessID{ID: id}) {
			continue
		}
		if p.verified(n) {
			list, seen = append(list, proof), append(seen, id)
		}
	}
	return list
}

// proofValues writes proofs as a did record has them.
func proofValues(proofs []webvh.WitnessProof) []jcs.Value {
	list := make([]jcs.Value, len(proofs))
	for i, p := range proofs {
		list[i] = jcs.Object(
			jcs.Member{Name: "versionId", Value: jcs.FromString(p.VersionID)},
			jcs.Member{Name: "proof", Value: p.Proof.Value},
		)
	}
	return list
}
