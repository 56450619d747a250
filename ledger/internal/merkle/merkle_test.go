package merkle

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// stored is a Reader over what Append emitted.
type stored map[[2]uint64]Hash

func (s stored) Hashes(level uint8, first uint64, count int) ([]Hash, error) {
	list := make([]Hash, count)
	for i := range list {
		h, ok := s[[2]uint64{uint64(level), first + uint64(i)}]
		if !ok {
			return nil, fmt.Errorf("level %d has no hash %d", level, first+uint64(i))
		}
		list[i] = h
	}
	return list, nil
}

// reference is the tree of another implementation.
type reference []tlog.Hash

func (r *reference) append(t testing.TB, n int64, data []byte) {
	t.Helper()
	hashes, err := tlog.StoredHashes(n, data, r)
	if err != nil {
		t.Fatal(err)
	}
	*r = append(*r, hashes...)
}

func (r *reference) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, n := range indexes {
		list[i] = (*r)[n]
	}
	return list, nil
}

func build(t testing.TB, leaves int) (roots []Hash, s stored, ref *reference) {
	t.Helper()
	s, ref = stored{}, new(reference)
	var tree Range
	roots = append(roots, tree.Root())
	for i := range leaves {
		data := fmt.Appendf(nil, "leaf %d", i)
		leaf := sha256.Sum256(append([]byte{0}, data...))
		tree.Append(leaf, func(h Stored) { s[[2]uint64{uint64(h.Level), h.Index}] = h.Hash })
		ref.append(t, int64(i), data)
		roots = append(roots, tree.Root())
	}
	return roots, s, ref
}

func TestRootsAgreeWithTlog(t *testing.T) {
	roots, s, ref := build(t, 1100)
	for n := range roots {
		want, err := tlog.TreeHash(int64(n), ref)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 && roots[n] != Hash(want) {
			t.Fatalf("root of %d leaves: %x, tlog has %x", n, roots[n], want)
		}
		again, err := RootAt(s, uint64(n))
		if err != nil || again != roots[n] {
			t.Fatalf("root of %d leaves from what is stored: %x, %v, want %x", n, again, err, roots[n])
		}
	}
}

func TestProofsAgreeWithTlog(t *testing.T) {
	roots, s, _ := build(t, 600)
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Uint64Range(1, 600).Draw(t, "size")
		index := rapid.Uint64Range(0, size-1).Draw(t, "index")
		path, err := Inclusion(s, index, size)
		if err != nil {
			t.Fatal(err)
		}
		leaf := tlog.RecordHash(fmt.Appendf(nil, "leaf %d", index))
		if err := tlog.CheckRecord(hashes(path), int64(size), tlog.Hash(roots[size]), int64(index), leaf); err != nil {
			t.Fatal(err)
		}
		first := rapid.Uint64Range(1, size).Draw(t, "first")
		proof, err := Consistency(s, first, size)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckTree(hashes(proof), int64(size), tlog.Hash(roots[size]), int64(first), tlog.Hash(roots[first])); err != nil {
			t.Fatal(err)
		}
	})
}

func hashes(list []Hash) []tlog.Hash {
	out := make([]tlog.Hash, len(list))
	for i, h := range list {
		out[i] = tlog.Hash(h)
	}
	return out
}

func TestRangeSurvivesEncoding(t *testing.T) {
	var tree Range
	for i := range uint64(300) {
		tree.Append(sha256.Sum256([]byte{byte(i), byte(i >> 8)}), func(Stored) {})
		again, err := NewRange(tree.Size(), tree.AppendBinary(nil))
		if err != nil {
			t.Fatal(err)
		}
		if again.Root() != tree.Root() || again.Size() != i+1 {
			t.Fatalf("size %d: root %x, want %x", i+1, again.Root(), tree.Root())
		}
		if _, err := NewRange(tree.Size()+1, tree.AppendBinary(nil)); err == nil && i%2 == 1 {
			t.Fatalf("size %d: a range of another size was accepted", i+1)
		}
	}
}

func TestProofsOfNothingAreRefused(t *testing.T) {
	_, s, _ := build(t, 4)
	if _, err := Inclusion(s, 4, 4); err == nil {
		t.Error("inclusion of a leaf beyond the tree")
	}
	if _, err := Consistency(s, 0, 4); err == nil {
		t.Error("consistency from the empty tree")
	}
	if _, err := Consistency(s, 5, 4); err == nil {
		t.Error("consistency with a smaller tree")
	}
	if _, err := RootAt(s, 5); err == nil {
		t.Error("root of a tree that is not there")
	}
}

func BenchmarkAppend(b *testing.B) {
	var tree Range
	leaf := sha256.Sum256(nil)
	for b.Loop() {
		tree.Append(leaf, func(Stored) {})
	}
}
