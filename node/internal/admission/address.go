package admission

import (
	"net/http"
	"net/netip"
	"strings"
)

// Address is what a client is counted by: the nearest address that no trusted proxy speaks for. An
// IPv6 address counts as its /64, the least a client is given. It is the zero Addr, shared by all
// such clients, if the connection has no IP address.
func (p *Policy) Address(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := peer.Addr().Unmap()
	if p.trusts(addr) {
		addr = p.forwarded(addr, r.Header.Values("X-Forwarded-For"))
	}
	return network(addr)
}

// forwarded walks X-Forwarded-For from its end, which the nearest proxy wrote, to the first address
// that is no trusted proxy. An entry that is no address ends the walk: what stands before it was
// written by nobody we trust.
func (p *Policy) forwarded(peer netip.Addr, headers []string) netip.Addr {
	for i := len(headers) - 1; i >= 0; i-- {
		hops := strings.Split(headers[i], ",")
		for j := len(hops) - 1; j >= 0; j-- {
			addr, err := netip.ParseAddr(strings.TrimSpace(hops[j]))
			if err != nil {
				return peer
			}
			if peer = addr.Unmap(); !p.trusts(peer) {
				return peer
			}
		}
	}
	return peer
}

func (p *Policy) trusts(addr netip.Addr) bool {
	for _, prefix := range p.cfg.TrustedProxies {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

func network(addr netip.Addr) netip.Addr {
	if !addr.Is6() {
		return addr
	}
	const clientBits = 64
	prefix, err := addr.WithZone("").Prefix(clientBits)
	if err != nil { // cannot be: every IPv6 address has 64 bits
		return addr
	}
	return prefix.Addr()
}
