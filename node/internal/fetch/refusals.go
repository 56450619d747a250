package fetch

import (
	"container/list"
	"errors"
	"sync"
	"time"
)

// refusals remembers, for seconds, which requests failed and how. The one remembered
// longest makes room for a new one.
type refusals struct {
	mu    sync.Mutex
	limit int
	byKey map[string]*list.Element
	order *list.List // of refusal, oldest first
}

type refusal struct {
	key   string
	err   error
	until time.Time
}

func newRefusals(limit int) *refusals {
	return &refusals{limit: limit, byKey: map[string]*list.Element{}, order: list.New()}
}

// How long a failure is remembered: no longer than people wait before they try again, since what was not
// there is often put there meanwhile, unless the host asks to be left alone (Retry-After).
const (
	remember     = 2 * time.Second
	rememberMost = 5 * time.Minute
)

func memory(err error) time.Duration {
	var e *Error
	if !errors.As(err, &e) {
		return 0
	}
	switch e.Kind {
	case ErrBusy, ErrClosed, ErrCanceled:
		return 0
	}
	return min(max(remember, e.RetryAfter), rememberMost)
}

// put remembers a failure, and forgets one that has passed.
func (r *refusals) put(key string, err error, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := memory(err)
	if err != nil && d == 0 {
		return
	}
	if el, ok := r.byKey[key]; ok {
		r.order.Remove(el)
		delete(r.byKey, key)
	}
	if err == nil {
		return
	}
	if len(r.byKey) >= r.limit {
		oldest := r.order.Front()
		delete(r.byKey, r.order.Remove(oldest).(refusal).key)
	}
	r.byKey[key] = r.order.PushBack(refusal{key: key, err: err, until: now.Add(d)})
}

// get returns the failure of a request that is still remembered.
func (r *refusals) get(key string, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	el, ok := r.byKey[key]
	if !ok {
		return nil
	}
	e := el.Value.(refusal)
	if now.Before(e.until) {
		return e.err
	}
	r.order.Remove(el)
	delete(r.byKey, key)
	return nil
}
