package stream

import (
	"context"
	"crypto/tls"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// TestTLS: where writes may wait, frames come as they do on plain sockets.
func TestTLS(t *testing.T) {
	m := newMemory(1)
	h, err := New(Config{Source: m, Interval: 10 * time.Millisecond, WriteTimeout: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(h)
	defer server.Close()
	dialer := websocket.Dialer{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // the test's own server
	at := "wss" + strings.TrimPrefix(server.URL, "https") + "/v1/stream?after=" + testLedger + ":start"
	ws, _, err := dialer.Dial(at, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	slow, _, err := dialer.Dial(at, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	want := 0
	for h.Subscribers() == 2 {
		m.append(300)
		for range 300 {
			if f := nextRecord(t, ws); int(*f.Seq) != want {
				t.Fatalf("record %d, want %d", *f.Seq, want)
			}
			want++
		}
		if want > 1_000_000 {
			t.Fatal("a reader that does not read is kept")
		}
	}
	ended := make(chan error)
	go func() {
		var err error
		for err == nil {
			_, err = receive(ws)
		}
		ended <- err
	}()
	if err := h.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if err := <-ended; !websocket.IsCloseError(err, 4006) {
		t.Errorf("ended with %v", err)
	}
}
