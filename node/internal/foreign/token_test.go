package foreign

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	didkey "github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/node/internal/fetch"
)

// statusTokens are a status list token of these times, as JWT and as CWT.
func statusTokens(t *testing.T, uri string, ttl time.Duration, expires time.Time) [2]string {
	t.Helper()
	k, err1 := multikey.Generate(multikey.Ed25519)
	list, err2 := statuslist.NewTokenList(1, 100)
	claims := statuslist.Claims{Subject: uri, IssuedAt: time.Unix(1780000000, 0), TTL: ttl, ExpiresAt: expires, List: list}
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	jwt, err1 := claims.SignJWT(didkey.MethodID(k.Public()), k)
	cwt, err2 := claims.SignCWT(didkey.MethodID(k.Public()), k)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return [2]string{jwt, string(cwt)}
}

func TestTokenStatusListCaching(t *testing.T) {
	for name, c := range map[string]struct {
		ttl     time.Duration
		expires time.Duration
		header  []string
		want    time.Duration
	}{
		"nothing said":            {0, 0, nil, time.Minute},
		"ttl":                     {30 * time.Second, 0, nil, 30 * time.Second},
		"ttl beats HTTP":          {30 * time.Second, 0, []string{"Cache-Control", "max-age=200"}, 30 * time.Second},
		"HTTP":                    {0, 0, []string{"Cache-Control", "max-age=200"}, 200 * time.Second},
		"ttl beyond bounds":       {24 * time.Hour, 0, nil, 5 * time.Minute},
		"ttl of a second":         {time.Second, 0, nil, time.Second},
		"expires before ttl":      {time.Minute, 7 * time.Second, nil, 7 * time.Second},
		"with an entity tag":      {30 * time.Second, 0, []string{"Etag", `"1"`}, 30 * time.Second},
		"called something else":   {30 * time.Second, 0, []string{"Content-Type", "application/octet-stream"}, 30 * time.Second},
		"called a token by error": {30 * time.Second, 0, []string{"Content-Type", "application/jwt"}, 30 * time.Second},
	} {
		for i, form := range []string{statuslist.MediaJWT, statuslist.MediaCWT} {
			t.Run(name+" "+form, func(t *testing.T) {
				h := newHost(t, nil)
				url := "https://" + h.domain + "/t"
				var expires time.Time
				if c.expires > 0 {
					expires = h.now.Add(c.expires)
				}
				h.put("/t", statusTokens(t, url, c.ttl, expires)[i], append([]string{"Content-Type", form}, c.header...)...)
				ask := func(hits int) {
					t.Helper()
					got, err := h.resolver.TokenStatusList(t.Context(), url+"#7", time.Time{})
					if err != nil || got.Own || got.FetchedAt.IsZero() || got.Token == "" {
						t.Fatalf("%+v, %v", got, err)
					}
					if n := h.hits("/t"); n != hits {
						t.Errorf("%d requests, want %d", n, hits)
					}
				}
				ask(1)
				h.later(c.want - time.Second)
				ask(1)
				h.later(time.Second)
				ask(2)
				h.later(c.want)
				h.set("/t", file{status: http.StatusBadGateway})
				if got, err := h.resolver.TokenStatusList(t.Context(), url, time.Time{}); err == nil {
					t.Errorf("a token when its host is down: %+v", got)
				}
			})
		}
	}
}

func TestTokenStatusListOfThePast(t *testing.T) {
	h := newHost(t, nil)
	at := time.Date(2026, 1, 31, 12, 0, 0, 5, time.FixedZone("", 3600))
	body := statusTokens(t, "https://x.example/t", 0, time.Time{})[0]
	h.put("/t?time=1769857200", body, "Content-Type", statuslist.MediaJWT)
	h.put("/t?a=b&time=1769857200", body+"\n", "Content-Type", statuslist.MediaJWT)
	for _, url := range []string{"/t", "/t?a=b"} {
		if _, err := h.resolver.TokenStatusList(t.Context(), "https://"+h.domain+url, at); err != nil {
			t.Error(err)
		}
	}
	if _, err := h.resolver.TokenStatusList(t.Context(), "https://"+h.domain+"/t", time.Time{}); !errors.Is(err, fetch.ErrNotFound) {
		t.Error(err)
	}
	if _, err := h.resolver.TokenStatusList(t.Context(), "https://"+h.domain+"/t?time=1", at); err == nil {
		t.Error("two times")
	}
}

// A list of one kind is not given for one of the other, though both have one address.
func TestTokenStatusListRefusals(t *testing.T) {
	h := newHost(t, nil)
	good := statusTokens(t, "https://x.example/t", 0, time.Time{})
	h.put("/html", "<html>", "Content-Type", "text/html")
	h.put("/json", listOf(""), "Content-Type", statuslist.MediaJWT)
	h.put("/vc", token(listOf("")), "Content-Type", statuslist.MediaJWT)
	h.put("/nothing", "", "Content-Type", statuslist.MediaJWT)
	h.put("/cut", good[1][:50], "Content-Type", statuslist.MediaCWT)
	h.put("/tail", good[1]+"x", "Content-Type", statuslist.MediaCWT)
	h.put("/big", strings.Repeat(" ", maxList+1), "Content-Type", statuslist.MediaJWT)
	h.set("/away", file{status: 302, header: map[string]string{"Location": "https://example.org/"}})
	for _, path := range []string{"/html", "/json", "/vc", "/nothing", "/cut", "/tail", "/big", "/away", "/missing"} {
		if _, err := h.resolver.TokenStatusList(t.Context(), "https://"+h.domain+path, time.Time{}); err == nil {
			t.Errorf("%s is taken for a status list token", path)
		}
	}
	h.put("/t", good[0], "Content-Type", statuslist.MediaJWT)
	url := "https://" + h.domain + "/t"
	if _, err := h.resolver.TokenStatusList(t.Context(), url, time.Time{}); err != nil {
		t.Error(err)
	}
	h.put("/t", listOf(""))
	if got, err := h.resolver.StatusList(t.Context(), url, time.Time{}); err != nil || got.Token != "" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, url := range []string{"http://" + h.domain + "/t", "https://127.0.0.1/t", "urn:a", "", "did:web:example.com"} {
		if _, err := h.resolver.TokenStatusList(t.Context(), url, time.Time{}); !errors.Is(err, fetch.ErrURL) {
			t.Errorf("%s: %v", url, err)
		}
	}
}
