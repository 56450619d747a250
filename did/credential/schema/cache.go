package schema

import (
	"container/list"
	"crypto/sha256"
	"sync"
)

// Cache remembers compiled schemas by URL, text and options, so that one schema is compiled
// once. Safe for concurrent use; a nil *Cache remembers nothing.
type Cache struct {
	mu    sync.Mutex
	limit int
	byKey map[[32]byte]*list.Element
	order *list.List // most recently used first, of *entry
}

type entry struct {
	key    [32]byte
	schema *Schema
	err    error
}

// NewCache returns a cache of that many schemas.
func NewCache(entries int) *Cache {
	return &Cache{limit: entries, byKey: make(map[[32]byte]*list.Element), order: list.New()}
}

// Compile is Options.Compile. What is no schema is remembered as well.
func (c *Cache) Compile(url string, data []byte, opt Options) (*Schema, error) {
	if c == nil || len(data) > MaxBytes {
		return opt.Compile(url, data)
	}
	h := sha256.New()
	h.Write([]byte(url))
	separator := byte(0)
	if opt.AssertFormats {
		separator = 1
	}
	h.Write([]byte{0, separator})
	h.Write(data)
	var key [32]byte
	h.Sum(key[:0])
	if e, ok := c.get(key); ok {
		return e.schema, e.err
	}
	s, err := opt.Compile(url, data)
	c.put(&entry{key, s, err})
	return s, err
}

func (c *Cache) get(key [32]byte) (*entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*entry), true
}

func (c *Cache) put(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byKey[e.key]; ok {
		return
	}
	c.byKey[e.key] = c.order.PushFront(e)
	if c.order.Len() > c.limit {
		oldest := c.order.Remove(c.order.Back()).(*entry)
		delete(c.byKey, oldest.key)
	}
}
