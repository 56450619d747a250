package fetch

import (
	"fmt"
	"net/netip"
)

// Class is what an address is refused as; "" is none.
type Class string

// The classes.
const (
	Unspecified   Class = "unspecified"
	Loopback      Class = "loopback"
	Private       Class = "private"
	Shared        Class = "shared" // RFC 6598, carrier-grade NAT
	LinkLocal     Class = "link-local"
	SiteLocal     Class = "site-local"
	Multicast     Class = "multicast"
	Broadcast     Class = "broadcast"
	Documentation Class = "documentation"
	Benchmarking  Class = "benchmarking"
	Metadata      Class = "metadata" // services of clouds to their own machines
	Protocol      Class = "protocol" // assigned to protocols, not to hosts
	Reserved      Class = "reserved"
	Mapped        Class = "ipv4-mapped"
	Compatible    Class = "ipv4-compatible"
	Translated    Class = "ipv4-translated"
	NAT64         Class = "nat64"
	SixToFour     Class = "6to4"
	Teredo        Class = "teredo"
	ISATAP        Class = "isatap"
	Zoned         Class = "zoned"
	Denied        Class = "denied" // by the operator
	Invalid       Class = "invalid"
)

type rule struct {
	prefix netip.Prefix
	class  Class
}

func rules(list ...any) []rule {
	out := make([]rule, 0, len(list)/2)
	for i := 0; i < len(list); i += 2 {
		out = append(out, rule{netip.MustParsePrefix(list[i].(string)), list[i+1].(Class)})
	}
	return out
}

// special are the address blocks that no public web server has: those of the IANA
// special-purpose registries (RFC 6890 and its updates), whole where parts of a
// block are in use, and the addresses of cloud metadata services outside of them.
// First match first.
var special = rules(
	"169.254.169.254/32", Metadata,
	"169.254.170.2/32", Metadata, // containers of Amazon ECS
	"100.100.100.200/32", Metadata, // Alibaba
	"192.0.0.192/32", Metadata, // Oracle
	"168.63.129.16/32", Metadata, // Azure; a public address by its number
	"0.0.0.0/8", Unspecified,
	"10.0.0.0/8", Private,
	"100.64.0.0/10", Shared,
	"127.0.0.0/8", Loopback,
	"169.254.0.0/16", LinkLocal,
	"172.16.0.0/12", Private,
	"192.0.0.0/24", Protocol,
	"192.0.2.0/24", Documentation,
	"192.31.196.0/24", Protocol, // AS112
	"192.52.193.0/24", Protocol, // AMT
	"192.88.99.0/24", SixToFour, // relays
	"192.168.0.0/16", Private,
	"192.175.48.0/24", Protocol, // AS112
	"198.18.0.0/15", Benchmarking,
	"198.51.100.0/24", Documentation,
	"203.0.113.0/24", Documentation,
	"224.0.0.0/4", Multicast,
	"255.255.255.255/32", Broadcast,
	"240.0.0.0/4", Reserved,

	"fd00:ec2::254/128", Metadata, // Amazon
	"fd20:ce::254/128", Metadata, // Google
	"fd00:c1::a9fe:a9fe/128", Metadata, // Oracle
	"::/128", Unspecified,
	"::1/128", Loopback,
	"::ffff:0:0/96", Mapped,
	"::ffff:0:0:0/96", Translated,
	"::/96", Compatible,
	"64:ff9b::/96", NAT64,
	"64:ff9b:1::/48", NAT64,
	"100::/64", Reserved, // discard
	"100:0:0:1::/64", Reserved, // dummy
	"2001::/32", Teredo,
	"2001:2::/48", Benchmarking,
	"2001:db8::/32", Documentation,
	"2001::/23", Protocol, // ORCHID, AMT, AS112 and others
	"2002::/16", SixToFour,
	"2620:4f:8000::/48", Protocol, // AS112
	"3ffe::/16", Reserved, // 6bone, returned
	"3fff::/20", Documentation,
	"5f00::/16", Protocol, // segment routing
	"fc00::/7", Private, // unique local
	"fe80::/10", LinkLocal,
	"fec0::/10", SiteLocal,
	"ff00::/8", Multicast,
)

// global is all that IANA has given out for unicast in IPv6.
var global = netip.MustParsePrefix("2000::/3")

// JudgeAddress returns what an address is refused as, "" if it may be connected to:
// an address of a public host, and nothing that leads to an IPv4 address by way of
// another one.
func JudgeAddress(addr netip.Addr) Class {
	if !addr.IsValid() {
		return Invalid
	}
	if addr.Zone() != "" {
		return Zoned
	}
	for _, r := range special {
		if r.prefix.Contains(addr) {
			return r.class
		}
	}
	if addr.Is4() {
		return ""
	}
	if !global.Contains(addr) {
		return Reserved
	}
	if isatap(addr) {
		return ISATAP
	}
	return ""
}

// isatap reports whether the interface identifier embeds an IPv4 address (RFC
// 5214, 6.1).
func isatap(addr netip.Addr) bool {
	b := addr.As16()
	return (b[8] == 0 || b[8] == 2) && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}

// relaxed are the classes that AllowPrivate lets through: what a test or a network
// of one's own uses. Metadata services and the rest never pass.
var relaxed = map[Class]bool{Loopback: true, Private: true}

// judge is JudgeAddress under the configuration of a Fetcher.
func (f *Fetcher) judge(addr netip.Addr) error {
	class := JudgeAddress(addr)
	if f.cfg.AllowPrivate && relaxed[class] {
		class = ""
	}
	for _, p := range f.cfg.Deny {
		if p.Contains(addr.Unmap()) {
			class = Denied
		}
	}
	if class != "" {
		return &Error{Kind: ErrBlockedAddress, Detail: fmt.Sprintf("%s address %s", class, addr)}
	}
	return nil
}
