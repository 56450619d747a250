package merkle

import (
	"fmt"
	"math/bits"
)

// Reader gives stored hashes: count of them from index first of a level. All are
// within the tree that was appended to.
type Reader interface {
	Hashes(level uint8, first uint64, count int) ([]Hash, error)
}

// Inclusion returns the audit path of leaf index in the tree of that size (RFC
// 9162, 2.1.3.1).
func Inclusion(r Reader, index, size uint64) ([]Hash, error) {
	if index >= size {
		return nil, fmt.Errorf("inclusion: no leaf %d in a tree of %d", index, size)
	}
	return path(r, index, 0, size)
}

func path(r Reader, index, from, to uint64) ([]Hash, error) {
	if to-from == 1 {
		return nil, nil
	}
	mid := from + split(to-from)
	if index < mid {
		return followed(r, mid, to)(path(r, index, from, mid))
	}
	return followed(r, from, mid)(path(r, index, mid, to))
}

// followed returns a function that appends the hash of the leaves [from, to) to
// a proof.
func followed(r Reader, from, to uint64) func([]Hash, error) ([]Hash, error) {
	return func(proof []Hash, err error) ([]Hash, error) {
		if err != nil {
			return nil, err
		}
		h, err := subtree(r, from, to)
		if err != nil {
			return nil, err
		}
		return append(proof, h), nil
	}
}

// Consistency returns the proof that the tree of size first is a prefix of that
// of size second (RFC 9162, 2.1.4.1).
func Consistency(r Reader, first, second uint64) ([]Hash, error) {
	if first == 0 || first > second {
		return nil, fmt.Errorf("consistency: sizes %d and %d", first, second)
	}
	return subproof(r, first, 0, second, true)
}

func subproof(r Reader, m, from, to uint64, known bool) ([]Hash, error) {
	if m == to {
		if known {
			return nil, nil
		}
		return followed(r, from, to)(nil, nil)
	}
	mid := from + split(to-from)
	if m <= mid {
		return followed(r, mid, to)(subproof(r, m, from, mid, known))
	}
	return followed(r, from, mid)(subproof(r, m, mid, to, false))
}

// RootAt returns the root of the tree when it had that size.
func RootAt(r Reader, size uint64) (Hash, error) {
	if size == 0 {
		return Empty, nil
	}
	return subtree(r, 0, size)
}

// split is the largest power of two smaller than n, which is at least 2.
func split(n uint64) uint64 { return 1 << (bits.Len64(n-1) - 1) }

// subtree returns the hash of the leaves [from, to), where from is a multiple of
// the power of two that to-from does not exceed.
func subtree(r Reader, from, to uint64) (Hash, error) {
	n := to - from
	if n&(n-1) == 0 {
		return complete(r, from, bits.TrailingZeros64(n))
	}
	mid := from + split(n)
	left, err := complete(r, from, bits.TrailingZeros64(mid-from))
	if err != nil {
		return Hash{}, err
	}
	right, err := subtree(r, mid, to)
	if err != nil {
		return Hash{}, err
	}
	return Node(&left, &right), nil
}

// complete returns the hash of the complete subtree of that height whose first
// leaf is from: a stored one, or computed from those of the level below.
func complete(r Reader, from uint64, height int) (Hash, error) {
	level := height / TileHeight
	first := from >> (level * TileHeight)
	hashes, err := r.Hashes(uint8(level), first, 1<<(height%TileHeight))
	if err != nil {
		return Hash{}, err
	}
	for len(hashes) > 1 {
		for i := range len(hashes) / 2 {
			hashes[i] = Node(&hashes[2*i], &hashes[2*i+1])
		}
		hashes = hashes[:len(hashes)/2]
	}
	return hashes[0], nil
}
