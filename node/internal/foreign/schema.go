package foreign

import (
	"context"
	"errors"
	"fmt"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/node/internal/fetch"
)

var (
	// schemaTypes are those of schemas, and of credentials that hold one (VC JSON Schema,
	// JsonSchemaCredential) in every securing.
	schemaTypes = []string{"application/schema+json", "application/json", "application/vc", "application/vc+jwt",
		"application/vc+sd-jwt", "application/vc+cose"}
	// otherSchemaTypes are what servers say of both, and of plain files.
	otherSchemaTypes = append([]string{"application/vc+ld+json", "application/vc+ld+json+jwt", "application/jwt", "application/sd-jwt",
		"application/jose", "application/cose"}, otherTypes...)
)

type schemaContent struct {
	body []byte
	etag string
}

// Schema implements credential.Schemas: the bytes as they were served, so that their
// digest can be checked. The caller does not modify them.
func (r *Resolver) Schema(ctx context.Context, url string) ([]byte, error) {
	it, cached, err := r.cache.get(ctx, "schema "+url, r.cfg.now(), r.cfg.Timeout, false, func(ctx context.Context, old *item) (*item, error) {
		opt := fetch.Options{Accept: schemaTypes, AlsoTake: otherSchemaTypes, MaxBytes: maxSchema, Redirects: maxRedirects}
		var before schemaContent
		if old != nil {
			before, _ = old.content.(schemaContent)
			opt.ETag = before.etag
		}
		resp, err := r.cfg.Fetch.Get(ctx, url, opt)
		if err != nil {
			return nil, err
		}
		if !resp.NotModified {
			before = schemaContent{resp.Body, resp.ETag}
		}
		return &item{content: before, cost: int64(len(before.body)) + 1<<10, fetched: resp.Fetched,
			until: resp.Fetched.Add(r.keep(r.stated(resp), r.cfg.MaxAge))}, nil
	})
	r.cfg.Metrics.resolved("schema", outcome(notFound(err), cached))
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return it.content.(schemaContent).body, nil
}

// notFound turns what ended a fetch into what metrics tell apart.
func notFound(err error) error {
	var e *fetch.Error
	if errors.As(err, &e) {
		return didError(err)
	}
	return err
}

var _ credential.Schemas = (*Resolver)(nil)
