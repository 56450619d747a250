package view

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/store"
)

// ErrStaged says that witness proofs set aside are not as Stage leaves them.
var ErrStaged = errors.New("witness proofs set aside")

// CopyStaged passes the proofs that are set aside, and the queue that bounds them, to
// set. Each version's are shown to check first. Keys and values are valid during the
// call only. Errors are ErrStaged, those of check with it, or from and set's own.
func CopyStaged(from Scanner, check func(versionID string, proofs []webvh.WitnessProof) error, set func(key, value []byte) error) error {
	slots, err := copyQueue(from, set)
	if err != nil {
		return err
	}
	return from.Scan([]byte{famStaged}, []byte{famStaged + 1}, func(key, value []byte) error {
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
		return set(key, value)
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

// copyQueue copies the queue, whose slots are filled from the first, and returns the
// versions in it.
func copyQueue(from Scanner, set func(key, value []byte) error) (map[string]struct{}, error) {
	end := []byte{famQueue}
	value, err := lookup(from, end)
	if err != nil {
		return nil, err
	}
	var next uint64
	if value != nil {
		if len(value) != 8 || binary.BigEndian.Uint64(value) == 0 {
			return nil, fmt.Errorf("%w: the end of the queue is %x", ErrStaged, value)
		}
		next = binary.BigEndian.Uint64(value)
		if err := set(end, value); err != nil {
			return nil, err
		}
	}
	slots := make(map[string]struct{})
	for slot := range min(next, MaxStaged) {
		key := numbered(famSlot, slot)
		value, err := from.Get(key)
		if errors.Is(err, store.ErrNotFound) {
			return nil, fmt.Errorf("%w: slot %d of the queue is missing", ErrStaged, slot)
		}
		if err != nil {
			return nil, err
		}
		slots[string(value)] = struct{}{}
		if err := set(key, value); err != nil {
			return nil, err
		}
	}
	return slots, nil
}
