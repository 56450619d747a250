package view

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/record"
)

// ErrStaged says that witness proofs set aside are not as Stage leaves them.
var ErrStaged = errors.New("witness proofs set aside")

// stagedFamilies are those of the proofs that are set aside and of the queue that bounds
// them, in the order of their keys.
var stagedFamilies = [...]byte{famAwaited, famSlot, famStagedAt, famQueue, famStaged}

// IsStaged reports whether a key is of the proofs that are set aside, or of their queue.
func IsStaged(key []byte) bool {
	return len(key) > 0 && bytes.IndexByte(stagedFamilies[:], key[0]) >= 0
}

// ScanStaged calls fn with the proofs that are set aside, and the queue that bounds them,
// as they are stored. Keys and values are valid during the call only.
func ScanStaged(from Scanner, fn func(key, value []byte) error) error {
	for _, family := range stagedFamilies {
		if err := from.Scan([]byte{family}, []byte{family + 1}, fn); err != nil {
			return err
		}
	}
	return nil
}

// CheckStaged checks that the proofs that are set aside, and the queue that bounds them,
// are as Stage leaves them. Each version's are shown to check. Errors are ErrStaged, those
// of check with it, or from's own.
func CheckStaged(from Scanner, check func(versionID string, proofs []webvh.WitnessProof) error) error {
	slots, err := checkQueue(from)
	if err != nil {
		return err
	}
	err = from.Scan([]byte{famStaged}, []byte{famStaged + 1}, func(key, value []byte) error {
		versionID := string(key[1:])
		if _, ok := slots[versionID]; !ok {
			return fmt.Errorf("%w: those for %.200q are not in the queue", ErrStaged, versionID)
		}
		proofs, err := getProofs(from, key)
		if err == nil {
			err = asStaged(versionID, proofs, value)
		}
		if err == nil {
			err = check(versionID, proofs)
		}
		if err != nil {
			return fmt.Errorf("%w: for %.200q: %w", ErrStaged, versionID, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return from.Scan([]byte{famStagedAt}, []byte{famStagedAt + 1}, func(k, value []byte) error {
		versionID := string(k[1:])
		_, err := from.Get(key(famStaged, versionID))
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("%w: none for %.200q, which is said to be since %x", ErrStaged, versionID, value)
		}
		if err == nil && (len(value) != 8 || record.Time(binary.BigEndian.Uint64(value)) > record.MaxTime) {
			err = fmt.Errorf("%w: for %.200q since %x", ErrStaged, versionID, value)
		}
		return err
	})
}

// CheckAwaited is CheckStaged for the proofs that logs await, those of each log shown to
// check.
func CheckAwaited(from Scanner, check func(scid string, proofs []webvh.WitnessProof) error) error {
	return from.Scan([]byte{famAwaited}, []byte{famAwaited + 1}, func(key, value []byte) error {
		scid := string(key[1:])
		proofs, err := getProofs(from, key)
		if err == nil && (len(proofs) == 0 || !bytes.Equal(webvh.FormatWitnessFile(proofs).Canonical(), value)) {
			err = errors.New("not in the form that they are written in")
		}
		if err == nil {
			err = AsAwaited(proofs)
		}
		if err == nil {
			err = check(scid, proofs)
		}
		if err != nil {
			return fmt.Errorf("%w: for the log %.200q: %w", ErrStaged, scid, err)
		}
		return nil
	})
}

// asStaged compares proofs with how Stage writes them.
func asStaged(versionID string, proofs []webvh.WitnessProof, value []byte) error {
	if n := len(proofs); n == 0 || n > MaxStagedProofs || n != len(Latest(nil, proofs)) {
		return fmt.Errorf("%d proofs, of at most %d by different witnesses", n, MaxStagedProofs)
	}
	for i := range proofs {
		if proofs[i].VersionID != versionID {
			return fmt.Errorf("a proof is for %.200q", proofs[i].VersionID)
		}
	}
	if !bytes.Equal(webvh.FormatWitnessFile(proofs).Canonical(), value) {
		return errors.New("not in the form that they are written in")
	}
	return nil
}

// checkQueue checks that the slots of the queue are filled from the first, and returns the
// versions in it.
func checkQueue(from Scanner) (map[string]struct{}, error) {
	value, err := lookup(from, []byte{famQueue})
	if err != nil {
		return nil, err
	}
	var next uint64
	if value != nil {
		if len(value) != 8 || binary.BigEndian.Uint64(value) == 0 {
			return nil, fmt.Errorf("%w: the end of the queue is %x", ErrStaged, value)
		}
		next = binary.BigEndian.Uint64(value)
	}
	slots, slot := make(map[string]struct{}), uint64(0)
	err = from.Scan([]byte{famSlot}, []byte{famSlot + 1}, func(key, value []byte) error {
		if !bytes.Equal(key, numbered(famSlot, slot)) || slot >= min(next, MaxStaged) {
			return fmt.Errorf("%w: there is a slot %x in the queue where %d should be next, of %d", ErrStaged, key[1:], slot, next)
		}
		slots[string(value)] = struct{}{}
		slot++
		return nil
	})
	if err == nil && slot != min(next, MaxStaged) {
		err = fmt.Errorf("%w: slot %d of the queue is missing", ErrStaged, slot)
	}
	return slots, err
}
