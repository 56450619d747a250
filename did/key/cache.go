package key

import (
	"context"
	"strings"
	"sync"

	"github.com/tabard-id/tabard/did"
)

// Cache is a Resolver that remembers documents: computing one costs about half a
// signature check, and a registry meets the same keys again and again. What it
// answers is what Resolver answers. Safe for concurrent use; the memory is bounded
// by the number of documents, those not met for longest forgotten in bulk.
type Cache struct {
	limit int

	mu          sync.Mutex // guards the two below
	recent, old map[did.ID]*did.Document
}

// NewCache returns a Cache of at most 2×documents (at least 2), of about 4 KiB each.
func NewCache(documents int) *Cache {
	return &Cache{limit: max(1, documents), recent: map[did.ID]*did.Document{}}
}

// Resolve implements did.Resolver.
func (c *Cache) Resolve(_ context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	return resolve(id, opt, c.Expand)
}

// Expand is the function of that name, remembered. Refusals are not.
func (c *Cache) Expand(id did.ID) (*did.Document, error) {
	if doc := c.get(id); doc != nil {
		return doc, nil
	}
	// The DID may be part of a large text, which the document would keep alive.
	id = did.ID(strings.Clone(string(id)))
	doc, err := Expand(id)
	if err == nil {
		c.put(id, doc)
	}
	return doc, err
}

func (c *Cache) get(id did.ID) *did.Document {
	c.mu.Lock()
	defer c.mu.Unlock()
	if doc, ok := c.recent[id]; ok {
		return doc
	}
	doc, ok := c.old[id]
	if ok {
		c.putLocked(id, doc)
	}
	return doc
}

func (c *Cache) put(id did.ID, doc *did.Document) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.putLocked(id, doc)
}

// putLocked starts a new generation when the recent one is full. mu is held.
func (c *Cache) putLocked(id did.ID, doc *did.Document) {
	if len(c.recent) >= c.limit {
		c.old, c.recent = c.recent, make(map[did.ID]*did.Document, c.limit)
	}
	c.recent[id] = doc
}
