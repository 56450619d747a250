package cose

import (
	"math"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// Keys of claims (RFC 8392, 4).
const (
	claimIssuer    int64 = 1
	claimSubject   int64 = 2
	claimAudience  int64 = 3
	claimExpires   int64 = 4
	claimNotBefore int64 = 5
	claimIssuedAt  int64 = 6
	claimID        int64 = 7
)

// maxAudience is how many audiences a token may name.
const maxAudience = 16

// Claims are those of a CBOR Web Token. What is absent is zero.
type Claims struct {
	Issuer, Subject              string
	Audience                     []string
	Expires, NotBefore, IssuedAt time.Time
	ID                           []byte
	// Other are the claims with other integer keys, each encoded. Claims with text
	// keys are read over.
	Other map[int64][]byte
}

// ParseClaims reads an encoded map of claims and makes sure that each of RFC 8392,
// 3.1, is of its type. Errors are *Error with ErrClaims.
func ParseClaims(data []byte) (Claims, error) {
	var c Claims
	if len(data) > MaxMessage {
		return c, badClaims("too large", nil)
	}
	if err := decoding.Wellformed(data); err != nil {
		return c, badClaims("", err)
	}
	if data[0]>>5 != 5 {
		return c, badClaims("not a map", nil)
	}
	var all map[any]cbor.RawMessage
	if err := decoding.Unmarshal(data, &all); err != nil {
		return c, badClaims("", err)
	}
	for key, raw := range all {
		switch key := key.(type) {
		case int64:
			if err := c.read(key, raw); err != nil {
				return Claims{}, err
			}
		case string:
		default:
			return Claims{}, badClaims("a key is neither an integer nor text", nil)
		}
	}
	return c, nil
}

// read puts one claim where it belongs.
func (c *Claims) read(key int64, raw cbor.RawMessage) error {
	switch key {
	case claimIssuer:
		return readText(raw, "iss", &c.Issuer)
	case claimSubject:
		return readText(raw, "sub", &c.Subject)
	case claimAudience:
		return c.readAudience(raw)
	case claimExpires:
		return readDate(raw, "exp", &c.Expires)
	case claimNotBefore:
		return readDate(raw, "nbf", &c.NotBefore)
	case claimIssuedAt:
		return readDate(raw, "iat", &c.IssuedAt)
	case claimID:
		if raw[0]>>5 != 2 {
			return badClaims("cti is not a byte string", nil)
		}
		if err := decoding.Unmarshal(raw, &c.ID); err != nil {
			return badClaims("cti", err)
		}
		return nil
	}
	var value any
	if err := decoding.Unmarshal(raw, &value); err != nil {
		return badClaims("", err)
	}
	if c.Other == nil {
		c.Other = map[int64][]byte{}
	}
	c.Other[key] = raw
	return nil
}

func readText(raw cbor.RawMessage, name string, into *string) error {
	if raw[0]>>5 != 3 {
		return badClaims(name+" is not text", nil)
	}
	if err := decoding.Unmarshal(raw, into); err != nil {
		return badClaims(name, err)
	}
	return nil
}

func (c *Claims) readAudience(raw cbor.RawMessage) error {
	if raw[0]>>5 == 3 {
		c.Audience = make([]string, 1)
		return readText(raw, "aud", &c.Audience[0])
	}
	var items []cbor.RawMessage
	if raw[0]>>5 != 4 {
		return badClaims("aud is neither text nor an array", nil)
	}
	if err := decoding.Unmarshal(raw, &items); err != nil || len(items) > maxAudience {
		return badClaims("aud", err)
	}
	c.Audience = make([]string, len(items))
	for i, item := range items {
		if err := readText(item, "aud", &c.Audience[i]); err != nil {
			return err
		}
	}
	return nil
}

// Bounds of a NumericDate in seconds: the years 1 to 9999, but for the first
// moment, which is Go's zero time.
const (
	minDate = -62135596799
	maxDate = 253402300799
)

// readDate reads seconds since 1970, untagged as RFC 8392, 2 has it.
func readDate(raw cbor.RawMessage, name string, into *time.Time) error {
	var seconds float64
	switch raw[0] >> 5 {
	case 0, 1:
		var n int64
		if err := decoding.Unmarshal(raw, &n); err != nil {
			return badClaims(name, err)
		}
		seconds = float64(n)
	case 7:
		if raw[0] < 0xf9 {
			return badClaims(name+" is not a NumericDate", nil)
		}
		if err := decoding.Unmarshal(raw, &seconds); err != nil {
			return badClaims(name, err)
		}
	default:
		return badClaims(name+" is not a NumericDate", nil)
	}
	if !(seconds >= minDate && seconds <= maxDate) {
		return badClaims(name+" is out of range", nil)
	}
	whole, fraction := math.Modf(seconds)
	*into = time.Unix(int64(whole), int64(fraction*1e9)).UTC()
	return nil
}

// Encode returns the claims as a map in deterministic encoding. Times are in whole
// seconds. Errors are *Error with ErrClaims: a key of Other that has a field of its
// own, or a value that is not CBOR.
func (c Claims) Encode() ([]byte, error) {
	all := map[int64]any{}
	for key, raw := range c.Other {
		if key >= claimIssuer && key <= claimID {
			return nil, badClaims("a registered claim among the others", nil)
		}
		if err := decoding.Wellformed(raw); err != nil {
			return nil, badClaims("", err)
		}
		all[key] = cbor.RawMessage(raw)
	}
	if c.Issuer != "" {
		all[claimIssuer] = c.Issuer
	}
	if c.Subject != "" {
		all[claimSubject] = c.Subject
	}
	switch len(c.Audience) {
	case 0:
	case 1:
		all[claimAudience] = c.Audience[0]
	default:
		all[claimAudience] = c.Audience
	}
	for key, at := range map[int64]time.Time{claimExpires: c.Expires, claimNotBefore: c.NotBefore, claimIssuedAt: c.IssuedAt} {
		if !at.IsZero() {
			all[key] = at.Unix()
		}
	}
	if len(c.ID) > 0 {
		all[claimID] = c.ID
	}
	data, err := encoding.Marshal(all)
	if err != nil {
		return nil, badClaims("", err)
	}
	return data, nil
}

func badClaims(detail string, err error) *Error {
	return &Error{Code: ErrClaims, Detail: detail, Err: err}
}
