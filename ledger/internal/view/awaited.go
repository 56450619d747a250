package view

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
)

// Proofs that are awaited are of witnesses that the head of a log names, for versions
// that are to follow it. Nobody but those witnesses takes up their room. They are kept
// in the order of compareAwaited.

// GetAwaited returns those of the log with that SCID.
func GetAwaited(r Reader, scid string) ([]webvh.WitnessProof, error) {
	return getProofs(r, key(famAwaited, scid))
}

// PutAwaited replaces them.
func PutAwaited(w Writer, scid string, proofs []webvh.WitnessProof) {
	if len(proofs) == 0 {
		w.Delete(key(famAwaited, scid))
		return
	}
	w.Set(key(famAwaited, scid), webvh.FormatWitnessFile(proofs).Canonical())
}

// maxAwaitedBytes is what all proofs that a log awaits take together, as long as it
// names the same witnesses; each has an equal share, of minShare at least.
const (
	maxAwaitedBytes = 128 << 10
	minShare        = record.MaxWitnessProof
)

// Await adds a proof by one of n witnesses to a list in its order, unless there is one
// of that witness for that version. Of each witness those for the versions to come next
// are kept: ErrFull if the proof is not among them.
func Await(list []webvh.WitnessProof, p webvh.WitnessProof, n int) ([]webvh.WitnessProof, error) {
	at, known := slices.BinarySearchFunc(list, p, compareAwaited)
	if known {
		return list, nil
	}
	list = slices.Insert(slices.Clone(list), at, p)
	own, bytes := 0, 0
	list = slices.DeleteFunc(list, func(other webvh.WitnessProof) bool {
		if other.Proof.VerificationMethod != p.Proof.VerificationMethod {
			return false
		}
		own, bytes = own+1, bytes+len(other.Proof.Value.Canonical())
		return own > record.MaxAwaited || bytes > max(minShare, maxAwaitedBytes/max(1, n))
	})
	if _, kept := slices.BinarySearchFunc(list, p, compareAwaited); !kept {
		return nil, fmt.Errorf("%w: those of this witness wait for entries that come before", ErrFull)
	}
	return list, nil
}

func compareAwaited(a, b webvh.WitnessProof) int {
	return cmp.Or(
		cmp.Compare(number(a.VersionID), number(b.VersionID)),
		cmp.Compare(a.VersionID, b.VersionID),
		cmp.Compare(a.Proof.VerificationMethod, b.Proof.VerificationMethod))
}

// AsAwaited fails unless a list is in the order and bounds of Await.
func AsAwaited(list []webvh.WitnessProof) error {
	own, bytes := make(map[string]int), 0
	for i := range list {
		bytes += len(list[i].Proof.Value.Canonical())
		if i > 0 && compareAwaited(list[i-1], list[i]) >= 0 {
			return fmt.Errorf("proof %d is out of order", i+1)
		}
		witness := list[i].Proof.VerificationMethod
		if own[witness]++; own[witness] > record.MaxAwaited {
			return fmt.Errorf("more than %d proofs of one witness", record.MaxAwaited)
		}
	}
	// While a log's witnesses change, some have the share of few and others that of many.
	if most := 6 * maxAwaitedBytes; bytes > most {
		return fmt.Errorf("%d bytes of proofs, of at most %d", bytes, most)
	}
	return nil
}

// VersionNumber returns the number at the front of a versionId, 0 if there is none.
func VersionNumber(versionID string) int { return number(versionID) }
