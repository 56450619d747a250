// Package client is the Go SDK of a Tabard registry.
//
// A Client speaks to one or several nodes of one cluster and fails over between them. It trusts them
// with availability only: a did:webvh log is verified here from its first entry before anything in it
// is believed, a receipt must be about what was sent, frames of the stream must follow each other.
// What does not fit is ErrMismatch.
//
// Errors are *Problem where a node refused (its Code is the stable name of the reason), *did.Error
// where a resolution ended without a document, ErrUnreachable where no node answered, ErrScheme where one
// answers in http and the base URL says https, or the reverse.
//
// Requests are repeated only where that is safe: reads, and writes, because a registry answers the
// resubmission of an operation with the first receipt. A write that ends with a Problem whose Outcome
// is "unknown" may be submitted again, unchanged, for the same reason.
//
// The client reads its own writes: after a write, its reads wait until the node that answers holds it.
package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// Problem is the RFC 9457 document with which a node refuses a request.
type Problem = api.Problem

// Receipt is what an accepted write returns.
type Receipt = api.Receipt

// ErrUnreachable: no node answered, after every attempt.
var ErrUnreachable = errors.New("no node of the registry answered")

// ErrMismatch: what a node said does not fit what it was asked, or does not verify.
var ErrMismatch = errors.New("the node's answer does not check")

// ErrScheme: the node speaks https where the base URL says http, or the reverse.
var ErrScheme = errors.New("wrong scheme in the base URL")

// Client is safe for concurrent use.
type Client struct {
	bases     []*url.URL
	http      *http.Client
	userAgent string
	reads     readParameters
	rounds    int
	attempt   time.Duration // of one request to one node
	now       func() time.Time
	sleep     func(ctx context.Context, d time.Duration) error

	preferred atomic.Uint32 // index into bases of the node that answered last
	written   atomic.Uint64 // one more than the position of our last write
}

// Option changes a Client under construction.
type Option func(*Client)

// WithHTTPClient replaces the HTTP client; its Transport also serves the stream.
func WithHTTPClient(h *http.Client) Option { return func(c *Client) { c.http = h } }

// WithUserAgent sets the User-Agent header.
func WithUserAgent(s string) Option { return func(c *Client) { c.userAgent = s } }

// WithRounds bounds how often every node is tried before a request fails; the default is 8. Between
// rounds the client waits, from 100 ms up to 1 s. Where no node answers at all, three rounds are enough.
func WithRounds(n int) Option { return func(c *Client) { c.rounds = max(n, 1) } }

// WithAttemptTimeout bounds how long one node may take for a whole answer before another is asked; the
// default is a minute. A context bounds the request as a whole.
func WithAttemptTimeout(d time.Duration) Option { return func(c *Client) { c.attempt = d } }

// WithReads sets how fresh every read must be.
func WithReads(opts ...ReadOption) Option {
	return func(c *Client) {
		for _, o := range opts {
			o(&c.reads)
		}
	}
}

// New returns a client of the cluster whose nodes listen at the base URLs (http or https, without a
// path). The first is tried first.
func New(baseURLs []string, opts ...Option) (*Client, error) {
	c := &Client{http: &http.Client{}, userAgent: "tabard-client", rounds: 8, attempt: time.Minute, now: time.Now, sleep: sleep}
	for _, s := range baseURLs {
		u, err := parseBase(s)
		if err != nil {
			return nil, err
		}
		c.bases = append(c.bases, u)
	}
	if len(c.bases) == 0 {
		return nil, errors.New("no base URL of a node")
	}
	for _, o := range opts {
		o(c)
	}
	return c, nil
}

func parseBase(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(s, "/"))
	switch {
	case err != nil:
		return nil, fmt.Errorf("base URL %q: %w", s, err)
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, fmt.Errorf("base URL %q: want http://HOST or https://HOST", s)
	case u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return nil, fmt.Errorf("base URL %q: want nothing but scheme, host and port", s)
	}
	return u, nil
}

// wrote notes the position of a write of ours.
func (c *Client) wrote(seq record.Seq) {
	n := uint64(seq) + 1
	for {
		old := c.written.Load()
		if n <= old || c.written.CompareAndSwap(old, n) {
			return
		}
	}
}
