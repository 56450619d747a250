package foreign

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/web"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/internal/fetch"
)

// Resolver resolves did:web and did:webvh DIDs of other hosts, and finds status
// lists and schemas. It is safe for concurrent use.
type Resolver struct {
	cfg   Config
	cache *cache
	// verifying has a place for each log that is verified at once.
	verifying chan struct{}
}

// New returns a Resolver, which Close ends. The Fetcher stays the caller's.
func New(cfg Config) (*Resolver, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	// A log may cost a core for seconds, and anyone may ask for one of a host of their
	// own: most of the node stays with what it is there for.
	places := max(1, runtime.GOMAXPROCS(0)/2)
	r := &Resolver{cfg: cfg, cache: newCache(cfg.CacheBytes), verifying: make(chan struct{}, places)}
	if cfg.Metrics != nil {
		cfg.Metrics.watch(r.cache)
	}
	return r, nil
}

// Close ends what is under way and waits for it.
func (r *Resolver) Close() { r.cache.close() }

// Handles reports whether a method is one that other hosts are asked for.
func Handles(method string) bool { return method == web.Method || method == "webvh" }

// Resolve implements did.Resolver. Errors are *did.Error:
//
//   - InvalidDID for a DID that is none of its method, or whose host or port is never
//     asked, and for a did:webvh log that does not verify;
//   - NotFound where its host says so, or there is no such host, or the DID belongs to
//     this registry's own domain;
//   - InvalidDIDDocument for a did:web document that is none, or is of another DID;
//   - FeatureNotSupported for a past version of a did:web DID: its host keeps none;
//   - InternalError, wrapping ErrUnavailable, where the host could not be asked.
//
// Resolution.Source says when the document was fetched.
func (r *Resolver) Resolve(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	res, _, err := r.resolve(ctx, id, opt, false)
	return res, err
}

// ResolveFresh is Resolve without the cache.
func (r *Resolver) ResolveFresh(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	res, _, err := r.resolve(ctx, id, opt, true)
	return res, err
}

// Verified is Resolve that also returns the log it was resolved from, nil for did:web.
// Nobody modifies it.
func (r *Resolver) Verified(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, *webvh.Log, error) {
	return r.resolve(ctx, id, opt, false)
}

func (r *Resolver) resolve(ctx context.Context, id did.ID, opt did.Options, anew bool) (res did.Resolution, log *webvh.Log, err error) {
	if err := opt.Check(); err != nil {
		return did.Resolution{}, nil, err
	}
	it, cached, err := r.document(ctx, id, opt, anew)
	if err == nil {
		switch c := it.content.(type) {
		case *webContent:
			res, err = c.resolve(it, opt)
		case *logContent:
			res, err = c.log.Resolve(id, opt)
			log = c.log
		}
	}
	r.cfg.Metrics.resolved(id.Method(), outcome(err, cached))
	if err != nil {
		return did.Resolution{}, nil, err
	}
	res.Source = &did.Source{Fetched: it.fetched, Age: max(0, r.cfg.now().Sub(it.fetched))}
	return res, log, nil
}

// document finds what a DID's host serves of it: past the cache, and in spite of
// failures remembered, if anew.
func (r *Resolver) document(ctx context.Context, id did.ID, opt did.Options, anew bool) (*item, bool, error) {
	var domain string
	var fn loader
	switch id.Method() {
	case web.Method:
		place, err := web.ParseID(id)
		if err != nil {
			return nil, false, err
		}
		if err := opt.CheckUnversioned(); err != nil {
			return nil, false, err
		}
		domain, fn = place.Domain, func(ctx context.Context, old *item) (*item, error) { return r.loadWeb(ctx, id, place, old, anew) }
	case "webvh":
		place, err := webvh.ParseID(id)
		if err != nil {
			return nil, false, &did.Error{Code: did.InvalidDID, Err: err}
		}
		domain, fn = place.Domain, func(ctx context.Context, old *item) (*item, error) { return r.loadLog(ctx, id, place, old, anew) }
	default:
		return nil, false, &did.Error{Code: did.MethodNotSupported, Detail: "the method " + id.Method() + " has no host to ask"}
	}
	if r.cfg.Own(domain) {
		return nil, false, &did.Error{Code: did.NotFound, Detail: "this registry holds that domain, and knows no such DID"}
	}
	it, cached, err := r.cache.get(ctx, string(id), r.cfg.now(), r.cfg.Timeout, anew, fn)
	if err != nil {
		return nil, false, didError(err)
	}
	return it, cached, nil
}

// ErrUnavailable: the host could not be asked, or gave no answer to the question. It
// says nothing of whether the DID exists.
var ErrUnavailable = errors.New("the host cannot be asked")

// didError maps what ended a fetch to the errors of DID Resolution. Why a host
// cannot be reached is not told: whoever asked could map the network with it.
func didError(err error) error {
	var known *did.Error
	if errors.As(err, &known) {
		return known
	}
	code, detail := did.InternalError, "the DID's host does not answer as it should"
	switch {
	case errors.Is(err, fetch.ErrNotFound):
		code, detail = did.NotFound, "the DID's host has no document of it"
	case errors.Is(err, fetch.ErrNoHost):
		code, detail = did.NotFound, "the DID's host does not exist"
	case errors.Is(err, fetch.ErrRedirect):
		code, detail = did.NotFound, "the DID's host points elsewhere"
	case errors.Is(err, fetch.ErrURL):
		code, detail = did.InvalidDID, "the DID's host or port is not one to ask"
	case errors.Is(err, fetch.ErrTooLarge):
		code, detail = did.InvalidDIDDocument, "the DID's host serves more than is taken here"
	case errors.Is(err, fetch.ErrContentType):
		code, detail = did.InvalidDIDDocument, "the DID's host serves something else than a document"
	default:
		err = errors.Join(ErrUnavailable, err)
	}
	return &did.Error{Code: code, Detail: detail, Err: err}
}

// Gone reports whether err says that the document is not to be had from its host,
// rather than that what the host serves is wrong.
func Gone(err error) bool {
	return did.CodeOf(err) == did.NotFound || errors.Is(err, ErrUnavailable)
}

func outcome(err error, cached bool) string {
	switch {
	case err == nil && cached:
		return "cached"
	case err == nil:
		return "fetched"
	case errors.Is(err, ErrUnavailable):
		return "unavailable"
	case did.CodeOf(err) == did.NotFound:
		return "not-found"
	}
	return "refused"
}

// keep is how long an answer is reused: what was stated, within the bounds.
func (r *Resolver) keep(stated, most time.Duration) time.Duration {
	return min(max(stated, r.cfg.MinAge), most)
}

// costFactor is how much more memory a parsed document takes than its bytes,
// measured on documents and logs of usual shapes.
const costFactor = 8

var _ did.Resolver = (*Resolver)(nil)
