package webvh

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

const (
	maxHost  = 253
	maxLabel = 63
)

// parseDomain reads webvh-domain: a percent-encoded name and port. It returns
// them as in a URL.
func parseDomain(s string) (string, error) {
	name, port, err := cutPort(s)
	if err != nil {
		return "", err
	}
	name, err = percentDecode(name)
	if err != nil {
		return "", err
	}
	host, err := canonicalHost(name)
	if err != nil {
		return "", err
	}
	if port == 0 {
		return host, nil
	}
	return host + ":" + strconv.Itoa(port), nil
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
	port, err = parsePort(s[i+3:])
	return s[:i], port, err
}

func parsePort(digits string) (int, error) {
	if len(digits) < 1 || len(digits) > 5 || strings.Trim(digits, "0123456789") != "" {
		return 0, errors.New("port is not one to five digits")
	}
	port, err := strconv.Atoi(digits)
	if err != nil || port < 1 || port > 65535 {
		return 0, errors.New("port is not within 1 to 65535")
	}
	return port, nil
}

// canonicalHost applies IDNA2008 to a decoded name and checks what comes out.
func canonicalHost(name string) (string, error) {
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
	if len(labels) < 2 {
		return "", errors.New("not fully qualified")
	}
	for _, label := range labels {
		if err := checkLabel(label); err != nil {
			return "", err
		}
	}
	if isNumeric(labels[len(labels)-1]) {
		return "", errors.New("IP address")
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
		if c := label[i]; notPlainID(rune(c)) || c == '.' || c == '_' {
			return fmt.Errorf("character %q", c)
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
