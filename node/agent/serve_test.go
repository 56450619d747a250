package agent

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestTokenThatOthersCanReadIsNone(t *testing.T) {
	w := openWallet(t, t.TempDir())
	token, err := w.Token()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := w.Token(); err != nil || again != token {
		t.Errorf("%q, %v", again, err)
	}
	if err := os.Chmod(w.path(tokenFile), 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Token(); err == nil || !strings.Contains(err.Error(), "chmod") {
		t.Errorf("readable by a group: %v", err)
	}
}

func TestRequestsUnderWayAreBounded(t *testing.T) {
	store, wallet := newStore(t)
	a, err := New(Config{Keys: store, Wallet: wallet, BaseURL: "http://localhost"})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	entered, leave := make(chan struct{}), make(chan struct{})
	wait := func(*Agent, *http.Request) (int, any, error) {
		entered <- struct{}{}
		<-leave
		return http.StatusOK, map[string]bool{}, nil
	}
	ask := func(h http.Handler) int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/keys", nil))
		return w.Code
	}
	waiting := a.serve(wait, a.waiting)
	done := make(chan int, maxRequests)
	for range maxRequests {
		go func() { done <- ask(waiting) }()
		<-entered
	}
	if status := ask(waiting); status != http.StatusServiceUnavailable {
		t.Errorf("one more: %d", status)
	}
	// Those who wait for a registry keep nobody from signing, and nobody from seeing that the agent lives.
	for _, path := range []string{"/keys", "/healthz"} {
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+path, nil))
		if w.Code != http.StatusOK {
			t.Errorf("%s meanwhile: %d", path, w.Code)
		}
	}
	close(leave)
	for range maxRequests {
		if status := <-done; status != http.StatusOK {
			t.Errorf("one of as many as may be: %d", status)
		}
	}
}

// Whoever asks for localhost may come by either family: the agent has both, or refuses to start.
func TestLocalhostIsBothFamilies(t *testing.T) {
	probe, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6")
	}
	defer probe.Close()
	listeners, err := Listen(t.Context(), "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for _, l := range listeners {
		host, _, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		hosts = append(hosts, host)
		defer l.Close()
	}
	if !slices.Equal(hosts, []string{"127.0.0.1", "::1"}) {
		t.Errorf("listens on %v", hosts)
	}
	_, port, err := net.SplitHostPort(probe.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if listeners, err := Listen(t.Context(), "localhost:"+port); err == nil {
		t.Errorf("listens on %v, of which somebody else has ::1", listeners)
	}
	alone, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil || len(alone) != 1 {
		t.Fatalf("%v, %v", alone, err)
	}
	if err := alone[0].Close(); err != nil {
		t.Error(err)
	}
}
