package admission

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/tabard-id/tabard/did"
)

// Mode says whose writes are admitted.
type Mode string

const (
	// Open admits everybody. It is the zero value's meaning.
	Open Mode = "open"
	// AllowList admits the listed controllers, and whoever is registered already.
	AllowList Mode = "allow-list"
)

// Class is a kind of request with a rate of its own.
type Class uint8

const (
	Read   Class = iota // everything that changes nothing and checks no signature
	Write               // each operation of a bulk request counts
	Verify              // checking a credential
	classes
)

// Rate is a token bucket. The zero Rate is no limit.
type Rate struct {
	PerSecond float64 `json:"perSecond"`
	Burst     int     `json:"burst"` // default: one second's worth, at least 1
}

// Config of a policy. Its zero value admits everything at any rate.
type Config struct {
	Mode Mode
	// Controllers are the DIDs an allow-list admits: did:key DIDs of update keys, DIDs of issuers, or
	// DIDs registered here, now or later, whose keys may then create others, and which may confirm agents.
	Controllers []did.ID

	// NoContent keeps the contents of credentials out: they are registered without it. Nobody signs
	// the wish to publish, so where content is let in, whoever holds a credential can have it served.
	NoContent bool

	// Rates hold for each client address (IPv6: for each /64).
	Reads, Writes, Verifications Rate
	// Addresses bounds the table of clients; default 16,384.
	Addresses int

	// TrustedProxies are the peers whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix

	now func() time.Time
}

const (
	defaultAddresses = 16384
	maxControllers   = 10000
	maxPerSecond     = 1e9
)

func (c *Config) validate() error {
	switch c.Mode {
	case "":
		c.Mode = Open
	case Open, AllowList:
	default:
		return fmt.Errorf("admission mode %q: want %q or %q", c.Mode, Open, AllowList)
	}
	if c.Mode == AllowList && len(c.Controllers) == 0 {
		return errors.New("admission by allow-list needs a controller")
	}
	if len(c.Controllers) > maxControllers {
		return fmt.Errorf("%d controllers: at most %d", len(c.Controllers), maxControllers)
	}
	for _, id := range c.Controllers {
		if _, err := did.Parse(string(id)); err != nil {
			return fmt.Errorf("admission controller: %w", err)
		}
	}
	for _, r := range []*Rate{&c.Reads, &c.Writes, &c.Verifications} {
		if !(r.PerSecond >= 0 && r.PerSecond <= maxPerSecond) { // NaN is neither
			return fmt.Errorf("admission rate %v: want 0, which is no limit, to %.0f", r.PerSecond, float64(maxPerSecond))
		}
		if r.Burst < 0 {
			return fmt.Errorf("admission burst %d is negative", r.Burst)
		}
		if r.PerSecond > 0 && r.Burst == 0 {
			r.Burst = max(1, int(r.PerSecond))
		}
	}
	if c.Addresses <= 0 {
		c.Addresses = defaultAddresses
	}
	if c.now == nil {
		c.now = time.Now
	}
	return nil
}

// A Policy is safe for concurrent use.
type Policy struct {
	cfg      Config
	listed   map[did.ID]bool
	limiters [classes]*limiters // nil: no limit
}

// New returns the policy of cfg.
func New(cfg Config) (*Policy, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	p := &Policy{cfg: cfg, listed: make(map[did.ID]bool, len(cfg.Controllers))}
	for _, id := range cfg.Controllers {
		p.listed[id] = true
	}
	for class, rate := range map[Class]Rate{Read: cfg.Reads, Write: cfg.Writes, Verify: cfg.Verifications} {
		if rate.PerSecond > 0 {
			p.limiters[class] = newLimiters(rate, cfg.Addresses)
		}
	}
	return p, nil
}

// Mode returns whose writes are admitted.
func (p *Policy) Mode() Mode { return p.cfg.Mode }
