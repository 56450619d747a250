package httpapi

import (
	"container/list"
	"net/netip"
	"sync"
	"time"
)

// holdings counts by address what clients have had the registry keep: each may have most at a time, for
// as long as it is kept, and life at the longest if that is not zero. An address that has not been seen for
// longest is forgotten. Safe for concurrent use.
type holdings struct {
	most int
	life time.Duration

	mu   sync.Mutex
	by   map[netip.Addr]*list.Element // of *holder
	used *list.List                   // newest first
}

// holder is one address; since is when each of its things was taken.
type holder struct {
	addr  netip.Addr
	since map[string]time.Time
}

const (
	maxHolders = 4096
	// settled is how long a node may take to see what it has passed on to the leader.
	settled = 2 * time.Second
)

func newHoldings(most int, life time.Duration) *holdings {
	return &holdings{most: most, life: life, by: map[netip.Addr]*list.Element{}, used: list.New()}
}

// take counts names, if the address may have them. kept tells what is kept still. done is to be told
// whether they may have been taken.
func (h *holdings) take(addr netip.Addr, names []string, now time.Time, kept func(string) bool) (done func(taken bool), ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	own := h.of(addr)
	for name, since := range own.since {
		if age := now.Sub(since); h.life > 0 && age >= h.life || age >= settled && !kept(name) {
			delete(own.since, name)
		}
	}
	var added []string
	for _, name := range names {
		if _, counted := own.since[name]; !counted {
			added = append(added, name)
		}
	}
	if len(own.since)+len(added) > h.most {
		return nil, false
	}
	for _, name := range added {
		own.since[name] = now
	}
	return func(taken bool) {
		if taken {
			return
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, name := range added {
			delete(own.since, name)
		}
	}, true
}

// of returns the account of an address; the caller holds mu.
func (h *holdings) of(addr netip.Addr) *holder {
	if e, ok := h.by[addr]; ok {
		h.used.MoveToFront(e)
		return e.Value.(*holder)
	}
	if h.used.Len() >= maxHolders {
		oldest := h.used.Back()
		delete(h.by, oldest.Value.(*holder).addr)
		h.used.Remove(oldest)
	}
	own := &holder{addr, map[string]time.Time{}}
	h.by[addr] = h.used.PushFront(own)
	return own
}
