package foreign

import (
	"context"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/web"
	"github.com/tabard-id/tabard/node/internal/fetch"
)

// Limits of what other hosts serve.
const (
	maxDocument  = 256 << 10
	maxLog       = 5 << 20
	maxList      = 1 << 20
	maxSchema    = 64 << 10
	maxRedirects = 3
)

var (
	documentTypes = []string{"application/did", "application/did+json", "application/did+ld+json", "application/json"}
	// otherTypes are what servers of plain files say of JSON whose name they do not know.
	otherTypes = []string{"application/ld+json", "text/plain", "text/json", "application/octet-stream", "binary/octet-stream", ""}
)

// webContent is a did:web document.
type webContent struct {
	document *did.Document
	etag     string
}

// slack is how long before it was fetched a document is taken to have been the same:
// as long as asking for it may have taken.
const slack = 10 * time.Second

// resolve answers from the document. Its host keeps no history: of the past it says
// nothing.
func (c *webContent) resolve(it *item, opt did.Options) (did.Resolution, error) {
	if !opt.VersionTime.IsZero() && opt.VersionTime.Before(it.fetched.Add(-slack)) {
		return did.Resolution{}, &did.Error{Code: did.FeatureNotSupported, Detail: "a did:web host keeps no past versions"}
	}
	return did.Resolution{Document: c.document}, nil
}

func (r *Resolver) loadWeb(ctx context.Context, id did.ID, place web.Identifier, old *item, anew bool) (*item, error) {
	opt := fetch.Options{Accept: documentTypes, AlsoTake: otherTypes, MaxBytes: maxDocument, Redirects: maxRedirects, Fresh: anew}
	var before *webContent
	if old != nil {
		before, _ = old.content.(*webContent)
		opt.ETag = before.etag
	}
	resp, err := r.cfg.Fetch.Get(ctx, place.URL(), opt)
	if err != nil {
		return nil, err
	}
	next := &item{content: before, fetched: resp.Fetched, until: resp.Fetched.Add(r.keep(r.stated(resp), r.cfg.MaxAge))}
	if resp.NotModified {
		next.cost = old.cost
		return next, nil
	}
	document, err := web.ParseDocument(id, resp.Text())
	if err != nil {
		return nil, err
	}
	next.content = &webContent{document, resp.ETag}
	next.cost = costFactor * int64(len(resp.Body))
	return next, nil
}

// stated is how long HTTP lets a reply be reused.
func (r *Resolver) stated(resp *fetch.Response) time.Duration {
	if !resp.Stated {
		return r.cfg.DefaultAge
	}
	return resp.Freshness
}
