package statuslist

import (
	"fmt"
	"math/bits"
)

// MaxSize is how many bits an entry has at most. Each value needs a message, so
// that larger ones would not fit into a credential.
const MaxSize = 8

// get returns entry index of size bits each; the first entry begins at the most
// significant bit of the first byte. The entry must lie within data.
func get(data []byte, index uint64, size int) uint64 {
	var value uint64
	for i := index * uint64(size); i < (index+1)*uint64(size); i++ {
		value = value<<1 | uint64(data[i/8]>>(7-i%8)&1)
	}
	return value
}

// set is the counterpart of get.
func set(data []byte, index uint64, size int, value uint64) {
	for k := range uint64(size) {
		i := index*uint64(size) + k
		mask := byte(1) << (7 - i%8)
		if value>>(uint64(size)-1-k)&1 == 1 {
			data[i/8] |= mask
		} else {
			data[i/8] &^= mask
		}
	}
}

// capacity is how many entries of size bits there are.
func capacity(data []byte, size int) uint64 { return uint64(len(data)) * 8 / uint64(size) }

// Flip is a change of one entry.
type Flip struct{ Index, Old, New uint64 }

// Diff compares two bitstrings whose entries have size bits: it returns the first
// limit changes in order of their index, and how many there are. What the shorter
// one lacks counts as 0. It panics if size is not from 1 to MaxSize.
func Diff(old, next []byte, size, limit int) (flips []Flip, total int) {
	checkSize(size)
	long := max(len(old), len(next))
	for entry, end := uint64(0), uint64(long)*8/uint64(size); entry < end; entry++ {
		if first := entry * uint64(size); size == 1 && first%64 == 0 && word(old, first/8) == word(next, first/8) {
			entry += 63
			continue
		}
		was, is := padded(old, entry, size), padded(next, entry, size)
		if was == is {
			continue
		}
		if total++; len(flips) < limit {
			flips = append(flips, Flip{entry, was, is})
		}
	}
	return flips, total
}

// word returns the eight bytes at offset; what lies beyond the end is 0.
func word(data []byte, offset uint64) (w [8]byte) {
	if offset < uint64(len(data)) {
		copy(w[:], data[offset:])
	}
	return w
}

// padded is get for data that goes on with zeros.
func padded(data []byte, index uint64, size int) uint64 {
	if index >= capacity(data, size) {
		return 0
	}
	return get(data, index, size)
}

func checkSize(size int) {
	if size < 1 || size > MaxSize {
		panic(fmt.Sprintf("statuslist: entries of %d bits", size))
	}
}

// Count returns how many bits of a bitstring are set.
func Count(data []byte) int {
	n := 0
	for _, b := range data {
		n += bits.OnesCount8(b)
	}
	return n
}
