package foreign

import (
	"context"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/node/internal/fetch"
)

// File is what a DID URL's path leads to.
type File struct {
	// URL is where it was found, ContentType what its host calls it.
	URL, ContentType string
	Body             []byte
	Fetched          time.Time
}

const maxFile = 1 << 20

// File fetches what a service of a DID's document points to: the resource of a DID URL
// with a path. accept may be empty. Errors are *did.Error: NotFound where its host says
// so; InvalidDID for a URL that is never asked, such as one of another scheme than
// https, as did:webvh has it ("DID URL Path Resolution").
func (r *Resolver) File(ctx context.Context, url string, accept ...string) (File, error) {
	return r.file(ctx, url, false, accept)
}

func (r *Resolver) file(ctx context.Context, url string, anew bool, accept []string) (File, error) {
	key := "file " + url
	for _, a := range accept {
		key += "\n" + a
	}
	it, cached, err := r.cache.get(ctx, key, r.cfg.now(), r.cfg.Timeout, anew, func(ctx context.Context, _ *item) (*item, error) {
		resp, err := r.cfg.Fetch.Get(ctx, url, fetch.Options{Accept: accept, AlsoTake: otherTypes, MaxBytes: maxFile, Redirects: maxRedirects, Fresh: anew})
		if err != nil {
			return nil, err
		}
		return &item{
			content: File{URL: resp.FinalURL, ContentType: resp.ContentType, Body: resp.Body, Fetched: resp.Fetched},
			cost:    int64(len(resp.Body)) + 1<<10, fetched: resp.Fetched,
			until: resp.Fetched.Add(r.keep(r.stated(resp), r.cfg.MaxAge)),
		}, nil
	})
	if err != nil {
		err = didError(err)
	}
	r.cfg.Metrics.resolved("file", outcome(err, cached))
	if err != nil {
		return File{}, err
	}
	return it.content.(File), nil
}

// PresentationTypes are those that a linked presentation is asked for as, the one that
// did:webvh names first.
var PresentationTypes = []string{"application/vp", "application/vp+jwt", "application/ld+json", "application/json"}

// Whois fetches the presentation that a document's service #whois points to ("whois
// LinkedVP Service"). That it is a presentation, and by whom, is for the reader to
// verify.
func (r *Resolver) Whois(ctx context.Context, doc *did.Document) (File, error) {
	url, err := WhoisURL(doc)
	if err != nil {
		return File{}, err
	}
	return r.File(ctx, url, PresentationTypes...)
}

// WhoisURL is the endpoint of a document's service #whois. Resolved did:webvh
// documents always have one.
func WhoisURL(doc *did.Document) (string, error) {
	for _, s := range doc.Services() {
		if s.ID != string(doc.ID())+"#whois" {
			continue
		}
		endpoint := s.Endpoint
		if endpoint.IsArray() && endpoint.Len() == 1 {
			endpoint = endpoint.At(0)
		}
		if url, ok := endpoint.Str(); ok {
			return url, nil
		}
		return "", &did.Error{Code: did.InvalidDID, Detail: "the service #whois has no single address"}
	}
	return "", &did.Error{Code: did.NotFound, Detail: "the document has no service #whois"}
}
