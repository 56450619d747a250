package fetch

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// follow makes the request and those it is redirected to. There is no http.Client:
// nothing follows, remembers or decorates behind the guard's back.
func (f *Fetcher) follow(ctx context.Context, t Target, opt Options) (*Response, error) {
	for hop := 0; ; hop++ {
		next, resp, err := f.once(ctx, t, opt)
		if err != nil || next == nil {
			return resp, err
		}
		if hop == min(opt.Redirects, maxRedirects) {
			return nil, &Error{Kind: ErrRedirect, Detail: fmt.Sprintf("%d redirects are followed here", hop)}
		}
		t = *next
	}
}

const maxRedirects = 3

// once makes one request. It returns where to go on, or the answer.
func (f *Fetcher) once(ctx context.Context, t Target, opt Options) (*Target, *Response, error) {
	req, err := f.newRequest(ctx, t, opt)
	if err != nil {
		return nil, nil, err
	}
	res, err := f.transport.RoundTrip(req)
	if err != nil {
		if strings.Contains(err.Error(), "server response headers exceeded") {
			return nil, nil, &Error{Kind: ErrTooLarge, Err: err}
		}
		return nil, nil, err
	}
	fetched := f.cfg.now()
	next, resp, err := f.read(res, t, opt)
	if resp != nil {
		resp.Fetched, resp.FinalURL = fetched, t.String()
	}
	// What is left of a body is not worth a connection: closing drops it.
	if closed := res.Body.Close(); err == nil && closed != nil {
		return nil, nil, &Error{Kind: ErrConnect, Err: closed}
	}
	return next, resp, err
}

func (f *Fetcher) newRequest(ctx context.Context, t Target, opt Options) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.String(), nil)
	if err != nil {
		return nil, &Error{Kind: ErrURL, Err: err}
	}
	if got := req.URL.String(); got != t.String() {
		return nil, &Error{Kind: ErrURL, Detail: "it means different things to different readers"}
	}
	accept := "*/*"
	if len(opt.Accept) > 0 {
		accept = strings.Join(opt.Accept, ", ") + ", */*;q=0.1"
	}
	req.Header = http.Header{"Accept": {accept}, "Accept-Encoding": {"identity"}, "User-Agent": {f.cfg.UserAgent}}
	if opt.ETag != "" {
		req.Header["If-None-Match"] = []string{opt.ETag}
	}
	return req, nil
}

func (f *Fetcher) read(res *http.Response, t Target, opt Options) (*Target, *Response, error) {
	switch code := res.StatusCode; code {
	case http.StatusOK:
		resp, err := readBody(res, opt)
		return nil, resp, err
	case http.StatusNotModified:
		if opt.ETag == "" {
			return nil, nil, &Error{Kind: ErrStatus, Status: code}
		}
		resp := describe(res)
		resp.NotModified = true
		return nil, resp, nil
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		next, err := redirect(res, t, f.cfg.policy())
		return next, nil, err
	case http.StatusNotFound, http.StatusGone:
		return nil, nil, &Error{Kind: ErrNotFound, Status: code}
	default:
		return nil, nil, &Error{Kind: ErrStatus, Status: code, Detail: strconv.Itoa(code), RetryAfter: retryAfter(res.Header, f.cfg.now())}
	}
}

// redirect judges where a reply points: within the origin, or nowhere.
func redirect(res *http.Response, t Target, p Policy) (*Target, error) {
	location := res.Header.Values("Location")
	if len(location) != 1 {
		return nil, &Error{Kind: ErrRedirect, Status: res.StatusCode, Detail: "no Location, or several"}
	}
	base, err := url.Parse(t.String())
	if err != nil {
		return nil, &Error{Kind: ErrURL, Err: err}
	}
	to, err := base.Parse(location[0])
	if err != nil {
		return nil, &Error{Kind: ErrRedirect, Status: res.StatusCode, Err: err}
	}
	next, err := ParseURL(to.String(), p)
	if err != nil {
		return nil, &Error{Kind: ErrRedirect, Status: res.StatusCode, Err: err}
	}
	if next.Origin() != t.Origin() {
		return nil, &Error{Kind: ErrRedirect, Status: res.StatusCode, Detail: "it leads to another origin"}
	}
	return &next, nil
}

// minUndeclared is what a body may have in any case if its length is not declared.
const minUndeclared = 256 << 10

func readBody(res *http.Response, opt Options) (*Response, error) {
	resp := describe(res)
	if err := opt.takes(resp.ContentType); err != nil {
		return nil, err
	}
	undeclared := min(opt.MaxBytes, max(opt.MaxBytes/4, minUndeclared))
	limit := opt.MaxBytes
	if res.ContentLength < 0 {
		limit = undeclared
	}
	if res.ContentLength > limit {
		return nil, &Error{Kind: ErrTooLarge, Detail: fmt.Sprintf("%d bytes, at most %d", res.ContentLength, limit)}
	}
	var err error
	switch encoding := strings.ToLower(strings.Join(res.Header.Values("Content-Encoding"), ", ")); encoding {
	case "", "identity":
		resp.Body, err = readAll(res.Body, limit)
	case "gzip", "x-gzip":
		resp.Body, err = expand(&atMost{res.Body, limit, limit}, undeclared)
	default:
		err = &Error{Kind: ErrContentType, Detail: fmt.Sprintf("content encoding %.32q", encoding)}
	}
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// expand reads what a host has compressed without being asked to (RFC 9110, 8.4.1.3).
func expand(body io.Reader, limit int64) ([]byte, error) {
	z, err := gzip.NewReader(body)
	if err != nil {
		return nil, uncompressed(err)
	}
	data, err := readAll(z, limit)
	if err != nil {
		return nil, uncompressed(err)
	}
	return data, nil
}

// uncompressed gives what is wrong with the compressed form its kind; failures of the
// connection keep theirs.
func uncompressed(err error) error {
	var corrupt flate.CorruptInputError
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.EOF) || errors.As(err, &corrupt) {
		return &Error{Kind: ErrContentType, Detail: "content encoding gzip", Err: err}
	}
	return err
}

// atMost fails beyond that many bytes: compressed data can go on for ever and expand to
// nothing.
type atMost struct {
	io.Reader
	left, limit int64
}

func (r *atMost) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if r.left -= int64(n); r.left < 0 {
		return 0, tooLarge(r.limit)
	}
	return n, err
}

func tooLarge(limit int64) error {
	return &Error{Kind: ErrTooLarge, Detail: fmt.Sprintf("more than %d bytes", limit)}
}

// readAll reads a body of no more than limit bytes.
func readAll(body io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, tooLarge(limit)
	}
	return data, nil
}

func (o Options) takes(contentType string) error {
	if len(o.Accept) == 0 || slices.Contains(o.Accept, contentType) || slices.Contains(o.AlsoTake, contentType) {
		return nil
	}
	return &Error{Kind: ErrContentType, Detail: fmt.Sprintf("content type %.64q", contentType)}
}

// describe reads what the header says of the body.
func describe(res *http.Response) *Response {
	resp := &Response{}
	if media, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err == nil || errors.Is(err, mime.ErrInvalidMediaParameter) {
		resp.ContentType = media
	}
	const maxETag = 256
	if etag := res.Header.Get("Etag"); len(etag) <= maxETag {
		resp.ETag = etag
	}
	if date, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		resp.Date = date
	}
	resp.Freshness, resp.Stated, resp.NoStore = freshness(res.Header)
	return resp
}

func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	var d time.Duration
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		d = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), time.Hour)
}
