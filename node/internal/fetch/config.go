package fetch

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/netip"
	"time"
)

// Resolver looks names up; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Config of a Fetcher. Its zero value is what production uses.
type Config struct {
	// MaxBytes bounds a body whose request sets no bound; 256 KiB if zero.
	MaxBytes int64
	// Timeout bounds a request in all: waiting for its turn, looking the name up,
	// connecting, redirects and the last byte of the body; 5 s if zero.
	Timeout time.Duration
	// MaxConcurrent bounds the requests under way, MaxPerHost those to one host name;
	// 32 and 4 if zero. As many again as MaxConcurrent may wait.
	MaxConcurrent, MaxPerHost int
	// Ports, if set, are all that may be asked; else 443 and ports from 1024 on.
	Ports []int
	// Deny are addresses refused besides those that are never public: an operator's
	// own networks with public numbers, or their NAT64 prefix.
	Deny []netip.Prefix
	// Forbid reports names that are not to be asked, such as the node's own; it is
	// given host, or host:port where the port is not 443.
	Forbid func(origin string) bool
	// AllowPrivate lets loopback and private addresses through, and names that are
	// not public. For tests and clusters on one machine; never in production.
	AllowPrivate bool
	// Roots are the certificate authorities; nil: the system's.
	Roots *x509.CertPool
	// Resolver looks names up; nil: the system's.
	Resolver Resolver
	// UserAgent is sent; "tabard" if empty.
	UserAgent string
	// Refused bounds how many failed URLs are remembered, and how many hosts that gave
	// no answer; 4,096 if zero.
	Refused int

	Metrics *Metrics     // nil counts nothing
	Logger  *slog.Logger // nil discards

	now func() time.Time
}

const (
	defaultMaxBytes   = 256 << 10
	defaultTimeout    = 5 * time.Second
	defaultConcurrent = 32
	defaultPerHost    = 4
	defaultRefused    = 4096
)

func (c *Config) validate() error {
	if c.MaxBytes < 0 || c.Timeout < 0 || c.MaxConcurrent < 0 || c.MaxPerHost < 0 || c.Refused < 0 {
		return errors.New("fetch: a bound is negative")
	}
	for _, port := range c.Ports {
		if port < 1 || port > 65535 {
			return errors.New("fetch: no such port")
		}
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultMaxBytes
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.MaxConcurrent == 0 {
		c.MaxConcurrent = defaultConcurrent
	}
	if c.MaxPerHost == 0 {
		c.MaxPerHost = defaultPerHost
	}
	if c.Refused == 0 {
		c.Refused = defaultRefused
	}
	if c.UserAgent == "" {
		c.UserAgent = "tabard"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = time.Now
	}
	return nil
}

func (c *Config) policy() Policy { return Policy{Local: c.AllowPrivate, Ports: c.Ports} }
