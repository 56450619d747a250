package view

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
)

// MaxStaged and MaxStagedProofs are those of package record.
const (
	MaxStaged       = record.MaxStaged
	MaxStagedProofs = record.MaxStagedProofs
)

// ErrFull says that there is no place for more proofs.
var ErrFull = errors.New("no place for more witness proofs")

// GetStaged returns the proofs set aside for a version that is to come, of witnesses
// that no DID named when they came.
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

// Stage adds proofs, all of one version, to those set aside for it. A version that has
// none yet needs a place in the queue. What is there stays: ErrFull says that there is
// no room.
func Stage(r Reader, w Writer, versionID string, proofs []webvh.WitnessProof, now record.Time) error {
	known, err := GetStaged(r, versionID)
	if err != nil {
		return err
	}
	merged := Latest(known, proofs)
	if len(merged) > MaxStagedProofs {
		return fmt.Errorf("%w: %d for one version, of at most %d", ErrFull, len(merged), MaxStagedProofs)
	}
	if known == nil {
		if err := enqueue(r, w, versionID, now); err != nil {
			return err
		}
	}
	w.Set(key(famStaged, versionID), webvh.FormatWitnessFile(merged).Canonical())
	return nil
}

// searched is how many places of the queue are looked at for a free one.
const searched = 64

// enqueue gives versionID the next place in the queue that is free: nobody's, that of a
// version which has arrived, or one held for longer than it may be.
func enqueue(r Reader, w Writer, versionID string, now record.Time) error {
	k := []byte{famQueue}
	value, err := lookup(r, k)
	if err != nil {
		return err
	}
	var next uint64
	if len(value) == 8 {
		next = binary.BigEndian.Uint64(value)
	}
	for end := next + searched; next < end; next++ {
		slot := numbered(famSlot, next%MaxStaged)
		free, err := vacate(r, w, slot, now)
		if err != nil {
			return err
		}
		if !free {
			continue
		}
		w.Set(slot, []byte(versionID))
		w.Set(key(famStagedAt, versionID), binary.BigEndian.AppendUint64(nil, uint64(now)))
		w.Set(k, binary.BigEndian.AppendUint64(nil, next+1))
		return nil
	}
	return fmt.Errorf("%w: those of others wait for their entries", ErrFull)
}

// vacate makes a place free if its time is over, and reports whether it is. Places that
// were given before there were times have none left.
func vacate(r Reader, w Writer, slot []byte, now record.Time) (bool, error) {
	old, err := lookup(r, slot)
	if err != nil || len(old) == 0 {
		return err == nil, err
	}
	versionID := string(old)
	since, err := lookup(r, key(famStagedAt, versionID))
	if err != nil {
		return false, err
	}
	if len(since) == 8 && now < record.Time(binary.BigEndian.Uint64(since))+record.Time(record.StagedLife.Milliseconds()) {
		return false, nil
	}
	Unstage(w, versionID)
	return true, nil
}

// Unstage forgets the proofs set aside for a version that has arrived.
func Unstage(w Writer, versionID string) {
	w.Delete(key(famStaged, versionID))
	w.Delete(key(famStagedAt, versionID))
}

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
