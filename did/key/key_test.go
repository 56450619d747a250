package key_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
)

// ed25519 and its derived X25519 key are the example of the did:key specification.
const (
	ed25519 = "z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"
	x25519  = "z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"
	p256    = "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"
	p384    = "z82LkvCwHNreneWpsgPEbV3gu1C6NFJEBg4srfJ5gdxEsMGRJUz2sG9FE42shbn2xkZJh54"
	secp    = "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme"
)

func TestExpand(t *testing.T) {
	signing := []did.Relationship{did.Authentication, did.AssertionMethod, did.CapabilityInvocation, did.CapabilityDelegation}
	for name, test := range map[string]struct{ signs, agrees string }{
		ed25519: {ed25519, x25519},
		x25519:  {"", x25519},
		p256:    {p256, ""},
		p384:    {p384, ""},
		secp:    {secp, ""},
	} {
		id := did.ID("did:key:" + name)
		doc, err := key.Expand(id)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if doc.ID() != id {
			t.Errorf("%s: id %s", name, doc.ID())
		}
		for _, rel := range signing {
			if got := strings.Join(doc.Related(rel), " "); got != url(id, test.signs) {
				t.Errorf("%s: %s is %s", name, rel, got)
			}
		}
		if got := strings.Join(doc.Related(did.KeyAgreement), " "); got != url(id, test.agrees) {
			t.Errorf("%s: keyAgreement is %s", name, got)
		}
		for _, m := range doc.VerificationMethods() {
			if m.KeyErr != nil || !strings.HasSuffix(m.ID, "#"+m.Key.String()) || m.Controller != id {
				t.Errorf("%s: method %+v", name, m)
			}
		}
		k, err := key.Parse(id)
		if err != nil || key.FromPublic(k) != id {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
}

func url(id did.ID, fragment string) string {
	if fragment == "" {
		return ""
	}
	return string(id) + "#" + fragment
}

func TestExpandRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		id   string
		code did.ErrorCode
	}{
		"other method":          {"did:web:example.com", did.MethodNotSupported},
		"empty":                 {"did:key:", did.InvalidDID},
		"no multibase header":   {"did:key:" + ed25519[1:], did.InvalidDID},
		"base64url":             {"did:key:u7QEucg", did.InvalidDID},
		"version":               {"did:key:1.1:" + ed25519, did.InvalidDID},
		"explicit version 1":    {"did:key:1:" + ed25519, did.InvalidDID},
		"BLS12-381":             {"did:key:zUC7K4ndUaGZgV7Cp2yJy6JtMoUHY6u7tkcSYUvPrEidqBmLCTLmi6d5WvwnUqejscAkERJ3bfjEiSYtdPkRSE8kSa11hFBr4sTgnbZ95SJj19PN2jdvJjyzpSZgxkyyxNnBNnY", did.UnsupportedPublicKeyType},
		"P-521":                 {"did:key:z2J9gaYxrKVpdoG9A4gRnmpnRCcxU6agDtFVVBVdn1JedouoZN7SzcyREXXzWgt3gGiwpoHq7K68X4m32D8HgzG8wv3sY5j7", did.UnsupportedPublicKeyType},
		"RSA":                   {"did:key:z4MX" + strings.Repeat("a", 365), did.UnsupportedPublicKeyType},
		"a digit changed":       {"did:key:" + ed25519[:20] + "0" + ed25519[21:], did.InvalidDID},
		"a character less":      {"did:key:" + ed25519[:len(ed25519)-1], did.InvalidDID},
		"a character more":      {"did:key:" + ed25519 + "1", did.InvalidDID},
		"secret key":            {"did:key:z3u2en7t5LR2WtQH5PfFqMqwVHgeXouLzo6haApm8XHqvjxq", did.InvalidDID},
		"fragment left in":      {"did:key:" + ed25519 + "#" + ed25519, did.InvalidDID},
		"very long":             {"did:key:z" + strings.Repeat("1", 100000), did.InvalidDID},
		"identity of Ed25519":   {"did:key:z6MkeTG3bFFSLYVU7VqhgZxqr6YzpaGrQtFMh1uvqGy1vDnP", did.InvalidDID},
		"upper-case multibase":  {"did:key:Z" + ed25519[1:], did.InvalidDID},
		"two keys":              {"did:key:" + ed25519 + ":" + ed25519, did.InvalidDID},
		"capital in the method": {"did:Key:" + ed25519, did.MethodNotSupported},
	} {
		if _, err := key.Expand(did.ID(test.id)); did.CodeOf(err) != test.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseMethodID(t *testing.T) {
	if _, err := key.ParseMethodID("did:key:" + ed25519 + "#" + ed25519); err != nil {
		t.Error(err)
	}
	for name, url := range map[string]string{
		"no fragment":                "did:key:" + ed25519,
		"empty fragment":             "did:key:" + ed25519 + "#",
		"another key's fragment":     "did:key:" + ed25519 + "#" + p256,
		"the derived key's fragment": "did:key:" + ed25519 + "#" + x25519,
		"two fragments":              "did:key:" + ed25519 + "#" + ed25519 + "#" + ed25519,
		"query":                      "did:key:" + ed25519 + "?a=b#" + ed25519,
		"path":                       "did:key:" + ed25519 + "/a#" + ed25519,
		"relative":                   "#" + ed25519,
	} {
		if k, err := key.ParseMethodID(url); err == nil {
			t.Errorf("%s: gives %v", name, k)
		}
	}
}

func TestResolver(t *testing.T) {
	ctx := context.Background()
	id := did.ID("did:key:" + ed25519)
	if r, err := (key.Resolver{}).Resolve(ctx, id, did.Options{}); err != nil || r.Document.ID() != id {
		t.Errorf("%v, %v", r, err)
	}
	_, err := key.Resolver{}.Resolve(ctx, id, did.Options{VersionNumber: 1})
	if !errors.Is(err, &did.Error{Code: did.NotFound}) {
		t.Errorf("a version: %v", err)
	}
	_, err = key.Resolver{}.Resolve(ctx, id, did.Options{VersionNumber: 1, VersionID: "1"})
	if did.CodeOf(err) != did.InvalidOptions {
		t.Errorf("two versions: %v", err)
	}
}

// TestZeroKey: no key has no DID, rather than one of an empty key.
func TestZeroKey(t *testing.T) {
	if id := key.FromPublic(multikey.PublicKey{}); id != "" {
		t.Error(id)
	}
	if id := key.MethodID(multikey.PublicKey{}); id != "" {
		t.Error(id)
	}
}

func BenchmarkExpand(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := key.Expand("did:key:" + ed25519); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzExpand(f *testing.F) {
	for _, s := range []string{ed25519, x25519, p256, p384, secp, "z", "", "z11"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := did.Parse("did:key:" + s)
		if err != nil {
			return
		}
		doc, err := key.Expand(id)
		if err != nil {
			return
		}
		k, err := key.Parse(id)
		if err != nil || key.FromPublic(k) != id || doc.ID() != id {
			t.Fatalf("%s: %v, %v", id, k, err)
		}
		if _, err := key.ParseMethodID(key.MethodID(k)); err != nil {
			t.Fatal(err)
		}
	})
}
