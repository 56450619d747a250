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

// appendHash appends to dst the hash that keys of type t sign, over the canonical
// form of v: SHA-384 for P-384, SHA-256 for the others.
func appendHash(dst []byte, t multikey.Type, v jcs.Value) []byte {
	buf := buffers.Get().(*[]byte)
	text := v.Append((*buf)[:0])
	if t == multikey.P384 {
		sum := sha512.Sum384(text)
		dst = append(dst, sum[:]...)
	} else {
		sum := sha256.Sum256(text)
		dst = append(dst, sum[:]...)
	}
	if cap(text) <= maxPooled {
		*buf = text
		buffers.Put(buf)
	}
	return dst
}

// Document returns what p covers of a document without proofs: the document
// itself, or the document with the proof's @context where the proof has one (the
// verifiedDocument of the specifications). The error is ErrContext.
func (p *Proof) Document(unsecured jcs.Value) (jcs.Value, error) {
	if !p.Narrows(unsecured) {
		return unsecured, nil
	}
	signed, _ := p.Value.Get("@context")
	own, present := unsecured.Get("@context")
	if !present || !isPrefix(signed, own) {
		return jcs.Value{}, unverified("", ErrContext)
	}
	return unsecured.With("@context", signed), nil
}

// Narrows reports whether p has an @context that differs from the document's,
// so that Document returns something else than the document.
func (p *Proof) Narrows(unsecured jcs.Value) bool {
	signed, present := p.Value.Get("@context")
	if !present {
		return false
	}
	own, present := unsecured.Get("@context")
	return !present || !own.Equal(signed)
}

// isPrefix reports whether own begins with all items of signed, a value that is
// no array counting as an array of itself. No items cover nothing and are refused.
func isPrefix(signed, own jcs.Value) bool {
	n := contexts(signed)
	if n == 0 || n > contexts(own) {
		return false
	}
	for i := range n {
		if !contextAt(signed, i).Equal(contextAt(own, i)) {
			return false
		}
	}
	return true
}

func contexts(v jcs.Value) int {
	if v.IsArray() {
		return v.Len()
	}
	return 1
}

func contextAt(v jcs.Value, i int) jcs.Value {
	if v.IsArray() {
		return v.At(i)
	}
	return v
}
