package httpapi

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/tabard-id/tabard/node/api"
)

// bodies bounds the memory that the bodies of requests under way take, in sum and for each client. Safe for
// concurrent use.
type bodies struct {
	mu   sync.Mutex
	held tally
}

const (
	maxBodies = 128 << 20
	// valueBytes is about what a JSON value takes besides its text.
	valueBytes = 64
)

func newBodies(most int) *bodies { return &bodies{held: newTally(most)} }

// holding is the memory of one request's body, given back when the request ends.
type holding struct {
	bodies *bodies
	client func(*http.Request) netip.Addr
	addr   netip.Addr
	bytes  int
}

// take counts n bytes more, unless a bound is reached.
func (h *holding) take(r *http.Request, n int) error {
	if h.bodies == nil {
		return nil
	}
	if h.bytes == 0 {
		h.addr = h.client(r)
	}
	h.bodies.mu.Lock()
	defer h.bodies.mu.Unlock()
	err := h.bodies.held.take(h.addr, n, "bytes of bodies under way")
	if err == nil {
		h.bytes += n
	}
	return err
}

func (h *holding) release() {
	if h.bytes == 0 {
		return
	}
	h.bodies.mu.Lock()
	defer h.bodies.mu.Unlock()
	h.bodies.held.give(h.addr, h.bytes)
	h.bytes = 0
}

// How long a client may keep a body to itself: this long, and for what it sends as long as at this rate.
const (
	bodyPatience = 10 * time.Second
	bodyRate     = 16 << 10 // bytes a second
)

// readBody reads at most limit bytes. What it returns belongs to the caller until the request ends. Memory is
// taken as bytes come, so that announcing them costs nothing.
func readBody(w *reply, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, api.Problemf(api.BodyTooLarge, "at most %d bytes", limit)
	}
	control := http.NewResponseController(w.ResponseWriter)
	paced := &pacedBody{Reader: r.Body, control: control, now: time.Now, patience: w.patience, rate: bodyRate}
	body, err := w.held.readAll(http.MaxBytesReader(w.ResponseWriter, io.NopCloser(paced), limit), r)
	if err != nil {
		return nil, err
	}
	// What the values take that the text stands for.
	if err := w.held.take(r, valueBytes*(bytes.Count(body, []byte(","))+1)); err != nil {
		return nil, err
	}
	return body, ignoreUnsupported(control.SetReadDeadline(time.Time{}))
}

// readAll is io.ReadAll, holding what it allocates.
func (h *holding) readAll(body io.Reader, r *http.Request) ([]byte, error) {
	size := 4 << 10
	if r.ContentLength >= 0 {
		size = int(min(int64(size), r.ContentLength+1)) // one more: the end shows without growing
	}
	if err := h.take(r, size); err != nil {
		return nil, err
	}
	buf := make([]byte, 0, size)
	for {
		n, err := body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if errors.Is(err, io.EOF) {
			return buf, nil
		}
		if err != nil {
			return nil, readProblem(err)
		}
		if len(buf) < cap(buf) {
			continue
		}
		more := cap(buf) // twice as much
		if r.ContentLength >= int64(len(buf)) {
			more = int(min(int64(more), r.ContentLength+1-int64(cap(buf))))
		}
		if err := h.take(r, more); err != nil {
			return nil, err
		}
		buf = append(make([]byte, 0, cap(buf)+more), buf...)
	}
}

// pacedBody is a body for which a client may let the node wait for patience altogether, and as long again as
// what it sends takes at a rate. Blanks count for nothing: they are how a client could seem to be at work.
type pacedBody struct {
	io.Reader
	control  *http.ResponseController
	now      func() time.Time
	patience time.Duration
	rate     int       // bytes a second
	end      time.Time // whatever the client sends; zero: none

	waited time.Duration
	sent   int
}

// Read waits for the client, and no longer than it may.
func (p *pacedBody) Read(b []byte) (int, error) {
	left := p.patience + time.Duration(p.sent)*time.Second/time.Duration(p.rate) - p.waited
	if left <= 0 {
		return 0, os.ErrDeadlineExceeded
	}
	start := p.now()
	if err := p.allow(start.Add(left)); err != nil {
		return 0, err
	}
	n, err := p.Reader.Read(b)
	p.waited += p.now().Sub(start)
	for _, c := range b[:n] {
		if c > ' ' {
			p.sent++
		}
	}
	if err == nil || p.end.IsZero() {
		return n, err
	}
	if slow := p.allow(p.end); slow != nil { // from here on it is the client that waits
		return n, slow
	}
	return n, err
}

func (p *pacedBody) allow(until time.Time) error {
	if !p.end.IsZero() && until.After(p.end) {
		until = p.end
	}
	return ignoreUnsupported(p.control.SetReadDeadline(until))
}

// Close is the server's to call.
func (p *pacedBody) Close() error { return nil }
