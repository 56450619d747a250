package credential

import (
	"container/list"
	"crypto/sha256"
	"sync"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/statuslist"
)

// ListCache remembers decoded status lists by the SHA-256 of what they were decoded
// from, so that one list is expanded once. It says nothing about who signed them or
// when: that is judged every time. Safe for concurrent use.
type ListCache struct {
	mu    sync.Mutex
	limit int
	size  int
	byKey map[[32]byte]*list.Element
	order *list.List // most recently used first, of *decodedList
}

type decodedList struct {
	key  [32]byte
	list *statuslist.List
}

// NewListCache returns a cache of at most that many bytes of bitstrings.
func NewListCache(bytes int) *ListCache {
	return &ListCache{limit: bytes, byKey: make(map[[32]byte]*list.Element), order: list.New()}
}

// decode reads a list credential of at most limit bytes, taking it out of its
// envelope first. fresh says that it was not remembered.
func (c *ListCache) decode(value jcs.Value, limit int) (l *statuslist.List, fresh bool, err error) {
	if c == nil {
		l, err = decodeList(value, limit)
		return l, true, err
	}
	key := sha256.Sum256(value.Canonical())
	if l := c.get(key); l != nil {
		return l, false, nil
	}
	if l, err = decodeList(value, limit); err == nil {
		c.put(key, l)
	}
	return l, true, err
}

func (c *ListCache) get(key [32]byte) *statuslist.List {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*decodedList).list
}

func (c *ListCache) put(key [32]byte, l *statuslist.List) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byKey[key]; ok || len(l.Bits()) > c.limit {
		return
	}
	c.byKey[key] = c.order.PushFront(&decodedList{key, l})
	for c.size += len(l.Bits()); c.size > c.limit; {
		oldest := c.order.Remove(c.order.Back()).(*decodedList)
		delete(c.byKey, oldest.key)
		c.size -= len(oldest.list.Bits())
	}
}

func decodeList(value jcs.Value, limit int) (*statuslist.List, error) {
	payload, _, err := open(value)
	if err != nil {
		return nil, err
	}
	return statuslist.ParseListWithin(bitstringList(payload), limit)
}
