// Package domain reads the domain in a did:web or did:webvh DID: a host, and perhaps a
// port. There is one spelling of each: a lower-case ASCII name (IDNA A-labels), no IP
// address, and a port in decimal after %3A. Both methods read domains here, so that what
// one takes for a host is one to the other. It is pure and does bounded work.
package domain

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Lengths of DNS names (RFC 1035, 2.3.4).
const (
	maxHost  = 253
	maxLabel = 63
)

// Parse reads a domain as some DID spells it, percent-encodings in either case, and
// returns host or host:port as in a URL, in its one spelling.
func Parse(s string) (string, error) {
	name, port, err := cutPort(s)
	if err != nil {
		return "", err
	}
	name, err = Unescape(name)
	if err != nil {
		return "", err
	}
	host, err := Host(name)
	if err != nil {
		return "", err
	}
	if port == 0 {
		return host, nil
	}
	return host + ":" + strconv.Itoa(port), nil
}

// Segment is the one spelling that a DID has for a domain that Parse or Host returned.
func Segment(domain string) string { return strings.Replace(domain, ":", "%3A", 1) }

// IsQualified reports whether a host has more than one label.
func IsQualified(domain string) bool {
	host, _, _ := strings.Cut(domain, ":")
	return strings.Contains(host, ".")
}

// cutPort splits "name%3A8080" (hexadecimal digits in either case); port is 0
// if there is none.
func cutPort(s string) (name string, port int, err error) {
	i := strings.Index(s, "%3A")
	if i < 0 {
		i = strings.Index(s, "%3a")
	}
	if i < 0 {
		return s, 0, nil
	}
	port, err = Port(s[i+3:])
	return s[:i], port, err
}

// Port reads a port from 1 to 65535.
func Port(digits string) (int, error) {
	if len(digits) < 1 || len(digits) > 5 || strings.Trim(digits, "0123456789") != "" {
		return 0, errors.New("port is not one to five digits")
	}
	port, err := strconv.Atoi(digits)
	if err != nil || port < 1 || port > 65535 {
		return 0, errors.New("port is not within 1 to 65535")
	}
	return port, nil
}

// Host applies IDNA2008 to a decoded name and checks what comes out.
func Host(name string) (string, error) {
	if name == "" {
		return "", errors.New("no host")
	}
	host := strings.ToLower(name)
	if !isASCII(name) || strings.Contains(host, "xn--") {
		var err error
		if host, err = internationalised(name); err != nil {
			return "", err
		}
	}
	if len(host) > maxHost {
		return "", fmt.Errorf("longer than %d octets", maxHost)
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if err := checkLabel(label); err != nil {
			return "", err
		}
	}
	if isNumeric(labels[len(labels)-1]) {
		return "", errors.New("a host that is an IP address")
	}
	return host, nil
}

// internationalised returns the A-labels of a name, which must be what they
// themselves stand for.
func internationalised(name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", errors.New("not UTF-8")
	}
	host, err := idna.Lookup.ToASCII(name)
	if err != nil {
		return "", fmt.Errorf("IDNA: %w", err)
	}
	if again, err := idna.Lookup.ToASCII(host); err != nil || again != host {
		return "", errors.New("IDNA: no fixed point")
	}
	return host, nil
}

// checkLabel applies RFC 1123, 2.1: letters, digits, and hyphens inside.
func checkLabel(label string) error {
	if label == "" || len(label) > maxLabel {
		return fmt.Errorf("label is empty or longer than %d octets", maxLabel)
	}
	if label[0] == '-' || label[len(label)-1] == '-' {
		return errors.New("label begins or ends with a hyphen")
	}
	for i := range len(label) {
		if c := label[i]; !IsPlain(c) || c == '.' || c == '_' {
			return fmt.Errorf("character %q in a host", c)
		}
	}
	return nil
}

// isNumeric reports whether a URL parser would take a host that ends in this
// label for an IPv4 address (WHATWG URL, "ends in a number").
func isNumeric(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// Unescape decodes the percent-encodings of *idchar (DID Core, 3.1), exactly once.
func Unescape(s string) (string, error) {
	if strings.IndexFunc(s, notPlain) < 0 {
		return s, nil
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			if !IsPlain(s[i]) {
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

// IsPlain reports whether c stands for itself in an idchar (DID Core, 3.1).
func IsPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_'
}

func notPlain(c rune) bool { return c >= utf8.RuneSelf || !IsPlain(byte(c)) }
