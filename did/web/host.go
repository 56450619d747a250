package web

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tabard-id/tabard/did/internal/domain"
)

var (
	errHost = errors.New("invalid host")
	errPath = errors.New("invalid path segment")
)

// maxSegment bounds one path segment, so that it can be the name of a file.
const maxSegment = 255

// parseDomain reads the domain of a DID, in its one spelling: other DIDs of the same host
// would not be that of the document found there.
func parseDomain(s string) (string, error) {
	host, err := domain.Parse(s)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errHost, err)
	}
	if spelt := domain.Segment(host); spelt != s {
		return "", fmt.Errorf("%w: %.64q is spelt %s in a did:web DID", errHost, s, spelt)
	}
	return host, nil
}

// checkSegment accepts one path segment: not empty, not a way up, and with
// percent-encoding only where it is needed, so that no two spellings meet.
func checkSegment(s string) error {
	if s == "" || len(s) > maxSegment {
		return fmt.Errorf("%w: %d characters", errPath, len(s))
	}
	if s == "." || s == ".." {
		return fmt.Errorf("%w: %q", errPath, s)
	}
	for i := 0; i < len(s); i++ {
		switch {
		case isUnreserved(s[i]):
		case s[i] == '%' && isEncoded(s[i:]):
			i += 2
		default:
			return fmt.Errorf("%w: byte %d of %.64q", errPath, i, s)
		}
	}
	return nil
}

// isUnreserved is what a DID and a URL both write as it is.
func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_'
}

// isEncoded reports whether s begins with %XX, in upper case, of an octet that
// needs encoding and is harmless in a path.
func isEncoded(s string) bool {
	if len(s) < 3 || strings.ToUpper(s[:3]) != s[:3] {
		return false
	}
	n, err := strconv.ParseUint(s[1:3], 16, 8)
	if err != nil {
		return false
	}
	c := byte(n)
	return c >= 0x20 && c != 0x7f && c != '/' && c != '\\' && c != '%' && !isUnreserved(c)
}
