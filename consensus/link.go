package consensus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// link makes calls to one peer over one connection, dialled when needed.
type link struct {
	dial     func(ctx context.Context) (net.Conn, error)
	maxCalls int
	maxBytes int
	timeout  time.Duration // of one write
	running  *sync.WaitGroup

	dialing chan struct{} // capacity 1, held while dialling

	mu       sync.Mutex
	conn     *callConn
	notUntil time.Time // after a failed dial
	failure  error     // of that dial
	closed   bool
}

const redialDelay = 50 * time.Millisecond

// call sends one request and waits for its answer. Errors are those of the status
// received; or ErrNoLeader, ErrOverloaded if the request was surely not sent; or
// ErrOutcomeUnknown.
func (l *link) call(ctx context.Context, kind callKind, payload []byte) ([]byte, error) {
	c, err := l.connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoLeader, err)
	}
	return c.call(ctx, kind, payload)
}

// connect returns the connection, dialling it if there is none.
func (l *link) connect(ctx context.Context) (*callConn, error) {
	if c, err := l.current(); c != nil || err != nil {
		return c, err
	}
	select {
	case l.dialing <- struct{}{}:
		defer func() { <-l.dialing }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if c, err := l.current(); c != nil || err != nil {
		return c, err
	}
	l.mu.Lock()
	early, failure := time.Until(l.notUntil), l.failure
	l.mu.Unlock()
	if early > 0 {
		return nil, failure
	}
	nc, err := l.dial(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.notUntil, l.failure = time.Now().Add(redialDelay), err
		return nil, err
	}
	if l.closed {
		return nil, errors.Join(ErrClosed, nc.Close())
	}
	l.conn = newCallConn(nc, l)
	return l.conn, nil
}

func (l *link) current() (*callConn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, ErrClosed
	}
	if l.conn != nil && !l.conn.dead() {
		return l.conn, nil
	}
	return nil, nil
}

func (l *link) close() {
	l.mu.Lock()
	l.closed = true
	c := l.conn
	l.mu.Unlock()
	if c != nil {
		c.fail(ErrClosed)
	}
}

// callConn is one connection of a link.
type callConn struct {
	nc       net.Conn
	link     *link
	wake     chan struct{} // capacity 1: there is something to write
	done     chan struct{}
	mu       sync.Mutex
	waiting  []*pendingCall // not yet written
	bytes    int
	pending  map[uint64]*pendingCall // being written or written
	next     uint64
	lastRead time.Time
	err      error
}

type pendingCall struct {
	req    request
	since  time.Time
	answer chan callAnswer // capacity 1
}

type callAnswer struct {
	payload []byte
	err     error
}

func newCallConn(nc net.Conn, l *link) *callConn {
	c := &callConn{
		nc: nc, link: l, lastRead: time.Now(),
		wake: make(chan struct{}, 1), done: make(chan struct{}), pending: make(map[uint64]*pendingCall),
	}
	l.running.Go(c.write)
	l.running.Go(c.read)
	return c
}

func (c *callConn) dead() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err != nil
}

func (c *callConn) call(ctx context.Context, kind callKind, payload []byte) ([]byte, error) {
	p := &pendingCall{answer: make(chan callAnswer, 1), since: time.Now()}
	p.req = request{kind: kind, payload: payload}
	if d, ok := ctx.Deadline(); ok {
		p.req.millis = uint32(min(max(time.Until(d).Milliseconds(), 1), 1<<31))
	}
	if err := c.enqueue(p); err != nil {
		return nil, err
	}
	select {
	case a := <-p.answer:
		return a.payload, a.err
	case <-ctx.Done():
		return c.giveUp(ctx, p)
	}
}

func (c *callConn) enqueue(p *pendingCall) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil:
		return fmt.Errorf("%w: %w", ErrNoLeader, c.err)
	case len(c.waiting)+len(c.pending) >= c.link.maxCalls,
		c.bytes+len(p.req.payload) > c.link.maxBytes && len(c.waiting) > 0:
		return ErrOverloaded
	}
	c.next++
	p.req.id = c.next
	c.waiting = append(c.waiting, p)
	c.bytes += len(p.req.payload)
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return nil
}

// giveUp ends a call whose context ended. If nothing has come over the connection
// since the call began, it is taken for dead.
func (c *callConn) giveUp(ctx context.Context, p *pendingCall) ([]byte, error) {
	c.mu.Lock()
	for i, w := range c.waiting {
		if w == p {
			c.waiting = append(c.waiting[:i], c.waiting[i+1:]...)
			c.bytes -= len(p.req.payload)
			c.mu.Unlock()
			return nil, fmt.Errorf("%w: not sent: %w", ErrOverloaded, context.Cause(ctx))
		}
	}
	delete(c.pending, p.req.id)
	silent := c.lastRead.Before(p.since) && errors.Is(ctx.Err(), context.DeadlineExceeded)
	c.mu.Unlock()
	select {
	case a := <-p.answer: // it came just now
		return a.payload, a.err
	default:
	}
	if silent {
		c.fail(errors.New("peer is silent"))
	}
	return nil, fmt.Errorf("%w: %w", ErrOutcomeUnknown, context.Cause(ctx))
}
