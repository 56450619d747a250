package multikey

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
)

// Cache remembers signatures that verified, so that one which is met again (by
// the admission of a write and again by its application, or on every
// presentation of one credential) costs a hash. That a signature verified can
// never change; nothing else is remembered. Safe for concurrent use; the memory
// is bounded by the number of entries, oldest forgotten first.
type Cache struct {
	shards [cacheShards]cacheShard
}

const cacheShards = 16

// cacheShard is a set with a ring of its members in order of arrival. Neither
// holds pointers, so the collector does not walk them. mu guards both.
type cacheShard struct {
	mu   sync.Mutex
	set  map[cacheKey]struct{}
	ring []cacheKey
	next int
	_    [16]byte
}

type cacheKey [sha256.Size]byte

// NewCache returns a Cache of at least that many entries (at least one per
// shard, of which there are 16), about 100 bytes each.
func NewCache(entries int) *Cache {
	c := new(Cache)
	per := max(1, (entries+cacheShards-1)/cacheShards)
	for i := range c.shards {
		c.shards[i].set = make(map[cacheKey]struct{})
		c.shards[i].ring = make([]cacheKey, 0, per)
	}
	return c
}

// Verify is PublicKey.Verify, remembered. It is a VerifyFunc.
func (c *Cache) Verify(key PublicKey, message, sig []byte) bool {
	if key.typ == 0 || len(sig) != specs[key.typ].sigSize {
		return false
	}
	id := cacheID(&key, message, sig)
	shard := &c.shards[binary.LittleEndian.Uint16(id[:])%cacheShards]
	if shard.has(id) {
		return true
	}
	if !key.Verify(message, sig) {
		return false
	}
	shard.add(id)
	return true
}

// cacheID digests everything the outcome depends on. All parts have lengths
// fixed by the key's type.
func cacheID(key *PublicKey, message, sig []byte) cacheKey {
	var buf [1 + maxRaw + 96 + sha256.Size]byte
	digest := sha256.Sum256(message)
	data := append(buf[:0], byte(key.typ))
	data = append(data, key.raw[:]...)
	data = append(data, sig...)
	data = append(data, digest[:]...)
	return sha256.Sum256(data)
}

func (s *cacheShard) has(id cacheKey) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.set[id]
	return ok
}

func (s *cacheShard) add(id cacheKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.set[id]; ok {
		return
	}
	if len(s.ring) < cap(s.ring) {
		s.ring = append(s.ring, id)
	} else {
		delete(s.set, s.ring[s.next])
		s.ring[s.next] = id
		s.next = (s.next + 1) % len(s.ring)
	}
	s.set[id] = struct{}{}
}
