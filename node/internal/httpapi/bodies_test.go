package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/node/api"
)

// begin sends the head of a request and a part of its body, and leaves it there.
func (n *testNode) begin(t *testing.T, head, body string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(n.server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, head+"\r\n\r\n"+body); err != nil {
		t.Fatal(err)
	}
	return conn
}

func (n *testNode) handler(t *testing.T) *server {
	t.Helper()
	s, ok := n.server.Config.Handler.(*server)
	if !ok {
		t.Fatal("not the server")
	}
	return s
}

// heldBytes is what bodies take now.
func (s *server) heldBytes() int {
	s.bodies.mu.Lock()
	defer s.bodies.mu.Unlock()
	return s.bodies.held.all
}

// Bodies that were announced, or sent but for their last byte, took memory without a bound.
func TestBodiesUnderWayAreBounded(t *testing.T) {
	n := startNode(t)
	s := n.handler(t)
	const head = "POST /credentials/verify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1048576"
	for range 20 {
		n.begin(t, head, "{")
	}
	eventually(t, func() bool { return s.heldBytes() > 0 })
	if got := s.heldBytes(); got > 20*8<<10 {
		t.Errorf("%d bytes for 20 bodies of which one byte has come", got)
	}
	s.bodies.mu.Lock()
	s.bodies.held.each = 2 << 20
	s.bodies.mu.Unlock()
	for range 4 {
		n.begin(t, head, `"`+strings.Repeat("x", 1<<20-2))
	}
	eventually(t, func() bool { return s.heldBytes() > 1<<20 })
	var got answer
	eventually(t, func() bool {
		got = n.post(verifyPath, "application/json", []byte(`{"verifiableCredential":"`+strings.Repeat("y", 1<<20-30)+`"}`))
		return got.status == http.StatusTooManyRequests
	})
	got.refused(api.RateLimited)
	if held := s.heldBytes(); held > 2<<20 {
		t.Errorf("%d bytes held for one client, 2 MiB allowed", held)
	}
}

// What a body becomes when it is read takes more than its text.
func TestBodyOfManyValues(t *testing.T) {
	n := startNode(t)
	s := n.handler(t)
	s.bodies.held.each = 8 << 20
	n.post(verifyPath, "application/json", []byte("["+strings.Repeat("1,", 1<<18)+"1]")).refused(api.RateLimited)
	n.post(verifyPath, "application/json", []byte(`{"verifiableCredential":"`+strings.Repeat("y", 1<<20-30)+`"}`)).json(http.StatusBadRequest, new(api.Verification))
	eventually(t, func() bool { return s.heldBytes() == 0 })
	if len(s.bodies.held.by) != 0 {
		t.Errorf("clients without a body: %v", s.bodies.held.by)
	}
}

func TestBodyThatComesTooSlowly(t *testing.T) {
	n := startNode(t, func(c *Config) { c.bodyPatience = 200 * time.Millisecond })
	body, client := io.Pipe()
	defer client.Close()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for { // something is always on its way
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				if _, err := client.Write([]byte("x")); err != nil {
					return
				}
			}
		}
	}()
	n.do(http.MethodPost, verifyPath, body, "Content-Type", "application/json").refused(api.RequestTimeout)
}

// steadyClock counts reads of it, a second each.
type steadyClock struct{ at time.Time }

func (c *steadyClock) now() time.Time { c.at = c.at.Add(time.Second); return c.at }

// Blank lines kept a bulk request alive for ever: they earn no time.
func TestPaceOfBodies(t *testing.T) {
	for _, c := range []struct {
		name  string
		piece string
		reads int // until patience is at an end: each takes a second
	}{
		{"blanks", "\n \r\n\t\n", 5},
		{"too slow", "ab", 5},
		{"half the rate", "12345678", 9},
	} {
		clock := &steadyClock{at: time.Unix(1e9, 0)}
		p := &pacedBody{Reader: &endless{piece: c.piece}, control: http.NewResponseController(deaf{}), now: clock.now, patience: 5 * time.Second, rate: 16}
		reads := 0
		for ; reads < 100; reads++ {
			if _, err := p.Read(make([]byte, 64)); err != nil {
				var slow net.Error
				if !errors.As(err, &slow) || !slow.Timeout() {
					t.Errorf("%s: %v", c.name, err)
				}
				break
			}
		}
		if reads < c.reads || reads > c.reads+1 {
			t.Errorf("%s: %d reads, want %d", c.name, reads, c.reads)
		}
	}
	fast := &pacedBody{Reader: &endless{piece: strings.Repeat("x", 16)}, control: http.NewResponseController(deaf{}),
		now: (&steadyClock{}).now, patience: 5 * time.Second, rate: 16}
	for range 1000 {
		if _, err := fast.Read(make([]byte, 64)); err != nil {
			t.Fatal(err)
		}
	}
}

// endless gives the same piece at every read.
type endless struct{ piece string }

func (e *endless) Read(b []byte) (int, error) { return copy(b, e.piece), nil }

// deaf is a transport without deadlines.
type deaf struct{ http.ResponseWriter }

// Four connections of one client took all places of bulk requests.
func TestOneClientHasHalfOfTheBulkPlaces(t *testing.T) {
	n := startNode(t, func(c *Config) { c.BulkRequests = 4 })
	s := n.handler(t)
	for i := range 2 {
		n.begin(t, "POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked", "1\r\n\n\r\n")
		eventually(t, func() bool { s.bulk.mu.Lock(); defer s.bulk.mu.Unlock(); return s.bulk.taken.all == i+1 })
	}
	n.post("/v1/records", api.TypeNDJSON, []byte("{}\n")).refused(api.RateLimited)
	leave, err := s.bulk.enter(netip.MustParseAddr("192.0.2.9"))
	if err != nil {
		t.Fatalf("another client: %v", err)
	}
	leave()
}

func TestBulkClientThatSendsBlankLines(t *testing.T) {
	n := startNode(t, func(c *Config) { c.bulkIdle = 300 * time.Millisecond })
	body, client := io.Pipe()
	defer client.Close()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				if _, err := client.Write(bytes.Repeat([]byte("\n"), 100)); err != nil {
					return
				}
			}
		}
	}()
	got := n.do(http.MethodPost, "/v1/records", body, "Content-Type", api.TypeNDJSON).outcomes()
	if len(got) != 1 || got[0].Problem == nil || got[0].Problem.Code != api.RequestTimeout {
		t.Errorf("%s", fmt.Sprint(got))
	}
}
