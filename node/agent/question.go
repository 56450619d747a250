package agent

import (
	"context"
	"sync"
	"time"
)

// retryAfter is how long a question that found no answer is not put again: a registry
// that does not answer costs one caller its time, and not all of them.
const retryAfter = time.Second

// question is something that others are asked: once for all who want to know at the same
// time, without a lock held meanwhile. It is safe for concurrent use.
type question[T any] struct {
	mu    sync.Mutex
	under *asking[T] // the one under way, nil if there is none
	last  answer[T]
	// refused is why the last asking failed, and when; the zero time if it did not.
	refused   error
	refusedAt time.Time
}

// answer is what was answered, and when; at is zero if nothing was.
type answer[T any] struct {
	value T
	at    time.Time
}

type asking[T any] struct {
	done chan struct{}
	answer[T]
	err error
}

// ask returns the last answer if it is good enough, and puts the question otherwise. put
// has a deadline of its own, for it goes on when the caller who came first has gone.
func (q *question[T]) ask(ctx context.Context, now func() time.Time, good func(answer[T]) bool, put func() (T, error)) (T, error) {
	q.mu.Lock()
	if last := q.last; !last.at.IsZero() && good(last) {
		q.mu.Unlock()
		return last.value, nil
	}
	if q.refused != nil && now().Sub(q.refusedAt) < retryAfter {
		defer q.mu.Unlock()
		return q.last.value, q.refused
	}
	under := q.under
	if under == nil {
		under = &asking[T]{done: make(chan struct{})}
		q.under = under
		go q.put(under, now, put)
	}
	q.mu.Unlock()
	select {
	case <-under.done:
		return under.value, under.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func (q *question[T]) put(under *asking[T], now func() time.Time, put func() (T, error)) {
	at := now() // an answer is as old as its question
	under.value, under.err = put()
	under.at = at
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.under, q.refused = nil, under.err; under.err == nil {
		q.last = under.answer
	} else {
		q.refusedAt = now()
	}
	close(under.done)
}

// before returns the last answer, however old; ok is false if there never was one.
func (q *question[T]) before() (value T, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.last.value, !q.last.at.IsZero()
}
