package stream

import (
	"net/http"
	"net/netip"
	"sync"

	"github.com/tabard-id/tabard/node/api"
)

// caps counts subscribers, in all and by address.
type caps struct {
	mu      sync.Mutex
	total   int
	byAddr  map[netip.Prefix]int
	max     int
	perAddr int

	shutting chan struct{} // closed by shut
	empty    chan struct{} // closed when shut and without subscribers
}

func (c *caps) init(total, perAddr int) {
	c.max, c.perAddr, c.byAddr = total, perAddr, make(map[netip.Prefix]int)
	c.shutting, c.empty = make(chan struct{}), make(chan struct{})
}

// take counts one more subscriber, or says why it may not be.
func (c *caps) take(addr netip.Prefix) *api.Problem {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.isShut():
		return api.NewProblem(api.ShuttingDown, "")
	case c.total >= c.max:
		return api.Problemf(api.Overloaded, "this node has %d subscribers", c.total)
	case c.byAddr[addr] >= c.perAddr:
		return api.Problemf(api.RateLimited, "this address has %d subscriptions", c.perAddr)
	}
	c.total++
	c.byAddr[addr]++
	return nil
}

func (c *caps) release(addr netip.Prefix) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total--
	if c.byAddr[addr]--; c.byAddr[addr] == 0 {
		delete(c.byAddr, addr)
	}
	if c.total == 0 && c.isShut() {
		close(c.empty)
	}
}

func (c *caps) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total
}

// shut refuses everyone from now on. It may be called again.
func (c *caps) shut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isShut() {
		return
	}
	close(c.shutting)
	if c.total == 0 {
		close(c.empty)
	}
}

func (c *caps) isShut() bool {
	select {
	case <-c.shutting:
		return true
	default:
		return false
	}
}

// peerAddr is the address of the connection's peer.
func peerAddr(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // such peers share one allowance
	}
	return at.Addr()
}

// network is what one client is taken to own: an IPv4 address or an IPv6 /64.
func network(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}
