package webvh

import (
	"crypto/sha256"
	"encoding/binary"
)

const base58Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

var isBase58Digit = func() (set [256]bool) {
	for i := range len(base58Alphabet) {
		set[base58Alphabet[i]] = true
	}
	return set
}()

func isBase58(s string) bool {
	for i := range len(s) {
		if !isBase58Digit[s[i]] {
			return false
		}
	}
	return true
}

// isMultihash reports whether s can be the base58btc form of a SHA-256 multihash
// (codes 0x12 0x20): 46 characters, the first of which are always Qm.
func isMultihash(s string) bool {
	return len(s) == scidSize && s[:2] == "Qm" && isBase58(s)
}

// KeyHash returns what nextKeyHashes says of a Multikey: base58btc of the SHA-256
// multihash of its text ("Pre-Rotation Key Hash Generation and Verification").
func KeyHash(multikey string) string {
	return multihash([]byte(multikey))
}

// multihash returns base58btc of the SHA-256 multihash of data.
func multihash(data []byte) string {
	sum := sha256.Sum256(data)
	// 0x12 0x20 and the digest, big-endian, in nine words.
	var words [9]uint32
	words[0] = 0x1220
	for i := range 8 {
		words[i+1] = binary.BigEndian.Uint32(sum[4*i:])
	}
	// Divided by 58^5 ten times it is zero: 50 digits, of which 4 are leading zeros.
	var digits [50]byte
	for end := len(digits); end > 0; end -= 5 {
		r := divide(&words)
		for i := end - 1; i >= end-5; i-- {
			digits[i] = base58Alphabet[r%58]
			r /= 58
		}
	}
	return string(digits[len(digits)-scidSize:])
}

// divide divides by 58^5 and returns the remainder.
func divide(words *[9]uint32) uint64 {
	const d = 58 * 58 * 58 * 58 * 58
	var r uint64
	for i, w := range words {
		n := r<<32 | uint64(w)
		words[i] = uint32(n / d)
		r = n % d
	}
	return r
}
