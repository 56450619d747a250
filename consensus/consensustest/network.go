package consensustest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Network connects the nodes of a cluster in memory. Each link between two nodes
// can be cut, slowed or reset. A cut link behaves as a broken cable does: writes
// succeed, nothing arrives until it is mended, and new connections time out.
type Network struct {
	mu        sync.Mutex
	changed   chan struct{} // closed and replaced when a fault changes
	listeners map[string]*listener
	cut       map[pair]bool
	delay     map[pair]time.Duration
	conns     map[*conn]struct{}
}

// pair is a direction: from one address to another.
type pair struct{ from, to string }

// NewNetwork returns a network without faults.
func NewNetwork() *Network {
	return &Network{
		changed: make(chan struct{}), listeners: make(map[string]*listener),
		cut: make(map[pair]bool), delay: make(map[pair]time.Duration), conns: make(map[*conn]struct{}),
	}
}

// Node returns the network as the node at address sees it.
func (n *Network) Node(address string) *Port { return &Port{n, address} }

// Port is one node's view of a Network; it implements consensus.Network.
type Port struct {
	net     *Network
	address string
}

func (n *Network) update(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f()
	close(n.changed)
	n.changed = make(chan struct{})
}

// Cut breaks the links between a and b, both ways.
func (n *Network) Cut(a, b string) {
	n.update(func() { n.cut[pair{a, b}], n.cut[pair{b, a}] = true, true })
}

// CutOneWay loses what from sends to to.
func (n *Network) CutOneWay(from, to string) { n.update(func() { n.cut[pair{from, to}] = true }) }

// Mend repairs the links between a and b.
func (n *Network) Mend(a, b string) {
	n.update(func() { delete(n.cut, pair{a, b}); delete(n.cut, pair{b, a}) })
}

// Heal removes all faults.
func (n *Network) Heal() {
	n.update(func() { clear(n.cut); clear(n.delay) })
}

// Delay makes what goes between a and b take d longer each way.
func (n *Network) Delay(a, b string, d time.Duration) {
	n.update(func() { n.delay[pair{a, b}], n.delay[pair{b, a}] = d, d })
}

// Reset breaks every connection between a and b, once.
func (n *Network) Reset(a, b string) {
	n.mu.Lock()
	var hit []*conn
	for c := range n.conns {
		if c.way == (pair{a, b}) || c.way == (pair{b, a}) {
			hit = append(hit, c)
		}
	}
	n.mu.Unlock()
	for _, c := range hit {
		c.in.close(errReset)
		c.out.close(errReset)
	}
}

var errReset = errors.New("connection reset")

// state returns how traffic flows on way, and a channel closed when that changes.
func (n *Network) state(way pair) (cut bool, delay time.Duration, changed <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cut[way], n.delay[way], n.changed
}

type listener struct {
	net     *Network
	address string
	conns   chan net.Conn
	done    chan struct{}
	once    sync.Once
}

type addr string

func (addr) Network() string  { return "memory" }
func (a addr) String() string { return string(a) }

// Listen implements consensus.Network.
func (p *Port) Listen(address string) (net.Listener, error) {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	if p.net.listeners[address] != nil {
		return nil, fmt.Errorf("address %s is in use", address)
	}
	l := &listener{net: p.net, address: address, conns: make(chan net.Conn), done: make(chan struct{})}
	p.net.listeners[address] = l
	return l, nil
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *listener) Addr() net.Addr { return addr(l.address) }

func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.done)
		l.net.mu.Lock()
		delete(l.net.listeners, l.address)
		l.net.mu.Unlock()
	})
	return nil
}

// Dial implements consensus.Network.
func (p *Port) Dial(ctx context.Context, address string) (net.Conn, error) {
	for {
		there, _, changed := p.net.state(pair{p.address, address})
		back, _, _ := p.net.state(pair{address, p.address})
		if !there && !back {
			break
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("dial %s: %w", address, context.Cause(ctx))
		}
	}
	p.net.mu.Lock()
	l := p.net.listeners[address]
	p.net.mu.Unlock()
	if l == nil {
		return nil, fmt.Errorf("dial %s: connection refused", address)
	}
	near, far := p.net.pipe(pair{p.address, address})
	select {
	case l.conns <- far:
		return near, nil
	case <-l.done:
		return nil, fmt.Errorf("dial %s: connection refused", address)
	case <-ctx.Done():
		return nil, fmt.Errorf("dial %s: %w", address, context.Cause(ctx))
	}
}
