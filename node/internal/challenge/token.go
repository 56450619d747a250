package challenge

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// A challenge is
//
//	tabard2.<node>.<base64url of what follows>
//	 8  when it expires, in seconds since 1970
//	 8  which run of the node issued it
//	 8  its number in that run
//	16  random bytes
//	16  of an HMAC-SHA-256 over the node's name, a zero byte and the rest
const (
	prefix      = "tabard2."
	randomBytes = 16
	macBytes    = 16
	bodyBytes   = 8 + 8 + 8 + randomBytes
	tokenBytes  = bodyBytes + macBytes
)

// former are the prefixes of formats that are not issued any more. They are still the registry's: such a
// challenge is none of a verifier's own.
const former = "tabard1."

// token is a challenge taken apart.
type token struct {
	node    string
	expires int64
	run     uint64
	number  uint64
	random  [randomBytes]byte
}

// parse takes apart a challenge whose code holds. ours is false for one that does not claim to be of a
// registry.
func parse(key []byte, text string) (t token, ours bool, err error) {
	rest, ok := strings.CutPrefix(text, prefix)
	if !ok {
		if strings.HasPrefix(text, former) {
			return t, true, ErrUnknown
		}
		return t, false, nil
	}
	node, encoded, _ := strings.Cut(rest, ".")
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || len(raw) != tokenBytes || base64.RawURLEncoding.EncodeToString(raw) != encoded {
		return t, true, ErrUnknown
	}
	body, code := raw[:bodyBytes], raw[bodyBytes:]
	if !hmac.Equal(code, mac(key, node, body)) {
		return t, true, ErrUnknown
	}
	t = token{
		node: node, expires: int64(binary.BigEndian.Uint64(body)),
		run: binary.BigEndian.Uint64(body[8:]), number: binary.BigEndian.Uint64(body[16:]),
	}
	copy(t.random[:], body[24:])
	return t, true, nil
}

// text writes the challenge down.
func (t token) text(key []byte) string {
	raw := make([]byte, 0, tokenBytes)
	raw = binary.BigEndian.AppendUint64(raw, uint64(t.expires))
	raw = binary.BigEndian.AppendUint64(raw, t.run)
	raw = binary.BigEndian.AppendUint64(raw, t.number)
	raw = append(raw, t.random[:]...)
	raw = append(raw, mac(key, t.node, raw)...)
	return prefix + t.node + "." + base64.RawURLEncoding.EncodeToString(raw)
}

func mac(key []byte, node string, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(node))
	h.Write([]byte{0})
	h.Write(body)
	return h.Sum(nil)[:macBytes]
}
