package foreign

import (
	"container/list"
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/tabard-id/tabard/node/internal/fetch"
)

// item is what was fetched under one key. It is not modified once it is in the
// cache.
type item struct {
	// content is one of *webContent, *logContent, *listContent and schemaContent.
	content any
	// cost is an estimate of the memory it takes.
	cost int64
	// fetched is when it was last found to be the present one.
	fetched time.Time
	// until is when it may no longer be given.
	until time.Time
}

// cache keeps the items used last, within a number of bytes, and has each fetched by
// one caller at a time for all who wait for it.
type cache struct {
	mu    sync.Mutex
	limit int64
	bytes int64
	byKey map[string]*list.Element
	order *list.List // of *slot, used last in front
	loads map[string]*load
	// clients are those for whom something is being loaded, and how much.
	clients map[netip.Addr]int
	ending  bool
	open    context.Context
	end     context.CancelFunc
	busy    sync.WaitGroup
}

type slot struct {
	key  string
	item *item
}

type load struct {
	client  netip.Addr // who asked first
	counted bool       // it is a client

	done chan struct{}
	item *item
	err  error
}

func newCache(limit int64) *cache {
	c := &cache{limit: limit, byKey: map[string]*list.Element{}, order: list.New(), loads: map[string]*load{}, clients: map[netip.Addr]int{}}
	c.open, c.end = context.WithCancel(context.Background())
	return c
}

// maxLoads bounds the loads under way, each of which may hold a whole log: they go on
// when whoever asked has gone away. maxLoadsOfOne bounds those that one client was the
// first to ask for: hosts that take their time are easily found.
const (
	maxLoads      = 64
	maxLoadsOfOne = 8
)

// loader makes an item anew, perhaps of the old one, which may be nil.
type loader func(ctx context.Context, old *item) (*item, error)

// get returns a fresh item, loading it if there is none, or if anew. cached reports
// whether it was there already.
func (c *cache) get(ctx context.Context, key string, now time.Time, timeout time.Duration, anew bool, fn loader) (it *item, cached bool, err error) {
	c.mu.Lock()
	var old *item
	if el, ok := c.byKey[key]; ok {
		old = el.Value.(*slot).item
		if !anew && now.Before(old.until) && !now.Before(old.fetched) {
			c.order.MoveToFront(el)
			c.mu.Unlock()
			return old, true, nil
		}
	}
	l, ok := c.loads[key]
	if !ok {
		if c.ending {
			c.mu.Unlock()
			return nil, false, context.Canceled
		}
		if len(c.loads) >= maxLoads {
			c.mu.Unlock()
			return nil, false, &fetch.Error{Kind: fetch.ErrBusy, Detail: "too many documents are being fetched"}
		}
		client, known := fetch.Client(ctx)
		if known && c.clients[client] >= maxLoadsOfOne {
			c.mu.Unlock()
			return nil, false, &fetch.Error{Kind: fetch.ErrBusy, Detail: "too many documents are being fetched for this client"}
		}
		l = &load{done: make(chan struct{}), client: client, counted: known}
		c.loads[key] = l
		if known {
			c.clients[client]++
		}
		// The load outlives whoever asked first: others may have come to wait.
		c.busy.Go(func() { c.run(key, l, old, timeout, fn) })
	}
	c.mu.Unlock()
	select {
	case <-l.done:
		return l.item, false, l.err
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

func (c *cache) run(key string, l *load, old *item, timeout time.Duration, fn loader) {
	ctx, cancel := context.WithTimeout(c.open, timeout)
	defer cancel()
	l.item, l.err = fn(ctx, old)
	c.mu.Lock()
	delete(c.loads, key)
	if l.counted {
		if c.clients[l.client]--; c.clients[l.client] == 0 {
			delete(c.clients, l.client)
		}
	}
	c.drop(key)
	switch {
	case l.err == nil:
		c.put(key, l.item)
	case old != nil: // never given again, but remembered: see logContent.follows
		stale := *old
		stale.until = time.Time{}
		c.put(key, &stale)
	}
	c.mu.Unlock()
	close(l.done)
}

// put adds an item that is not there. The caller holds mu.
func (c *cache) put(key string, it *item) {
	cost := it.cost + int64(len(key))
	if cost > c.limit/4 { // one stranger's document must not displace all others
		return
	}
	c.byKey[key] = c.order.PushFront(&slot{key, it})
	c.bytes += cost
	for c.bytes > c.limit {
		c.drop(c.order.Back().Value.(*slot).key)
	}
}

// drop removes an item if it is there. The caller holds mu.
func (c *cache) drop(key string) {
	if el, ok := c.byKey[key]; ok {
		s := c.order.Remove(el).(*slot)
		delete(c.byKey, key)
		c.bytes -= s.item.cost + int64(len(key))
	}
}

func (c *cache) size() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

// close ends the loads under way and waits for them.
func (c *cache) close() {
	c.mu.Lock()
	c.ending = true
	c.mu.Unlock()
	c.end()
	c.busy.Wait()
}
