package webvh

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/internal/domain"
)

// ErrInvalidID is wrapped by every error of ParseID.
var ErrInvalidID = errors.New("invalid did:webvh DID")

var errNotQualified = errors.New("the host is not fully qualified")

const (
	idPrefix  = "did:webvh:"
	webPrefix = "did:web:"
	maxID     = 2048
	scidSize  = 46
)

// Identifier is a did:webvh DID taken apart, with every part decoded and in its
// canonical spelling.
type Identifier struct {
	// SCID is the 46-character self-certifying identifier.
	SCID string
	// Domain is host or host:port as in a URL: ASCII (IDNA A-labels), lower case.
	Domain string
	// Path holds the percent-decoded segments; empty for a DID at the domain's root.
	Path []string
}

// NewIdentifier is the identifier of the log with that SCID at a domain, host or host:port
// in Unicode or ASCII, and a path of decoded segments. Errors are ErrInvalidID.
func NewIdentifier(scid, host string, path []string) (Identifier, error) {
	escaped := make([]string, 0, len(path)+1)
	name, port, hasPort := strings.Cut(host, ":")
	escaped = append(escaped, percentEncode(name, ""))
	if hasPort {
		escaped[0] += "%3A" + percentEncode(port, "")
	}
	for _, segment := range path {
		escaped = append(escaped, percentEncode(segment, ""))
	}
	return ParseID(did.ID(idPrefix + scid + ":" + strings.Join(escaped, ":")))
}

// ParseID takes a bare did:webvh DID apart ("Method-Specific Identifier"). A DID
// URL, an IP address in whatever spelling, and a path that climbs are refused.
func ParseID(id did.ID) (Identifier, error) {
	if len(id) > maxID {
		return Identifier{}, fmt.Errorf("%w: longer than %d bytes", ErrInvalidID, maxID)
	}
	rest, ok := strings.CutPrefix(string(id), idPrefix)
	if !ok {
		return Identifier{}, fmt.Errorf("%w: no prefix %s", ErrInvalidID, idPrefix)
	}
	parts := strings.Split(rest, ":")
	if len(parts) < 2 {
		return Identifier{}, fmt.Errorf("%w: no domain", ErrInvalidID)
	}
	if !isSCID(parts[0]) {
		return Identifier{}, fmt.Errorf("%w: the SCID is not %d base58btc characters", ErrInvalidID, scidSize)
	}
	host, err := domain.Parse(parts[1])
	if err == nil && !domain.IsQualified(host) {
		err = errNotQualified
	}
	if err != nil {
		return Identifier{}, fmt.Errorf("%w: domain: %w", ErrInvalidID, err)
	}
	path, err := parsePath(parts[2:])
	if err != nil {
		return Identifier{}, fmt.Errorf("%w: path: %w", ErrInvalidID, err)
	}
	return Identifier{SCID: parts[0], Domain: host, Path: path}, nil
}

func parsePath(parts []string) ([]string, error) {
	if len(parts) == 0 {
		return nil, nil
	}
	path := make([]string, len(parts))
	for i, p := range parts {
		segment, err := domain.Unescape(p)
		if err != nil {
			return nil, err
		}
		if err := checkSegment(segment); err != nil {
			return nil, err
		}
		path[i] = segment
	}
	return path, nil
}

// checkSegment applies the rules for a decoded path segment.
func checkSegment(s string) error {
	switch {
	case s == "":
		return errors.New("empty segment")
	case s == "." || s == "..":
		return errors.New("dot segment")
	case strings.ContainsAny(s, "/\\\x00"):
		return errors.New("separator or NUL in a segment")
	case !utf8.ValidString(s):
		return errors.New("segment is not UTF-8")
	case strings.TrimFunc(s, unicode.IsSpace) != s:
		return errors.New("segment begins or ends with white space")
	}
	return nil
}

const upperHex = "0123456789ABCDEF"

// percentEncode encodes all but the characters of idchar and those in more.
func percentEncode(s, more string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if !domain.IsPlain(c) && strings.IndexByte(more, c) < 0 {
			b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func isSCID(s string) bool {
	return len(s) == scidSize && isBase58(s)
}
