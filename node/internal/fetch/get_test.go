package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// TestMain has the environment name a proxy, as it may where a node runs. It is read once by whoever
// follows it: nobody does.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "ALL_PROXY"} {
		if err := os.Setenv(name, "http://127.0.0.1:1"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// names is a resolver that answers with one list after the other, the last one for ever.
type names struct {
	mu    sync.Mutex
	lists [][]string
	asked int
}

func (n *names) LookupNetIP(_ context.Context, network, _ string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := n.lists[min(n.asked, len(n.lists)-1)]
	n.asked++
	if list == nil {
		return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
	}
	var out []netip.Addr
	for _, s := range list {
		out = append(out, netip.MustParseAddr(s))
	}
	return out, nil
}

type host struct {
	*httptest.Server
	port string
	hits atomic.Int64
}

// serve starts an HTTPS server that calls itself example.com.
func serve(t *testing.T, h http.HandlerFunc) *host {
	t.Helper()
	s := &host{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.hits.Add(1)
		h(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	_, s.port, _ = net.SplitHostPort(s.Listener.Addr().String())
	return s
}

func (s *host) url(path string) string { return "https://example.com:" + s.port + path }

func (s *host) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return pool
}

func (s *host) fetcher(t *testing.T, change func(*Config)) *Fetcher {
	t.Helper()
	cfg := Config{AllowPrivate: true, Roots: s.roots(), Resolver: &names{lists: [][]string{{"127.0.0.1"}}}}
	if change != nil {
		change(&cfg)
	}
	f, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

func wantKind(t *testing.T, name string, err, kind error) {
	t.Helper()
	var e *Error
	if !errors.Is(err, kind) || !errors.As(err, &e) {
		t.Errorf("%s: %v, want %v", name, err, kind)
	}
}

func TestGet(t *testing.T) {
	var got *http.Request
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		w.Header().Set("Content-Type", "Application/DID+json; charset=utf-8")
		w.Header().Set("Etag", `"a"`)
		w.Header().Set("Cache-Control", "public, max-age=90")
		w.Header().Set("Set-Cookie", "a=b")
		if r.Header.Get("If-None-Match") == `"a"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		io.WriteString(w, "{}")
	})
	reg := prometheus.NewRegistry()
	metrics, err := NewMetrics(reg)
	if err != nil {
		t.Fatal(err)
	}
	f := s.fetcher(t, func(c *Config) { c.Metrics, c.UserAgent = metrics, "tabard/test" })
	for range 2 {
		resp, err := f.Get(t.Context(), s.url("/did.json"), Options{Accept: []string{"application/did+json"}})
		if err != nil {
			t.Fatal(err)
		}
		if string(resp.Body) != "{}" || resp.ContentType != "application/did+json" || resp.ETag != `"a"` || !resp.Stated ||
			resp.Freshness != 90*time.Second || resp.Fetched.IsZero() || resp.Date.IsZero() || resp.FinalURL != s.url("/did.json") {
			t.Errorf("%+v", resp)
		}
		for _, name := range []string{"Cookie", "Authorization", "Referer", "X-Forwarded-For"} {
			if got.Header.Get(name) != "" {
				t.Errorf("%s is sent", name)
			}
		}
		if got.ProtoMajor != 1 || got.Header.Get("User-Agent") != "tabard/test" || got.Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("%s %v", got.Proto, got.Header)
		}
	}
	resp, err := f.Get(t.Context(), s.url("/did.json"), Options{ETag: `"a"`})
	if err != nil || !resp.NotModified || resp.Body != nil || resp.Freshness != 90*time.Second {
		t.Errorf("%+v, %v", resp, err)
	}
	if families, err := reg.Gather(); err != nil || len(families) != 3 {
		t.Errorf("%d metrics, %v", len(families), err)
	}
}

func gzipped(text string) []byte {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := io.WriteString(w, text); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

// TestCompressedUnasked: a host that compresses whatever it is asked for is understood,
// and so is one that writes a byte order mark.
func TestCompressedUnasked(t *testing.T) {
	text := "\ufeff" + `{"a":"` + strings.Repeat("b", 2000) + `"}`
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", r.URL.Query().Get("encoding"))
		if r.URL.Query().Has("chunked") {
			w.(http.Flusher).Flush()
		}
		w.Write(gzipped(text))
	})
	f := s.fetcher(t, nil)
	for _, query := range []string{"encoding=gzip", "encoding=GZIP&chunked", "encoding=x-gzip"} {
		resp, err := f.Get(t.Context(), s.url("/?"+query), Options{Accept: []string{"application/json"}, MaxBytes: 4000})
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if string(resp.Body) != text || string(resp.Text()) != strings.TrimPrefix(text, "\ufeff") {
			t.Errorf("%s: %d bytes, as text %d", query, len(resp.Body), len(resp.Text()))
		}
	}
}

func TestReplies(t *testing.T) {
	big := strings.Repeat("a", 1000)
	cases := map[string]struct {
		h    http.HandlerFunc
		kind error
	}{
		"not found":                      {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusNotFound) }, ErrNotFound},
		"gone":                           {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusGone) }, ErrNotFound},
		"forbidden":                      {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusForbidden) }, ErrStatus},
		"error":                          {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusInternalServerError) }, ErrStatus},
		"no content":                     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, ErrStatus},
		"partial":                        {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusPartialContent) }, ErrStatus},
		"unchanged, though nobody asked": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }, ErrStatus},
		"declared too large":             {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, big) }, ErrTooLarge},
		"undeclared and too large": {func(w http.ResponseWriter, _ *http.Request) {
			for range 1000 {
				io.WriteString(w, big)
			}
		}, ErrTooLarge},
		"gzip that is none": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, "no gzip at all")
		}, ErrContentType},
		"gzip of nothing": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
		}, ErrContentType},
		"gzip with a tail": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(append(gzipped("{}"), "tail of it"...))
		}, ErrContentType},
		"gzip that expands to too much": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(gzipped(big))
		}, ErrTooLarge},
		"gzip that goes on and expands to nothing": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			for nothing := gzipped(""); ; {
				if _, err := w.Write(nothing); err != nil {
					return
				}
			}
		}, ErrTooLarge},
		"gzip twice": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip, gzip")
			w.Write(gzipped("{}"))
		}, ErrContentType},
		"brotli": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "br")
			io.WriteString(w, "x")
		}, ErrContentType},
		"HTML": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "{}")
		}, ErrContentType},
		"cut short": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "{}")
		}, ErrConnect},
		"header too large": {func(w http.ResponseWriter, _ *http.Request) {
			for i := range 100 {
				w.Header().Set(fmt.Sprint("X-", i), big)
			}
		}, ErrTooLarge},
		"aborted": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ErrConnect},
	}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { cases[r.URL.Query().Get("case")].h(w, r) })
	for name, c := range cases {
		// Each by itself: a host that gives no answer twice is left alone.
		_, err := s.fetcher(t, nil).Get(t.Context(), s.url("/?case="+strings.ReplaceAll(name, " ", "%20")), Options{
			Accept: []string{"application/json"}, AlsoTake: []string{"text/plain"}, MaxBytes: 500})
		wantKind(t, name, err, c.kind)
	}
}

func TestRedirects(t *testing.T) {
	elsewhere := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "stolen") })
	var s *host
	targets := map[string]func() string{
		"within":           func() string { return "/end" },
		"relative":         func() string { return "end" },
		"same by its text": func() string { return s.url("/end") },
	}
	refused := map[string]func() string{
		"another port":     func() string { return elsewhere.url("/") },
		"another host":     func() string { return "https://example.org:" + s.port + "/" },
		"a subdomain":      func() string { return "https://a.example.com:" + s.port + "/" },
		"down to http":     func() string { return "http://example.com:" + s.port + "/end" },
		"an address":       func() string { return "https://127.0.0.1:" + s.port + "/end" },
		"scheme-relative":  func() string { return "//example.org/" },
		"user information": func() string { return "https://a@example.com:" + s.port + "/end" },
		"another scheme":   func() string { return "file:///etc/passwd" },
		"in circles":       func() string { return "/circle" },
		"nowhere":          func() string { return "" },
		"a fragment":       func() string { return "/end#a" },
		"a parent, hidden": func() string { return "/%2e%2e/end" },
	}
	s = serve(t, func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Query().Get("to")
		switch r.URL.Path {
		case "/end":
			io.WriteString(w, "end")
			return
		case "/circle":
			w.Header().Set("Location", "/circle")
		default:
			for _, list := range []map[string]func() string{targets, refused} {
				if to, ok := list[name]; ok {
					w.Header().Set("Location", to())
				}
			}
		}
		w.WriteHeader([]int{301, 302, 303, 307, 308}[s.hits.Load()%5])
	})
	f := s.fetcher(t, nil)
	ask := func(name string, n int) (*Response, error) {
		return f.Get(t.Context(), s.url("/begin?to="+strings.ReplaceAll(name, " ", "%20")), Options{Redirects: n})
	}
	for name := range targets {
		if resp, err := ask(name, 3); err != nil || string(resp.Body) != "end" || resp.FinalURL != s.url("/end") {
			t.Errorf("%s: %+v, %v", name, resp, err)
		}
		_, err := ask(name, 0)
		wantKind(t, name+", but none is allowed", err, ErrRedirect)
	}
	for name := range refused {
		_, err := ask(name, 100)
		wantKind(t, name, err, ErrRedirect)
	}
	if n := elsewhere.hits.Load(); n != 0 {
		t.Errorf("another origin was asked %d times", n)
	}
}

// A name that changes between looking it up and connecting reaches nothing: what is connected to is
// what was judged, and it is judged again.
func TestRebinding(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "secret") })
	for name, lists := range map[string][][]string{
		"loopback":                      {{"127.0.0.1"}},
		"loopback beside a public one":  {{"93.184.216.34", "127.0.0.1"}},
		"mapped":                        {{"::ffff:127.0.0.1"}},
		"metadata":                      {{"169.254.169.254"}},
		"NAT64":                         {{"64:ff9b::7f00:1"}},
		"zone":                          {{"fe80::1%lo"}},
		"unspecified":                   {{"0.0.0.0"}},
		"IPv6 loopback after many more": {{"2606:4700::1", "2606:4700::2", "2606:4700::3", "::1"}},
	} {
		resolver := &names{lists: lists}
		f := s.fetcher(t, func(c *Config) { c.AllowPrivate, c.Resolver, c.Timeout = false, resolver, time.Minute })
		url := strings.Replace(s.url("/"), "example.com", "rebind.tabard.id", 1)
		_, err := f.Get(t.Context(), url, Options{Fresh: true})
		wantKind(t, name, err, ErrBlockedAddress)
	}
	if n := s.hits.Load(); n != 0 {
		t.Errorf("the server was asked %d times", n)
	}
	// Allowed at first, then not: the second connection looks the name up anew, and is refused.
	moved := s.fetcher(t, func(c *Config) {
		c.Resolver, c.Deny = &names{lists: [][]string{{"127.0.0.1"}, {"127.0.0.2"}}}, []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}
	})
	if _, err := moved.Get(t.Context(), s.url("/"), Options{}); err != nil {
		t.Error(err)
	}
	moved.transport.CloseIdleConnections()
	_, err := moved.Get(t.Context(), s.url("/"), Options{})
	wantKind(t, "changed its mind", err, ErrBlockedAddress)
	// The hook on its own: whatever the dialer was handed.
	f := s.fetcher(t, func(c *Config) { c.AllowPrivate = false })
	if conn, err := f.connect(t.Context(), netip.MustParseAddrPort(s.Listener.Addr().String())); !errors.Is(err, ErrBlockedAddress) {
		t.Errorf("%v, %v", conn, err)
	}
}

func TestNamesAndCertificates(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {})
	none := s.fetcher(t, func(c *Config) { c.Resolver = &names{lists: [][]string{nil}} })
	_, err := none.Get(t.Context(), s.url("/"), Options{})
	wantKind(t, "no such host", err, ErrNoHost)
	empty := s.fetcher(t, func(c *Config) { c.Resolver = &names{lists: [][]string{{}}} })
	_, err = empty.Get(t.Context(), s.url("/"), Options{})
	wantKind(t, "no address", err, ErrNoHost)
	untrusted := s.fetcher(t, func(c *Config) { c.Roots = x509.NewCertPool() })
	_, err = untrusted.Get(t.Context(), s.url("/"), Options{})
	wantKind(t, "unknown authority", err, ErrConnect)
	f := s.fetcher(t, nil)
	_, err = f.Get(t.Context(), strings.Replace(s.url("/"), "example.com", "example.org", 1), Options{})
	wantKind(t, "certificate of another name", err, ErrConnect)
	own := s.fetcher(t, func(c *Config) { c.Forbid = func(origin string) bool { return origin == "example.com:"+s.port } })
	_, err = own.Get(t.Context(), s.url("/"), Options{})
	wantKind(t, "the node itself", err, ErrURL)

	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.StartTLS()
	defer old.Close()
	_, port, _ := net.SplitHostPort(old.Listener.Addr().String())
	_, err = f.Get(t.Context(), "https://example.com:"+port+"/", Options{})
	wantKind(t, "TLS 1.1", err, ErrConnect)
}
