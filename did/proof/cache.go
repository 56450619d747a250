package proof

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/multikey"
)

// Cache remembers which documents, proofs and keys go together, so that a proof
// that is met again costs a hash of its JSON instead of a canonicalisation as RDF
// and a signature. What it holds never changes: the signature of that key over
// those bytes, read with those contexts. Purpose, domain, challenge, dates, the
// key's document and its relationships are looked at every time. Proofs that do
// not hold are not remembered. Safe for concurrent use; the memory is bounded by
// the number of entries, oldest forgotten first.
type Cache struct {
	shards [cacheShards]cacheShard
}

const cacheShards = 16

// cacheShard maps what was checked to whose contexts it was read with, and has a
// ring of its keys in order of arrival. mu guards both.
type cacheShard struct {
	mu   sync.Mutex
	seen map[cacheKey]*jsonld.Processor
	ring []cacheKey
	next int
}

type cacheKey [sha256.Size]byte

// NewCache returns a Cache of at least that many entries (at least one per
// shard, of which there are 16), about 120 bytes each.
func NewCache(entries int) *Cache {
	c := new(Cache)
	per := max(1, (entries+cacheShards-1)/cacheShards)
	for i := range c.shards {
		c.shards[i].seen = make(map[cacheKey]*jsonld.Processor)
		c.shards[i].ring = make([]cacheKey, 0, per)
	}
	return c
}

// keyOf digests everything that the outcome depends on but the contexts. Both
// texts end where their JSON ends, and a key's length follows from its type.
func (c *Cache) keyOf(doc, proof jcs.Value, key multikey.PublicKey) cacheKey {
	buf := buffers.Get().(*[]byte)
	text := proof.Append(doc.Append((*buf)[:0]))
	text = append(text, byte(key.Type()))
	text = append(text, key.Bytes()...)
	id := cacheKey(sha256.Sum256(text))
	release(buf, text)
	return id
}

func (c *Cache) shard(id cacheKey) *cacheShard {
	return &c.shards[binary.LittleEndian.Uint16(id[:])%cacheShards]
}

func (c *Cache) has(id cacheKey, p *jsonld.Processor) bool {
	s := c.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	seen, ok := s.seen[id]
	return ok && seen == p
}

func (c *Cache) add(id cacheKey, p *jsonld.Processor) {
	s := c.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.seen[id]; ok {
		s.seen[id] = p
		return
	}
	if len(s.ring) < cap(s.ring) {
		s.ring = append(s.ring, id)
	} else {
		delete(s.seen, s.ring[s.next])
		s.ring[s.next] = id
		s.next = (s.next + 1) % len(s.ring)
	}
	s.seen[id] = p
}
