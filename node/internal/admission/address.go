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
			addr, ok := hop(strings.TrimSpace(hops[j]))
			if !ok {
				return peer
			}
			if peer = addr; !p.trusts(peer) {
				return peer
			}
		}
	}
	return peer
}

// hop reads one entry of X-Forwarded-For, which no text defines: an address, or as some proxies write
// it (RFC 7239, 6) in brackets or with the client's port.
func hop(s string) (netip.Addr, bool) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.Unmap(), true
	}
	if at, err := netip.ParseAddrPort(s); err == nil {
		return at.Addr().Unmap(), true
	}
	inner, opened := strings.CutPrefix(s, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	addr, err := netip.ParseAddr(inner)
	return addr.Unmap(), opened && closed && err == nil && strings.Contains(inner, ":")
}

// ParsePrefix reads the notation of settings: a prefix, or an address, which stands for itself alone.
func ParsePrefix(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		addr, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, err
		}
		addr = addr.Unmap().WithZone("")
		return addr.Prefix(addr.BitLen())
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return prefix, err
	}
	const mapped = 96 // bits in front of an IPv4 address that is written as an IPv6 one
	if addr := prefix.Addr(); addr.Is4In6() && prefix.Bits() >= mapped {
		prefix = netip.PrefixFrom(addr.Unmap(), prefix.Bits()-mapped)
	}
	return prefix.Masked(), nil
}

// Trusts reports whether an address is that of a trusted proxy, which speaks for many clients.
func (p *Policy) Trusts(addr netip.Addr) bool { return p.trusts(addr) }

func (p *Policy) trusts(addr netip.Addr) bool {
	addr = addr.WithZone("")
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
