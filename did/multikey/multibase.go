package multikey

import (
	"fmt"

	"github.com/multiformats/go-multibase"
)

// base58btc is the multibase header of base58btc, the only base that Multikey,
// did:key and the proof values of the JCS suites use.
const base58btc = 'z'

// decode reads a multibase string of at most maxBytes bytes. The work of base58
// grows with the square of the length, so the length is bounded first.
func decode(s string, maxBytes int) ([]byte, error) {
	if s == "" || s[0] != base58btc {
		return nil, fmt.Errorf("%w: not base58btc multibase (header z)", ErrInvalidKey)
	}
	// A byte takes log 256 / log 58 < 7/5 digits.
	if len(s)-1 > (maxBytes*7+4)/5 {
		return nil, fmt.Errorf("%w: %d characters are too many", ErrInvalidKey, len(s))
	}
	_, data, err := multibase.Decode(s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidKey, err)
	}
	return data, nil
}

func encode(prefix [2]byte, raw []byte) string {
	var buf [2 + maxRaw]byte
	data := append(append(buf[:0], prefix[:]...), raw...)
	s, err := multibase.Encode(multibase.Base58BTC, data)
	if err != nil {
		panic("multikey: base58btc is always supported: " + err.Error())
	}
	return s
}

// split finds the kind of key that the prefix of data names.
func split(data []byte, prefix func(spec) [2]byte) (Type, []byte, error) {
	if len(data) < 2 {
		return 0, nil, fmt.Errorf("%w: too short", ErrInvalidKey)
	}
	for t := Ed25519; t.valid(); t++ {
		if prefix(specs[t]) == [2]byte(data) {
			return t, data[2:], nil
		}
	}
	if name, ok := otherTypes[[2]byte(data)]; ok {
		return 0, nil, fmt.Errorf("%w: %s", ErrUnsupportedType, name)
	}
	return 0, nil, fmt.Errorf("%w %x", ErrUnknownPrefix, data[:2])
}
