package credential

import (
	"container/list"
	"crypto/sha256"
	"strconv"
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

// decodedList is a list, or the claims of a status list token.
type decodedList struct {
	key    [32]byte
	list   *statuslist.List
	claims *statuslist.Claims
}

// size is how many bytes its entries take.
func (d *decodedList) size() int {
	if d.claims != nil {
		return d.claims.List.Bytes()
	}
	return len(d.list.Bits())
}

// NewListCache returns a cache of at most that many bytes of bitstrings.
func NewListCache(bytes int) *ListCache {
	return &ListCache{limit: bytes, byKey: make(map[[32]byte]*list.Element), order: list.New()}
}

// decode reads a list credential of at most limit bytes and at least so many entries,
// taking it out of its envelope first. fresh says that it was not remembered.
func (c *ListCache) decode(value jcs.Value, limit int, entries uint64) (l *statuslist.List, fresh bool, err error) {
	if c == nil {
		l, err = decodeList(value, limit, entries)
		return l, true, err
	}
	key := sha256.Sum256(strconv.AppendUint(value.Canonical(), entries, 10))
	if d := c.get(key); d != nil && d.list != nil {
		return d.list, false, nil
	}
	if l, err = decodeList(value, limit, entries); err == nil {
		c.put(&decodedList{key: key, list: l})
	}
	return l, true, err
}

// decodeToken reads a status list token that has been verified.
func (c *ListCache) decodeToken(token string, opened *statuslist.SecuredToken, limit int) (claims *statuslist.Claims, fresh bool, err error) {
	var key [32]byte
	if c != nil {
		key = sha256.Sum256([]byte(token))
		if d := c.get(key); d != nil && d.claims != nil {
			return d.claims, false, nil
		}
	}
	read, err := opened.Claims(limit)
	if err != nil {
		return nil, true, err
	}
	if c != nil {
		c.put(&decodedList{key: key, claims: &read})
	}
	return &read, true, nil
}

func (c *ListCache) get(key [32]byte) *decodedList {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*decodedList)
}

func (c *ListCache) put(d *decodedList) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byKey[d.key]; ok || d.size() > c.limit {
		return
	}
	c.byKey[d.key] = c.order.PushFront(d)
	for c.size += d.size(); c.size > c.limit; {
		oldest := c.order.Remove(c.order.Back()).(*decodedList)
		delete(c.byKey, oldest.key)
		c.size -= oldest.size()
	}
}

func decodeList(value jcs.Value, limit int, entries uint64) (*statuslist.List, error) {
	payload, _, err := open(value)
	if err != nil {
		return nil, err
	}
	return statuslist.ParseListOf(bitstringList(payload), limit, entries)
}
