package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/tabard-id/tabard/node/api"
)

// maxAnswer bounds the body of an answer, in bytes.
const maxAnswer = 32 << 20

const (
	firstPause   = 100 * time.Millisecond
	longestPause = time.Second
	silentRounds = 3 // rounds without any answer, after which the cluster counts as unreachable
)

// request is one HTTP request that may be sent to any node, more than once.
type request struct {
	method      string
	path        string // escaped, beginning with a slash
	query       url.Values
	body        []byte
	contentType string
	accept      string
	want        func(status int) bool // statuses that are answers; nil: 2xx
	stay        bool                  // a redirection is an answer and not followed
}

// answer is a response that was read whole.
type answer struct {
	status      int
	contentType string
	header      http.Header
	body        []byte
}

// do sends r to the preferred node, then to the others in turn, for as many rounds as the client
// allows, until one gives an answer or a refusal that no other node or moment would change.
func (c *Client) do(ctx context.Context, r request) (answer, error) {
	var last error
	pause, silent := firstPause, 0
	for round := range c.rounds {
		if round > 0 {
			if err := c.sleep(ctx, pause); err != nil {
				return answer{}, fmt.Errorf("%w (%w)", last, err)
			}
			pause = min(2*pause, longestPause)
		}
		start := c.preferred.Load()
		silent++
		for i := range c.bases {
			at := (start + uint32(i)) % uint32(len(c.bases))
			got, err := c.once(ctx, c.bases[at], r)
			if err == nil {
				c.preferred.Store(at)
				return got, nil
			}
			if !retryable(err) {
				return answer{}, err
			}
			if ctx.Err() != nil && last != nil { // of a write, this attempt's outcome is what counts
				return answer{}, fmt.Errorf("%w (%w); before that: %v", err, ctx.Err(), last)
			}
			if ctx.Err() != nil {
				return answer{}, fmt.Errorf("%w (%w)", err, ctx.Err())
			}
			if last = err; !errors.Is(err, ErrUnreachable) {
				silent = 0
			}
		}
		if silent == silentRounds {
			break
		}
	}
	return answer{}, last
}

// once sends r to one node.
func (c *Client) once(ctx context.Context, base *url.URL, r request) (answer, error) {
	ctx, stop := context.WithTimeout(ctx, c.attempt)
	defer stop()
	target := base.String() + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, bytes.NewReader(r.body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("User-Agent", c.userAgent)
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	if r.accept != "" {
		req.Header.Set("Accept", r.accept)
	}
	res, err := c.transport(r).Do(req)
	if errors.Is(err, http.ErrSchemeMismatch) {
		return answer{}, fmt.Errorf("%w: %s answers in http", ErrScheme, base)
	}
	if err != nil {
		return answer{}, &unreachable{err}
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if closeErr := res.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return answer{}, &unreachable{fmt.Errorf("%s %s: %w", r.method, target, err)}
	}
	if len(body) > maxAnswer {
		return answer{}, fmt.Errorf("%w: more than %d bytes from %s", ErrMismatch, maxAnswer, target)
	}
	got := answer{res.StatusCode, res.Header.Get("Content-Type"), res.Header, body}
	if base.Scheme == "http" && got.status == http.StatusBadRequest && bytes.HasPrefix(got.body, plainToTLS) {
		return answer{}, fmt.Errorf("%w: %s answers in https", ErrScheme, base)
	}
	if r.want == nil && got.status/100 == 2 || r.want != nil && r.want(got.status) {
		return got, nil
	}
	return answer{}, api.ReadProblem(got.status, got.body)
}

// plainToTLS is what net/http answers to http where it speaks https.
var plainToTLS = []byte("Client sent an HTTP request to an HTTPS server")

// transport is the HTTP client that sends r.
func (c *Client) transport(r request) *http.Client {
	if !r.stay {
		return c.http
	}
	staying := *c.http
	staying.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &staying
}

// unreachable is a failure to get any answer from one node.
type unreachable struct{ err error }

func (u *unreachable) Error() string   { return ErrUnreachable.Error() + ": " + u.err.Error() }
func (u *unreachable) Unwrap() []error { return []error{ErrUnreachable, u.err} }

// retryable reports whether sending a request again, elsewhere or later, can succeed.
func retryable(err error) bool {
	var p *Problem
	if errors.As(err, &p) {
		return p.Retryable || p.Status == http.StatusBadGateway || p.Status == http.StatusGatewayTimeout
	}
	return errors.Is(err, ErrUnreachable)
}

// sleep waits for about d: between half of it and all of it, so that clients do not march in step.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d/2 + rand.N(d/2))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// decode reads the JSON of an answer.
func decode[T any](a answer) (T, error) {
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		return v, fmt.Errorf("%w: %w", ErrMismatch, err)
	}
	return v, nil
}
