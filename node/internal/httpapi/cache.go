package httpapi

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tabard-id/tabard/ledger/record"
)

// cacheKey names a pre-encoded reply: what was asked for, as it was sent, and the representation.
type cacheKey struct {
	path string
	rep  representation
}

// cached is a reply as it goes out. It is never changed.
type cached struct {
	subject string     // whose changes end its life: the key of Ledger.ChangedSince
	also    []string   // and those of what else it tells
	until   time.Time  // after which it may not hold any more; zero if for good
	size    record.Seq // the state it was computed from
	status  int
	media   string // its content type; "" with an empty body
	body    []byte
	etag    string

	contentType, length, etags, control, vary, location, age []string // header values, ready to be set
}

// cache keeps pre-encoded replies within a bound on their bytes. It never vouches for one: whoever
// takes a reply from it asks the ledger first whether its subject has changed.
type cache struct {
	seed   maphash.Seed
	shards []cacheShard
	found  atomic.Uint64
}

type cacheShard struct {
	mu    sync.RWMutex
	byKey map[cacheKey]*cacheSlot
	ring  []*cacheSlot // in order of arrival; hand walks it, giving what was used a second chance
	hand  int
	bytes int
	room  int
	_     [64]byte // keeps the locks of neighbours off one cache line
}

type cacheSlot struct {
	key  cacheKey
	val  *cached
	used atomic.Bool
}

const cacheShards = 32

// slotOverhead is what an entry costs beside its body and key: measured, rounded up.
const slotOverhead = 600

func newCache(bytes int) *cache {
	c := &cache{seed: maphash.MakeSeed()}
	if bytes <= 0 {
		return c
	}
	c.shards = make([]cacheShard, cacheShards)
	for i := range c.shards {
		c.shards[i].byKey = map[cacheKey]*cacheSlot{}
		c.shards[i].room = bytes / cacheShards
	}
	return c
}

func (c *cache) shard(key cacheKey) *cacheShard {
	return &c.shards[maphash.Comparable(c.seed, key)%cacheShards]
}

func (c *cache) get(key cacheKey) *cached {
	if len(c.shards) == 0 {
		return nil
	}
	s := c.shard(key)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if slot, ok := s.byKey[key]; ok {
		if !slot.used.Load() {
			slot.used.Store(true)
		}
		return slot.val
	}
	return nil
}

// put keeps a reply, unless it would take more than a quarter of its shard.
func (c *cache) put(key cacheKey, val *cached) {
	if len(c.shards) == 0 {
		return
	}
	s := c.shard(key)
	cost := cost(key, val)
	if cost > s.room/4 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.byKey[key]; ok {
		s.bytes += cost - costOf(old)
		old.val = val
	} else {
		slot := &cacheSlot{key: key, val: val}
		s.byKey[key] = slot
		s.ring = append(s.ring, slot)
		s.bytes += cost
	}
	for s.bytes > s.room {
		s.evict()
	}
}

// evict drops the next reply that has not been used since the hand last came by.
func (s *cacheShard) evict() {
	for {
		s.hand %= len(s.ring)
		victim := s.ring[s.hand]
		if victim.used.Swap(false) {
			s.hand++
			continue
		}
		last := len(s.ring) - 1
		s.ring[s.hand], s.ring[last] = s.ring[last], nil
		s.ring = s.ring[:last]
		delete(s.byKey, victim.key)
		s.bytes -= costOf(victim)
		return
	}
}

func cost(key cacheKey, val *cached) int { return len(key.path) + len(val.body) + slotOverhead }

func costOf(s *cacheSlot) int { return cost(s.key, s.val) }

func (c *cache) size() int {
	total := 0
	for i := range c.shards {
		c.shards[i].mu.RLock()
		total += c.shards[i].bytes
		c.shards[i].mu.RUnlock()
	}
	return total
}

func (c *cache) hits() uint64 { return c.found.Load() }
