package consensus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// mux shares one listener between Raft and calls between nodes. A connection
// begins, above TLS, with two bytes: what it is for, and the version of that.
type mux struct {
	ln       net.Listener
	network  Network
	identity *identity // nil: without TLS
	peers    []Peer
	self     string
	timeout  time.Duration
	log      *slog.Logger
	serve    func(net.Conn) // handles a connection of calls, until it ends

	raftConns chan net.Conn
	greeting  chan struct{} // one per connection that has not yet said what it is for
	done      chan struct{}
	life      context.Context // ends with done
	end       context.CancelFunc
	running   sync.WaitGroup

	mu     sync.Mutex // guards what follows
	conns  map[*muxConn]struct{}
	hosts  map[string]int // connections in greeting, by remote host
	closed bool
}

const (
	protoRaft    = 'R'
	protoCalls   = 'C'
	protoVersion = 1

	// Connections that have not yet said what they are for, altogether and from
	// one host, so that a stranger who says nothing does not keep a peer out.
	maxGreeting     = 64
	maxHostGreeting = 16
)

var errNotPeer = errors.New("not a peer")

func newMux(c *Config, ln net.Listener, id *identity) *mux {
	life, end := context.WithCancel(context.Background())
	return &mux{
		life: life, end: end, ln: ln, network: c.Network, identity: id, peers: c.Peers, self: c.NodeID,
		timeout: c.RPCTimeout, log: c.Logger,
		raftConns: make(chan net.Conn), greeting: make(chan struct{}, maxGreeting),
		done: make(chan struct{}), conns: make(map[*muxConn]struct{}), hosts: make(map[string]int),
	}
}

// muxConn is a connection that the mux closes when it closes. Closing it does not
// wait for a TLS alert to be written: frames tell where they end.
type muxConn struct {
	net.Conn
	raw  net.Conn
	mux  *mux
	once sync.Once
}

func (c *muxConn) Close() (err error) {
	c.once.Do(func() {
		err = c.raw.Close()
		c.mux.mu.Lock()
		delete(c.mux.conns, c)
		c.mux.mu.Unlock()
	})
	return err
}

// track registers raw, or closes it if the mux is closed.
func (m *mux) track(raw net.Conn) (*muxConn, error) {
	c := &muxConn{Conn: raw, raw: raw, mux: m}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, errors.Join(net.ErrClosed, raw.Close())
	}
	m.conns[c] = struct{}{}
	return c, nil
}

// start accepts connections until close.
func (m *mux) start() { m.running.Go(m.accept) }

func (m *mux) accept() {
	for {
		raw, err := m.ln.Accept()
		if err != nil {
			select {
			case <-m.done:
				return
			case <-time.After(10 * time.Millisecond): // out of file descriptors, perhaps
				m.log.Warn("cannot accept a connection", "error", err)
				continue
			}
		}
		host := hostOf(raw)
		if !m.admit(host) {
			_ = raw.Close() // nothing was said on it
			continue
		}
		select {
		case m.greeting <- struct{}{}:
		case <-m.done:
			_ = raw.Close() // nothing was said on it
			return
		}
		c, err := m.track(raw)
		if err != nil {
			return
		}
		m.running.Go(func() { m.greet(c, host) })
	}
}

func hostOf(c net.Conn) string {
	remote := c.RemoteAddr().String()
	if host, _, err := net.SplitHostPort(remote); err == nil {
		return host
	}
	return remote
}

// admit counts one more connection in greeting from host, unless it has enough.
func (m *mux) admit(host string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.hosts[host] >= maxHostGreeting {
		return false
	}
	m.hosts[host]++
	return true
}

func (m *mux) leave(host string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.hosts[host]--; m.hosts[host] == 0 {
		delete(m.hosts, host)
	}
}

// greet authenticates an incoming connection and passes it on.
func (m *mux) greet(c *muxConn, host string) {
	proto, err := m.hear(c)
	<-m.greeting
	m.leave(host)
	if err != nil {
		m.log.Debug("connection refused", "remote", c.RemoteAddr(), "error", err)
		_ = c.Close() // refused already
		return
	}
	if proto == protoCalls {
		m.serve(c)
		return
	}
	select {
	case m.raftConns <- c:
	case <-m.done:
		_ = c.Close() // shutting down
	}
}

func (m *mux) hear(c *muxConn) (byte, error) {
	if err := c.SetDeadline(time.Now().Add(m.timeout)); err != nil {
		return 0, err
	}
	if m.identity != nil {
		c.Conn = tls.Server(c.raw, m.identity.server)
	}
	var b [2]byte
	if _, err := io.ReadFull(c, b[:]); err != nil {
		return 0, err
	}
	if b[1] != protoVersion || b[0] != protoRaft && b[0] != protoCalls {
		return 0, fmt.Errorf("connection for %q: %w %d", b[0], ErrUnknownVersion, b[1])
	}
	return b[0], c.SetDeadline(time.Time{})
}

// dial connects to peer id for proto.
func (m *mux) dial(ctx context.Context, id string, proto byte) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	defer context.AfterFunc(m.life, cancel)()
	address := ""
	for _, p := range m.peers {
		if p.ID == id {
			address = p.Address
		}
	}
	if address == "" {
		return nil, fmt.Errorf("dial %q: %w", id, errNotPeer)
	}
	raw, err := m.network.Dial(ctx, address)
	if err != nil {
		return nil, err
	}
	c, err := m.track(raw)
	if err != nil {
		return nil, err
	}
	if err := m.introduce(ctx, c, id, proto); err != nil {
		return nil, errors.Join(fmt.Errorf("greet %s at %s: %w", id, address, err), c.Close())
	}
	return c, nil
}

func (m *mux) introduce(ctx context.Context, c *muxConn, id string, proto byte) error {
	deadline, _ := ctx.Deadline()
	if err := c.SetDeadline(deadline); err != nil {
		return err
	}
	if m.identity != nil {
		cfg := m.identity.client.Clone()
		cfg.ServerName = id + serverSuffix
		c.Conn = tls.Client(c.raw, cfg)
	}
	if _, err := c.Write([]byte{proto, protoVersion}); err != nil {
		return err
	}
	return c.SetDeadline(time.Time{})
}

// close ends the listener and every connection, and waits for what serves them.
func (m *mux) close() error {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil
	}
	m.closed = true
	open := make([]*muxConn, 0, len(m.conns))
	for c := range m.conns {
		open = append(open, c)
	}
	m.mu.Unlock()
	close(m.done)
	m.end()
	err := m.ln.Close()
	for _, c := range open {
		_ = c.Close() // both ends are about to forget it
	}
	m.running.Wait()
	return err
}

// raftStream is the mux as Raft sees it. Raft knows nodes by id alone, so that
// neither its log nor its votes depend on addresses.
type raftStream struct{ *mux }

type idAddr string

func (idAddr) Network() string  { return "tabard" }
func (a idAddr) String() string { return string(a) }

// Accept implements net.Listener.
func (s raftStream) Accept() (net.Conn, error) {
	select {
	case c := <-s.raftConns:
		return c, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

// Addr implements net.Listener.
func (s raftStream) Addr() net.Addr { return idAddr(s.self) }

// Close implements net.Listener. The replica closes the mux itself, last.
func (s raftStream) Close() error { return nil }

// Dial implements raft.StreamLayer.
func (s raftStream) Dial(address raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return s.dial(ctx, string(address), protoRaft)
}
