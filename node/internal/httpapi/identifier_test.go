package httpapi

import (
	"testing"

	"github.com/tabard-id/tabard/did"
)

func TestIdentifierAsSentInThePath(t *testing.T) {
	const hosted = "did:webvh:QmX:registry.localhost%3A8700:agents:a"
	for _, c := range []struct{ name, raw, want string }{
		{"literal", hosted, hosted},
		{"wholly encoded", "did%3Awebvh%3AQmX%3Aregistry.localhost%253A8700%3Aagents%3Aa", hosted},
		{"path escaped, colons kept", "did:webvh:QmX:registry.localhost%253A8700:agents:a", hosted},
		{"literal with encoded fragment", hosted + "%23key-1", hosted + "#key-1"},
		{"path escaped with fragment", "did:webvh:QmX:registry.localhost%253A8700:agents:a%23key-1", hosted + "#key-1"},
		{"encoded query", "did%3Akey%3Az6Mk%3FversionId%3D1-x", "did:key:z6Mk?versionId=1-x"},
		{"literal with encoded query", "did:key:z6Mk%3FversionId=1-x", "did:key:z6Mk?versionId=1-x"},
		{"lower-case encoding", "did%3akey%3az6Mk%23z6Mk", "did:key:z6Mk#z6Mk"},
		{"literal path", "did:web:a.example/whois", "did:web:a.example/whois"},
	} {
		got, err := decodeIdentifier(c.raw)
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
	if _, err := decodeIdentifier("did%3Akey%3Az6Mk%zz"); did.CodeOf(err) != did.InvalidDID {
		t.Errorf("bad encoding: %v", err)
	}
}

// Each case is wrong in its own way and in every later one: syntax, method, options known, options valid.
func TestOrderOfChecks(t *testing.T) {
	n := startNode(t)
	for _, c := range []struct {
		target string
		want   did.ErrorCode
	}{
		{"not-a-did?bogus=1&bogus=2&versionNumber=x", did.InvalidDID},
		{"did:example?bogus=1&versionNumber=x", did.InvalidDID},
		{"did:unsupported:1?bogus=1&bogus=2", did.MethodNotSupported},
		{"did:webvh:QmX:a.example?bogus=1&versionNumber=x", did.FeatureNotSupported},
		{"did:webvh:QmX:a.example?versionNumber=x", did.InvalidOptions},
		{"did:webvh:QmX:a.example%3FversionId=1-x?versionId=1-x", did.InvalidOptions},
		{"did:webvh:QmX:a.example%3FversionId=1-x&versionId=2-x", did.InvalidDIDURL},
		{"did:webvh:QmX:a.example?versionNumber=2", did.InvalidDID},
	} {
		got := n.get(identifiers + c.target)
		if want := statusOf[c.want]; got.status != want {
			t.Errorf("%s: %d, want %d", c.target, got.status, want)
		}
		got.checkNothing((&did.Error{Code: c.want}).Type())
	}
}

func TestNegotiation(t *testing.T) {
	for _, c := range []struct {
		accept string
		want   representation
	}{
		{"", repAny},
		{"*/*", repAny},
		{"application/*", repAny},
		{"application/json", repAnyJSON},
		{"text/uri-list", repURIs},
		{"text/html;q=0.9, text/uri-list;q=0.1", repURIs},
		{"application/did-resolution", repResult},
		{"application/did", repDocument},
		{"application/did+json", repJSON},
		{"application/did+ld+json", repJSONLD},
		{`application/ld+json;profile="https://w3id.org/did-resolution"`, repResult},
		{`application/ld+json;profile="https://w3id.org/did-url-dereferencing"`, repDereference},
		{"application/did-url-dereferencing", repDereference},
		{"application/json, text/plain, */*", repAnyJSON},
		{"text/html, application/did;q=0.4, application/did-resolution;q=0.9", repResult},
		{"application/did, application/did-resolution", repDocument},
		{"application/did;q=0", repNone},
		{"*/*, application/did-resolution;q=0", repDocument},
		{"application/did;q=0, application/did-resolution;q=0.0, */*;q=0.1", repDereference},
		{"*/*;q=0", repNone},
		{"text/html", repNone},
		{"application/x-unsupported-did-representation-99999", repNone},
		{"application/did;q=seven", repNone},
		{";;;", repNone},
	} {
		if got := negotiate([]string{c.accept}); got != c.want {
			t.Errorf("%q: %d, want %d", c.accept, got, c.want)
		}
	}
	if got := negotiate([]string{"text/html", "application/did"}); got != repDocument {
		t.Errorf("two headers: %d", got)
	}
	if got := negotiate(nil); got != repAny {
		t.Errorf("no header: %d", got)
	}
}

func FuzzParseIdentifier(f *testing.F) {
	for _, seed := range []string{"did:key:z6Mk", "did%3Aweb%3Aa", "did:web:a%253A1?x=%2F#f", "%", "did:a:%25%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := parseIdentifier(raw)
		if err != nil {
			if code := did.CodeOf(err); statusOf[code] == 0 || ours(code) {
				t.Fatalf("%q: %v has no status", raw, err)
			}
			return
		}
		if _, err := did.Parse(string(u.DID)); err != nil {
			t.Fatalf("%q gave the invalid DID %q", raw, u.DID)
		}
		if again, err := did.ParseURL(u.String()); err != nil || again != u {
			t.Fatalf("%q: %q reads as %q", raw, u, again)
		}
	})
}
