package consensus

import (
	"sync"
	"sync/atomic"
	"time"
)

// proposal is one command on its way into the log. Whoever wins the change of
// state away from queued decides whether it is proposed.
type proposal struct {
	cmd      []byte
	deadline time.Time // after it, not to be proposed; zero: none
	state    atomic.Uint32
	reply    replier
}

const (
	proposalQueued uint32 = iota
	proposalTaken
	proposalAbandoned
)

// replier takes the one answer to a proposal and must not block.
type replier interface {
	reply(result []byte, err error)
}

// abandon withdraws p and reports whether it was still in the queue.
func (p *proposal) abandon() bool {
	return p.state.CompareAndSwap(proposalQueued, proposalAbandoned)
}

// queue holds proposals until a batch has room, bounded in number and bytes.
type queue struct {
	maxItems, maxBytes     int
	batchItems, batchBytes int           // bounds of one batch
	wake                   chan struct{} // capacity 1: a first proposal, or a whole batch, waits

	mu     sync.Mutex
	items  []*proposal
	bytes  int
	closed bool
}

func newQueue(c *Config) *queue {
	return &queue{
		maxItems: c.QueueCommands, maxBytes: c.QueueBytes, batchItems: c.MaxBatchCommands, batchBytes: c.MaxBatchBytes,
		wake: make(chan struct{}, 1),
	}
}

// push appends p. Errors: ErrOverloaded, ErrClosed.
func (q *queue) push(p *proposal) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return ErrClosed
	case len(q.items) >= q.maxItems || q.bytes+len(p.cmd) > q.maxBytes && len(q.items) > 0:
		return ErrOverloaded
	}
	q.items = append(q.items, p)
	q.bytes += len(p.cmd)
	if len(q.items) == 1 || q.fullLocked() {
		q.signal()
	}
	return nil
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take removes the proposals of one batch, oldest first: up to batchItems of
// together batchBytes, or a single larger one. Expired ones are answered.
func (q *queue) take() []*proposal {
	q.mu.Lock()
	defer q.mu.Unlock()
	dst := make([]*proposal, 0, min(q.batchItems, len(q.items)))
	now, n, size := time.Now(), 0, 0
	for _, p := range q.items {
		if len(dst) == q.batchItems || len(dst) > 0 && size+len(p.cmd) > q.batchBytes {
			break
		}
		n++
		q.bytes -= len(p.cmd)
		switch {
		case !p.deadline.IsZero() && now.After(p.deadline):
			if p.abandon() {
				p.reply.reply(nil, ErrOverloaded)
			}
		case p.state.CompareAndSwap(proposalQueued, proposalTaken):
			dst = append(dst, p)
			size += len(p.cmd)
		}
	}
	rest := copy(q.items, q.items[n:])
	clear(q.items[rest:])
	q.items = q.items[:rest]
	if rest > 0 {
		q.signal()
	}
	return dst
}

// close refuses what comes and answers what waits with ErrClosed.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.refuse(ErrClosed)
}

// refuse answers what waits with err, which says that it was not proposed.
func (q *queue) refuse(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, p := range q.items {
		if p.abandon() {
			p.reply.reply(nil, err)
		}
	}
	q.items, q.bytes = nil, 0
}

// full reports whether a whole batch waits.
func (q *queue) full() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.fullLocked()
}

func (q *queue) fullLocked() bool { return len(q.items) >= q.batchItems || q.bytes >= q.batchBytes }

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}
