package consensus

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
)

// sealedStable keeps Raft's term and vote: each value followed by the SHA-256 of
// key and value, so that a flipped bit cannot make a node vote twice in a term.
type sealedStable struct {
	*guard
	store raft.StableStore
	path  string
}

func stableDigest(key, value []byte) digest {
	b := make([]byte, 0, 64)
	b = append(b, "tabard stable v1\x00"...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(key)))
	return sha256.Sum256(append(append(b, key...), value...))
}

// Set implements raft.StableStore.
func (s *sealedStable) Set(key, value []byte) error {
	sum := stableDigest(key, value)
	sealed := append(value[:len(value):len(value)], sum[:]...)
	return s.must(s.write(fmt.Sprintf("store %s in %s", key, s.path), func() error { return s.store.Set(key, sealed) }))
}

// Get implements raft.StableStore. The error for an absent key is
// raftboltdb.ErrKeyNotFound, whose text Raft compares.
func (s *sealedStable) Get(key []byte) ([]byte, error) {
	if err := s.broken(); err != nil {
		return nil, s.must(err)
	}
	var sealed []byte
	err := caught(func() (err error) {
		sealed, err = s.store.Get(key)
		return err
	})
	if errors.Is(err, raftboltdb.ErrKeyNotFound) {
		return nil, raftboltdb.ErrKeyNotFound
	}
	if err == nil && len(sealed) < sha256.Size {
		err = ErrCorrupt
	}
	if err == nil {
		value := sealed[:len(sealed)-sha256.Size]
		if digest(sealed[len(value):]) == stableDigest(key, value) {
			return value, nil
		}
		err = fmt.Errorf("digest does not match: %w", ErrCorrupt)
	}
	return nil, s.must(s.fault(fmt.Errorf("%s in %s: %w", key, s.path, err)))
}

// SetUint64 implements raft.StableStore.
func (s *sealedStable) SetUint64(key []byte, v uint64) error {
	return s.Set(key, binary.BigEndian.AppendUint64(nil, v))
}

// GetUint64 implements raft.StableStore.
func (s *sealedStable) GetUint64(key []byte) (uint64, error) {
	b, err := s.Get(key)
	if err != nil {
		return 0, err
	}
	if len(b) != 8 {
		return 0, s.must(s.fault(fmt.Errorf("%s in %s has %d bytes: %w", key, s.path, len(b), ErrCorrupt)))
	}
	return binary.BigEndian.Uint64(b), nil
}
