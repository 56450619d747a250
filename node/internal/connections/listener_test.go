package connections

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// site is a server behind a Listener. Its path /hold keeps a request until the test ends, /hijack keeps
// the connection, anything else is answered at once.
type site struct {
	t        *testing.T
	listener *Listener
	server   *httptest.Server
	held     chan struct{} // receives when a request is held
}

func newSite(t *testing.T, cfg Config, secure bool) *site {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("several loopback addresses: Linux only")
	}
	cfg.Registerer = prometheus.NewRegistry()
	raw, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, held: make(chan struct{}, 100)}
	if s.listener, err = Limit(raw, cfg); err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hold":
			s.held <- struct{}{}
			<-release
		case "/hijack":
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			s.held <- struct{}{}
			go func() {
				io.Copy(io.Discard, c)
				c.Close()
			}()
		}
	}))
	s.server.Listener.Close()
	s.server.Listener = s.listener
	s.server.Config.ConnState = s.listener.State
	if secure {
		s.server.StartTLS()
	} else {
		s.server.Start()
	}
	t.Cleanup(func() { close(release); s.server.Close() })
	return s
}

// conversation is one connection of a client.
type conversation struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func (s *site) dial(from string) *conversation {
	s.t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: time.Minute}
	c, err := d.DialContext(context.Background(), "tcp", s.listener.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	return &conversation{s.t, c, bufio.NewReader(c)}
}

func (c *conversation) send(path string) {
	c.t.Helper()
	io.WriteString(c.conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n") // a failure shows in the answer
}

// answered reports whether a request is answered, rather than the connection closed.
func (c *conversation) answered() bool {
	c.t.Helper()
	c.send("/")
	c.conn.SetReadDeadline(time.Now().Add(2 * time.Minute))
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		if e, ok := err.(net.Error); ok && e.Timeout() {
			c.t.Fatal("neither answered nor closed")
		}
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func (s *site) eventually(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("gave up waiting until %s", what)
		}
	}
}

// idle is how many connections of all addresses count as idle.
func (s *site) idle() (n int) {
	s.listener.mu.Lock()
	defer s.listener.mu.Unlock()
	for _, c := range s.listener.clients {
		for i := c.idle.first; i != nil; i = i.next {
			n++
		}
	}
	return n
}

func (s *site) opens(n int) {
	s.t.Helper()
	s.eventually("the connections are counted", func() bool { return s.listener.Open() == n })
}

const attacker, honest = "127.0.0.2", "127.0.0.1"

func TestIdleConnectionsOfTheBusiestGiveWay(t *testing.T) {
	s := newSite(t, Config{Max: 6, MaxPerAddress: 5}, false)
	quiet := s.dial("127.0.0.3")
	if !quiet.answered() {
		t.Fatal("the first connection")
	}
	var many []*conversation
	for range 5 {
		c := s.dial(attacker)
		if !c.answered() {
			t.Fatal("within all bounds")
		}
		many = append(many, c)
	}
	s.eventually("all are idle", func() bool { return s.idle() == 6 })
	if !s.dial(honest).answered() {
		t.Error("an honest client is refused while another address has idle connections")
	}
	if many[0].answered() {
		t.Error("the connection that was idle for longest is still there")
	}
	if !quiet.answered() || !many[1].answered() {
		t.Error("more than one connection had to give way, or the wrong one")
	}
	s.opens(6)
}

func TestAnAddressHasItsBound(t *testing.T) {
	s := newSite(t, Config{Max: 100, MaxPerAddress: 3}, false)
	for range 3 {
		c := s.dial(attacker)
		c.send("/hold")
		<-s.held
	}
	if s.dial(attacker).answered() {
		t.Error("one more than its bound")
	}
	if !s.dial(honest).answered() {
		t.Error("another address pays for it")
	}
}

// A newcomer of the address that has most connections does not displace others.
func TestTheBusiestDisplacesNobody(t *testing.T) {
	s := newSite(t, Config{Max: 4, MaxPerAddress: 4}, false)
	quiet := s.dial(honest)
	if !quiet.answered() {
		t.Fatal("the first connection")
	}
	for range 3 {
		c := s.dial(attacker)
		c.send("/hold")
		<-s.held
	}
	if s.dial(attacker).answered() {
		t.Error("there was no room")
	}
	if !quiet.answered() {
		t.Error("it took the place of another address")
	}
}

func TestStreamsCount(t *testing.T) {
	s := newSite(t, Config{Max: 10, MaxPerAddress: 2}, false)
	var streams []*conversation
	for range 2 {
		c := s.dial(attacker)
		c.send("/hijack")
		<-s.held
		streams = append(streams, c)
	}
	if s.dial(attacker).answered() {
		t.Error("connections that were taken over do not count")
	}
	streams[0].conn.Close()
	s.opens(1)
	if !s.dial(attacker).answered() {
		t.Error("a stream that was closed still counts")
	}
}

func TestProxiesAreExempt(t *testing.T) {
	proxy := netip.MustParseAddr(attacker)
	s := newSite(t, Config{Max: 5, MaxPerAddress: 1, Exempt: func(a netip.Addr) bool { return a == proxy }}, false)
	for range 5 {
		c := s.dial(attacker)
		c.send("/hold")
		<-s.held
	}
	s.opens(5)
	if s.dial(attacker).answered() {
		t.Error("a proxy goes beyond the bound in sum")
	}
}

func TestIdleUnderTLS(t *testing.T) {
	s := newSite(t, Config{Max: 10, MaxPerAddress: 10}, true)
	client := s.server.Client()
	for range 3 {
		resp, err := client.Get(s.server.URL)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		s.eventually("it is idle", func() bool { return s.idle() == 1 })
	}
	client.CloseIdleConnections()
	s.opens(0)
}

func TestBoundsAreChecked(t *testing.T) {
	for _, cfg := range []Config{{}, {Max: 1}, {MaxPerAddress: 1}} {
		if _, err := Limit(nil, cfg); err == nil || !strings.Contains(err.Error(), "positive") {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1:5": "192.0.2.1", "[::ffff:192.0.2.1]:5": "192.0.2.1", "[2001:db8:1:2:3:4:5:6]:5": "2001:db8:1:2::", "[fe80::1%eth0]:5": "fe80::",
	} {
		at := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(in))
		if got := network(addressOf(named{addr: at})); got.String() != want {
			t.Errorf("%s counts as %s, want %s", in, got, want)
		}
	}
	if got := network(addressOf(named{addr: &net.UnixAddr{Name: "x"}})); got.IsValid() {
		t.Errorf("a socket without an address counts as %s", got)
	}
}

// named is a connection with nothing but an address.
type named struct {
	net.Conn
	addr net.Addr
}

func (n named) RemoteAddr() net.Addr { return n.addr }
