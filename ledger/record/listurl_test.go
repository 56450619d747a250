package record_test

import (
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/ledger/record"
)

// A DID may stand in a path in several ways, all of which mean the same one.
func TestListURL(t *testing.T) {
	const domain = "registry.example:8700"
	const base = "https://" + domain + "/v1/status-lists/"
	for text, issuer := range map[string]did.ID{
		"did:key:z6Mk":                            "did:key:z6Mk",
		"did%3Akey%3Az6Mk":                        "did:key:z6Mk",
		"did:web:host%3A8700:alice":               "did:web:host%3A8700:alice",
		"did:web:host%253A8700:alice":             "did:web:host%3A8700:alice",
		"did%3Aweb%3Ahost%253A8700%3Aalice":       "did:web:host%3A8700:alice",
		"did:key%3Az6Mk":                          "did:key:z6Mk",
		"did%3aweb%3ahost%253A8700%3aalice":       "did:web:host%3A8700:alice",
		"did:webvh:Qm:host%3A8700:agents:alice":   "did:webvh:Qm:host%3A8700:agents:alice",
		"did:webvh:Qm:host%253A8700:agents:alice": "did:webvh:Qm:host%3A8700:agents:alice",
	} {
		for _, scheme := range []string{"https", "http"} {
			url := scheme + "://" + domain + record.ListPath + text + "/revocation/7"
			id, ok := record.ParseListURL(url, domain)
			if want := (record.ListID{Issuer: issuer, Purpose: record.Revocation, Number: 7}); !ok || id != want {
				t.Errorf("%s: %+v, %t", url, id, ok)
			}
		}
		id := record.ListID{Issuer: issuer, Purpose: record.Suspension, Number: 1048575}
		if back, ok := record.ParseListURL("https://"+domain+id.Path(), domain); !ok || back != id {
			t.Errorf("%s reads back as %+v, %t", id.Path(), back, ok)
		}
	}
	for name, url := range map[string]string{
		"another-host":       "https://elsewhere.example/v1/status-lists/did:key:z6Mk/revocation/0",
		"host-as-prefix":     "https://registry.example:87000/v1/status-lists/did:key:z6Mk/revocation/0",
		"host-as-user":       "https://registry.example:8700@evil.example/v1/status-lists/did:key:z6Mk/revocation/0",
		"scheme-ftp":         "ftp://registry.example:8700/v1/status-lists/did:key:z6Mk/revocation/0",
		"issuer-no-did":      base + "alice/revocation/0",
		"issuer-empty":       base + "/revocation/0",
		"encoding-broken":    base + "did%3Akey%zz/revocation/0",
		"encoded-slash":      base + "did%3Akey%3Az6Mk%2Frevocation%2F0",
		"purpose-of-others":  base + "did:key:z6Mk/message/0",
		"number-padded":      base + "did:key:z6Mk/revocation/00",
		"number-with-plus":   base + "did:key:z6Mk/revocation/+1",
		"number-too-large":   base + "did:key:z6Mk/revocation/1048576",
		"query":              base + "did:key:z6Mk/revocation/0?timestamp=2026-01-01T00:00:00Z",
		"fragment":           base + "did:key:z6Mk/revocation/0#5",
		"one-segment-more":   base + "did:key:z6Mk/revocation/0/",
		"one-segment-fewer":  base + "did:key:z6Mk/revocation",
		"domain-not-founded": "https:///v1/status-lists/did:key:z6Mk/revocation/0",
	} {
		if id, ok := record.ParseListURL(url, domain); ok {
			t.Errorf("%s: %s is taken for %+v", name, url, id)
		}
	}
	if _, ok := record.ParseListURL("https:///v1/status-lists/did:key:z6Mk/revocation/0", ""); ok {
		t.Error("a registry without a domain has lists")
	}
}
