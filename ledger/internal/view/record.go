package view

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/tabard-id/tabard/ledger/internal/merkle"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/record"
)

// RecordValue makes the stored value of a record: its leaf hash and its bytes, which
// encode appends. size is a guess at how many there are.
func RecordValue(size int, encode func(dst []byte) ([]byte, error)) (value []byte, err error) {
	value, err = encode(make([]byte, sha256.Size, sha256.Size+size))
	if err != nil {
		return nil, err
	}
	// What is hashed is a zero byte and the record; there is room for it in front.
	leaf := sha256.Sum256(value[sha256.Size-1:])
	copy(value, leaf[:])
	return value, nil
}

// LeafOf returns the leaf hash in the stored value of a record.
func LeafOf(value []byte) record.Hash { return record.Hash(value[:sha256.Size]) }

// BytesOf returns the bytes in the stored value of a record.
func BytesOf(value []byte) []byte { return value[sha256.Size:] }

// RecordKey is where a record is stored.
func RecordKey(seq record.Seq) []byte { return numbered(famRecord, uint64(seq)) }

// GetRecord returns the bytes of a record, checked against its leaf hash, or
// store.ErrNotFound.
func GetRecord(r Reader, seq record.Seq) ([]byte, error) {
	value, err := r.Get(RecordKey(seq))
	if err != nil {
		return nil, fmt.Errorf("record %d: %w", seq, err)
	}
	return checkRecord(seq, value)
}

func checkRecord(seq record.Seq, value []byte) ([]byte, error) {
	if len(value) < sha256.Size {
		return nil, fmt.Errorf("record %d: %w: %d bytes", seq, store.ErrCorrupt, len(value))
	}
	data := value[sha256.Size:]
	if leaf := record.LeafHash(data); leaf != record.Hash(value[:sha256.Size]) {
		return nil, fmt.Errorf("record %d: %w: its leaf hash is %s, it was written as %x", seq, store.ErrCorrupt, leaf, value[:sha256.Size])
	}
	return data, nil
}

// ScanRecords calls fn with the records of [from, to), which are dense; data is
// valid during the call only.
func ScanRecords(s Scanner, from, to record.Seq, fn func(seq record.Seq, data []byte) error) error {
	if from >= to {
		return nil
	}
	next := from
	err := s.Scan(RecordKey(from), RecordKey(to), func(key, value []byte) error {
		if len(key) != 9 || record.Seq(binary.BigEndian.Uint64(key[1:])) != next {
			return fmt.Errorf("record %d: %w: missing", next, store.ErrCorrupt)
		}
		data, err := checkRecord(next, value)
		if err != nil {
			return err
		}
		next++
		return fn(next-1, data)
	})
	if err == nil && next != to {
		return fmt.Errorf("record %d: %w: missing", next, store.ErrCorrupt)
	}
	return err
}

func nodeKey(level uint8, index uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{famNode, level}, index)
}

// NodeEntry returns the key and value of a hash of the tree.
func NodeEntry(h merkle.Stored) (key, value []byte) {
	return nodeKey(h.Level, h.Index), append([]byte{}, h.Hash[:]...)
}

// Nodes are the stored hashes of the tree; it is a merkle.Reader.
type Nodes struct{ From Scanner }

// Hashes returns count hashes of a level from index first; store.ErrCorrupt where
// there are fewer.
func (n Nodes) Hashes(level uint8, first uint64, count int) ([]merkle.Hash, error) {
	list := make([]merkle.Hash, 0, count)
	err := n.From.Scan(nodeKey(level, first), nodeKey(level, first+uint64(count)), func(key, value []byte) error {
		if len(value) != sha256.Size || len(key) != 10 ||
			binary.BigEndian.Uint64(key[2:]) != first+uint64(len(list)) {
			return corrupt("tree hash", key)
		}
		list = append(list, merkle.Hash(value))
		return nil
	})
	if err == nil && len(list) != count {
		err = corrupt("missing tree hash", nodeKey(level, first+uint64(len(list))))
	}
	if err != nil {
		return nil, err
	}
	return list, nil
}

// IsNode reports whether a key is that of a hash of the tree.
func IsNode(key []byte) bool { return len(key) > 0 && key[0] == famNode }

// IsRecord reports whether a key is of the family of the records.
func IsRecord(key []byte) bool { return len(key) > 0 && key[0] == famRecord }

// ByOperations reports whether a key is of what operations change by themselves: not the
// records and the tree that come of them, nor the state of the whole, nor who it is of.
func ByOperations(key []byte) bool {
	return len(key) > 1 && !IsRecord(key) && !IsNode(key)
}

// RecordSeq returns the position that a record's key stands for, and false for any
// other key.
func RecordSeq(key []byte) (record.Seq, bool) {
	if len(key) != 9 || key[0] != famRecord {
		return 0, false
	}
	return record.Seq(binary.BigEndian.Uint64(key[1:])), true
}

// CheckRecord checks the stored value of a record against the leaf hash in it.
func CheckRecord(key, value []byte) error {
	seq, ok := RecordSeq(key)
	if !ok {
		return corrupt("record key", key)
	}
	_, err := checkRecord(seq, value)
	return err
}
