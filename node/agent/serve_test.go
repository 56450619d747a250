package agent

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTokenThatOthersCanReadIsNone(t *testing.T) {
	dir := t.TempDir()
	token, err := Token(dir)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Token(dir); err != nil || again != token {
		t.Errorf("%q, %v", again, err)
	}
	if err := os.Chmod(filepath.Join(dir, tokenFile), 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := Token(dir); err == nil || !strings.Contains(err.Error(), "chmod") {
		t.Errorf("readable by a group: %v", err)
	}
}

func TestRequestsUnderWayAreBounded(t *testing.T) {
	store, dir := newStore(t)
	a, err := New(Config{Keys: store, Dir: dir, BaseURL: "http://localhost"})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	entered, leave := make(chan struct{}), make(chan struct{})
	guarded := a.guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		entered <- struct{}{}
		<-leave
	}))
	ask := func() int {
		w := httptest.NewRecorder()
		guarded.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/keys", nil))
		return w.Code
	}
	done := make(chan int, maxRequests)
	for range maxRequests {
		go func() { done <- ask() }()
		<-entered
	}
	if status := ask(); status != http.StatusServiceUnavailable {
		t.Errorf("one more: %d", status)
	}
	close(leave)
	for range maxRequests {
		if status := <-done; status != http.StatusOK {
			t.Errorf("one of as many as may be: %d", status)
		}
	}
}
