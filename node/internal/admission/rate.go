package admission

import (
	"container/list"
	"hash/maphash"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const shards = 16

// limiters holds one token bucket for each address, the least recently used forgotten first.
type limiters struct {
	rate  Rate
	seed  maphash.Seed
	shard [shards]struct {
		mu    sync.Mutex
		byKey map[netip.Addr]*list.Element // of *bucket
		used  *list.List                   // newest first
		room  int
	}
}

type bucket struct {
	addr    netip.Addr
	limiter *rate.Limiter
}

func newLimiters(r Rate, addresses int) *limiters {
	l := &limiters{rate: r, seed: maphash.MakeSeed()}
	for i := range l.shard {
		l.shard[i].byKey = map[netip.Addr]*list.Element{}
		l.shard[i].used = list.New()
		l.shard[i].room = max(1, addresses/shards)
	}
	return l
}

func (l *limiters) get(addr netip.Addr) *rate.Limiter {
	s := &l.shard[maphash.Comparable(l.seed, addr)%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.byKey[addr]; ok {
		s.used.MoveToFront(e)
		return e.Value.(*bucket).limiter
	}
	if s.used.Len() >= s.room {
		oldest := s.used.Back()
		delete(s.byKey, oldest.Value.(*bucket).addr)
		s.used.Remove(oldest)
	}
	b := &bucket{addr, rate.NewLimiter(rate.Limit(l.rate.PerSecond), l.rate.Burst)}
	s.byKey[addr] = s.used.PushFront(b)
	return b.limiter
}

// Allow takes one token of a class from the client's bucket. When there is none it returns how long
// until there will be.
func (p *Policy) Allow(class Class, r *http.Request) (wait time.Duration, ok bool) {
	l := p.limiters[class]
	if l == nil {
		return 0, true
	}
	limiter, now := l.get(p.Address(r)), p.cfg.now()
	if limiter.AllowN(now, 1) {
		return 0, true
	}
	missing := 1 - limiter.TokensAt(now)
	return time.Duration(missing / l.rate.PerSecond * float64(time.Second)), false
}
