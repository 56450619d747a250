package httpapi

import (
	"strconv"
	"testing"
)

func TestCacheKeepsWithinItsBound(t *testing.T) {
	const bound = 1 << 20
	c := newCache(bound)
	for i := range 5000 {
		c.put(cacheKey{path: strconv.Itoa(i)}, &cached{body: make([]byte, 1000)})
	}
	if size := c.size(); size > bound || size < bound/2 {
		t.Errorf("%d bytes kept of %d", size, bound)
	}
	kept := 0
	for i := range 5000 {
		if c.get(cacheKey{path: strconv.Itoa(i)}) != nil {
			kept++
		}
	}
	if want := bound / (1000 + slotOverhead); kept > want+cacheShards || kept < want/2 {
		t.Errorf("%d replies kept, expected about %d", kept, want)
	}
}

func TestCacheKeepsWhatIsUsed(t *testing.T) {
	c := newCache(1 << 20)
	hot := cacheKey{path: "hot"}
	c.put(hot, &cached{body: make([]byte, 1000)})
	for i := range 5000 {
		if c.get(hot) == nil {
			t.Fatalf("evicted after %d others", i)
		}
		c.put(cacheKey{path: strconv.Itoa(i)}, &cached{body: make([]byte, 1000)})
	}
}

func TestCacheReplacesAndRefuses(t *testing.T) {
	c := newCache(cacheShards * 10000)
	key := cacheKey{path: "x"}
	c.put(key, &cached{body: make([]byte, 1000)})
	c.put(key, &cached{body: make([]byte, 10)})
	if size := c.size(); size != 10+1+slotOverhead {
		t.Errorf("%d bytes after a replacement", size)
	}
	c.put(cacheKey{path: "big"}, &cached{body: make([]byte, 5000)})
	if c.get(cacheKey{path: "big"}) != nil {
		t.Error("a reply of half a shard was kept")
	}
	none := newCache(-1)
	none.put(key, &cached{})
	if none.get(key) != nil || none.size() != 0 {
		t.Error("a cache of no bytes kept something")
	}
}
