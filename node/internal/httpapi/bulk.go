package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
)

// Bounds of a bulk request beside those of its body. What is under way at once is bounded by
// Config.BulkInFlight operations and bulkBytes of their lines; outcomes that the client has not read
// yet wait in memory, at most api.MaxBulkLines of them.
const (
	bulkBytes = 8 << 20
	bulkFlush = 32 << 10
	bulkRate  = 1 << 10 // bytes a second, without blanks, that a client sends at least
)

// places are those of bulk requests. One client has half of them at most. Safe for concurrent use.
type places struct {
	mu    sync.Mutex
	taken tally
}

func newPlaces(most int) *places { return &places{taken: newTallyOf(most, (most+1)/2)} }

// enter takes a place; leave gives it back.
func (p *places) enter(addr netip.Addr) (leave func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.taken.take(addr, 1, "bulk requests under way"); err != nil {
		return nil, err
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.taken.give(addr, 1)
	}, nil
}

// postRecords takes operations as NDJSON, {"op":…} a line, and answers each with a line, in their
// order. Operations on the same DID or credential take effect in the order of their lines; others
// are under way together. A line that is refused does not stop those after it.
func (s *server) postRecords(w *reply, r *http.Request, _ route) error {
	if err := noQuery(r); err != nil {
		return err
	}
	if err := checkType(r, linesTypes); err != nil {
		return err
	}
	if r.ContentLength > api.MaxBulkBody {
		return api.Problemf(api.BodyTooLarge, "at most %d bytes", api.MaxBulkBody)
	}
	leave, err := s.bulk.enter(s.Admission.Address(r))
	if err != nil {
		return err
	}
	defer leave()
	h := w.Header()
	h[keyType], h[keyCacheControl] = []string{api.TypeNDJSON}, valueNoStore
	s.stamp(w, s.Ledger.Size())
	control := http.NewResponseController(w.ResponseWriter)
	const most = 5 * time.Minute
	end := s.now().Add(most)
	if err := openDuplex(control, end); err != nil {
		return err
	}
	defer control.SetWriteDeadline(time.Time{}) // the connection may live on; a failure is the connection's end
	b := &bulk{s: s, r: r, order: newOrder(), room: make(chan struct{}, s.BulkInFlight)}
	body := &pacedBody{Reader: r.Body, control: control, end: end, now: s.now, patience: s.bulkIdle, rate: bulkRate}
	return b.run(w, http.MaxBytesReader(nil, body, api.MaxBulkBody))
}

// openDuplex lets outcomes go out while lines still come in, for as long as a bulk request may last.
// A transport that knows neither, such as a recorder in a test, does without.
func openDuplex(control *http.ResponseController, end time.Time) error {
	return errors.Join(
		ignoreUnsupported(control.EnableFullDuplex()),
		ignoreUnsupported(control.SetReadDeadline(end)),
		ignoreUnsupported(control.SetWriteDeadline(end)))
}

// bulk is one bulk request under way.
type bulk struct {
	s     *server
	r     *http.Request
	order *order
	room  chan struct{} // a token for each operation under way
	bytes byteRoom
}

// run reads lines on this goroutine, works on them on theirs, and writes outcomes on one more, which
// ends when the last is written.
func (b *bulk) run(w *reply, body io.Reader) error {
	pending := make(chan chan api.BulkOutcome, api.MaxBulkLines+1) // never full: reading never waits for writing
	written := make(chan error, 1)
	go func() { written <- b.write(w, pending) }()
	b.read(body, pending)
	close(pending)
	return sent(<-written)
}

// read starts an operation for each line. It ends with the body, with the last line allowed, or with
// an outcome that says why no further line is read.
func (b *bulk) read(body io.Reader, pending chan<- chan api.BulkOutcome) {
	lines := bufio.NewReaderSize(body, bulkFlush)
	for number := 1; ; number++ {
		line, err := readLine(lines, api.MaxBody)
		if err != nil && len(line) == 0 && errors.Is(err, errEnd) {
			return
		}
		out := make(chan api.BulkOutcome, 1)
		pending <- out
		switch {
		case err != nil && !errors.Is(err, errEnd):
			out <- refusedLine(number, err)
			return
		case number > api.MaxBulkLines:
			out <- refusedLine(number, api.Problemf(api.TooManyLines, "at most %d lines; this and those after it were not read", api.MaxBulkLines))
			return
		case b.r.Context().Err() != nil:
			out <- refusedLine(number, givenUp)
			return
		}
		if wait, ok := b.admitted(number, len(line)); !ok {
			out <- refusedLine(number, rateLimited(wait))
			continue
		}
		b.start(number, line, out)
	}
}

// givenUp answers lines that nobody waits for any more.
var givenUp = api.NewProblem(api.ShuttingDown, "the request was given up")

// admitted takes a token for every line but the first, for which the request took one, and what it takes
// to read it.
func (b *bulk) admitted(number, size int) (time.Duration, bool) {
	tokens := float64(size / bytesPerToken)
	if number > 1 {
		tokens++
	}
	return b.s.Admission.AllowN(admission.Write, b.r, tokens)
}

// start takes the line's place in the order of its keys before it returns, so that a later line
// cannot overtake it.
func (b *bulk) start(number int, line []byte, out chan<- api.BulkOutcome) {
	op, err := parseBulkLine(line)
	if err != nil {
		out <- refusedLine(number, err)
		return
	}
	b.room <- struct{}{}
	b.bytes.take(len(line))
	turn := b.order.enter(keysOf(op))
	go func() {
		defer func() { <-b.room }()
		defer b.bytes.give(len(line))
		defer turn.leave()
		turn.wait()
		b.s.underway <- struct{}{}
		defer func() { <-b.s.underway }()
		out <- b.outcome(number, op)
	}()
}

func (b *bulk) outcome(number int, op record.Op) api.BulkOutcome {
	// The request's end does not end an operation that has been proposed: its outcome would be unknown.
	proposed := context.WithoutCancel(b.r.Context())
	outcome, err := b.s.submitUntil(proposed, b.r, op, claimOf(op))
	if errors.Is(err, context.Canceled) {
		err = givenUp
	}
	if err != nil {
		p := problem(b.s.Ledger.Report(err))
		if p.Code == api.Internal {
			b.s.Logger.Error("bulk operation failed", "line", number, "error", err)
		}
		return refusedLine(number, p)
	}
	if op.Name == record.OpWitness {
		staged := b.s.staged(op)
		return api.BulkOutcome{Line: number, Witness: &staged}
	}
	receipt := b.s.receipt(op, outcome)
	return api.BulkOutcome{Line: number, Receipt: &receipt}
}

// write sends outcomes in the order of their lines, many to a write.
func (b *bulk) write(w *reply, pending <-chan chan api.BulkOutcome) error {
	out := bufio.NewWriterSize(w, bulkFlush)
	flush := http.NewResponseController(w.ResponseWriter).Flush
	var failed error
	for ch := range pending {
		var o api.BulkOutcome
		select {
		case o = <-ch:
		default: // nothing more is ready: what is goes out
			if failed == nil {
				failed = errors.Join(out.Flush(), ignoreUnsupported(flush()))
			}
			o = <-ch
		}
		line, err := json.Marshal(o)
		if err == nil && failed == nil {
			_, err = out.Write(append(line, '\n'))
		}
		failed = errors.Join(failed, err) // later outcomes are still waited for: their operations are under way
	}
	return errors.Join(failed, out.Flush())
}

func ignoreUnsupported(err error) error {
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

func parseBulkLine(line []byte) (record.Op, error) {
	v, err := decodeExact(line)
	if err != nil {
		return record.Op{}, err
	}
	payload, ok := v.Get("op")
	if payload.IsString() { // {"op":"did",…}: the payload itself
		return wellFormed(record.ParseOp(v))
	}
	if !ok || !payload.IsObject() || v.Len() != 1 {
		return record.Op{}, api.NewProblem(api.Malformed, `want {"op":{"op":"did"|"credential"|"status"|"witness"|"status-list"|"observation"|"unpin"|"whois", …}}`)
	}
	return wellFormed(record.ParseOp(payload))
}

func refusedLine(number int, err error) api.BulkOutcome {
	return api.BulkOutcome{Line: number, Problem: problem(err).Refused()}
}

var errEnd = errors.New("end of the body")

// readLine returns the next line that is not blank, without its end, in bytes of its own. errEnd may
// come with the last line.
func readLine(r *bufio.Reader, limit int) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > limit+1:
			return nil, api.Problemf(api.BodyTooLarge, "a line has at most %d bytes", limit)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return nil, readProblem(err)
		}
		line = bytes.TrimSpace(line)
		if err != nil {
			return line, errEnd
		}
		if len(line) > 0 {
			return line, nil
		}
	}
}

// byteRoom bounds the bytes of the lines under way.
type byteRoom struct {
	mu   sync.Mutex
	free sync.Cond
	used int
}

func (r *byteRoom) take(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.free.L == nil {
		r.free.L = &r.mu
	}
	for r.used > 0 && r.used+n > bulkBytes {
		r.free.Wait()
	}
	r.used += n
}

func (r *byteRoom) give(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used -= n
	r.free.Broadcast()
}
