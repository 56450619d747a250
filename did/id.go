package did

import (
	"strings"
)

// MaxLength is the most bytes a DID may have; a DID URL may have twice that.
const MaxLength = 4096

const scheme = "did:"

// ID is a DID, such as "did:key:z6Mk…", that Parse has accepted. DIDs are
// compared byte by byte.
type ID string

// Parse checks the syntax of DID 1.1, 3.1:
//
//	did:method:method-specific-id
//
// without path, query or fragment. It knows no method's own rules. Errors are
// *Error with InvalidDID.
func Parse(s string) (ID, error) {
	if len(s) > MaxLength {
		return "", invalidDID("longer than %d bytes", MaxLength)
	}
	rest, ok := strings.CutPrefix(s, scheme)
	if !ok {
		return "", invalidDID("%.64q does not begin with did:", s)
	}
	method, id, ok := strings.Cut(rest, ":")
	if !ok || !isMethodName(method) {
		return "", invalidDID("%.64q has no method name of lower-case letters and digits", s)
	}
	if id == "" || id[len(id)-1] == ':' {
		return "", invalidDID("the method-specific identifier of %.64q ends empty", s)
	}
	if i := invalidChar(id, &idChars); i >= 0 {
		return "", invalidDID("byte %d of %.64q does not belong in a DID", len(s)-len(id)+i, s)
	}
	return ID(s), nil
}

// Method returns the name of the DID's method, such as "webvh".
func (id ID) Method() string {
	method, _, _ := strings.Cut(strings.TrimPrefix(string(id), scheme), ":")
	return method
}

// Suffix returns the method-specific identifier: all after "did:method:".
func (id ID) Suffix() string {
	_, suffix, _ := strings.Cut(strings.TrimPrefix(string(id), scheme), ":")
	return suffix
}

// String returns the DID.
func (id ID) String() string { return string(id) }

func isMethodName(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// charSet has the bytes that are allowed somewhere.
type charSet [256]bool

func alphanumericAnd(others string) (set charSet) {
	for c := range set {
		set[c] = isAlphanumeric(byte(c))
	}
	for i := range len(others) {
		set[others[i]] = true
	}
	return set
}

// idChars is idchar but for percent-encoding, and the colon.
var idChars = alphanumericAnd(".-_:")

// invalidChar returns the index of the first byte of s that is neither allowed
// nor part of a percent-encoded octet, or -1.
func invalidChar(s string, allowed *charSet) int {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			i += 2
		case !allowed[s[i]]:
			return i
		}
	}
	return -1
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
