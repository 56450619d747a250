package fetch

import (
	"container/list"
	"errors"
	"fmt"
	"sync"
	"time"
)

// slowHosts remembers the hosts, each with its port, that gave no answer twice in a row, and for how long
// they are not asked: 10 s, and twice as long each time they are asked again in vain, up to 5 minutes. An
// answer of any kind ends it. One failure alone is remembered of its URL only: whoever names a URL that
// takes its time must not cut off what else its host serves. The host remembered longest makes room.
type slowHosts struct {
	mu     sync.Mutex
	limit  int
	byHost map[string]*list.Element
	order  *list.List // of *slowHost, oldest first
}

type slowHost struct {
	origin  string
	strikes int
	last    time.Time // strike
	until   time.Time // it is not asked
}

const (
	slowStrikes = 2 // before a host is left alone
	slowFirst   = 10 * time.Second
	slowMost    = 5 * time.Minute
)

func newSlowHosts(limit int) *slowHosts {
	return &slowHosts{limit: limit, byHost: map[string]*list.Element{}, order: list.New()}
}

// check returns an error while a host is not asked.
func (s *slowHosts) check(origin string, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	el, ok := s.byHost[origin]
	if !ok {
		return nil
	}
	if h := el.Value.(*slowHost); now.Before(h.until) {
		return &Error{Kind: ErrTimeout, Detail: fmt.Sprintf("%s gave no answer before and is not asked until %s", origin, h.until.UTC().Format(time.RFC3339))}
	}
	return nil
}

// ended tells how a request that began at a time ended. Of several that were under way together one
// counts.
func (s *slowHosts) ended(origin string, began, now time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	el, known := s.byHost[origin]
	if !unanswered(err) {
		if known && answered(err) {
			s.order.Remove(el)
			delete(s.byHost, origin)
		}
		return
	}
	if !known {
		if len(s.byHost) >= s.limit {
			oldest := s.order.Front()
			delete(s.byHost, s.order.Remove(oldest).(*slowHost).origin)
		}
		s.byHost[origin] = s.order.PushBack(&slowHost{origin: origin, strikes: 1, last: now})
		return
	}
	h := el.Value.(*slowHost)
	if began.Before(h.last) {
		return
	}
	h.last = now
	h.strikes++
	h.until = now.Add(min(slowMost, slowFirst<<min(h.strikes-slowStrikes, 10)))
	s.order.MoveToBack(el)
}

// unanswered reports whether a host, asked, gave no answer.
func unanswered(err error) bool { return errors.Is(err, ErrTimeout) || errors.Is(err, ErrConnect) }

// answered reports whether it gave one, if only to refuse.
func answered(err error) bool {
	return err == nil || !errors.Is(err, ErrBusy) && !errors.Is(err, ErrClosed) && !errors.Is(err, ErrCanceled)
}
