package statuslist

import (
	"math"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/tabard-id/tabard/did/internal/lexical"
	"github.com/tabard-id/tabard/did/jcs"
)

// Types of the tokens that carry a token status list, as typ of a JWT and as type
// (header 16) of a CWT, and the media types of the tokens.
const (
	TypeJWT  = "statuslist+jwt"
	MediaJWT = "application/statuslist+jwt"
	MediaCWT = "application/statuslist+cwt"
)

// Claims are those of a status list token (IETF Token Status List, 5). Times have
// whole seconds.
type Claims struct {
	// Subject is the URI of the token, which references to it must give. Issuer may
	// be "".
	Subject, Issuer string
	// IssuedAt is required; ExpiresAt is zero if the token does not expire, NotBefore
	// if it does not say.
	IssuedAt, ExpiresAt, NotBefore time.Time
	// TTL is how long a copy serves; 0 if the token does not say.
	TTL  time.Duration
	List *TokenList
}

// JWT returns the claims as the payload of a JWT.
func (c Claims) JWT() ([]byte, error) {
	list, err := c.List.JSON()
	if err != nil {
		return nil, err
	}
	v := jcs.Object(
		jcs.Member{Name: "sub", Value: jcs.FromString(c.Subject)},
		jcs.Member{Name: "iat", Value: jcs.FromInt(c.IssuedAt.Unix())},
		jcs.Member{Name: "status_list", Value: list},
	)
	if c.Issuer != "" {
		v = v.With("iss", jcs.FromString(c.Issuer))
	}
	if !c.ExpiresAt.IsZero() {
		v = v.With("exp", jcs.FromInt(c.ExpiresAt.Unix()))
	}
	if !c.NotBefore.IsZero() {
		v = v.With("nbf", jcs.FromInt(c.NotBefore.Unix()))
	}
	if c.TTL > 0 {
		v = v.With("ttl", jcs.FromInt(int64(c.TTL/time.Second)))
	}
	return v.Canonical(), nil
}

// maxSeconds bounds NumericDates and ttl: what lies beyond the year 9999 is no date.
const maxSeconds = 253402300799

// ParseJWT reads the payload of a JWT of type TypeJWT whose signature holds. One that
// is for a certain audience (aud) is a VerificationError: nobody here is one (RFC
// 7519, 4.1.3).
func ParseJWT(payload []byte) (Claims, error) { return parseJWT(payload, MaxBytes) }

// parseJWT is ParseJWT for a list that takes no more than limit bytes.
func parseJWT(payload []byte, limit int) (Claims, error) {
	c, list, err := readJWT(payload)
	if err == nil {
		c.List, err = parseTokenList(list, limit)
	}
	return c, err
}

// readJWT reads everything but the list.
func readJWT(payload []byte) (Claims, jcs.Value, error) {
	v, err := jcs.Decode(payload)
	if err != nil {
		return Claims{}, v, &Error{Type: MalformedValueError, Detail: "the token's claims", Err: err}
	}
	var c Claims
	var ok bool
	if c.Subject, _ = v.GetString("sub"); !lexical.IsURL(c.Subject) {
		return Claims{}, v, malformed("sub", "not a URI")
	}
	if iss, present := v.Get("iss"); present {
		if c.Issuer, ok = iss.Str(); !ok {
			return Claims{}, v, malformed("iss", "not a string")
		}
	}
	if _, present := v.Get("aud"); present {
		return Claims{}, v, errAudience()
	}
	for _, name := range timeClaims {
		member, present := v.Get(name)
		if !present {
			continue
		}
		n, isNumber := member.Float()
		if !isNumber || !c.setTime(name, n) {
			return Claims{}, v, malformed(name, "not a number of seconds")
		}
	}
	if c.IssuedAt.IsZero() {
		return Claims{}, v, malformed("iat", "missing")
	}
	list, _ := v.Get("status_list")
	return c, list, nil
}

// timeClaims are the claims in seconds, by the names they have in a JWT.
var timeClaims = [...]string{"iat", "exp", "nbf", "ttl"}

func errAudience() error { return unverified("aud", "the token is for others") }

// setTime takes over one of timeClaims; false if it cannot be.
func (c *Claims) setTime(name string, seconds float64) bool {
	if !(seconds >= 0 && seconds <= maxSeconds) {
		return false
	}
	switch name {
	case "iat":
		c.IssuedAt = numericDate(seconds)
	case "exp":
		c.ExpiresAt = numericDate(seconds)
	case "nbf":
		c.NotBefore = numericDate(seconds)
	default:
		c.TTL = time.Duration(min(seconds, float64(maxTTL/1000)) * float64(time.Second))
		return c.TTL > 0
	}
	return true
}

func numericDate(seconds float64) time.Time {
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*1e9)).UTC()
}

// cwtClaims are the claims by their numbers (5.2). Numbers may be floating.
type cwtClaims struct {
	Issuer   *string         `cbor:"1,keyasint,omitempty"`
	Subject  *string         `cbor:"2,keyasint,omitempty"`
	Expires  cbor.RawMessage `cbor:"4,keyasint,omitempty"`
	Issued   cbor.RawMessage `cbor:"6,keyasint,omitempty"`
	Before   cbor.RawMessage `cbor:"5,keyasint,omitempty"`
	Audience cbor.RawMessage `cbor:"3,keyasint,omitempty"`
	List     cbor.RawMessage `cbor:"65533,keyasint,omitempty"`
	TTL      cbor.RawMessage `cbor:"65534,keyasint,omitempty"`
}

// cwtList is the StatusList of 4.3.
type cwtList struct {
	Aggregation *string         `cbor:"aggregation_uri,omitempty"`
	Bits        uint64          `cbor:"bits"`
	Packed      cbor.RawMessage `cbor:"lst"`
}

var (
	cborWrite = mustMode(cbor.CoreDetEncOptions().EncMode())
	cborRead  = mustMode(cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthAllowed, MaxNestedLevels: 16,
		MaxArrayElements: 1024, MaxMapPairs: 256, UTF8: cbor.UTF8RejectInvalid, FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		FieldNameByteString: cbor.FieldNameByteStringForbidden, ByteStringToString: cbor.ByteStringToStringForbidden,
	}.DecMode())
)

// mustMode panics over options that contradict each other.
func mustMode[T any](mode T, err error) T {
	if err != nil {
		panic(err)
	}
	return mode
}

// CWT returns the claims as the payload of a CWT.
func (c Claims) CWT() ([]byte, error) {
	packed, err := c.List.compressed()
	if err != nil {
		return nil, err
	}
	list := map[string]any{"bits": c.List.Bits, "lst": packed}
	if c.List.AggregationURI != "" {
		list["aggregation_uri"] = c.List.AggregationURI
	}
	claims := map[int]any{2: c.Subject, 6: c.IssuedAt.Unix(), 65533: list}
	if c.Issuer != "" {
		claims[1] = c.Issuer
	}
	if !c.ExpiresAt.IsZero() {
		claims[4] = c.ExpiresAt.Unix()
	}
	if !c.NotBefore.IsZero() {
		claims[5] = c.NotBefore.Unix()
	}
	if c.TTL > 0 {
		claims[65534] = int64(c.TTL / time.Second)
	}
	return cborWrite.Marshal(claims)
}

// ParseCWT is ParseJWT for the payload of a CWT of type MediaCWT.
func ParseCWT(payload []byte) (Claims, error) { return parseCWT(payload, MaxBytes) }

func parseCWT(payload []byte, limit int) (Claims, error) {
	c, list, err := readCWT(payload)
	if err == nil {
		c.List, err = parseCWTList(list, limit)
	}
	return c, err
}

// readCWT reads everything but the list.
func readCWT(payload []byte) (c Claims, list []byte, err error) {
	var raw cwtClaims
	if err := cborRead.Unmarshal(payload, &raw); err != nil {
		return Claims{}, nil, &Error{Type: MalformedValueError, Detail: "the token's claims", Err: err}
	}
	if raw.Subject == nil || !lexical.IsURL(*raw.Subject) {
		return Claims{}, nil, malformed("2", "sub is not a URI")
	}
	c.Subject = *raw.Subject
	if raw.Issuer != nil {
		c.Issuer = *raw.Issuer
	}
	if len(raw.Audience) > 0 {
		return Claims{}, nil, errAudience()
	}
	for i, data := range [...]cbor.RawMessage{raw.Issued, raw.Expires, raw.Before, raw.TTL} {
		if len(data) == 0 {
			continue
		}
		name := timeClaims[i]
		n, ok := cborNumber(data)
		if !ok || name == "ttl" && data[0]>>5 != 0 || !c.setTime(name, n) {
			return Claims{}, nil, malformed(name, "not a number of seconds")
		}
	}
	if c.IssuedAt.IsZero() {
		return Claims{}, nil, malformed("iat", "missing")
	}
	return c, raw.List, nil
}

func parseCWTList(data []byte, limit int) (*TokenList, error) {
	if len(data) == 0 {
		return nil, malformed("65533", "status_list is missing")
	}
	var list cwtList
	if err := cborRead.Unmarshal(data, &list); err != nil {
		return nil, &Error{Type: MalformedValueError, Path: "65533", Detail: "status_list", Err: err}
	}
	var packed []byte
	if len(list.Packed) == 0 || list.Packed[0]>>5 != 2 || cborRead.Unmarshal(list.Packed, &packed) != nil {
		return nil, malformed("status_list.lst", "not a byte string")
	}
	aggregation := ""
	if list.Aggregation != nil {
		if aggregation = *list.Aggregation; !lexical.IsURL(aggregation) {
			return nil, malformed("status_list.aggregation_uri", "not a URI")
		}
	}
	return openTokenList(list.Bits, packed, aggregation, limit)
}

// cborNumber reads an integer or a floating-point number, untagged.
func cborNumber(data []byte) (float64, bool) {
	if major := data[0] >> 5; major != 0 && major != 1 && major != 7 {
		return 0, false
	}
	var n float64
	if data[0] >= 0xf4 && data[0] <= 0xf8 {
		return 0, false // false, true, null, undefined, simple
	}
	err := cborRead.Unmarshal(data, &n)
	return n, err == nil
}

// Status returns the status type of what refers to the token, as of now (8.3): the
// reference must name this token, the token must have been issued, by a clock that is
// ahead by leeway at most, and not be expired. Errors are VerificationErrors and
// RangeErrors.
func (c Claims) Status(ref Reference, now time.Time, leeway time.Duration) (byte, error) {
	switch {
	case ref.URI != c.Subject:
		return 0, unverified("sub", "the status list token is "+c.Subject)
	case c.NotBefore.After(now.Add(leeway)):
		return 0, unverified("nbf", "the status list token holds from "+stamp(c.NotBefore))
	case c.IssuedAt.After(now.Add(leeway)):
		return 0, unverified("iat", "the status list token was issued at "+stamp(c.IssuedAt))
	case !c.ExpiresAt.IsZero() && !now.Before(c.ExpiresAt):
		return 0, unverified("exp", "the status list token expired at "+stamp(c.ExpiresAt))
	}
	return c.List.Get(ref.Index)
}

// FreshUntil is until when a copy fetched at that time may serve: the earlier of
// ttl and exp, and fallback after fetched if the token has no ttl.
func (c Claims) FreshUntil(fetched time.Time, fallback time.Duration) time.Time {
	if c.TTL > 0 {
		fallback = c.TTL
	}
	until := fetched.Add(fallback)
	if !c.ExpiresAt.IsZero() && c.ExpiresAt.Before(until) {
		return c.ExpiresAt
	}
	return until
}
