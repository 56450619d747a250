package did

import (
	"strings"
)

// URL is a DID URL (DID 1.1, 3.2): a DID with a path, query or fragment. An
// empty part is an absent one.
type URL struct {
	DID ID
	// Path is empty or begins with a slash.
	Path string
	// Query and Fragment are without their ? and #, percent-encoded as received.
	Query, Fragment string
}

// ParseURL reads a DID URL; a bare DID is one too. Errors are *Error with
// InvalidDIDURL, or InvalidDID where it is the DID in it that is wrong.
func ParseURL(s string) (URL, error) {
	if len(s) > 2*MaxLength {
		return URL{}, invalidURL("longer than %d bytes", 2*MaxLength)
	}
	rest, fragment, _ := strings.Cut(s, "#")
	rest, query, _ := strings.Cut(rest, "?")
	path := ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		rest, path = rest[:i], rest[i:]
	}
	id, err := Parse(rest)
	if err != nil {
		return URL{}, err
	}
	if invalidChar(path, &pathChars) >= 0 {
		return URL{}, invalidURL("path of %.64q", s)
	}
	if invalidChar(query, &queryChars) >= 0 {
		return URL{}, invalidURL("query of %.64q", s)
	}
	if invalidChar(fragment, &queryChars) >= 0 {
		return URL{}, invalidURL("fragment of %.64q", s)
	}
	return URL{DID: id, Path: path, Query: query, Fragment: fragment}, nil
}

// String writes the URL as ParseURL reads it.
func (u URL) String() string {
	s := string(u.DID) + u.Path
	if u.Query != "" {
		s += "?" + u.Query
	}
	if u.Fragment != "" {
		s += "#" + u.Fragment
	}
	return s
}

// pathChars are pchar of RFC 3986 but for percent-encoding, and the slash; queryChars are
// what a query or fragment may hold (RFC 3986, 3.4 and 3.5).
var (
	pathChars  = alphanumericAnd(pathMarks)
	queryChars = alphanumericAnd(pathMarks + "?")
)

const pathMarks = "-._~!$&'()*+,;=:@/"
