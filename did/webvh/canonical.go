package webvh

import (
	"bytes"
	"sync"

	"github.com/tabard-id/tabard/did/jcs"
)

// text is the RFC 8785 form of an entry without its proof, with any versionId.
// An entry is hashed with three of them: its predecessor's (entryHash), the
// placeholder (SCID) and its own (proof). They differ in the versionId alone,
// whose place in the canonical order is after the two large members, so those
// are written once.
type text struct {
	buf []byte
	// replaced is with the placeholder for the SCID.
	replaced []byte
	// head is how many bytes come before the versionId.
	head int
	tail string
}

var textPool = sync.Pool{New: func() any { return new(text) }}

// newText writes what all variations share. Callers release it.
func newText(e *Entry) *text {
	t := textPool.Get().(*text)
	b := append(t.buf[:0], `{"parameters":`...)
	b = e.Parameters.Append(b)
	b = append(b, `,"state":`...)
	b = e.State.Append(b)
	b = append(b, `,"versionId":"`...)
	t.buf, t.head, t.tail = b, len(b), e.VersionTime
	return t
}

// maxPooled is the largest buffer kept for the next entry.
const maxPooled = 64 << 10

func (t *text) release() {
	if cap(t.buf) <= maxPooled && cap(t.replaced) <= maxPooled {
		textPool.Put(t)
	}
}

// with returns the text with that versionId, which must need no escapes, as the
// versionTime does not. It is good until the next call.
func (t *text) with(versionID string) []byte {
	b := append(t.buf[:t.head], versionID...)
	b = append(b, `","versionTime":"`...)
	b = append(b, t.tail...)
	t.buf = append(b, '"', '}')
	return t.buf
}

// scidOf calculates the SCID of a first entry that claims to have the given one
// ("Verify SCID"), or returns false if there is none.
func (t *text) scidOf(claimed string) (string, bool) {
	b := t.with(Placeholder)
	// The placeholder stands in the versionId just written, and nowhere else: a
	// first entry in which it was left standing has not been replaced throughout.
	if bytes.Count(b, []byte(Placeholder)) != 1 {
		return "", false
	}
	old := []byte(claimed)
	t.replaced = appendReplaced(t.replaced[:0], b, old, Placeholder)
	if !inName(b, old) {
		return multihash(t.replaced), true
	}
	// The order of members may be another one with the placeholder.
	v, err := jcs.Decode(t.replaced)
	if err != nil {
		return "", false
	}
	return multihash(v.Canonical()), true
}

// appendReplaced appends b with every old replaced by new.
func appendReplaced(dst, b, old []byte, new string) []byte {
	for {
		i := bytes.Index(b, old)
		if i < 0 {
			return append(dst, b...)
		}
		dst = append(append(dst, b[:i]...), new...)
		b = b[i+len(old):]
	}
}

// inName reports whether s, which needs no escapes, is part of a member's name
// in the canonical text b.
func inName(b, s []byte) bool {
	for {
		i := bytes.Index(b, s)
		if i < 0 {
			return false
		}
		b = b[i+len(s):]
		end := 0
		for end < len(b) && b[end] != '"' {
			if b[end] == '\\' {
				end++
			}
			end++
		}
		if end+1 < len(b) && b[end+1] == ':' {
			return true
		}
		// What else of s is in this string is not in a name either.
		b = b[min(end, len(b)):]
	}
}
