package jcs

import "math/bits"

// needsEscape reports whether c cannot stand in a JSON string as it is.
func needsEscape(c byte) bool { return c < 0x20 || c == '"' || c == '\\' }

// isPlain reports whether s needs no escapes.
func isPlain(s string) bool { return scanPlain(s, 0) == len(s) }

// Words whose eight bytes are all the same.
const (
	each  = 0x0101010101010101
	high  = 0x80 * each
	space = ' ' * each
	quote = '"' * each
	slash = '\\' * each
)

// scanPlain returns the index of the first byte of s, from i on, that needs an
// escape, or len(s).
//
// It looks at eight bytes at a time: x-each sets the high bit of the lowest byte
// of x that is zero, and w-space that of the lowest byte below a space. Bits set
// by a borrow lie above a true one, so the lowest is right.
func scanPlain(s string, i int) int {
	for ; i+8 <= len(s); i += 8 {
		w := load(s[i:])
		q, b := w^quote, w^slash
		hit := ((w-space)&^w | (q-each)&^q | (b-each)&^b) & high
		if hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for i < len(s) && !needsEscape(s[i]) {
		i++
	}
	return i
}

// load reads the first eight bytes of s, little-endian.
func load(s string) uint64 {
	s = s[:8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
