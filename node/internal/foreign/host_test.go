package foreign

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/internal/fetch"
)

// file is what a host serves at a path.
type file struct {
	body   string
	header map[string]string
	status int
}

// host is an HTTPS server of files that calls itself example.com, with a Resolver that asks it and a
// clock that stands still.
type host struct {
	t        *testing.T
	domain   string // example.com:port
	mu       sync.Mutex
	files    map[string]file
	asked    map[string]int
	now      time.Time
	resolver *Resolver
	fetcher  *fetch.Fetcher
}

type local struct{}

func (local) LookupNetIP(_ context.Context, _, name string) ([]netip.Addr, error) {
	if name != "example.com" {
		return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
	}
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

func newHost(t *testing.T, change func(*Config)) *host {
	t.Helper()
	h := &host{t: t, files: map[string]file{}, asked: map[string]int{}, now: time.Now().Truncate(time.Second)}
	s := httptest.NewUnstartedServer(http.HandlerFunc(h.serve))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	h.domain = "example.com:" + port
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	var err error
	h.fetcher, err = fetch.New(fetch.Config{AllowPrivate: true, Roots: roots, Resolver: local{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.fetcher.Close)
	cfg := Config{Fetch: clocked{h}, now: h.clock}
	if change != nil {
		change(&cfg)
	}
	if h.resolver, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.resolver.Close)
	return h
}

func (h *host) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *host) later(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// clocked dates what is fetched by the host's clock, and remembers no failures, which fetch's own
// tests cover.
type clocked struct{ h *host }

func (c clocked) Get(ctx context.Context, url string, opt fetch.Options) (*fetch.Response, error) {
	opt.Fresh = true
	resp, err := c.h.fetcher.Get(ctx, url, opt)
	if resp != nil {
		copied := *resp
		copied.Fetched, resp = c.h.clock(), &copied
	}
	return resp, err
}

func (h *host) serve(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	path := r.URL.RequestURI()
	h.asked[path]++
	f, ok := h.files[path]
	h.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	for name, value := range f.header {
		w.Header().Set(name, value)
	}
	if etag := f.header["Etag"]; etag != "" && r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if f.status != 0 {
		w.WriteHeader(f.status)
	}
	io.WriteString(w, f.body)
}

func (h *host) put(path, body string, header ...string) {
	f := file{body: body, header: map[string]string{"Content-Type": "application/json"}}
	for i := 0; i < len(header); i += 2 {
		f.header[header[i]] = header[i+1]
	}
	h.set(path, f)
}

func (h *host) set(path string, f file) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.files[path] = f
}

func (h *host) remove(path string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.files, path)
}

func (h *host) hits(path string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked[path]
}

// web is the did:web of a path.
func (h *host) web(path ...string) did.ID {
	return did.ID("did:web:" + strings.Join(append([]string{strings.Replace(h.domain, ":", "%3A", 1)}, path...), ":"))
}

// document is one that npm's web-did-resolver takes.
func document(id did.ID, more string) string {
	return fmt.Sprintf(`{"@context":["https://www.w3.org/ns/did/v1"],"id":%q,"verificationMethod":[{"id":"%s#k","type":"Multikey",`+
		`"controller":%q,"publicKeyMultibase":"z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"}],"assertionMethod":["%s#k"]%s}`, id, id, id, id, more)
}

func wantCode(t *testing.T, name string, err error, want did.ErrorCode) {
	t.Helper()
	if got := did.CodeOf(err); got != want {
		t.Errorf("%s: %q (%v), want %s", name, got, err, want)
	}
}

func key(t *testing.T, n byte) multikey.PrivateKey {
	t.Helper()
	seed := make([]byte, 32)
	seed[0] = n
	k, err := multikey.NewPrivate(multikey.Ed25519, seed)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// controller makes the log of one did:webvh DID.
type controller struct {
	h       *host
	key     multikey.PrivateKey
	log     string
	entry   webvh.Entry
	state   webvh.State
	witness []webvh.WitnessProof
}

func (h *host) create(opt webvh.CreateOptions, witnesses ...multikey.PrivateKey) *controller {
	h.t.Helper()
	c := &controller{h: h, key: key(h.t, 1)}
	opt.Domain, opt.Time = h.domain, h.clock().Add(-24*time.Hour)
	for _, w := range witnesses {
		opt.Witness.Witnesses = append(opt.Witness.Witnesses, webvh.WitnessID{ID: "did:key:" + w.Public().String()})
		opt.Witness.Threshold++
	}
	entry, err := webvh.Create(opt, c.key)
	if err != nil {
		h.t.Fatal(err)
	}
	c.append(entry, witnesses...)
	if c.state, err = webvh.Genesis(entry, c.witness, webvh.Context{Now: h.clock()}); err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (c *controller) append(entry webvh.Entry, witnesses ...multikey.PrivateKey) {
	c.h.t.Helper()
	for _, w := range witnesses {
		p, err := webvh.WitnessSign(entry.VersionID, c.h.clock(), w)
		if err != nil {
			c.h.t.Fatal(err)
		}
		c.witness = append(c.witness, p)
	}
	c.entry = entry
	c.log += string(entry.Value.Canonical()) + "\n"
}

// update adds an entry an hour after the one before.
func (c *controller) update(change func(*webvh.UpdateOptions), witnesses ...multikey.PrivateKey) {
	c.h.t.Helper()
	opt := webvh.UpdateOptions{Document: c.entry.State, Time: c.entry.Time.Add(time.Hour)}
	if change != nil {
		change(&opt)
	}
	entry, err := webvh.Update(c.state, opt, c.key)
	if err != nil {
		c.h.t.Fatal(err)
	}
	c.append(entry, witnesses...)
	if c.state, err = c.state.Next(entry, c.witness, webvh.Context{Now: c.h.clock()}); err != nil {
		c.h.t.Fatal(err)
	}
}

func (c *controller) id() did.ID { return c.state.DID }

func (c *controller) publish(header ...string) {
	c.h.t.Helper()
	place, err := webvh.ParseID(c.id())
	if err != nil {
		c.h.t.Fatal(err)
	}
	path := func(url string) string { return strings.TrimPrefix(url, "https://"+c.h.domain) }
	if len(c.witness) > 0 {
		c.h.put(path(place.WitnessURL()), string(webvh.FormatWitnessFile(c.witness).Canonical()))
	}
	c.h.put(path(place.LogURL()), c.log, append([]string{"Content-Type", "text/jsonl"}, header...)...)
}

// named is a document of a name, to tell versions apart.
func named(id did.ID, name string) jcs.Value {
	v, err := jcs.Decode([]byte(fmt.Sprintf(`{"@context":["https://www.w3.org/ns/did/v1"],"id":%q,"alsoKnownAs":["urn:name:%s"]}`, id, name)))
	if err != nil {
		panic(err)
	}
	return v
}

// stuck is a fetcher whose answers never come.
type stuck struct{ asked chan struct{} }

func (s stuck) Get(ctx context.Context, _ string, _ fetch.Options) (*fetch.Response, error) {
	s.asked <- struct{}{}
	<-ctx.Done()
	return nil, &fetch.Error{Kind: fetch.ErrTimeout}
}

// What is fetched for a client that has gone away goes on: one client had all 64 places with hosts that
// take their time.
func TestOneClientsLoadsAreBounded(t *testing.T) {
	s := stuck{asked: make(chan struct{}, maxLoads)}
	r, err := New(Config{Fetch: s})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 0
	ask := func(client string) error {
		ctx, leave := context.WithCancel(fetch.WithClient(t.Context(), netip.MustParseAddr(client)))
		defer leave()
		n++
		ended := make(chan error, 1)
		go func() {
			_, err := r.Resolve(ctx, did.ID(fmt.Sprintf("did:web:host%d.example", n)), did.Options{})
			ended <- err
		}()
		select {
		case <-s.asked:
			leave()
			return <-ended
		case err := <-ended:
			return err
		}
	}
	for range maxLoadsOfOne {
		if err := ask("192.0.2.1"); errors.Is(err, fetch.ErrBusy) {
			t.Fatal(err)
		}
	}
	if err := ask("192.0.2.1"); !errors.Is(err, fetch.ErrBusy) {
		t.Errorf("one more: %v", err)
	}
	if err := ask("192.0.2.2"); errors.Is(err, fetch.ErrBusy) {
		t.Errorf("another client: %v", err)
	}
}
