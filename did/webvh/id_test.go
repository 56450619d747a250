package webvh_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/webvh"
)

// idVector is one identifier: what it is taken apart into, or that it is invalid.
type idVector struct {
	Name   string `json:"name"`
	Source string `json:"source"`
	DID    string `json:"did"`
	Valid  bool   `json:"valid"`
	// Canonical is given where it differs from DID.
	Canonical  string   `json:"canonical,omitempty"`
	Domain     string   `json:"domain,omitempty"`
	Path       []string `json:"path,omitempty"`
	LogURL     string   `json:"logUrl,omitempty"`
	WitnessURL string   `json:"witnessUrl,omitempty"`
	BaseURL    string   `json:"baseUrl,omitempty"`
	Web        string   `json:"web,omitempty"`
}

type idFile struct {
	Description string     `json:"description"`
	Source      string     `json:"source"`
	Cases       []idVector `json:"cases"`
}

const anySCID = "QmQ6FJ4fk2xheSSQoEjVpTgx9AQPKhJgtR9hn1nr4EeCrZ"

// validIDs: name, what follows the SCID, canonical form if another, domain,
// path, and the URL of the log less https:// and did.jsonl.
var validIDs = []struct {
	name, rest, canonical, domain string
	path                          []string
	dir                           string
}{
	{"domain", "example.com", "", "example.com", nil, "example.com/.well-known/"},
	{"subdomain", "issuer.example.com", "", "issuer.example.com", nil, "issuer.example.com/.well-known/"},
	{"path", "example.com:dids:issuer", "", "example.com", []string{"dids", "issuer"}, "example.com/dids/issuer/"},
	{"port", "example.com%3A3000", "", "example.com:3000", nil, "example.com:3000/.well-known/"},
	{"port-in-lower-case-hex", "example.com%3a3000", "example.com%3A3000", "example.com:3000", nil, "example.com:3000/.well-known/"},
	{"port-with-leading-zeros", "example.com%3A00080", "example.com%3A80", "example.com:80", nil, "example.com:80/.well-known/"},
	{"path-and-port", "example.com%3A3000:dids:issuer", "", "example.com:3000", []string{"dids", "issuer"}, "example.com:3000/dids/issuer/"},
	{"upper-case-domain", "Example.COM", "example.com", "example.com", nil, "example.com/.well-known/"},
	{"percent-encoded-letter", "ex%61mple.com:%61", "example.com:a", "example.com", []string{"a"}, "example.com/a/"},
	{"internationalised", "jp%E7%B4%8D%E8%B1%86.%E4%BE%8B.jp:%E7%94%A8%E6%88%B7", "xn--jp-cd2fp15c.xn--fsq.jp:%E7%94%A8%E6%88%B7",
		"xn--jp-cd2fp15c.xn--fsq.jp", []string{"用户"}, "xn--jp-cd2fp15c.xn--fsq.jp/%E7%94%A8%E6%88%B7/"},
	{"a-labels", "xn--jp-cd2fp15c.xn--fsq.jp", "", "xn--jp-cd2fp15c.xn--fsq.jp", nil, "xn--jp-cd2fp15c.xn--fsq.jp/.well-known/"},
	{"decoded-once", "example.com:%252E%252E", "", "example.com", []string{"%2E%2E"}, "example.com/%252E%252E/"},
	{"colon-in-a-segment", "example.com:a%3Ab", "", "example.com", []string{"a:b"}, "example.com/a%3Ab/"},
	{"tilde-and-question-mark", "example.com:a%7Eb%3F", "", "example.com", []string{"a~b?"}, "example.com/a~b%3F/"},
	{"three-dots", "example.com:...", "", "example.com", []string{"..."}, "example.com/.../"},
	{"digits-in-labels", "127.0.0.1.example", "", "127.0.0.1.example", nil, "127.0.0.1.example/.well-known/"},
	{"two-label-localhost", "registry.localhost%3A8700:agents:a1", "", "registry.localhost:8700", []string{"agents", "a1"}, "registry.localhost:8700/agents/a1/"},
}

// invalidIDs: name and the whole DID, with S for a SCID.
var invalidIDs = [][2]string{
	{"empty", ""}, {"method-only", "did:webvh:"}, {"scid-only", "did:webvh:S"}, {"domain-empty", "did:webvh:S:"},
	{"other-method", "did:web:S:example.com"}, {"upper-case-method", "did:WEBVH:S:example.com"},
	{"placeholder", "did:webvh:{SCID}:example.com"}, {"scid-too-short", "did:webvh:Qm:example.com"},
	{"scid-with-zero", "did:webvh:0mQ6FJ4fk2xheSSQoEjVpTgx9AQPKhJgtR9hn1nr4EeCrZ:example.com"}, {"scid-missing", "did:webvh:example.com"},
	{"fragment-in-the-domain", "did:webvh:S:example.com#key-1"}, {"query", "did:webvh:S:example.com?versionId=1"}, {"path-of-a-did-url", "did:webvh:S:example.com/whois"},
	{"encoded-fragment-in-the-domain", "did:webvh:S:example.com%23key-1"}, {"encoded-query-in-the-domain", "did:webvh:S:example.com%3Fx"},
	{"encoded-slash-in-the-domain", "did:webvh:S:example.com%2Fx"}, {"user-in-the-domain", "did:webvh:S:user%40example.com"},
	{"single-label", "did:webvh:S:localhost"}, {"trailing-dot", "did:webvh:S:example.com."}, {"leading-dot", "did:webvh:S:.example.com"},
	{"empty-label", "did:webvh:S:example..com"}, {"label-begins-with-hyphen", "did:webvh:S:-a.example"}, {"label-ends-with-hyphen", "did:webvh:S:a-.example"},
	{"underscore-in-the-domain", "did:webvh:S:a_b.example"}, {"space-in-the-domain", "did:webvh:S:a%20b.example"},
	{"domain-not-utf-8", "did:webvh:S:a%80.example"}, {"label-of-64", "did:webvh:S:" + strings.Repeat("a", 64) + ".example"}, {"name-of-254", "did:webvh:S:" + strings.Repeat("aaaaaaaaa.", 25) + "aaaa"},
	{"ipv4", "did:webvh:S:127.0.0.1"}, {"ipv4-short", "did:webvh:S:127.1"}, {"ipv4-hexadecimal", "did:webvh:S:0x7F.0.0.0X1"}, {"ipv4-octal", "did:webvh:S:0177.0.0.01"},
	{"ipv4-encoded-dots", "did:webvh:S:127%2E0%2e0%2E1"}, {"ipv4-encoded-digits", "did:webvh:S:%31%32%37.0.0.1"}, {"ipv4-with-port", "did:webvh:S:10.0.0.1%3A80"},
	{"ipv4-full-width", "did:webvh:S:%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1"}, {"ipv4-ideographic-dots", "did:webvh:S:127%E3%80%820%E3%80%820%E3%80%821"},
	{"ends-in-a-number", "did:webvh:S:example.1"}, {"ends-in-a-bare-0x", "did:webvh:S:example.0x"},
	{"ipv6", "did:webvh:S:%5B%3A%3A1%5D"}, {"ipv6-with-port", "did:webvh:S:%5B%3A%3A1%5D%3A80"}, {"ipv6-bare", "did:webvh:S:%3A%3A1"},
	{"port-0", "did:webvh:S:example.com%3A0"}, {"port-65536", "did:webvh:S:example.com%3A65536"}, {"port-of-six-digits", "did:webvh:S:example.com%3A000080"},
	{"port-empty", "did:webvh:S:example.com%3A"}, {"port-no-number", "did:webvh:S:example.com%3Ahttps"}, {"port-twice", "did:webvh:S:example.com%3A80%3a81"},
	{"port-encoded-twice", "did:webvh:S:example.com%253A80"}, {"port-digits-encoded", "did:webvh:S:example.com%3A%38%30"}, {"port-signed", "did:webvh:S:example.com%3A+80"},
	{"dot-segment", "did:webvh:S:example.com:."}, {"dot-dot-segment", "did:webvh:S:example.com:.."}, {"dot-dot-encoded", "did:webvh:S:example.com:%2E%2E"},
	{"dot-dot-encoded-in-lower-case", "did:webvh:S:example.com:%2e."}, {"slash-encoded", "did:webvh:S:example.com:a%2Fb"}, {"backslash-encoded", "did:webvh:S:example.com:a%5cb"},
	{"nul-encoded", "did:webvh:S:example.com:a%00"}, {"white-space-first", "did:webvh:S:example.com:%20a"}, {"white-space-last", "did:webvh:S:example.com:a%0A"},
	{"white-space-beyond-ascii", "did:webvh:S:example.com:a%C2%A0"}, {"not-utf-8", "did:webvh:S:example.com:%FF"},
	{"segment-empty", "did:webvh:S:example.com::a"}, {"segment-empty-last", "did:webvh:S:example.com:a:"},
	{"percent-encoding-truncated", "did:webvh:S:example.com:a%2"}, {"percent-encoding-of-no-hex", "did:webvh:S:example.com:a%zz"}, {"percent-encoding-signed", "did:webvh:S:example.com:a%+1"},
	{"character-outside-idchar", "did:webvh:S:example.com:a~b"}, {"unicode-unencoded", "did:webvh:S:例.jp"}, {"invalid-a-label", "did:webvh:S:xn--a-ecp.example%E2%80%8B"},
	{"too-long", "did:webvh:S:example.com:" + strings.Repeat("a", 2048)},
}

func idVectors() idFile {
	f := idFile{Source: specification, Description: "did:webvh identifiers, taken apart and transformed to URLs, and invalid ones."}
	for _, v := range validIDs {
		c := idVector{
			Name: v.name, Source: source + "The DID to HTTPS Transformation", Valid: true,
			DID: "did:webvh:" + anySCID + ":" + v.rest, Domain: v.domain, Path: v.path,
			LogURL: "https://" + v.dir + "did.jsonl", WitnessURL: "https://" + v.dir + "did-witness.json",
			BaseURL: "https://" + strings.TrimSuffix(v.dir, ".well-known/"),
			Web:     "did:web:" + orElse(v.canonical, v.rest),
		}
		if v.canonical != "" {
			c.Canonical = "did:webvh:" + anySCID + ":" + v.canonical
		}
		f.Cases = append(f.Cases, c)
	}
	for _, v := range invalidIDs {
		text := strings.Replace(v[1], ":S", ":"+anySCID, 1)
		f.Cases = append(f.Cases, idVector{Name: v[0], Source: source + "Method-Specific Identifier", DID: text})
	}
	return f
}

// TestIdentifiers checks vectors/webvh/identifiers.json.
func TestIdentifiers(t *testing.T) {
	var file idFile
	if err := json.Unmarshal(read(t, filepath.Join(vectorDir, "identifiers.json")), &file); err != nil {
		t.Fatal(err)
	}
	for _, v := range file.Cases {
		got, err := webvh.ParseID(did.ID(v.DID))
		if !v.Valid {
			if !errors.Is(err, webvh.ErrInvalidID) {
				t.Errorf("%s: ParseID(%q) = %+v, %v", v.Name, v.DID, got, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: ParseID(%q): %v", v.Name, v.DID, err)
			continue
		}
		checkIdentifier(t, v, got)
	}
}

func checkIdentifier(t *testing.T, v idVector, got webvh.Identifier) {
	t.Helper()
	back := idVector{
		Name: v.Name, Source: v.Source, DID: v.DID, Valid: true, Domain: got.Domain, Path: got.Path,
		LogURL: got.LogURL(), WitnessURL: got.WitnessURL(), BaseURL: got.BaseURL(), Web: string(got.Web()),
	}
	if id := string(got.ID()); id != v.DID {
		back.Canonical = id
	}
	if !reflect.DeepEqual(back, v) {
		t.Errorf("%s:\n%+v\nwant\n%+v", v.Name, back, v)
	}
	checkRoundTrip(t, got)
}

// checkRoundTrip: the canonical DID is a DID, and is taken apart into the same.
func checkRoundTrip(t *testing.T, id webvh.Identifier) {
	t.Helper()
	if _, err := did.Parse(string(id.ID())); err != nil {
		t.Errorf("ID %q: %v", id.ID(), err)
	}
	again, err := webvh.ParseID(id.ID())
	if err != nil || !reflect.DeepEqual(again, id) {
		t.Errorf("ParseID(%q) = %+v, %v; want %+v", id.ID(), again, err, id)
	}
}

func FuzzParseID(f *testing.F) {
	for _, v := range idVectors().Cases {
		f.Add(v.DID)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := webvh.ParseID(did.ID(s))
		if err != nil {
			return
		}
		if _, err := did.Parse(s); err != nil {
			t.Errorf("ParseID accepts %q, which is no DID: %v", s, err)
		}
		if len(id.ID()) <= 2048 {
			checkRoundTrip(t, id)
		}
	})
}
