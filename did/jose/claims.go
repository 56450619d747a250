package jose

import (
	"fmt"
	"math"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
)

// maxAudience is how many audiences a token may name.
const maxAudience = 16

// Claims are the registered claims of RFC 7519, 4.1, and nonce. What is absent is
// zero.
type Claims struct {
	Issuer, Subject, ID          string
	Audience                     []string
	Expires, NotBefore, IssuedAt time.Time
	Nonce                        string
}

// ParseClaims reads the registered claims of a payload and makes sure that each is
// of its type; others are not looked at. Errors are *Error with ErrClaims.
func ParseClaims(payload jcs.Value) (Claims, error) {
	var c Claims
	if !payload.IsObject() {
		return c, badClaim("the payload is not an object")
	}
	for _, s := range []struct {
		name string
		into *string
	}{{"iss", &c.Issuer}, {"sub", &c.Subject}, {"jti", &c.ID}, {"nonce", &c.Nonce}} {
		v, present := payload.Get(s.name)
		text, ok := v.Str()
		if present && (!ok || text == "") {
			return c, badClaim(s.name + " is not a string or empty")
		}
		*s.into = text
	}
	for _, d := range []struct {
		name string
		into *time.Time
	}{{"exp", &c.Expires}, {"nbf", &c.NotBefore}, {"iat", &c.IssuedAt}} {
		v, present := payload.Get(d.name)
		if !present {
			continue
		}
		at, ok := NumericDate(v)
		if !ok {
			return c, badClaim(d.name + " is not a NumericDate")
		}
		*d.into = at
	}
	audience, err := readAudience(payload)
	c.Audience = audience
	return c, err
}

func readAudience(payload jcs.Value) ([]string, error) {
	v, present := payload.Get("aud")
	if !present {
		return nil, nil
	}
	if one, ok := v.Str(); ok {
		return []string{one}, nil
	}
	if !v.IsArray() || v.Len() > maxAudience {
		return nil, badClaim(fmt.Sprintf("aud is neither a string nor an array of at most %d", maxAudience))
	}
	audience := make([]string, 0, v.Len())
	for item := range v.Elems() {
		one, ok := item.Str()
		if !ok {
			return nil, badClaim("aud has an element that is not a string")
		}
		audience = append(audience, one)
	}
	return audience, nil
}

// Bounds of a NumericDate in seconds: the years 1 to 9999, but for the first
// moment, which is Go's zero time.
const (
	minDate = -62135596799
	maxDate = 253402300799
)

// NumericDate reads seconds since 1970 (RFC 7519, 2), fractions included, in the
// years 1 to 9999, that binary64 holds as they are written.
func NumericDate(v jcs.Value) (time.Time, bool) {
	seconds, ok := v.Float()
	if _, _, inexact := v.Inexact(); inexact {
		return time.Time{}, false
	}
	if !ok || seconds < minDate || seconds > maxDate {
		return time.Time{}, false
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)).UTC(), true
}

func badClaim(detail string) *Error { return &Error{Code: ErrClaims, Detail: detail} }
