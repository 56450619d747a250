// Package merkle is the Merkle tree over the ledger's records: the hashing of RFC
// 6962 (RFC 9162, 2.1.1), kept so that appending needs no more than the compact
// range in memory, and proofs can be made from what is stored.
//
// What is stored are the hashes that C2SP tlog-tiles has in its tiles: those of
// complete subtrees of height 0, 8, 16, … (Level 0, 1, 2, …). Every other hash is
// computed from them. A stored hash never changes.
package merkle

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/bits"
)

// Hash is a node of the tree.
type Hash = [sha256.Size]byte

// TileHeight is the height of a tile; TileWidth is how many hashes a full one has.
const (
	TileHeight = 8
	TileWidth  = 1 << TileHeight
)

// Empty is the root of the tree without leaves.
var Empty = Hash(sha256.Sum256(nil))

// Node returns the hash of an inner node.
func Node(left, right *Hash) Hash {
	var b [1 + 2*sha256.Size]byte
	b[0] = 1
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}

// Stored is a hash to be stored: number Index among the complete subtrees of
// height Level × TileHeight.
type Stored struct {
	Level uint8
	Index uint64
	Hash  Hash
}

// Range is the compact range of a tree: the roots of the maximal complete
// subtrees, left to right, one for each bit of the size. The zero Range is the
// empty tree. Copies must not both be appended to.
type Range struct {
	size  uint64
	nodes []Hash
}

// ErrRange says that bytes are not an encoded Range.
var ErrRange = errors.New("not a compact range")

// NewRange returns the range of a tree of that size from the bytes of Append-
// Binary.
func NewRange(size uint64, encoded []byte) (Range, error) {
	n := bits.OnesCount64(size)
	if len(encoded) != n*sha256.Size {
		return Range{}, fmt.Errorf("%w: %d bytes for size %d", ErrRange, len(encoded), size)
	}
	r := Range{size: size, nodes: make([]Hash, n)}
	for i := range r.nodes {
		copy(r.nodes[i][:], encoded[i*sha256.Size:])
	}
	return r, nil
}

// AppendBinary appends the hashes, the largest subtree's first.
func (r *Range) AppendBinary(b []byte) []byte {
	for i := range r.nodes {
		b = append(b, r.nodes[i][:]...)
	}
	return b
}

// Clone returns a copy to be appended to.
func (r *Range) Clone() Range {
	return Range{size: r.size, nodes: append(make([]Hash, 0, len(r.nodes)+8), r.nodes...)}
}

// Size is the number of leaves.
func (r *Range) Size() uint64 { return r.size }

// Append adds a leaf, given by its hash, and passes what is to be stored to emit.
func (r *Range) Append(leaf Hash, emit func(Stored)) {
	emit(Stored{Level: 0, Index: r.size, Hash: leaf})
	h, height := leaf, 0
	for n := r.size; n&1 == 1; n >>= 1 {
		h = Node(&r.nodes[len(r.nodes)-1], &h)
		r.nodes = r.nodes[:len(r.nodes)-1]
		height++
		if height%TileHeight == 0 {
			emit(Stored{Level: uint8(height / TileHeight), Index: r.size >> height, Hash: h})
		}
	}
	r.nodes = append(r.nodes, h)
	r.size++
}

// Root returns the Merkle tree hash.
func (r *Range) Root() Hash {
	if len(r.nodes) == 0 {
		return Empty
	}
	h := r.nodes[len(r.nodes)-1]
	for i := len(r.nodes) - 2; i >= 0; i-- {
		h = Node(&r.nodes[i], &h)
	}
	return h
}
