package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	maxAddresses   = 8 // of one name
	maxAttempts    = 4
	attemptTimeout = 2 * time.Second
	headerBytes    = 32 << 10
	idleTimeout    = 10 * time.Second
)

func (f *Fetcher) newTransport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            f.dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: f.cfg.Roots},
		TLSHandshakeTimeout:    f.cfg.Timeout,
		ResponseHeaderTimeout:  f.cfg.Timeout,
		MaxResponseHeaderBytes: headerBytes,
		DisableCompression:     true,
		Protocols:              protocols,
		MaxIdleConns:           f.cfg.MaxConcurrent,
		MaxIdleConnsPerHost:    1,
		MaxConnsPerHost:        f.cfg.MaxPerHost,
		IdleConnTimeout:        idleTimeout,
	}
}

// dial connects to an address of the name that has been judged. A name of which any
// address is refused is refused whole: nobody publishes such a name in good faith.
func (f *Fetcher) dial(ctx context.Context, _, hostPort string) (net.Conn, error) {
	// The transport lets a dial outlive its request; this one ends by itself.
	ctx, cancel := context.WithTimeout(ctx, f.cfg.Timeout)
	defer cancel()
	defer context.AfterFunc(f.open, cancel)()
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, &Error{Kind: ErrURL, Err: err}
	}
	addrs, err := f.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, &Error{Kind: ErrURL, Err: err}
	}
	var errs []error
	for _, addr := range addrs[:min(len(addrs), maxAttempts)] {
		conn, err := f.connect(ctx, netip.AddrPortFrom(addr, uint16(number)))
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errors.Join(errs...)
}

// lookup returns the addresses of a name, all of them judged, families in turn.
func (f *Fetcher) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if f.cfg.AllowPrivate && f.cfg.Resolver == nil && (host == "localhost" || strings.HasSuffix(host, ".localhost")) {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil // RFC 6761, 6.3
	}
	addrs, err := f.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		var dns *net.DNSError
		if errors.As(err, &dns) && dns.IsNotFound {
			return nil, &Error{Kind: ErrNoHost, Err: err}
		}
		return nil, &Error{Kind: ErrConnect, Err: err}
	}
	if len(addrs) == 0 {
		return nil, &Error{Kind: ErrNoHost, Detail: "the name has no address"}
	}
	if len(addrs) > maxAddresses {
		addrs = addrs[:maxAddresses]
	}
	var six, four []netip.Addr
	for _, addr := range addrs {
		if addr.Is4In6() { // how some resolvers write an A record
			addr = addr.Unmap()
		}
		if err := f.judge(addr); err != nil {
			return nil, err
		}
		if addr.Is4() {
			four = append(four, addr)
		} else {
			six = append(six, addr)
		}
	}
	return alternate(six, four), nil
}

func alternate(a, b []netip.Addr) []netip.Addr {
	var out []netip.Addr
	for i := range max(len(a), len(b)) {
		if i < len(a) {
			out = append(out, a[i])
		}
		if i < len(b) {
			out = append(out, b[i])
		}
	}
	return out
}

func (f *Fetcher) connect(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{Timeout: attemptTimeout, ControlContext: f.control}
	return d.DialContext(ctx, "tcp", to.String())
}

// control is called with the address that is about to be connected to.
func (f *Fetcher) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return &Error{Kind: ErrBlockedAddress, Detail: fmt.Sprintf("network %q", network)}
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return &Error{Kind: ErrBlockedAddress, Err: err}
	}
	return f.judge(to.Addr())
}
