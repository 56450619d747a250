package admission

import (
	"container/list"
	"hash/maphash"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

const shards = 16

// limiters holds one token bucket for each address, the least recently used forgotten first.
type limiters struct {
	rate  Rate
	seed  maphash.Seed
	shard [shards]shard
}

// shard holds some of the buckets; mu guards them, too.
type shard struct {
	mu    sync.Mutex
	byKey map[netip.Addr]*list.Element // of *bucket
	used  *list.List                   // newest first
	room  int
}

// bucket has tokens as of a time. It may owe some.
type bucket struct {
	addr   netip.Addr
	tokens float64
	asOf   time.Time
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

// get returns the bucket of an address as of now. The caller holds mu.
func (s *shard) get(addr netip.Addr, r Rate, now time.Time) *bucket {
	if e, ok := s.byKey[addr]; ok {
		s.used.MoveToFront(e)
		b := e.Value.(*bucket)
		if since := now.Sub(b.asOf); since > 0 {
			b.tokens = min(float64(r.Burst), b.tokens+since.Seconds()*r.PerSecond)
			b.asOf = now
		}
		return b
	}
	if s.used.Len() >= s.room {
		oldest := s.used.Back()
		delete(s.byKey, oldest.Value.(*bucket).addr)
		s.used.Remove(oldest)
	}
	b := &bucket{addr, float64(r.Burst), now}
	s.byKey[addr] = s.used.PushFront(b)
	return b
}

// Allow takes one token of a class from the client's bucket. When there is none it returns how long
// until there will be.
func (p *Policy) Allow(class Class, r *http.Request) (wait time.Duration, ok bool) {
	return p.AllowN(class, r, 1)
}

// AllowN takes n tokens at once. What costs more than a bucket holds is let in when the bucket is full,
// and owed for: nothing more is let in until it has been paid back.
func (p *Policy) AllowN(class Class, r *http.Request, n float64) (wait time.Duration, ok bool) {
	l := p.limiters[class]
	if l == nil {
		return 0, true
	}
	addr, now := p.Address(r), p.cfg.now()
	s := l.of(addr)
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.get(addr, l.rate, now)
	if missing := min(n, float64(l.rate.Burst)) - b.tokens; missing > 0 {
		return time.Duration(missing / l.rate.PerSecond * float64(time.Second)), false
	}
	b.tokens -= n
	return 0, true
}

// Charge takes n tokens for what was done already. The bucket owes what it does not have.
func (p *Policy) Charge(class Class, r *http.Request, n float64) {
	l := p.limiters[class]
	if l == nil || n <= 0 {
		return
	}
	addr, now := p.Address(r), p.cfg.now()
	s := l.of(addr)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.get(addr, l.rate, now).tokens -= n
}

func (l *limiters) of(addr netip.Addr) *shard {
	return &l.shard[maphash.Comparable(l.seed, addr)%shards]
}
