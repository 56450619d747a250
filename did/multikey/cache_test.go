package multikey

import (
	"strconv"
	"sync"
	"testing"
)

// entries counts what c holds.
func (c *Cache) entries() int {
	n := 0
	for i := range c.shards {
		c.shards[i].mu.Lock()
		n += len(c.shards[i].set)
		c.shards[i].mu.Unlock()
	}
	return n
}

func signed(t *testing.T, n int) (key PrivateKey, messages, sigs [][]byte) {
	t.Helper()
	key, err := Generate(Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		message := []byte(strconv.Itoa(i))
		sig, err := key.Sign(message)
		if err != nil {
			t.Fatal(err)
		}
		messages, sigs = append(messages, message), append(sigs, sig)
	}
	return key, messages, sigs
}

// TestCacheRemembersSuccessOnly, and nothing that differs in any part.
func TestCacheRemembersSuccessOnly(t *testing.T) {
	c := NewCache(100)
	key, messages, sigs := signed(t, 2)
	public := key.Public()
	for range 3 {
		if c.Verify(public, messages[0], sigs[1]) || c.Verify(public, messages[0], nil) || c.Verify(PublicKey{}, messages[0], sigs[0]) {
			t.Fatal("accepted")
		}
		if c.entries() != 0 {
			t.Fatal("a refusal was remembered")
		}
	}
	for range 3 {
		if !c.Verify(public, messages[0], sigs[0]) || c.entries() != 1 {
			t.Fatal(c.entries())
		}
	}
	other, _, _ := signed(t, 0)
	if c.Verify(other.Public(), messages[0], sigs[0]) || c.Verify(public, messages[1], sigs[0]) || c.Verify(public, messages[0], sigs[1]) {
		t.Fatal("taken for another")
	}
	asX := public
	asX.typ = P256
	if cacheID(&asX, messages[0], sigs[0]) == cacheID(&public, messages[0], sigs[0]) {
		t.Fatal("taken for a key of another type")
	}
}

// TestCacheIsBounded under more signatures than it holds, from many goroutines.
func TestCacheIsBounded(t *testing.T) {
	for _, size := range []int{-1, 0, 1, 40} {
		c := NewCache(size)
		key, messages, sigs := signed(t, 200)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for i := range messages {
					if !c.Verify(key.Public(), messages[i], sigs[i]) {
						t.Errorf("%d refused", i)
					}
				}
			})
		}
		wg.Wait()
		if n := c.entries(); n > max(size, 0)+cacheShards || n == 0 {
			t.Errorf("NewCache(%d) holds %d", size, n)
		}
		for i := range c.shards {
			if s := &c.shards[i]; len(s.set) != len(s.ring) {
				t.Errorf("shard %d: %d in the set, %d in the ring", i, len(s.set), len(s.ring))
			}
		}
	}
}
