package fetch

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxURL bounds a URL.
const maxURL = 2048

// Lengths of DNS names (RFC 1035, 2.3.4).
const (
	maxName  = 253
	maxLabel = 63
)

// Target is a URL that may be asked, in its one spelling: host in lower case,
// without a port if it is 443.
type Target struct {
	// Host is a DNS name of at least two labels.
	Host string
	Port int
	// PathQuery begins with a slash, as it goes on the wire.
	PathQuery string
}

// Origin is host, or host:port where the port is not 443: what redirects may not
// leave.
func (t Target) Origin() string {
	if t.Port == httpsPort {
		return t.Host
	}
	return t.Host + ":" + strconv.Itoa(t.Port)
}

func (t Target) String() string { return "https://" + t.Origin() + t.PathQuery }

const httpsPort = 443

// Policy says which names and ports may be asked.
type Policy struct {
	// Local lets names through that are never public: localhost, those of one label
	// and those under special-use domains (RFC 6761). For tests.
	Local bool
	// Ports, if set, are all that are allowed.
	Ports []int
}

// ParseURL judges a URL by its text alone. Errors are *Error with ErrURL.
//
// The URL is https, with a DNS name in ASCII for a host, neither an address in
// whatever notation nor a name that is never public, no user information and no
// fragment; the path has no dot segments, encoded or not, no backslashes and no
// control characters. The port is 443, or one from 1024 on that is not a bad port of
// the Fetch Standard.
func ParseURL(s string, p Policy) (Target, error) {
	t, err := parseURL(s, p)
	if err != nil {
		return Target{}, &Error{Kind: ErrURL, Detail: err.Error()}
	}
	return t, nil
}

func parseURL(s string, p Policy) (Target, error) {
	if len(s) > maxURL {
		return Target{}, fmt.Errorf("longer than %d bytes", maxURL)
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			return Target{}, fmt.Errorf("byte %d cannot stand in a URL", i)
		}
	}
	if strings.Contains(s, "#") {
		return Target{}, fmt.Errorf("it has a fragment")
	}
	rest, ok := cutScheme(s)
	if !ok {
		return Target{}, fmt.Errorf("the scheme is not https")
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	authority, pathQuery := rest[:end], rest[end:]
	t := Target{Port: httpsPort}
	var err error
	if t.Host, t.Port, err = parseAuthority(authority, p); err != nil {
		return Target{}, err
	}
	if !strings.HasPrefix(pathQuery, "/") {
		pathQuery = "/" + pathQuery
	}
	if err := checkPath(pathQuery); err != nil {
		return Target{}, err
	}
	t.PathQuery = pathQuery
	return t, nil
}

func cutScheme(s string) (rest string, ok bool) {
	const scheme = "https://"
	if len(s) < len(scheme) || !strings.EqualFold(s[:len(scheme)], scheme) {
		return "", false
	}
	return s[len(scheme):], true
}

func parseAuthority(s string, p Policy) (host string, port int, err error) {
	if strings.Contains(s, "@") {
		return "", 0, fmt.Errorf("it has user information")
	}
	if strings.ContainsAny(s, "[]") {
		return "", 0, fmt.Errorf("the host is an address")
	}
	host, digits, hasPort := strings.Cut(s, ":")
	port = httpsPort
	if hasPort {
		if port, err = parsePort(digits); err != nil {
			return "", 0, err
		}
	}
	if err := checkPort(port, p); err != nil {
		return "", 0, err
	}
	host = strings.ToLower(host)
	return host, port, checkHost(host, p)
}

func parsePort(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != s {
		return 0, fmt.Errorf("port %.16q", s)
	}
	return int(n), nil
}

// badPorts are those from 1024 on that the Fetch Standard, 2.9, blocks.
var badPorts = []int{1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080}

func checkPort(port int, p Policy) error {
	const firstUnprivileged = 1024
	switch {
	case len(p.Ports) > 0:
		if !slices.Contains(p.Ports, port) {
			return fmt.Errorf("port %d is not one of those allowed here", port)
		}
	case port == httpsPort:
	case port < firstUnprivileged:
		return fmt.Errorf("port %d belongs to another service", port)
	case slices.Contains(badPorts, port):
		return fmt.Errorf("port %d belongs to another service", port)
	}
	return nil
}

// neverPublic are special-use names (RFC 6761, 6762, 7686, 8375, 9476, and ICANN's
// reservation of internal): whoever answers for them is on the node's own network.
var neverPublic = []string{"localhost", "local", "internal", "localdomain", "lan", "home", "corp", "mail", "intranet", "private",
	"arpa", "onion", "alt", "invalid", "test", "example"}

// checkHost accepts DNS names in lower case.
func checkHost(host string, p Policy) error {
	if host == "" || len(host) > maxName {
		return fmt.Errorf("a host of %d characters", len(host))
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if !isLabel(label) {
			return fmt.Errorf("host: label %.64q is not of letters, digits and inner hyphens", label)
		}
	}
	last := labels[len(labels)-1]
	if numeric(last) {
		return fmt.Errorf("the host is an address")
	}
	if p.Local {
		return nil
	}
	if len(labels) < 2 {
		return fmt.Errorf("host %.64q is not a public name", host)
	}
	if slices.Contains(neverPublic, last) {
		return fmt.Errorf("host: names under %q are not public", last)
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

// numeric reports whether a last label makes URL parsers take a host for an IPv4
// address (URL Standard, 3.5: "ends in a number"), in decimal, octal or hexadecimal.
func numeric(label string) bool {
	digits, hex := strings.CutPrefix(label, "0x")
	for i := range len(digits) {
		c := digits[i]
		if (c < '0' || c > '9') && (!hex || c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// checkPath refuses what servers and proxies read in more than one way.
func checkPath(pathQuery string) error {
	path, _, _ := strings.Cut(pathQuery, "?")
	for i := 0; i < len(pathQuery); i++ {
		if pathQuery[i] == '%' && !encoded(pathQuery[i:]) {
			return fmt.Errorf("byte %d: not percent-encoded well", i)
		}
	}
	for segment := range strings.SplitSeq(path, "/") {
		text, err := url.PathUnescape(segment)
		if err != nil {
			return err
		}
		if text == "." || text == ".." {
			return fmt.Errorf("the path has a dot segment")
		}
		for i := range len(text) {
			if c := text[i]; c < ' ' || c == 0x7f || c == '/' || c == '\\' {
				return fmt.Errorf("the path hides a delimiter or control character")
			}
		}
	}
	return nil
}

func encoded(s string) bool {
	if len(s) < 3 {
		return false
	}
	_, err := strconv.ParseUint(s[1:3], 16, 8)
	return err == nil
}
