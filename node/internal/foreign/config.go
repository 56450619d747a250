package foreign

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/tabard-id/tabard/node/internal/fetch"
)

// Fetcher makes one guarded request; *fetch.Fetcher does.
type Fetcher interface {
	Get(ctx context.Context, url string, opt fetch.Options) (*fetch.Response, error)
}

// Config of a Resolver. Fetch is required.
type Config struct {
	Fetch Fetcher
	// Own reports whether a domain, host or host:port, is this registry's: what is not
	// in its ledger does not exist there, and it does not ask itself. Nil: none is.
	Own func(domain string) bool
	// MinAge and MaxAge bound how long a document is reused, ListAge how long a status
	// list is at most; DefaultAge holds where neither document nor host says. 5 s, 1 h,
	// 5 min and 1 min if zero.
	MinAge, MaxAge, ListAge, DefaultAge time.Duration
	// CacheBytes bounds the memory that cached documents are estimated to take; 64 MiB
	// if zero.
	CacheBytes int64
	// Timeout bounds one answer, which may take several requests; 10 s if zero.
	Timeout time.Duration

	Metrics *Metrics     // nil counts nothing
	Logger  *slog.Logger // nil discards

	now func() time.Time
}

func (c *Config) validate() error {
	if c.Fetch == nil {
		return errors.New("foreign: a fetcher is required")
	}
	if c.MinAge < 0 || c.MaxAge < 0 || c.ListAge < 0 || c.DefaultAge < 0 || c.CacheBytes < 0 || c.Timeout < 0 {
		return errors.New("foreign: a bound is negative")
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.MinAge, 5 * time.Second}, {&c.MaxAge, time.Hour}, {&c.ListAge, 5 * time.Minute}, {&c.DefaultAge, time.Minute},
		{&c.Timeout, 10 * time.Second},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	c.MinAge = min(c.MinAge, c.MaxAge, c.ListAge)
	if c.CacheBytes == 0 {
		c.CacheBytes = 64 << 20
	}
	if c.Own == nil {
		c.Own = func(string) bool { return false }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = time.Now
	}
	return nil
}
