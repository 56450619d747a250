package fetch

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A host that takes connections and gives no answer was asked anew for every URL, each time for five
// seconds. It is left alone for longer and longer, until it answers.
func TestHostThatGivesNoAnswerIsLeftAlone(t *testing.T) {
	var silent atomic.Bool
	silent.Store(true)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if silent.Load() {
			<-r.Context().Done()
			return
		}
		io.WriteString(w, "{}")
	})
	now := time.Unix(1e9, 0)
	f := s.fetcher(t, func(c *Config) { c.Timeout, c.now = time.Minute, func() time.Time { return now } })
	url := 0
	ask := func(kind error, asked bool) {
		t.Helper()
		f.cfg.Timeout = time.Minute
		if silent.Load() {
			f.cfg.Timeout = 20 * time.Millisecond
		}
		url++
		_, err := f.Get(t.Context(), s.url(fmt.Sprint("/", url)), Options{Fresh: true})
		if kind != nil || err != nil {
			wantKind(t, fmt.Sprint("request ", url), err, kind)
		}
		if left := err != nil && strings.Contains(err.Error(), "is not asked until"); left == asked {
			t.Fatalf("request %d: %v", url, err)
		}
	}
	ask(ErrTimeout, true) // one may be that URL alone
	now = now.Add(time.Second)
	ask(ErrTimeout, true)
	for _, wait := range []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 5 * time.Minute, 5 * time.Minute} {
		now = now.Add(wait - time.Millisecond)
		ask(ErrTimeout, false)
		now = now.Add(time.Millisecond)
		ask(ErrTimeout, true)
	}
	silent.Store(false)
	now = now.Add(5 * time.Minute)
	ask(nil, true)
	silent.Store(true)
	ask(ErrTimeout, true)
	silent.Store(false)
	ask(nil, true) // one failure between answers
}

func TestSlowHostsAreBounded(t *testing.T) {
	s := newSlowHosts(2)
	now := time.Unix(1e9, 0)
	timeout := &Error{Kind: ErrTimeout}
	for i := range 5 {
		origin := fmt.Sprint("host", i)
		s.ended(origin, now, now, timeout)
		s.ended(origin, now, now, timeout)
		if s.check(origin, now) == nil {
			t.Errorf("%s is asked again", origin)
		}
	}
	if len(s.byHost) != 2 || s.order.Len() != 2 || s.check("host0", now) != nil {
		t.Errorf("%d remembered", len(s.byHost))
	}
	// Requests that were under way together are one failure.
	s = newSlowHosts(2)
	for range 4 {
		s.ended("together", now.Add(-time.Second), now, timeout)
	}
	if err := s.check("together", now); err != nil {
		t.Error(err)
	}
	// That a request was given up says nothing of the host.
	s.ended("together", now, now, &Error{Kind: ErrCanceled})
	s.ended("together", now, now, timeout)
	if s.check("together", now) == nil {
		t.Error("it is asked again")
	}
}
