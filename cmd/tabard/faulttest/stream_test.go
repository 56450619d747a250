package faulttest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// subscribe opens a stream from an address of its own and leaves it alone: what it is sent stays in the
// socket's buffer. No poller of the test's process is told of it either, which the server's process would
// have to wake, as none does on a subscriber's own machine.
func (s *server) subscribe(from string) {
	s.t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: patience}
	conn, err := dialer.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReaderSize(io.LimitReader(conn, 4<<10), 16), nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		s.t.Fatalf("subscription from %s: %v %v", from, resp, err)
	}
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		s.t.Fatal(err)
	}
	var kept int
	var failed error
	err = raw.Control(func(fd uintptr) { kept, failed = syscall.Dup(int(fd)) })
	if err := errors.Join(err, failed); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := syscall.Close(kept); err != nil {
			s.t.Error(err)
		}
	})
}

// TestIdleSubscribersCostLittle: what thousands of subscribers cost when nothing happens is heartbeats.
// It takes a machine with little else to do for the figure to mean something.
func TestIdleSubscribersCostLittle(t *testing.T) {
	loads(t)
	const (
		subscribers, addresses = 9000, 90
		measured               = 15 * time.Second
		most                   = 0.08 // of a core, for 10,000
		mostBytes              = 16 << 10
	)
	c := newCluster(t, "--max-connections", fmt.Sprint(subscribers+1000), "--read-rate", "0")
	s := c.followers()[0]
	use := func() float64 {
		before := s.cpu()
		time.Sleep(measured) // what is measured is time itself
		return float64(s.cpu()-before) / float64(measured)
	}
	alone, bytes := use(), s.memory()
	for i := range subscribers {
		s.subscribe(fmt.Sprintf("127.1.0.%d", 1+i%addresses))
	}
	use() // the handshakes' garbage goes
	with := use()
	each := (s.memory() - bytes) / subscribers
	cost := (with - alone) * 10_000 / subscribers
	t.Logf("%.1f %% of a core for 10,000 idle subscribers (%.1f %% without any), %d bytes of main memory each", 100*cost, 100*alone, each)
	if cost > most {
		t.Errorf("10,000 idle subscribers cost %.1f %% of a core, more than %.0f %%", 100*cost, 100*most)
	}
	if each > mostBytes {
		t.Errorf("an idle subscriber takes %d bytes, more than %d", each, mostBytes)
	}
}
