package agent

import (
	"context"
	"crypto/x509"
	"log/slog"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/node/internal/fetch"
	"github.com/tabard-id/tabard/node/internal/foreign"
)

// ElsewhereConfig says how other hosts are asked.
type ElsewhereConfig struct {
	// AllowPrivate lets loopback and private addresses be asked: for other agents on
	// this machine, and for tests.
	AllowPrivate bool
	// Roots are the certificate authorities believed; nil: the system's.
	Roots  *x509.CertPool
	Logger *slog.Logger // nil discards
}

// Elsewhere asks other hosts for did:web and did:webvh documents, status lists and
// schemas, over HTTPS and under the same guard as a node: no private addresses, no
// redirects to other hosts, bounded in size, time and number.
type Elsewhere struct {
	fetcher *fetch.Fetcher
	hosts   *foreign.Resolver
}

// NewElsewhere returns an Elsewhere; Close ends what it is asking.
func NewElsewhere(cfg ElsewhereConfig) (*Elsewhere, error) {
	fetcher, err := fetch.New(fetch.Config{AllowPrivate: cfg.AllowPrivate, Roots: cfg.Roots, UserAgent: "tabard-agent", Logger: cfg.Logger})
	if err != nil {
		return nil, err
	}
	hosts, err := foreign.New(foreign.Config{Fetch: fetcher, Logger: cfg.Logger})
	if err != nil {
		fetcher.Close()
		return nil, err
	}
	return &Elsewhere{fetcher, hosts}, nil
}

// Close ends what is being asked.
func (e *Elsewhere) Close() {
	e.hosts.Close()
	e.fetcher.Close()
}

// Lists finds status lists.
func (e *Elsewhere) Lists() credential.Lists { return e.hosts }

// Schemas finds JSON Schemas.
func (e *Elsewhere) Schemas() credential.Schemas { return e.hosts }

// Resolver resolves by asking the DID's own host, after first where that does not
// know the DID; first may be nil.
func (e *Elsewhere) Resolver(first did.Resolver) did.Resolver { return chain{first, e.hosts} }

type chain struct{ first, hosts did.Resolver }

func (c chain) Resolve(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	if c.first != nil {
		res, err := c.first.Resolve(ctx, id, opt)
		if code := did.CodeOf(err); err == nil || code != did.NotFound && code != did.MethodNotSupported {
			return res, err
		}
	}
	if !foreign.Handles(id.Method()) {
		return did.Resolution{}, &did.Error{Code: did.MethodNotSupported, Detail: "did:" + id.Method() + " is not resolved here"}
	}
	return c.hosts.Resolve(ctx, id, opt)
}
