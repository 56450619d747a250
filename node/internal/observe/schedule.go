package observe

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/tabard-id/tabard/did"
)

// schedule says when the leader looks at each DID again.
type schedule struct {
	mu       sync.Mutex
	interval time.Duration
	plans    map[did.ID]*plan
	wake     chan struct{}
}

type plan struct {
	due      time.Time
	looked   time.Time // last
	failures int
}

func newSchedule(interval time.Duration) schedule {
	return schedule{interval: interval, plans: map[did.ID]*plan{}, wake: make(chan struct{}, 1)}
}

// jitter is d, give or take a tenth.
func jitter(d time.Duration) time.Duration {
	return d - d/10 + time.Duration(rand.Int64N(int64(d/5)+1))
}

// set makes the schedule one of these DIDs. Those that are new to it are spread over
// the interval, so that a new leader does not ask for all of them at once; those that
// are first are due now.
func (s *schedule) set(list []did.ID, first map[did.ID]bool, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	keep := make(map[did.ID]*plan, len(list))
	for _, id := range list {
		p := s.plans[id]
		if p == nil {
			p = &plan{due: now}
			if !first[id] {
				p.due = now.Add(time.Duration(rand.Int64N(int64(s.interval) + 1)))
			}
		}
		keep[id] = p
	}
	s.plans = keep
}

func (s *schedule) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.plans)
}

// due lists what is to be looked at, those that wait longest first.
func (s *schedule) due(now time.Time) []did.ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []did.ID
	for _, id := range slices.Sorted(maps.Keys(s.plans)) {
		if !s.plans[id].due.After(now) {
			list = append(list, id)
		}
	}
	slices.SortStableFunc(list, func(a, b did.ID) int { return s.plans[a].due.Compare(s.plans[b].due) })
	return list
}

// maxBackoff is how many intervals a DID is left alone whose host keeps failing.
const maxBackoff = 8

// looked plans the next look: after an interval, or sooner at first and then ever
// later if this one failed.
func (s *schedule) looked(id did.ID, failed bool, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.plans[id]
	if p == nil {
		return
	}
	p.looked = now
	wait := s.interval
	if failed {
		wait = min(s.interval/8<<min(p.failures, 10), maxBackoff*s.interval)
		p.failures++
	} else {
		p.failures = 0
	}
	p.due = now.Add(jitter(wait))
}

// soonest is how long a DID is left alone in any case: whoever resolves one whose host
// contradicts what was observed asks for another look.
const soonest = time.Minute

// soon has a DID looked at without waiting for its turn, if it is planned at all.
func (s *schedule) soon(id did.ID, now time.Time) bool {
	s.mu.Lock()
	p := s.plans[id]
	if p != nil {
		at := now
		if next := p.looked.Add(soonest); next.After(at) {
			at = next
		}
		if at.Before(p.due) {
			p.due = at
		}
	}
	s.mu.Unlock()
	if p != nil {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
	return p != nil
}

// Soon has the leader look at a pinned DID again without waiting for its turn. On other
// nodes it does nothing, and nothing for what is not pinned.
func (o *Observer) Soon(id did.ID) bool { return o.schedule.soon(id, time.Now()) }

// pause is how often the schedule is looked at.
const pause = 5 * time.Second

// Run looks at pinned DIDs, while the node leads, until ctx ends.
func (o *Observer) Run(ctx context.Context) {
	tick := time.NewTicker(min(pause, max(time.Millisecond, o.cfg.Interval/10)))
	defer tick.Stop()
	for {
		if o.cfg.Leads() {
			o.round(ctx)
		} else {
			o.schedule.clear()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-o.schedule.wake:
		}
	}
}

// round looks at what is due.
func (o *Observer) round(ctx context.Context) {
	if registry, _ := o.cfg.Book.Registry(); registry == "" {
		return
	}
	list, err := o.cfg.Book.Pinned("", o.cfg.MaxPins)
	if err != nil {
		o.cfg.Logger.Error("listing the pinned DIDs", "error", err)
		return
	}
	first := map[did.ID]bool{}
	pins := slices.Clone(o.cfg.Pins) // before what others have pinned
	for _, id := range pins {
		first[id] = !slices.Contains(list, id)
	}
	for _, id := range list {
		if _, configured := first[id]; !configured && len(pins) < o.cfg.MaxPins {
			pins = append(pins, id)
		}
	}
	o.schedule.set(pins, first, time.Now())
	places := make(chan struct{}, o.cfg.Concurrent)
	var group sync.WaitGroup
	for _, id := range o.schedule.due(time.Now()) {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil || !o.cfg.Leads() {
			break
		}
		group.Go(func() {
			defer func() { <-places }()
			o.look(ctx, id)
		})
	}
	group.Wait()
}

// lookTimeout bounds one look, the proposal included.
const lookTimeout = 30 * time.Second

func (o *Observer) look(ctx context.Context, id did.ID) {
	timed, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	_, _, err := o.Observe(timed, id)
	if err != nil && ctx.Err() == nil {
		o.cfg.Logger.Warn("a pinned DID could not be observed", "did", id, "error", err)
	}
	o.schedule.looked(id, err != nil, time.Now())
}
