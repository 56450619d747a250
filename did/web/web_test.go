package web_test

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/web"
)

func TestParseID(t *testing.T) {
	for id, want := range map[did.ID]string{
		"did:web:w3c-ccg.github.io":                               "https://w3c-ccg.github.io/.well-known/did.json",
		"did:web:w3c-ccg.github.io:user:alice":                    "https://w3c-ccg.github.io/user/alice/did.json",
		"did:web:example.com%3A3000:user:alice":                   "https://example.com:3000/user/alice/did.json",
		"did:web:registry.localhost%3A8700:agents:7":              "https://registry.localhost:8700/agents/7/did.json",
		"did:web:localhost":                                       "https://localhost/.well-known/did.json",
		"did:web:xn--bcher-kva.example":                           "https://xn--bcher-kva.example/.well-known/did.json",
		"did:web:example.com:a%20b%2Cc":                           "https://example.com/a%20b%2Cc/did.json",
		"did:web:example.com:b%C3%BCcher:a%2Cb":                   "https://example.com/b%C3%BCcher/a%2Cb/did.json",
		"did:web:1.example:...:-":                                 "https://1.example/.../-/did.json",
		"did:web:example.com%3A65535":                             "https://example.com:65535/.well-known/did.json",
		"did:web:a.0xg":                                           "https://a.0xg/.well-known/did.json",
		did.ID("did:web:" + strings.Repeat("a", 63)):              "https://" + strings.Repeat("a", 63) + "/.well-known/did.json",
		"did:web:example.com:" + did.ID(strings.Repeat("a", 255)): "https://example.com/" + strings.Repeat("a", 255) + "/did.json",
	} {
		i, err := web.ParseID(id)
		if err != nil || i.URL() != want || i.ID() != id {
			t.Errorf("%s: %v, %v", id, i, err)
		}
	}
}

func TestParseIDRefuses(t *testing.T) {
	for name, suffix := range map[string]string{
		"nothing":                     "",
		"IPv4":                        "127.0.0.1",
		"IPv4 and port":               "127.0.0.1%3A80",
		"IPv4 as one number":          "2130706433",
		"IPv4 in hexadecimal":         "0x7f000001",
		"IPv4 in mixed notation":      "127.0.0x1",
		"IPv4 in octal":               "0177.1",
		"empty hexadecimal number":    "a.0x",
		"percent-encoded IPv4":        "%31%32%37.0.0.1",
		"percent-encoded dots":        "127%2E0%2E0%2E1",
		"IPv6":                        "%5B%3A%3A1%5D",
		"IPv6 without brackets":       "%3A%3A1",
		"lower-case %3a":              "example.com%3a3000",
		"port without encoding":       "example.com:3000:",
		"port 0":                      "example.com%3A0",
		"port too high":               "example.com%3A65536",
		"port with leading zero":      "example.com%3A080",
		"empty port":                  "example.com%3A",
		"two ports":                   "example.com%3A80%3A80",
		"signed port":                 "example.com%3A%2B80",
		"user information":            "user%40example.com",
		"upper-case host":             "Example.com",
		"underscore in the host":      "a_b.example",
		"percent-encoded letter":      "%65xample.com",
		"percent-encoded slash":       "example.com%2Fetc",
		"empty label":                 "example..com",
		"dot at the end":              "example.com.",
		"label begins with a hyphen":  "-a.example",
		"label ends with a hyphen":    "a-.example",
		"label of 64 characters":      strings.Repeat("a", 64) + ".example",
		"host of 254 characters":      strings.Repeat("a.", 126) + "aa",
		"parent":                      "example.com:..",
		"parent inside":               "example.com:a:..:b",
		"percent-encoded parent":      "example.com:%2E%2E",
		"half-encoded parent":         "example.com:.%2E",
		"this directory":              "example.com:.",
		"slash in a segment":          "example.com:a%2Fb",
		"backslash in a segment":      "example.com:a%5Cb",
		"NUL in a segment":            "example.com:a%00",
		"line end in a segment":       "example.com:a%0A",
		"DEL in a segment":            "example.com:a%7F",
		"percent sign encoded":        "example.com:%252E%252E",
		"lower-case hexadecimal":      "example.com:b%c3%bccher",
		"letter encoded needlessly":   "example.com:%61",
		"empty segment":               "example.com::a",
		"empty last segment":          "example.com:a:",
		"truncated encoding":          "example.com:a%4",
		"encoding of no hexadecimal":  "example.com:a%GG",
		"sign in the encoding":        "example.com:a%+4",
		"segment of 256 characters":   "example.com:" + strings.Repeat("a", 256),
		"fragment leaks into domain":  "example.com#a",
		"query leaks into the domain": "example.com?a",
	} {
		if i, err := web.ParseID(did.ID("did:web:" + suffix)); did.CodeOf(err) != did.InvalidDID {
			t.Errorf("%s: %+v, %v", name, i, err)
		}
	}
	if _, err := web.ParseID("did:webvh:example.com"); did.CodeOf(err) != did.MethodNotSupported {
		t.Error(err)
	}
}

func TestParseDocument(t *testing.T) {
	const id = "did:web:example.com"
	if doc, err := web.ParseDocument(id, []byte(`{"id":"did:web:example.com"}`)); err != nil || doc.ID() != id {
		t.Errorf("%v, %v", doc, err)
	}
	for name, data := range map[string]string{
		"another id":     `{"id":"did:web:example.org"}`,
		"another path":   `{"id":"did:web:example.com:a"}`,
		"no id":          `{}`,
		"two ids":        `{"id":"did:web:example.org","id":"did:web:example.com"}`,
		"not JSON":       `<html>`,
		"nothing at all": ``,
	} {
		if _, err := web.ParseDocument(id, []byte(data)); did.CodeOf(err) != did.InvalidDIDDocument {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzParseID: what is accepted is one place to a URL parser too, and is no address.
func FuzzParseID(f *testing.F) {
	for _, s := range []string{"example.com", "example.com%3A80:a:b", "127.0.0.1", "a:..", "a%2F", "0x7f.1", "%5B"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id := did.ID("did:web:" + s)
		i, err := web.ParseID(id)
		if err != nil {
			return
		}
		if _, err := did.Parse(string(id)); err != nil {
			t.Fatalf("%s is no DID: %v", id, err)
		}
		if i.ID() != id {
			t.Fatalf("%s becomes %s", id, i.ID())
		}
		u, err := url.Parse(i.URL())
		if err != nil || u.Host != i.Domain || u.RawQuery != "" || u.Fragment != "" {
			t.Fatalf("%s: %v, %v", i.URL(), u, err)
		}
		if u.JoinPath().EscapedPath() != u.EscapedPath() {
			t.Fatalf("%s walks the path", i.URL())
		}
		if _, err := netip.ParseAddr(u.Hostname()); err == nil {
			t.Fatalf("%s is an address", i.URL())
		}
	})
}

func ExampleIdentifier_URL() {
	i, err := web.ParseID("did:web:example.com%3A3000:user:alice")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(i.Domain, i.Path)
	fmt.Println(i.URL())
	// Output:
	// example.com:3000 [user alice]
	// https://example.com:3000/user/alice/did.json
}
