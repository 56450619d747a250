package webvh

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tabard-id/tabard/did"
)

// ErrInvalidID is wrapped by every error of ParseID.
var ErrInvalidID = errors.New("invalid did:webvh DID")

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
	domain, err := parseDomain(parts[1])
	if err != nil {
		return Identifier{}, fmt.Errorf("%w: domain: %w", ErrInvalidID, err)
	}
	path, err := parsePath(parts[2:])
	if err != nil {
		return Identifier{}, fmt.Errorf("%w: path: %w", ErrInvalidID, err)
	}
	return Identifier{SCID: parts[0], Domain: domain, Path: path}, nil
}

func parsePath(parts []string) ([]string, error) {
	if len(parts) == 0 {
		return nil, nil
	}
	path := make([]string, len(parts))
	for i, p := range parts {
		segment, err := percentDecode(p)
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

// percentDecode reads *idchar, decoding exactly once.
func percentDecode(s string) (string, error) {
	if strings.IndexFunc(s, notPlainID) < 0 {
		return s, nil
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			if notPlainID(rune(s[i])) {
				return "", fmt.Errorf("character %q", s[i])
			}
			out = append(out, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", errors.New("truncated percent-encoding")
		}
		b, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", errors.New("invalid percent-encoding")
		}
		out = append(out, byte(b))
		i += 2
	}
	return string(out), nil
}

// notPlainID reports whether c cannot stand for itself in an idchar (DID Core, 3.1).
func notPlainID(c rune) bool {
	return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_')
}

const upperHex = "0123456789ABCDEF"

// percentEncode encodes all but the characters of idchar and those in more.
func percentEncode(s, more string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if notPlainID(rune(c)) && strings.IndexByte(more, c) < 0 {
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
