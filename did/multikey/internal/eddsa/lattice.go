package eddsa

import (
	"encoding/binary"
	"math/bits"

	"filippo.io/edwards25519"
)

// wide is a number of four words, the least first.
type wide [4]uint64

// groupOrder is 8 L.
var groupOrder = wide{0xc09318d2e7ae9f68, 0xa6f7cef517bce6b2, 0, 0x8000000000000000}

// ratio is a fraction ±d/c. Its c is below 2¹²⁸.
type ratio struct {
	d        wide
	c        [2]uint64
	negative bool
}

// shorten returns the ratio that is k, which is below 8 L, modulo that: c k ≡ ±d, with an
// odd c. Mostly d has no more than some 128 bits.
//
// It takes the steps of Euclid's algorithm for 8 L and k as far as the first d below 2¹²⁸.
// In each of them c k ≡ ±d, with signs that alternate; c times the d of the step before is
// at most 8 L, so that c is below 2¹²⁸; and of two c in a row at most one is even.
func shorten(k wide) ratio {
	before, now := ratio{d: groupOrder, negative: true}, ratio{d: k, c: [2]uint64{1}}
	for now.d[2]|now.d[3] != 0 {
		before.reduce(&now)
		if before.d.below(&now.d) {
			before, now = now, before
		}
	}
	if now.c[0]&1 == 0 {
		return before
	}
	return now
}

// reduce subtracts from r, whose d is not below that of s, a multiple of s that takes more
// than a quarter of d and leaves it above or at zero. Since their signs differ, their c are
// added.
func (r *ratio) reduce(s *ratio) {
	part, q := s, uint64(1)
	a, b := leading(&r.d, &s.d)
	switch {
	case b < 1<<32: // happens to one k in billions
		shift := r.d.bits() - s.d.bits() - 1
		c := wide{s.c[0], s.c[1]}
		c = c.shifted(shift)
		part = &ratio{d: s.d.shifted(shift), c: [2]uint64{c[0], c[1]}}
	case b < a:
		q = max(1, a/(b+1))
	}
	r.d.subtract(&part.d, q)
	high, low := bits.Mul64(q, part.c[0])
	var carry uint64
	r.c[0], carry = bits.Add64(r.c[0], low, 0)
	r.c[1] += q*part.c[1] + high + carry
}

// leading returns the 64 leading bits of w, which is beyond 64 bits, and those of v in the
// same places.
func leading(w, v *wide) (a, b uint64) {
	top := len(w) - 1
	for w[top] == 0 {
		top--
	}
	shift := bits.LeadingZeros64(w[top])
	return w.window(top, shift), v.window(top, shift)
}

// shifted returns w 2ⁿ, which has to be below 2²⁵⁶.
func (w *wide) shifted(n int) (s wide) {
	words, shift := n/64, n%64
	for i := len(w) - 1; i > words; i-- {
		s[i] = w[i-words]<<shift | w[i-words-1]>>1>>(63-shift)
	}
	s[words] = w[0] << shift
	return s
}

// window returns the 64 bits of w that begin shift bits below the end of a word.
func (w *wide) window(word, shift int) uint64 {
	return w[word]<<shift | w[word-1]>>1>>(63-shift)
}

// subtract takes q v, which is not greater, from w.
func (w *wide) subtract(v *wide, q uint64) {
	h0, l0 := bits.Mul64(q, v[0])
	h1, l1 := bits.Mul64(q, v[1])
	h2, l2 := bits.Mul64(q, v[2])
	l3 := q * v[3]
	var c uint64
	l1, c = bits.Add64(l1, h0, 0)
	l2, c = bits.Add64(l2, h1, c)
	l3, _ = bits.Add64(l3, h2, c)
	w[0], c = bits.Sub64(w[0], l0, 0)
	w[1], c = bits.Sub64(w[1], l1, c)
	w[2], c = bits.Sub64(w[2], l2, c)
	w[3], _ = bits.Sub64(w[3], l3, c)
}

// below reports whether w < v.
func (w *wide) below(v *wide) bool {
	_, c := bits.Sub64(w[0], v[0], 0)
	_, c = bits.Sub64(w[1], v[1], c)
	_, c = bits.Sub64(w[2], v[2], c)
	_, c = bits.Sub64(w[3], v[3], c)
	return c != 0
}

// bits returns how many bits there are up to the last that is set.
func (w *wide) bits() int {
	for i := len(w) - 1; i >= 0; i-- {
		if w[i] != 0 {
			return 64*i + bits.Len64(w[i])
		}
	}
	return 0
}

// setBytes reads 32 little-endian bytes.
func (w *wide) setBytes(b []byte) {
	for i := range w {
		w[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
}

// scalar returns w, which has to be below L.
func (w *wide) scalar() (s edwards25519.Scalar, err error) {
	var b [32]byte
	for i, word := range w {
		binary.LittleEndian.PutUint64(b[8*i:], word)
	}
	_, err = s.SetCanonicalBytes(b[:])
	return s, err
}
