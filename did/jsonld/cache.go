package jsonld

import (
	"sync"
	"sync/atomic"
)

// contextCache keeps compiled contexts by the canonical form of @context. It has
// two generations: what is asked for once lives in probation, what is asked for
// again moves to the kept ones, so that a flood of contexts that are each used
// once cannot push out those in use. Safe for concurrent use.
type contextCache struct {
	mu        sync.RWMutex
	kept      map[string]*cacheEntry
	probation map[string]*cacheEntry
	clock     atomic.Uint64
}

type cacheEntry struct {
	context *activeContext
	used    atomic.Uint64
}

// Sizes of the generations, and the longest @context that is kept, in bytes.
const (
	cacheKept      = 32
	cacheProbation = 16
	cacheKeyBytes  = 4 << 10
)

func newContextCache() *contextCache {
	return &contextCache{kept: map[string]*cacheEntry{}, probation: map[string]*cacheEntry{}}
}

func (c *contextCache) get(key []byte) *activeContext {
	c.mu.RLock()
	e := c.kept[string(key)]
	c.mu.RUnlock()
	if e == nil {
		return c.promote(key)
	}
	e.used.Store(c.clock.Add(1))
	return e.context
}

// promote moves an entry from probation to the kept ones.
func (c *contextCache) promote(key []byte) *activeContext {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.probation[string(key)]
	if e == nil {
		return nil
	}
	delete(c.probation, string(key))
	evict(c.kept, cacheKept)
	e.used.Store(c.clock.Add(1))
	c.kept[string(key)] = e
	return e.context
}

func (c *contextCache) put(key []byte, context *activeContext) {
	if len(key) > cacheKeyBytes || len(context.terms) > maxRootWeight {
		return
	}
	e := &cacheEntry{context: context}
	e.used.Store(c.clock.Add(1))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept[string(key)] != nil {
		return
	}
	evict(c.probation, cacheProbation)
	c.probation[string(key)] = e
}

// evict makes room for one entry by dropping the least recently used one.
func evict(m map[string]*cacheEntry, size int) {
	if len(m) < size {
		return
	}
	var oldest string
	var used uint64
	for k, e := range m {
		if u := e.used.Load(); oldest == "" || u < used {
			oldest, used = k, u
		}
	}
	delete(m, oldest)
}
