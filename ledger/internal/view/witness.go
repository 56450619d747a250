package view

import (
	"encoding/binary"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
)

// MaxStaged is for how many versions witness proofs are kept aside; the oldest
// give way. MaxStagedProofs is how many are kept for one version.
const (
	MaxStaged       = 4096
	MaxStagedProofs = 64
)

// GetStaged returns the witness proofs set aside for a version that is to come.
func GetStaged(r Reader, versionID string) ([]webvh.WitnessProof, error) {
	return getProofs(r, key(famStaged, versionID))
}

// proofLimits are beyond any list of proofs that is written: MaxStagedProofs, or a
// did-witness.json.
var proofLimits = jcs.Limits{Bytes: 4 << 20, Depth: 64, Values: 1 << 21}

func getProofs(r Reader, k []byte) ([]webvh.WitnessProof, error) {
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return nil, err
	}
	v, err := proofLimits.Decode(value)
	if err != nil {
		return nil, corrupt("witness proofs", k)
	}
	proofs, err := webvh.ParseWitnessFile(v)
	if err != nil {
		return nil, corrupt("witness proofs", k)
	}
	return proofs, nil
}

// Stage adds proofs, all of one version, to those set aside for it. A version not
// waited for yet takes the place of the oldest if there is no more room.
func Stage(r Reader, w Writer, versionID string, proofs []webvh.WitnessProof) error {
	known, err := GetStaged(r, versionID)
	if err != nil {
		return err
	}
	merged := Latest(known, proofs)
	if len(merged) > MaxStagedProofs {
		merged = merged[len(merged)-MaxStagedProofs:]
	}
	if known == nil {
		if err := enqueue(r, w, versionID); err != nil {
			return err
		}
	}
	w.Set(key(famStaged, versionID), webvh.FormatWitnessFile(merged).Canonical())
	return nil
}

// enqueue gives versionID the next slot, and the proofs in the slot that falls out
// of the queue up. A version that was unstaged keeps its slot until then.
func enqueue(r Reader, w Writer, versionID string) error {
	k := []byte{famQueue}
	value, err := lookup(r, k)
	if err != nil {
		return err
	}
	var next uint64
	if len(value) == 8 {
		next = binary.BigEndian.Uint64(value)
	}
	slot := numbered(famSlot, next%MaxStaged)
	old, err := lookup(r, slot)
	if err != nil {
		return err
	}
	if len(old) > 0 {
		w.Delete(key(famStaged, string(old)))
	}
	w.Set(slot, []byte(versionID))
	w.Set(k, binary.BigEndian.AppendUint64(nil, next+1))
	return nil
}

// Unstage forgets the proofs set aside for a version that has arrived.
func Unstage(w Writer, versionID string) { w.Delete(key(famStaged, versionID)) }

// Latest merges proofs so that of each witness the one for the highest version is
// left, the first of several; known before added.
func Latest(known, added []webvh.WitnessProof) []webvh.WitnessProof {
	var list []webvh.WitnessProof
	at := make(map[string]int)
	for _, proofs := range [][]webvh.WitnessProof{known, added} {
		for _, p := range proofs {
			witness := p.Proof.VerificationMethod
			i, seen := at[witness]
			switch {
			case !seen:
				at[witness] = len(list)
				list = append(list, p)
			case number(p.VersionID) > number(list[i].VersionID):
				list[i] = p
			}
		}
	}
	return list
}

// number returns the version number at the front of a versionId, 0 if there is none.
func number(versionID string) int {
	n := 0
	for i := 0; i < len(versionID) && i < 10 && versionID[i] >= '0' && versionID[i] <= '9'; i++ {
		n = n*10 + int(versionID[i]-'0')
	}
	return n
}
