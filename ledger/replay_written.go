package ledger

import (
	"hash/maphash"

	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
)

// keySet is a set of keys that may hold more than was put in (a Bloom filter). Most keys
// that a judgement asks for are new: they cost no search of the store then.
type keySet struct {
	words []uint64
	mask  uint64
}

const (
	// keyBits for each record: it changes some four keys, so that about one key in fifty that
	// is not there is looked up all the same.
	keyBits   = 32
	keyProbes = 5
	// maxKeySet bounds the memory, in bytes. Beyond it more is looked up.
	maxKeySet = 64 << 20
)

// newKeySet returns an empty set, of a size for so many records.
func newKeySet(records uint64) *keySet {
	words := uint64(1 << 10)
	for words < maxKeySet/8 && words*64 < records*keyBits {
		words *= 2
	}
	return &keySet{words: make([]uint64, words), mask: words*64 - 1}
}

// add puts in the keys of changes; nil takes none. It is not safe together with has.
func (s *keySet) add(changes []change) {
	if s == nil {
		return
	}
	for i := range changes {
		bit := maphash.Bytes(keySeed, changes[i].key)
		step := bit>>32 | 1
		for range keyProbes {
			s.words[bit&s.mask/64] |= 1 << (bit % 64)
			bit += step
		}
	}
}

// has is false only of keys that were not put in.
func (s *keySet) has(key []byte) bool {
	bit := maphash.Bytes(keySeed, key)
	step := bit>>32 | 1
	for range keyProbes {
		if s.words[bit&s.mask/64]&(1<<(bit%64)) == 0 {
			return false
		}
		bit += step
	}
	return true
}

// writtenOnly is a state in which all keys of the views are of a set.
type writtenOnly struct {
	view.Reader
	keys *keySet
}

// Get returns a copy of a value, or store.ErrNotFound.
func (w writtenOnly) Get(key []byte) ([]byte, error) {
	if view.ByOperations(key) && !w.keys.has(key) {
		return nil, store.ErrNotFound
	}
	return w.Reader.Get(key)
}
