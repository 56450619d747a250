package foreign

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/node/internal/fetch"
)

func TestWeb(t *testing.T) {
	h := newHost(t, nil)
	h.put("/.well-known/did.json", document(h.web(), ""))
	h.put("/user/alice/did.json", document(h.web("user", "alice"), ""), "Content-Type", "application/did+json")
	h.put("/marked/did.json", "\ufeff"+document(h.web("marked"), ""))
	h.put("/b%C3%BCcher/did.json", document(h.web("b%C3%BCcher"), ""), "Content-Type", "application/octet-stream")
	h.set("/moved/did.json", file{status: http.StatusFound, header: map[string]string{"Location": "/user/bob/did.json"}})
	h.put("/user/bob/did.json", document(h.web("moved"), ""))
	for _, id := range []did.ID{h.web(), h.web("user", "alice"), h.web("b%C3%BCcher"), h.web("moved"), h.web("marked")} {
		res, err := h.resolver.Resolve(t.Context(), id, did.Options{})
		if err != nil || res.Document.ID() != id || res.Source == nil || !res.Source.Fetched.Equal(h.now) || res.Source.Age != 0 {
			t.Errorf("%s: %+v, %v", id, res, err)
			continue
		}
		if _, err := res.Document.Method(string(id)+"#k", did.AssertionMethod); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestWebRefusals(t *testing.T) {
	reg := prometheus.NewRegistry()
	metrics, err := NewMetrics(reg)
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(t, func(c *Config) {
		c.Own = func(domain string) bool { return domain == "own.example.com" }
		c.Metrics = metrics
	})
	doc := func(name string) string { return document(h.web(name), "") }
	h.put("/anothers/did.json", document(h.web("whose"), ""))
	h.put("/html/did.json", doc("html"), "Content-Type", "text/html; charset=utf-8")
	h.put("/page/did.json", "<html>")
	h.put("/twice/did.json", `{"id":"x",`+doc("twice")[1:])
	h.put("/array/did.json", `[`+doc("array")+`]`)
	h.put("/empty/did.json", ``)
	h.put("/null/did.json", `null`)
	h.put("/noid/did.json", `{}`)
	h.put("/big/did.json", doc("big")+strings.Repeat(" ", maxDocument))
	h.put("/zipped/did.json", doc("zipped"), "Content-Encoding", "gzip")
	h.set("/broken/did.json", file{status: http.StatusInternalServerError})
	h.set("/login/did.json", file{status: http.StatusUnauthorized})
	h.set("/away/did.json", file{status: http.StatusFound, header: map[string]string{"Location": "https://example.org/did.json"}})
	h.set("/down/did.json", file{status: http.StatusFound, header: map[string]string{"Location": "http://" + h.domain + "/did.json"}})
	for _, c := range []struct {
		name string
		id   did.ID
		want did.ErrorCode
	}{
		{"no document", h.web("none"), did.NotFound},
		{"no host", "did:web:example.net", did.NotFound},
		{"leads to another host", h.web("away"), did.NotFound},
		{"leads away from https", h.web("down"), did.NotFound},
		{"the registry's own domain", "did:web:own.example.com:a", did.NotFound},
		{"document of another DID", h.web("anothers"), did.InvalidDIDDocument},
		{"HTML by its type", h.web("html"), did.InvalidDIDDocument},
		{"HTML by its content", h.web("page"), did.InvalidDIDDocument},
		{"two ids", h.web("twice"), did.InvalidDIDDocument},
		{"array", h.web("array"), did.InvalidDIDDocument},
		{"nothing", h.web("empty"), did.InvalidDIDDocument},
		{"null", h.web("null"), did.InvalidDIDDocument},
		{"no id", h.web("noid"), did.InvalidDIDDocument},
		{"more than 256 KiB", h.web("big"), did.InvalidDIDDocument},
		{"compressed unasked", h.web("zipped"), did.InvalidDIDDocument},
		{"server error", h.web("broken"), did.InternalError},
		{"wants a password", h.web("login"), did.InternalError},
		{"IPv4 address", "did:web:127.0.0.1", did.InvalidDID},
		{"parent", h.web(".."), did.InvalidDID},
		{"port of SSH", "did:web:example.com%3A22", did.InvalidDID},
		{"another method", "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", did.MethodNotSupported},
	} {
		res, err := h.resolver.Resolve(t.Context(), c.id, did.Options{})
		wantCode(t, c.name, err, c.want)
		if res.Document != nil || res.Source != nil {
			t.Errorf("%s: a document beside an error", c.name)
		}
		if (c.want == did.InternalError) != errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if n := h.hits("/user/bob/did.json"); n != 0 {
		t.Errorf("%d", n)
	}
	h.put("/.well-known/did.json", document(h.web(), ""))
	for name, c := range map[string]struct {
		opt  did.Options
		want did.ErrorCode
	}{
		"the past":            {did.Options{VersionTime: h.now.Add(-time.Hour)}, did.FeatureNotSupported},
		"the present":         {did.Options{VersionTime: h.now}, ""},
		"a version by id":     {did.Options{VersionID: "1-a"}, did.NotFound},
		"a version by number": {did.Options{VersionNumber: 1}, did.NotFound},
		"two at once":         {did.Options{VersionID: "1-a", VersionNumber: 1}, did.InvalidOptions},
	} {
		_, err := h.resolver.Resolve(t.Context(), h.web(), c.opt)
		wantCode(t, name, err, c.want)
	}
	if families, err := reg.Gather(); err != nil || len(families) != 2 {
		t.Errorf("%v, %v", families, err)
	}
}

// What a strange host says of the node's network is the same whatever is there.
func TestUnavailableHostsLookAlike(t *testing.T) {
	h := newHost(t, nil)
	h.set("/broken/did.json", file{status: http.StatusBadGateway})
	_, a := h.resolver.Resolve(t.Context(), h.web("broken"), did.Options{})
	_, b := h.resolver.Resolve(t.Context(), "did:web:example.com%3A1024", did.Options{}) // nobody listens
	var first, second *did.Error
	if !errors.As(a, &first) || !errors.As(b, &second) || first.Detail != second.Detail || first.Code != second.Code {
		t.Errorf("%v; %v", a, b)
	}
}

func TestWebCaching(t *testing.T) {
	for name, c := range map[string]struct {
		header []string
		want   time.Duration
	}{
		"nothing said":        {nil, time.Minute},
		"max-age":             {[]string{"Cache-Control", "max-age=120"}, 2 * time.Minute},
		"no-store":            {[]string{"Cache-Control", "no-store"}, 5 * time.Second},
		"too short":           {[]string{"Cache-Control", "max-age=1"}, 5 * time.Second},
		"too long":            {[]string{"Cache-Control", "max-age=31536000, immutable"}, time.Hour},
		"already old enough":  {[]string{"Cache-Control", "max-age=120", "Age", "110"}, 10 * time.Second},
		"expired long ago":    {[]string{"Expires", "Thu, 01 Jan 1970 00:00:00 GMT"}, 5 * time.Second},
		"with an entity tag":  {[]string{"Cache-Control", "max-age=120", "Etag", `"1"`}, 2 * time.Minute},
		"weak, and unlimited": {[]string{"Cache-Control", "max-age=99999999999", "Etag", `W/"1"`}, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, nil)
			const path = "/.well-known/did.json"
			h.put(path, document(h.web(), ""), c.header...)
			ask := func(hits int, age time.Duration) {
				t.Helper()
				res, err := h.resolver.Resolve(t.Context(), h.web(), did.Options{})
				if err != nil || res.Source.Age != age || res.Document == nil {
					t.Fatalf("%+v, %v", res.Source, err)
				}
				if got := h.hits(path); got != hits {
					t.Fatalf("%d requests, want %d", got, hits)
				}
			}
			ask(1, 0)
			h.later(c.want - time.Second)
			ask(1, c.want-time.Second)
			h.later(time.Second)
			ask(2, 0)
			if _, err := h.resolver.ResolveFresh(t.Context(), h.web(), did.Options{}); err != nil || h.hits(path) != 3 {
				t.Errorf("%v, %d requests", err, h.hits(path))
			}
			// What has expired is not given when the host is down, nor when it changes its mind.
			h.later(c.want)
			h.set(path, file{status: http.StatusServiceUnavailable})
			_, err := h.resolver.Resolve(t.Context(), h.web(), did.Options{})
			wantCode(t, "down", err, did.InternalError)
			h.put(path, document(h.web("another"), ""))
			_, err = h.resolver.Resolve(t.Context(), h.web(), did.Options{})
			wantCode(t, "changed", err, did.InvalidDIDDocument)
			h.remove(path)
			_, err = h.resolver.Resolve(t.Context(), h.web(), did.Options{})
			wantCode(t, "removed", err, did.NotFound)
			if !Gone(err) {
				t.Error("what was removed is not gone")
			}
		})
	}
}

func TestClockThatGoesBackwards(t *testing.T) {
	h := newHost(t, nil)
	h.put("/.well-known/did.json", document(h.web(), ""))
	for i := range 3 {
		res, err := h.resolver.Resolve(t.Context(), h.web(), did.Options{})
		if err != nil || res.Source.Age != 0 || h.hits("/.well-known/did.json") != i+1 {
			t.Errorf("%+v, %v", res.Source, err)
		}
		h.later(-time.Hour)
	}
}

func TestCacheIsBounded(t *testing.T) {
	const limit = 400 << 10
	h := newHost(t, func(c *Config) { c.CacheBytes = limit })
	pad := fmt.Sprintf(`,"x":%q`, strings.Repeat("a", 4<<10))
	for i := range 60 {
		name := fmt.Sprint("p", i)
		h.put("/"+name+"/did.json", document(h.web(name), pad))
		if _, err := h.resolver.Resolve(t.Context(), h.web(name), did.Options{}); err != nil {
			t.Fatal(err)
		}
		if n := h.resolver.cache.size(); n > limit || n <= 0 {
			t.Fatalf("%d bytes", n)
		}
	}
	if n := len(h.resolver.cache.byKey); n >= 60 || n < 5 || n != h.resolver.cache.order.Len() {
		t.Errorf("%d documents", n)
	}
	h.put("/big/did.json", document(h.web("big"), fmt.Sprintf(`,"x":%q`, strings.Repeat("a", 200<<10))))
	for range 2 {
		if _, err := h.resolver.Resolve(t.Context(), h.web("big"), did.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if h.hits("/big/did.json") != 2 || h.hits("/p59/did.json") != 1 {
		t.Error("a document larger than its share is kept")
	}
	if _, err := h.resolver.Resolve(t.Context(), h.web("p59"), did.Options{}); err != nil || h.hits("/p59/did.json") != 1 {
		t.Error("it displaced another")
	}
}

func TestCallersShareALoad(t *testing.T) {
	h := newHost(t, nil)
	h.put("/.well-known/did.json", document(h.web(), ""))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if _, err := h.resolver.Resolve(t.Context(), h.web(), did.Options{}); err != nil {
				t.Error(err)
			}
		})
		group.Go(func() {
			if _, err := h.resolver.Resolve(gone, h.web(), did.Options{}); err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := h.hits("/.well-known/did.json"); n != 1 {
		t.Errorf("%d requests", n)
	}
	h.resolver.Close()
	h.later(2 * time.Hour)
	if _, err := h.resolver.Resolve(t.Context(), h.web(), did.Options{}); err == nil {
		t.Error("a closed resolver asks")
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, cfg := range []Config{{}, {Fetch: clocked{}, MinAge: -1}, {Fetch: clocked{}, MaxAge: -1}, {Fetch: clocked{}, CacheBytes: -1}, {Fetch: clocked{}, Timeout: -1}} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%+v is accepted", cfg)
		}
	}
}

func TestLoadsUnderWayAreBounded(t *testing.T) {
	hold := make(chan struct{})
	r, err := New(Config{Fetch: stalled{hold}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer close(hold)
	gone, cancel := context.WithCancel(t.Context())
	cancel() // whoever asks does not wait
	for i := range maxLoads {
		if _, err := r.Resolve(gone, did.ID(fmt.Sprintf("did:web:example.com:%d", i)), did.Options{}); !errors.Is(err, context.Canceled) {
			t.Fatalf("load %d: %v", i, err)
		}
	}
	if _, err := r.Resolve(t.Context(), "did:web:example.com:more", did.Options{}); !errors.Is(err, fetch.ErrBusy) {
		t.Errorf("one more: %v", err)
	}
	if _, err := r.Resolve(gone, "did:web:example.com:0", did.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("one that is under way: %v", err)
	}
}

// stalled is a network that answers nobody before it is closed.
type stalled struct{ until chan struct{} }

func (s stalled) Get(context.Context, string, fetch.Options) (*fetch.Response, error) {
	<-s.until
	return nil, &fetch.Error{Kind: fetch.ErrTimeout}
}
