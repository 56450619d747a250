package fetch

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestSlowHosts(t *testing.T) {
	stop := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/header":
		case "/body":
			io.WriteString(w, "{")
			http.NewResponseController(w).Flush()
		case "/drip":
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for {
				if _, err := io.WriteString(w, " "); err != nil {
					return
				}
				http.NewResponseController(w).Flush()
				select {
				case <-stop:
					return
				case <-r.Context().Done():
					return
				case <-tick.C:
				}
			}
		}
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(stop) }) // before the server's own
	f := s.fetcher(t, func(c *Config) { c.Timeout = 150 * time.Millisecond })
	for _, path := range []string{"/header", "/body", "/drip"} {
		_, err := f.Get(t.Context(), s.url(path), Options{})
		wantKind(t, path, err, ErrTimeout)
	}
	// A port that takes connections and says nothing.
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	_, port, _ := net.SplitHostPort(silent.Addr().String())
	_, err = f.Get(t.Context(), "https://example.com:"+port+"/", Options{})
	wantKind(t, "silence", err, ErrTimeout)
}

func TestCallersShareAndLeave(t *testing.T) {
	arrived, let := make(chan struct{}, 100), make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		select {
		case <-let:
			io.WriteString(w, "{}")
		case <-r.Context().Done():
		}
	})
	f := s.fetcher(t, nil)
	gone, leave := context.WithCancel(t.Context())
	results := make(chan error, 20)
	for range 10 {
		go func() { _, err := f.Get(gone, s.url("/"), Options{}); results <- err }()
		go func() { _, err := f.Get(t.Context(), s.url("/"), Options{}); results <- err }()
	}
	<-arrived
	until(func() bool { return f.riders(s.url("/")) == 20 })
	leave()
	for range 10 {
		wantKind(t, "left", <-results, ErrCanceled)
	}
	close(let)
	for range 10 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if n := s.hits.Load(); n != 1 {
		t.Errorf("%d requests for one answer", n)
	}
}

// until waits for a condition.
func until(done func() bool) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !done() {
		<-tick.C
	}
}

// riders counts those who wait for a URL.
func (f *Fetcher) riders(url string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	for key, fl := range f.flights {
		if strings.HasPrefix(key, url+"\n") {
			return fl.riders
		}
	}
	return 0
}

func TestBounds(t *testing.T) {
	let := make(chan struct{})
	var under, most atomic.Int64
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		n := under.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-let
		under.Add(-1)
	})
	f := s.fetcher(t, func(c *Config) { c.MaxConcurrent, c.MaxPerHost, c.Timeout = 8, 2, 2*time.Minute })
	const n = 40
	results := make(chan error, n)
	for i := range n {
		go func() { _, err := f.Get(t.Context(), s.url(fmt.Sprint("/", i)), Options{}); results <- err }()
	}
	busy := 0
	for range n - 8 { // half of a queue of 16 is this host's
		err := <-results
		wantKind(t, "queue full", err, ErrBusy)
		busy++
	}
	close(let)
	for range n - busy {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if m := most.Load(); m > 2 {
		t.Errorf("%d requests to one host at once", m)
	}
	f.gate.mu.Lock()
	defer f.gate.mu.Unlock()
	if f.gate.waiting != 0 || len(f.gate.hosts) != 0 {
		t.Errorf("%d waiting, %d hosts after all is over", f.gate.waiting, len(f.gate.hosts))
	}
}

func TestFailuresAreRemembered(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/later" {
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		http.NotFound(w, r)
	})
	now := time.Unix(1e9, 0)
	f := s.fetcher(t, func(c *Config) { c.now, c.Refused = func() time.Time { return now }, 2 })
	ask := func(path string, fresh bool, hits int64, kind error) {
		t.Helper()
		_, err := f.Get(t.Context(), s.url(path), Options{Fresh: fresh})
		wantKind(t, path, err, kind)
		if got := s.hits.Load(); got != hits {
			t.Errorf("%s: %d requests, want %d", path, got, hits)
		}
	}
	ask("/a", false, 1, ErrNotFound)
	ask("/a", false, 1, ErrNotFound)
	ask("/a", true, 2, ErrNotFound)
	now = now.Add(remember)
	ask("/a", false, 3, ErrNotFound)
	ask("/later", false, 4, ErrStatus)
	now = now.Add(59 * time.Second)
	ask("/later", false, 4, ErrStatus)
	now = now.Add(time.Second)
	ask("/later", false, 5, ErrStatus)
	ask("/b", false, 6, ErrNotFound)
	ask("/c", false, 7, ErrNotFound)
	ask("/later", false, 8, ErrStatus) // made room
	if n := len(f.refused.byKey); n != 2 || f.refused.order.Len() != 2 {
		t.Errorf("%d remembered", n)
	}
}

// Two seconds after a failure the host is asked again, once for all who ask.
func TestFailuresAreRetriedSoon(t *testing.T) {
	var there atomic.Bool
	open := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !there.Load() {
			http.NotFound(w, r)
			return
		}
		<-open
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, "{}")
	})
	now := time.Unix(1e9, 0)
	f := s.fetcher(t, func(c *Config) { c.now = func() time.Time { return now } })
	_, err := f.Get(t.Context(), s.url("/did.json"), Options{})
	wantKind(t, "not yet there", err, ErrNotFound)
	there.Store(true)
	now = now.Add(2*time.Second - time.Millisecond)
	_, err = f.Get(t.Context(), s.url("/did.json"), Options{})
	wantKind(t, "remembered", err, ErrNotFound)
	now = now.Add(time.Millisecond)
	const askers = 20
	results := make(chan error, askers)
	for range askers {
		go func() {
			_, err := f.Get(t.Context(), s.url("/did.json"), Options{Accept: []string{"application/json"}})
			results <- err
		}()
	}
	until(func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, fl := range f.flights {
			return fl.riders == askers
		}
		return false
	})
	close(open)
	for range askers {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if got := s.hits.Load(); got != 2 {
		t.Errorf("%d requests, want 2", got)
	}
}

func TestClose(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	f := s.fetcher(t, nil)
	ended := make(chan error, 1)
	go func() { _, err := f.Get(t.Context(), s.url("/"), Options{}); ended <- err }()
	until(func() bool { return s.hits.Load() > 0 })
	f.Close()
	wantKind(t, "closed meanwhile", <-ended, ErrClosed)
	_, err := f.Get(t.Context(), s.url("/"), Options{})
	wantKind(t, "closed", err, ErrClosed)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.fetcher(t, nil).Get(ctx, s.url("/"), Options{})
	wantKind(t, "gone before it asked", err, ErrCanceled)
}

func TestConfigIsChecked(t *testing.T) {
	for _, cfg := range []Config{{MaxBytes: -1}, {Timeout: -1}, {MaxConcurrent: -1}, {MaxPerHost: -1}, {Ports: []int{0}}, {Ports: []int{65536}}, {Refused: -1}} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%+v is accepted", cfg)
		}
	}
}
