package foreign

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/cose"
	"github.com/tabard-id/tabard/node/internal/fetch"
)

func listOf(more string) string {
	return `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential","BitstringStatusListCredential"],` +
		`"credentialSubject":{"type":"BitstringStatusList","statusPurpose":"revocation","encodedList":"uH4sI"` + more + `}}`
}

func token(payload string) string {
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	return part(`{"alg":"ES256","typ":"vc+jwt","kid":"a"}`) + "." + part(payload) + "." + part(strings.Repeat("s", 64))
}

func coseOf(t *testing.T, payload string) string {
	t.Helper()
	message, err := cose.Sign(cose.Header{KeyID: []byte("a")}, []byte(payload), key(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	return string(message)
}

func TestStatusListCaching(t *testing.T) {
	for name, c := range map[string]struct {
		body   func(h *host) string
		header []string
		want   time.Duration
	}{
		"nothing said":          {func(*host) string { return listOf("") }, nil, time.Minute},
		"ttl in milliseconds":   {func(*host) string { return listOf(`,"ttl":30000`) }, nil, 30 * time.Second},
		"ttl beats HTTP":        {func(*host) string { return listOf(`,"ttl":30000`) }, []string{"Cache-Control", "max-age=200"}, 30 * time.Second},
		"HTTP":                  {func(*host) string { return listOf("") }, []string{"Cache-Control", "max-age=200"}, 200 * time.Second},
		"ttl beyond bounds":     {func(*host) string { return listOf(`,"ttl":9007199254740991`) }, nil, 5 * time.Minute},
		"ttl of nothing":        {func(*host) string { return listOf(`,"ttl":0`) }, nil, time.Second},
		"negative ttl":          {func(*host) string { return listOf(`,"ttl":-1`) }, nil, time.Second},
		"ttl that is no number": {func(*host) string { return listOf(`,"ttl":"soon"`) }, nil, time.Second},
		"with an entity tag":    {func(*host) string { return listOf(`,"ttl":30000`) }, []string{"Etag", `"1"`}, 30 * time.Second},
		"JWT":                   {func(*host) string { return token(listOf(`,"ttl":20000`)) }, []string{"Content-Type", "application/vc+jwt"}, 20 * time.Second},
		"SD-JWT":                {func(*host) string { return token(listOf(`,"ttl":20000`)) + "~" }, []string{"Content-Type", "application/vc+sd-jwt"}, 20 * time.Second},
		"byte order mark":       {func(*host) string { return "\ufeff" + listOf(`,"ttl":30000`) }, nil, 30 * time.Second},
		"COSE":                  {func(*host) string { return coseOf(t, listOf("")) }, []string{"Content-Type", "application/vc+cose"}, time.Minute},
		"JWT of no JSON":        {func(*host) string { return token("a") }, nil, time.Minute},
		"enveloped": {func(*host) string {
			return fmt.Sprintf(`{"id":"data:application/vc+jwt,%s"}`, token(listOf(`,"ttl":20000`)))
		}, nil, 20 * time.Second},
		"valid for a while still": {func(h *host) string {
			return strings.Replace(listOf(`,"ttl":200000`), `"credentialSubject"`, `"validUntil":"`+h.now.Add(7*time.Second).UTC().Format(time.RFC3339)+`","credentialSubject"`, 1)
		}, nil, 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, nil)
			body := c.body(h)
			h.put("/l", body, c.header...)
			url := "https://" + h.domain + "/l"
			ask := func(hits int) {
				t.Helper()
				got, err := h.resolver.StatusList(t.Context(), url+"#94567", time.Time{})
				if err != nil || got.Own || got.FetchedAt.IsZero() || (got.Token == "") != got.Value.IsObject() {
					t.Fatalf("%+v, %v", got, err)
				}
				if n := h.hits("/l"); n != hits {
					t.Errorf("%d requests, want %d", n, hits)
				}
			}
			ask(1)
			h.later(c.want - time.Second)
			ask(1)
			h.later(time.Second)
			ask(2)
			h.later(c.want)
			h.set("/l", file{status: http.StatusBadGateway})
			if got, err := h.resolver.StatusList(t.Context(), url, time.Time{}); err == nil {
				t.Errorf("a list when its host is down: %+v", got)
			}
		})
	}
}

func TestStatusListOfThePast(t *testing.T) {
	h := newHost(t, nil)
	at := time.Date(2026, 1, 31, 12, 0, 0, 5, time.FixedZone("", 3600))
	h.put("/l?timestamp=2026-01-31T11%3A00%3A00Z", listOf(""))
	h.put("/l?a=b&timestamp=2026-01-31T11%3A00%3A00Z", listOf(""))
	for _, url := range []string{"/l", "/l?a=b"} {
		if _, err := h.resolver.StatusList(t.Context(), "https://"+h.domain+url, at); err != nil {
			t.Error(err)
		}
	}
	if _, err := h.resolver.StatusList(t.Context(), "https://"+h.domain+"/l", time.Time{}); !errors.Is(err, fetch.ErrNotFound) {
		t.Error(err)
	}
	if _, err := h.resolver.StatusList(t.Context(), "https://"+h.domain+"/l?timestamp=a", at); err == nil {
		t.Error("two timestamps")
	}
}

func TestStatusListRefusals(t *testing.T) {
	h := newHost(t, nil)
	h.put("/html", "<html>", "Content-Type", "text/html")
	h.put("/array", "[]")
	h.put("/twice", `{"a":1,"a":2}`)
	h.put("/nothing", "")
	h.put("/none", strings.Replace(token("{}"), "eyJhbGciOiJFUzI1NiI", "eyJhbGciOiJub25lIi", 1))
	h.put("/big", strings.Repeat(" ", maxList+1))
	h.set("/away", file{status: 302, header: map[string]string{"Location": "https://example.org/"}})
	for _, path := range []string{"/html", "/array", "/twice", "/nothing", "/none", "/big", "/away", "/missing"} {
		if _, err := h.resolver.StatusList(t.Context(), "https://"+h.domain+path, time.Time{}); err == nil {
			t.Errorf("%s is taken for a list", path)
		}
	}
	for _, url := range []string{"http://" + h.domain + "/l", "https://127.0.0.1/l", "urn:a", "", "did:web:example.com", "data:application/json,{}"} {
		if _, err := h.resolver.StatusList(t.Context(), url, time.Time{}); !errors.Is(err, fetch.ErrURL) {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestSchema(t *testing.T) {
	h := newHost(t, nil)
	const schema = " {\"type\" : \"object\"}\n"
	h.put("/s.json", schema, "Content-Type", "application/schema+json", "Cache-Control", "max-age=60", "Etag", `"1"`)
	h.put("/big.json", strings.Repeat(" ", maxSchema+1))
	url := "https://" + h.domain + "/s.json"
	for i := range 3 {
		got, err := h.resolver.Schema(t.Context(), url)
		if err != nil || string(got) != schema {
			t.Fatalf("%q, %v", got, err)
		}
		if n := h.hits("/s.json"); n != 1+i/2 {
			t.Errorf("%d requests", n)
		}
		h.later(30 * time.Second)
	}
	for _, path := range []string{"/big.json", "/missing.json"} {
		if _, err := h.resolver.Schema(t.Context(), "https://"+h.domain+path); err == nil {
			t.Errorf("%s", path)
		}
	}
	if _, err := h.resolver.Schema(t.Context(), "http://"+h.domain+"/s.json"); !errors.Is(err, fetch.ErrURL) {
		t.Error(err)
	}
}

// TestSchemaMediaTypes: a schema, and the credential that a JsonSchemaCredential is, under
// every name that the specifications have for them, with the bytes as they were served.
func TestSchemaMediaTypes(t *testing.T) {
	h := newHost(t, nil)
	const body = "\ufeff{}"
	for i, media := range []string{"application/schema+json", "application/json", "application/vc", "application/vc+jwt", "application/vc+sd-jwt",
		"application/vc+cose", "application/vc+ld+json", "application/ld+json", "application/jwt", "text/plain", "application/octet-stream"} {
		path := fmt.Sprintf("/%d", i)
		h.put(path, body, "Content-Type", media)
		if got, err := h.resolver.Schema(t.Context(), "https://"+h.domain+path); err != nil || string(got) != body {
			t.Errorf("%s: %q, %v", media, got, err)
		}
	}
	h.put("/html", body, "Content-Type", "text/html")
	if _, err := h.resolver.Schema(t.Context(), "https://"+h.domain+"/html"); !errors.Is(err, fetch.ErrContentType) {
		t.Errorf("HTML: %v", err)
	}
}
