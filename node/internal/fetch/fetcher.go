package fetch

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
)

// Fetcher makes guarded requests. It is safe for concurrent use.
type Fetcher struct {
	cfg       Config
	resolver  Resolver
	transport *http.Transport
	gate      *gate
	refused   *refusals
	slow      *slowHosts
	open      context.Context // ends with Close
	end       context.CancelFunc

	mu      sync.Mutex
	flights map[string]*flight
	closed  bool
	running sync.WaitGroup
}

// New returns a Fetcher, which Close ends.
func New(cfg Config) (*Fetcher, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	f := &Fetcher{
		cfg: cfg, resolver: cfg.Resolver, flights: map[string]*flight{},
		gate: newGate(cfg.MaxConcurrent, cfg.MaxPerHost), refused: newRefusals(cfg.Refused), slow: newSlowHosts(cfg.Refused),
	}
	if f.resolver == nil {
		f.resolver = net.DefaultResolver
	}
	f.open, f.end = context.WithCancel(context.Background())
	f.transport = f.newTransport()
	return f, nil
}

// Close ends what is under way and waits for it. Get fails from then on.
func (f *Fetcher) Close() {
	f.mu.Lock()
	f.closed = true
	for _, fl := range f.flights {
		fl.cancel(&Error{Kind: ErrClosed})
	}
	f.mu.Unlock()
	f.end()
	f.running.Wait()
	f.transport.CloseIdleConnections()
}

// Options of one request.
type Options struct {
	// Accept are media types, the preferred one first; they are sent, and what comes
	// back must be one of them, or one of AlsoTake. Empty: anything.
	Accept []string
	// AlsoTake are types that servers send instead; "" is none at all.
	AlsoTake []string
	// MaxBytes bounds the body; Config.MaxBytes if zero. A body whose length is not
	// declared, as that of a compressed one is not, may have a quarter of it, but no less
	// than 256 KiB.
	MaxBytes int64
	// Redirects is how many may be followed, within the origin; none if zero.
	Redirects int
	// ETag of what the caller has: the answer may be that it is unchanged.
	ETag string
	// Fresh asks anew in spite of a failure remembered of the URL.
	Fresh bool
}

// Response is a whole body, expanded where it came compressed. It may be shared: nobody changes it.
type Response struct {
	Body []byte
	// NotModified: the caller's copy, named by Options.ETag, is the present one; Body
	// is nil.
	NotModified bool
	// ContentType is the media type in lower case, without parameters; "" if the host
	// sent none.
	ContentType string
	ETag        string
	// Freshness is for how long the host says that the body may be reused; Stated is
	// false where it does not say. NoStore: it asks not to keep it at all.
	Freshness time.Duration
	Stated    bool
	NoStore   bool
	// Fetched is when the reply began, by the node's clock; Date is when the host says
	// it made it, zero if it does not.
	Fetched, Date time.Time
	// FinalURL is the one that answered.
	FinalURL string
}

// Text is Body without the byte order mark that it may begin with: what to decode as
// JSON. Digests are of Body.
func (r *Response) Text() []byte { return jcs.TrimBOM(r.Body) }

// key of a flight: requests that can share an answer have the same.
func (o Options) key(t Target) string {
	return strings.Join([]string{t.String(), strings.Join(o.Accept, ","), strings.Join(o.AlsoTake, ","), o.ETag,
		strconv.FormatInt(o.MaxBytes, 10), strconv.Itoa(o.Redirects)}, "\n")
}

// Get fetches a URL. Errors are *Error. Identical requests under way are one: it
// ends when the last caller has gone away.
func (f *Fetcher) Get(ctx context.Context, url string, opt Options) (*Response, error) {
	start := f.cfg.now()
	resp, err := f.get(ctx, url, opt)
	n := 0
	if resp != nil {
		n = len(resp.Body)
	}
	f.cfg.Metrics.asked(KindName(err), n, f.cfg.now().Sub(start))
	return resp, err
}

func (f *Fetcher) get(ctx context.Context, url string, opt Options) (*Response, error) {
	t, err := ParseURL(url, f.cfg.policy())
	if err != nil {
		return nil, err
	}
	if f.cfg.Forbid != nil && f.cfg.Forbid(t.Origin()) {
		return nil, &Error{Kind: ErrURL, Detail: "this registry does not ask itself"}
	}
	if opt.MaxBytes == 0 {
		opt.MaxBytes = f.cfg.MaxBytes
	}
	key := opt.key(t)
	if err := f.refused.get(key, f.cfg.now()); err != nil && !opt.Fresh {
		return nil, err
	}
	if err := f.slow.check(t.Origin(), f.cfg.now()); err != nil {
		return nil, err
	}
	fl, err := f.board(key, t, opt)
	if err != nil {
		return nil, err
	}
	defer f.leave(fl)
	select {
	case <-fl.done:
		return fl.resp, fl.err
	case <-ctx.Done():
		return nil, &Error{Kind: callerGone(ctx), Err: context.Cause(ctx)}
	}
}

func callerGone(ctx context.Context) error {
	if ctx.Err() == context.DeadlineExceeded {
		return ErrTimeout
	}
	return ErrCanceled
}
