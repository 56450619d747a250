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
		if err := set(key, value); err != nil {
			return err
		}
		return copyStagedAt(from, versionID, set)
	})
}

// copyStagedAt copies since when a version holds its place, if that is known.
func copyStagedAt(from Scanner, versionID string, set func(key, value []byte) error) error {
	k := key(famStagedAt, versionID)
	value, err := lookup(from, k)
	if err != nil || value == nil {
		return err
	}
	if len(value) != 8 || record.Time(binary.BigEndian.Uint64(value)) > record.MaxTime {
		return fmt.Errorf("%w: for %.200q since %x", ErrStaged, versionID, value)
	}
	return set(k, value)
}

// CopyAwaited passes the proofs that logs await to set, those of each log to check
// first. Otherwise it is as CopyStaged.
func CopyAwaited(from Scanner, check func(scid string, proofs []webvh.WitnessProof) error, set func(key, value []byte) error) error {
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
