package foreign

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did/cose"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/node/internal/fetch"
)

var (
	listTypes = []string{"application/vc", "application/vc+jwt", "application/vc+sd-jwt", "application/vc+cose", "application/vc+ld+json",
		"application/ld+json", "application/json"}
	// otherListTypes are what servers say of credentials, JWTs and plain files.
	otherListTypes = []string{"application/jwt", "application/sd-jwt", "application/cose", "application/vc+ld+json+jwt", "application/jose", "text/plain", "text/json",
		"application/octet-stream", "binary/octet-stream", ""}
)

type listContent struct {
	list credential.ListDocument
	etag string
}

// StatusList implements credential.Lists. A past time is asked for with the
// parameter timestamp, as Bitstring Status List, 3.2 has it. Whether the list is
// what it should be, and who signed it, is for the verifier to judge; here it is
// not believed more than for how long it says it may be kept.
func (r *Resolver) StatusList(ctx context.Context, address string, at time.Time) (credential.ListDocument, error) {
	asked, err := listURL(address, at)
	if err != nil {
		return credential.ListDocument{}, err
	}
	return r.list(ctx, asked, credentialForm)
}

// listForm is a kind of list that may be found at one address.
type listForm struct {
	name string
	// accept are the media types asked for, others those taken as well.
	accept, others []string
	read           func(body []byte) (credential.ListDocument, error)
	keep           func(*Resolver, credential.ListDocument, *fetch.Response) time.Duration
}

var credentialForm = listForm{"list", listTypes, otherListTypes, readList, (*Resolver).keepList}

// list returns what is at that address, fetching it if there is no fresh copy.
func (r *Resolver) list(ctx context.Context, asked string, form listForm) (credential.ListDocument, error) {
	it, cached, err := r.cache.get(ctx, form.name+" "+asked, r.cfg.now(), r.cfg.Timeout, false, func(ctx context.Context, old *item) (*item, error) {
		return r.loadList(ctx, asked, form, old)
	})
	r.cfg.Metrics.resolved(form.name, outcome(notFound(err), cached))
	if err != nil {
		return credential.ListDocument{}, fmt.Errorf("status list: %w", err)
	}
	list := it.content.(*listContent).list
	list.FetchedAt = it.fetched
	return list, nil
}

// listURL adds the time to a list's address.
func listURL(address string, at time.Time) (string, error) {
	return timedURL(address, at, "timestamp", at.UTC().Truncate(time.Second).Format(time.RFC3339))
}

// timedURL adds a parameter to an address, if at is a time past.
func timedURL(address string, at time.Time, name, value string) (string, error) {
	base, _, _ := strings.Cut(address, "#")
	if at.IsZero() {
		return base, nil
	}
	path, query, _ := strings.Cut(base, "?")
	values, err := url.ParseQuery(query)
	if err != nil || values.Has(name) {
		return "", fmt.Errorf("status list: the address has a %s of its own", name)
	}
	if query != "" {
		query += "&"
	}
	return path + "?" + query + name + "=" + url.QueryEscape(value), nil
}

func (r *Resolver) loadList(ctx context.Context, address string, form listForm, old *item) (*item, error) {
	opt := fetch.Options{Accept: form.accept, AlsoTake: form.others, MaxBytes: maxList, Redirects: maxRedirects}
	var before *listContent
	if old != nil {
		before, _ = old.content.(*listContent)
		opt.ETag = before.etag
	}
	resp, err := r.cfg.Fetch.Get(ctx, address, opt)
	if err != nil {
		return nil, err
	}
	next := &item{content: before, fetched: resp.Fetched}
	if resp.NotModified {
		next.cost = old.cost
	} else {
		list, err := form.read(resp.Text())
		if err != nil {
			return nil, err
		}
		next.content = &listContent{list, resp.ETag}
		next.cost = costFactor/2*int64(len(resp.Body)) + 1<<10
	}
	next.until = resp.Fetched.Add(form.keep(r, next.content.(*listContent).list, resp))
	return next, nil
}

// readList tells the forms of a secured list apart by what they begin with, for
// hosts name them as they like.
func readList(body []byte) (credential.ListDocument, error) {
	if len(body) > 0 && body[0] >= 0x80 { // as no text begins
		_, err := cose.Parse(body)
		if err != nil {
			return credential.ListDocument{}, fmt.Errorf("neither a JSON object nor a token: %w", err)
		}
		return credential.ListDocument{Value: credential.Envelope(credential.MediaCredentialCOSE, body)}, nil
	}
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '{' {
		v, err := jcs.Decode(body)
		return credential.ListDocument{Value: v}, err
	}
	issued, _, _ := bytes.Cut(body, []byte("~")) // of an SD-JWT
	if _, err := jose.Parse(issued); err != nil {
		return credential.ListDocument{}, fmt.Errorf("neither a JSON object nor a token: %w", err)
	}
	return credential.ListDocument{Token: string(body)}, nil
}

// keepList is how long a list is reused: as its ttl says, or else HTTP, but never
// beyond its validity.
func (r *Resolver) keepList(list credential.ListDocument, resp *fetch.Response) time.Duration {
	keep := r.keep(r.stated(resp), r.cfg.ListAge)
	content := listPayload(list)
	subject, _ := content.Get("credentialSubject")
	if ttl, ok := subject.Get("ttl"); ok {
		ms, _ := ttl.Int()
		keep = r.keepTTL(time.Duration(min(max(ms, 0), int64(r.cfg.ListAge/time.Millisecond))) * time.Millisecond)
	}
	until, _ := content.GetString("validUntil")
	if end, err := time.Parse(time.RFC3339, until); err == nil {
		keep = min(keep, max(0, end.Sub(resp.Fetched)))
	}
	return keep
}

// minListTTL spares the host of a list that asks not to be kept.
const minListTTL = time.Second

// keepTTL takes a publisher at its word, within bounds.
func (r *Resolver) keepTTL(ttl time.Duration) time.Duration {
	return min(max(ttl, minListTTL), r.cfg.ListAge)
}

// listPayload is the credential within, unverified; null if it cannot be read.
func listPayload(list credential.ListDocument) jcs.Value {
	token := list.Token
	if id, ok := list.Value.GetString("id"); ok && strings.HasPrefix(id, "data:") {
		_, token, _ = strings.Cut(id, ",")
	}
	if token == "" {
		return list.Value
	}
	token, _, _ = strings.Cut(token, "~")
	parsed, err := jose.Parse([]byte(token))
	if err != nil {
		return jcs.Value{}
	}
	v, err := jcs.Decode(parsed.Payload)
	if err != nil {
		return jcs.Value{}
	}
	return v
}

var _ credential.TokenLists = (*Resolver)(nil)
