package connections

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Config of a Listener. Max and MaxPerAddress are required.
type Config struct {
	// Max bounds the connections in sum, MaxPerAddress those of one IPv4 address or IPv6 /64.
	Max, MaxPerAddress int
	// Exempt reports addresses that are bounded in sum only, such as a proxy's, which has the connections
	// of many clients. Nil: none is.
	Exempt func(netip.Addr) bool

	Registerer prometheus.Registerer // nil: nothing is counted
	Logger     *slog.Logger          // nil discards
}

// Listener accepts connections within bounds.
type Listener struct {
	net.Listener
	cfg     Config
	metrics *metrics

	mu      sync.Mutex
	total   int
	clients map[netip.Addr]*client
	warned  time.Time
}

// client is an address with at least one connection.
type client struct {
	open int
	idle idlers
}

// Limit returns l with bounds. The server of its connections must tell it their states: see State.
func Limit(l net.Listener, cfg Config) (*Listener, error) {
	if cfg.Max <= 0 || cfg.MaxPerAddress <= 0 {
		return nil, errors.New("connections: the bounds must be positive")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Exempt == nil {
		cfg.Exempt = func(netip.Addr) bool { return false }
	}
	out := &Listener{Listener: l, cfg: cfg, clients: make(map[netip.Addr]*client)}
	var err error
	out.metrics, err = newMetrics(cfg.Registerer, out)
	return out, err
}

// Accept waits for a connection for which there is room, or can be made.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer := addressOf(raw)
		c := &conn{Conn: raw, listener: l, from: network(peer), exempt: l.cfg.Exempt(peer)}
		victim, refused := l.admit(c)
		if victim != nil {
			victim.Close() //nolint:errcheck // nobody waits for anything on it
		}
		if refused == "" {
			return c, nil
		}
		raw.Close() //nolint:errcheck // nothing was said on it
		l.report(refused, c.from)
	}
}

// Why a connection is refused.
const (
	inSum      = "sum"
	forAddress = "address"
)

// admit counts one more connection. Where a bound is reached it returns the connection that makes room,
// which is not counted any more, or why there is none.
func (l *Listener) admit(c *conn) (victim *conn, refused string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	own := l.clients[c.from]
	switch {
	case own != nil && own.open >= l.cfg.MaxPerAddress && !c.exempt:
		victim, refused = own.idle.oldest(), forAddress
	case l.total >= l.cfg.Max:
		victim, refused = l.busiest(own), inSum
	default:
		l.count(c)
		return nil, ""
	}
	if victim == nil {
		return nil, refused
	}
	l.discount(victim)
	l.metrics.closed()
	l.count(c)
	return victim, ""
}

// busiest returns an idle connection of the address that has most connections among those with an idle
// one; nil if it has fewer than the newcomer's address.
func (l *Listener) busiest(own *client) *conn {
	most := own
	if own == nil || own.idle.oldest() == nil {
		most = nil
	}
	for _, other := range l.clients {
		if other.idle.oldest() != nil && (most == nil || other.open > most.open) {
			most = other
		}
	}
	if most == nil || own != nil && most.open < own.open {
		return nil
	}
	return most.idle.oldest()
}

// count takes a connection in, as one that has sent no request yet. The caller holds mu.
func (l *Listener) count(c *conn) {
	own := l.clients[c.from]
	if own == nil {
		own = new(client)
		l.clients[c.from] = own
	}
	l.total++
	own.open++
	own.idle.add(c)
	c.counted = true
}

// discount takes a connection out. The caller holds mu.
func (l *Listener) discount(c *conn) {
	if !c.counted {
		return
	}
	c.counted = false
	own := l.clients[c.from]
	own.idle.remove(c)
	own.open--
	l.total--
	if own.open == 0 {
		delete(l.clients, c.from)
	}
}

// State is the ConnState hook of the http.Server that serves the listener.
func (l *Listener) State(nc net.Conn, state http.ConnState) {
	if under, ok := nc.(interface{ NetConn() net.Conn }); ok { // TLS
		nc = under.NetConn()
	}
	c, ok := nc.(*conn)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !c.counted {
		return
	}
	switch state {
	case http.StateActive, http.StateHijacked:
		l.clients[c.from].idle.remove(c)
	case http.StateIdle:
		l.clients[c.from].idle.add(c)
	}
}

// report tells of a refusal, in the log from time to time.
func (l *Listener) report(refused string, from netip.Addr) {
	const every = 10 * time.Second
	l.metrics.refusal(refused)
	l.mu.Lock()
	now := time.Now()
	due := now.Sub(l.warned) >= every
	if due {
		l.warned = now
	}
	total := l.total
	l.mu.Unlock()
	if due {
		l.cfg.Logger.Warn("connections are refused", "bound", refused, "address", from, "open", total,
			"max", l.cfg.Max, "maxPerAddress", l.cfg.MaxPerAddress)
	}
}

// Open returns how many connections there are.
func (l *Listener) Open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

// addressOf is the address that a connection comes from, the zero Addr if it has none.
func addressOf(c net.Conn) netip.Addr {
	at, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}

// network is what a connection is counted by: an IPv4 address, or the /64 of an IPv6 address.
func network(addr netip.Addr) netip.Addr {
	const clientBits = 64
	if !addr.Is6() {
		return addr
	}
	prefix, err := addr.Prefix(clientBits)
	if err != nil { // cannot be: every IPv6 address has 64 bits
		return addr
	}
	return prefix.Addr()
}

// conn is a connection that is counted until it is closed.
type conn struct {
	net.Conn
	listener *Listener
	from     netip.Addr
	exempt   bool // from the bound of its address

	// Guarded by listener.mu.
	counted    bool
	isIdle     bool
	prev, next *conn
}

// Close closes the connection and makes its room free.
func (c *conn) Close() error {
	c.listener.mu.Lock()
	c.listener.discount(c)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

// SyscallConn returns the socket, if there is one.
func (c *conn) SyscallConn() (syscall.RawConn, error) {
	if under, ok := c.Conn.(syscall.Conn); ok {
		return under.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// SetWriteBuffer sets the size of the system's send buffer, if there is one.
func (c *conn) SetWriteBuffer(bytes int) error {
	if under, ok := c.Conn.(interface{ SetWriteBuffer(int) error }); ok {
		return under.SetWriteBuffer(bytes)
	}
	return errors.ErrUnsupported
}
