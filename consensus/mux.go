package consensus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// mux shares one listener between Raft, calls between nodes and installs.
type mux struct {
	ln       net.Listener
	network  Network
	identity *identity // nil: without TLS
	peers    []Peer
	self     string
	timeout  time.Duration
	log      *slog.Logger
	serve    func(net.Conn) // handles a connection of calls, until it ends
	install  func(net.Conn) // handles one on which a leader sends contents
	places   *places
	said     saidOnce

	introduce func() introduction                   // of this node
	running   func(id string) (run string, ok bool) // the process that answers at a peer's address now

	raftConns chan net.Conn
	done      chan struct{}
	life      context.Context // ends with done
	end       context.CancelFunc
	serving   sync.WaitGroup

	mu     sync.Mutex // guards what follows
	conns  map[*muxConn]struct{}
	closed bool
}

const (
	protoRaft    = 'R'
	protoCalls   = 'C'
	protoInstall = 'S'
	protoVersion = 2
)

var errNotPeer = errors.New("not a peer")

func newMux(c *Config, ln net.Listener, id *identity) *mux {
	life, end := context.WithCancel(context.Background())
	return &mux{
		life: life, end: end, ln: ln, network: c.Network, identity: id, peers: c.Peers, self: c.NodeID,
		timeout: c.RPCTimeout, log: c.Logger,
		places: newPlaces(c.Peers), raftConns: make(chan net.Conn),
		done: make(chan struct{}), conns: make(map[*muxConn]struct{}),
		introduce: func() introduction { return introduction{Node: c.NodeID} },
		running:   func(string) (string, bool) { return "", false },
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
func (m *mux) start() { m.serving.Go(m.accept) }

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
		own := m.places.take(hostOf(raw), raw)
		c, err := m.track(raw)
		if err != nil {
			return
		}
		m.serving.Go(func() { m.greet(c, own) })
	}
}

func hostOf(c net.Conn) string {
	remote := c.RemoteAddr().String()
	if host, _, err := net.SplitHostPort(remote); err == nil {
		return host
	}
	return remote
}

// greet authenticates an incoming connection and passes it on.
func (m *mux) greet(c *muxConn, own *place) {
	proto, err := m.hear(c)
	m.places.leave(own)
	if err != nil {
		m.complain(c, err)
		_ = c.Close() // refused already
		return
	}
	switch proto {
	case protoCalls:
		m.serve(c)
		return
	case protoInstall:
		m.install(c)
		return
	}
	select {
	case m.raftConns <- c:
	case <-m.done:
		_ = c.Close() // shutting down
	}
}

// complain logs why a connection was refused: aloud, but not again and again, where a
// node of some cluster is at the other end.
func (m *mux) complain(c *muxConn, err error) {
	host := hostOf(c.raw)
	if errors.Is(err, errRefused) && !m.said.again(host+err.Error(), time.Now()) {
		m.log.Warn("connection of a node refused", "node", m.self, "remote", host, "error", err)
		return
	}
	m.log.Debug("connection refused", "remote", c.RemoteAddr(), "error", err)
}

func (m *mux) hear(c *muxConn) (byte, error) {
	if err := c.SetDeadline(time.Now().Add(min(m.timeout, greetingTimeout))); err != nil {
		return 0, err
	}
	if m.identity != nil {
		t := tls.Server(c.raw, m.identity.server)
		if err := t.Handshake(); err != nil {
			return 0, explainTLS(err, "", hostOf(c.raw)) // whose ports are new each time
		}
		c.Conn = t
	}
	proto, err := m.answerGreeting(c)
	if err != nil {
		return 0, err
	}
	return proto, c.SetDeadline(time.Time{})
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
	if err := m.greetAt(ctx, c, id, address, proto); err != nil {
		if errors.Is(err, errRefused) && !m.said.again(err.Error(), time.Now()) {
			m.log.Warn("no connection to a peer", "node", m.self, "peer", id, "error", err)
		}
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// greetAt authenticates the peer on a connection just made, and says what it is for.
func (m *mux) greetAt(ctx context.Context, c *muxConn, id, address string, proto byte) error {
	deadline, _ := ctx.Deadline()
	if err := c.SetDeadline(deadline); err != nil {
		return err
	}
	if m.identity != nil {
		cfg := m.identity.client.Clone()
		cfg.ServerName = id + serverSuffix
		t := tls.Client(c.raw, cfg)
		if err := t.HandshakeContext(ctx); err != nil {
			return explainTLS(err, id, address)
		}
		c.Conn = t
	}
	if err := m.greetPeer(c, id, proto); err != nil {
		return explainTLS(fmt.Errorf("greet %s at %s: %w", id, address, err), id, address)
	}
	return c.SetDeadline(time.Time{})
}

// dropAll closes every connection.
func (m *mux) dropAll() {
	m.mu.Lock()
	open := slices.Collect(maps.Keys(m.conns))
	m.mu.Unlock()
	for _, c := range open {
		_ = c.Close() // both ends make another
	}
}

// close ends the listener and every connection, and waits for what serves them.
func (m *mux) close() error {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil
	}
	m.closed = true
	open := slices.Collect(maps.Keys(m.conns))
	m.mu.Unlock()
	close(m.done)
	m.end()
	err := m.ln.Close()
	for _, c := range open {
		_ = c.Close() // both ends are about to forget it
	}
	m.serving.Wait()
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
