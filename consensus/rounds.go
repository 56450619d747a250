package consensus

import (
	"context"
	"sync"
)

// rounds shares one confirmation of leadership among all who ask for a read
// index meanwhile. Whoever joins while a round is under way gets the next one: an
// answer must have been fetched after its question.
type rounds struct {
	fetch   func() (uint64, error)
	running *sync.WaitGroup

	mu     sync.Mutex
	busy   bool
	closed bool
	next   []func(index uint64, err error)
}

// join arranges for one call of to, which must not block, with the result of a
// round that begins after now.
func (r *rounds) join(to func(index uint64, err error)) {
	if !r.enter(to) {
		to(0, ErrClosed)
	}
}

func (r *rounds) enter(to func(index uint64, err error)) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.next = append(r.next, to)
	if !r.busy {
		r.busy = true
		r.running.Go(r.loop)
	}
	return true
}

func (r *rounds) loop() {
	for {
		r.mu.Lock()
		batch := r.next
		r.next = nil
		r.busy = len(batch) > 0
		r.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		index, err := r.fetch()
		for _, to := range batch {
			to(index, err)
		}
	}
}

// wait joins a round and waits for it.
func (r *rounds) wait(ctx context.Context) (uint64, error) {
	type result struct {
		index uint64
		err   error
	}
	ch := make(chan result, 1)
	r.join(func(index uint64, err error) { ch <- result{index, err} })
	select {
	case res := <-ch:
		return res.index, res.err
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// close refuses those who come; rounds under way go on.
func (r *rounds) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
}
