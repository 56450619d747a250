package faulttest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

const attacker = "127.0.0.2"

// limitFiles has the server run with so many file descriptors at most.
func (s *server) limitFiles(n int) {
	s.run = []string{"/bin/sh", "-c", `ulimit -n "$0" && exec "$@"`, fmt.Sprint(n)}
}

// dialFrom opens a connection to the server's public listener from an address, without a word.
func (s *server) dialFrom(address string) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: patience}
	return d.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
}

// honestly has so many DIDs created, each over a connection of its own, and says how many are not. Only
// the attacked server is asked.
func honestly(t *testing.T, s *server, path string, n int) (failed int) {
	t.Helper()
	for i := range n {
		client := clientFrom("127.0.0.1")
		got, err := newCreation(t, fmt.Sprintf("%s/%d", path, i)).post(client, s)
		client.CloseIdleConnections()
		if err != nil || got.status != http.StatusCreated {
			t.Logf("honest request %d: %v, %d %s", i, err, got.status, got.body)
			failed++
		}
	}
	return failed
}

// TestIdleConnectionsOfOneAddress: they took all file descriptors, and the node died when its store needed
// one. One address now has a part of them, its idle connections give way, and everybody else is served.
func TestIdleConnectionsOfOneAddress(t *testing.T) {
	t.Parallel()
	const limit, tried, honest = 512, 1000, 100
	c := prepareCluster(t, "--no-foreign")
	for _, s := range c.servers {
		s.limitFiles(limit)
		s.start()
	}
	c.ready(c.servers...)
	s := c.servers[0]
	before := s.descriptors()
	held := 0
	for i := range tried {
		conn, err := s.dialFrom(attacker)
		if err != nil {
			continue
		}
		t.Cleanup(func() { conn.Close() })
		if i%2 == 0 { // half of them have made a request
			io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		}
		held++
	}
	if held < limit {
		t.Fatalf("%d connections are no attack", held)
	}
	failed := honestly(t, s, "idle", honest)
	after := s.descriptors()
	t.Logf("%d connections opened: %d descriptors before, %d after; %d of %d honest writes failed", held, before, after, failed, honest)
	if failed > honest/100 {
		t.Errorf("%d of %d honest writes failed", failed, honest)
	}
	if after > before+limit/4 {
		t.Errorf("one address took the server from %d to %d descriptors of %d", before, after, limit)
	}
	c.checkAgree(honest + 1)
}

// TestTooFewFiles: a server that may open too few files says so instead of failing at work.
func TestTooFewFiles(t *testing.T) {
	t.Parallel()
	c := prepareCluster(t)
	s := c.servers[0]
	s.limitFiles(200)
	s.start()
	if code := s.exit(); code != 2 {
		t.Errorf("status %d", code)
	}
	if !strings.Contains(s.log(), "this process may open 200 files, and a node needs at least ") {
		t.Errorf("it says %s", s.tail())
	}
}
