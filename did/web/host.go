package web

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var (
	errHost = errors.New("invalid host")
	errPath = errors.New("invalid path segment")
)

// portSeparator is the colon before a port, as a DID must write it.
const portSeparator = "%3A"

// Lengths of DNS names (RFC 1035, 2.3.4).
const (
	maxName  = 253
	maxLabel = 63
)

// maxSegment bounds one path segment, so that it can be the name of a file.
const maxSegment = 255

// parseDomain reads the domain of a DID: a DNS name, and perhaps %3A and a port.
func parseDomain(s string) (string, error) {
	host, port, hasPort := strings.Cut(s, portSeparator)
	if err := checkHost(host); err != nil {
		return "", err
	}
	if !hasPort {
		return host, nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
		return "", fmt.Errorf("%w: port %.16q", errHost, port)
	}
	return host + ":" + port, nil
}

// checkHost accepts lower-case DNS names, and refuses everything that a URL
// parser might take for an IP address in whatever notation.
func checkHost(host string) error {
	if host == "" || len(host) > maxName {
		return fmt.Errorf("%w: %d characters", errHost, len(host))
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if !isLabel(label) {
			return fmt.Errorf("%w: label %.64q is not of lower-case letters, digits and inner hyphens", errHost, label)
		}
	}
	if looksNumeric(labels[len(labels)-1]) {
		return fmt.Errorf("%w: %.64q is an IP address", errHost, host)
	}
	return nil
}

func isLabel(s string) bool {
	if s == "" || len(s) > maxLabel || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// looksNumeric reports whether a last label makes a host an IPv4 address in the
// eyes of URL parsers (URL Standard, 3.5: "ends in a number").
func looksNumeric(label string) bool {
	digits := strings.TrimPrefix(label, "0x")
	for i := range len(digits) {
		c := digits[i]
		hex := len(digits) < len(label) && 'a' <= c && c <= 'f'
		if (c < '0' || c > '9') && !hex {
			return false
		}
	}
	return true
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
