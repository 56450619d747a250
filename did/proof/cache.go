package proof

import (
	"context"
	"strings"
	"sync"

	"github.com/tabard-id/tabard/did"
)

// CacheKeys returns keys, remembering at least that many methods (1 if less) of
// did:key and did:jwk, whose documents are computed from the DID and so never
// change. Methods of other DIDs and failures are always asked for anew. About
// 1 KiB an entry.
func CacheKeys(keys Keys, entries int) Keys {
	return &keyCache{keys: keys, limit: max(entries, 1), young: make(map[keyQuery]did.VerificationMethod)}
}

// keyCache keeps two generations: when the young one is full it becomes the old
// one, and what is asked for again returns to the young. mu guards both maps.
type keyCache struct {
	keys  Keys
	limit int

	mu         sync.RWMutex
	young, old map[keyQuery]did.VerificationMethod
}

type keyQuery struct {
	url string
	rel did.Relationship
}

// maxCachedURL keeps what one entry holds small.
const maxCachedURL = 512

func (c *keyCache) Key(ctx context.Context, url string, rel did.Relationship) (did.VerificationMethod, error) {
	if len(url) > maxCachedURL || !strings.HasPrefix(url, "did:key:") && !strings.HasPrefix(url, "did:jwk:") {
		return c.keys.Key(ctx, url, rel)
	}
	query := keyQuery{url, rel}
	c.mu.RLock()
	method, young := c.young[query]
	found := young
	if !young {
		method, found = c.old[query]
	}
	c.mu.RUnlock()
	if young {
		return method, nil
	}
	if !found {
		var err error
		if method, err = c.keys.Key(ctx, url, rel); err != nil {
			return did.VerificationMethod{}, err
		}
	}
	c.add(query, method)
	return method, nil
}

// add does not keep the document alive that the query's URL was read from.
func (c *keyCache) add(query keyQuery, method did.VerificationMethod) {
	query.url, query.rel = strings.Clone(query.url), did.Relationship(strings.Clone(string(query.rel)))
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.young) >= c.limit {
		c.old, c.young = c.young, make(map[keyQuery]did.VerificationMethod)
	}
	c.young[query] = method
}
