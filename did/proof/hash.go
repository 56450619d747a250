package proof

import (
	"crypto/sha256"
	"crypto/sha512"
	"sync"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
)

// maxHash is the length of the longest hash: SHA-384.
const maxHash = sha512.Size384

// maxPooled is the largest buffer kept for the next document.
const maxPooled = 64 << 10

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// release gives a buffer back, with the text that came to stand in it.
func release(buf *[]byte, text []byte) {
	if cap(text) <= maxPooled {
		*buf = text[:0]
		buffers.Put(buf)
	}
}

// appendSum appends the hash that keys of type t sign: SHA-384 for P-384, SHA-256
// for the others.
func appendSum(dst []byte, t multikey.Type, text []byte) []byte {
	if t == multikey.P384 {
		sum := sha512.Sum384(text)
		return append(dst, sum[:]...)
	}
	sum := sha256.Sum256(text)
	return append(dst, sum[:]...)
}

// appendHash appends to dst the hash that keys of type t sign over the canonical
// JSON of v.
func appendHash(dst []byte, t multikey.Type, v jcs.Value) []byte {
	buf := buffers.Get().(*[]byte)
	text := v.Append((*buf)[:0])
	dst = appendSum(dst, t, text)
	release(buf, text)
	return dst
}

// maxSignature is the length of the longest signature: P-384, r‖s.
const maxSignature = 96

// signatureSize is the length of the signatures of a key type that has a suite.
func signatureSize(t multikey.Type) int {
	if t == multikey.P384 {
		return maxSignature
	}
	return 64
}
