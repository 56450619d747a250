package httpapi

import (
	"fmt"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// Whatever keys operations have, one that shares a key that either changes begins after the other has
// ended, and all of them end.
func TestOrderOfDependentOperations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"a", "b", "c", "d"})
		all := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) keys {
			return keys{
				writes: rapid.SliceOfNDistinct(name, 0, 2, rapid.ID).Draw(t, "writes"),
				reads:  rapid.SliceOfNDistinct(name, 0, 2, rapid.ID).Draw(t, "reads"),
			}
		}), 1, 40).Draw(t, "operations")

		o := newOrder()
		var mu sync.Mutex
		var wg sync.WaitGroup
		ended := make([]bool, len(all))
		var broken string
		for i, k := range all {
			turn := o.enter(k)
			wg.Go(func() {
				turn.wait()
				mu.Lock()
				for j := range i {
					if !ended[j] && conflict(all[j], k) {
						broken = fmt.Sprintf("%d %v began before %d %v had ended", i, k, j, all[j])
					}
				}
				ended[i] = true
				mu.Unlock()
				turn.leave()
			})
		}
		wg.Wait()
		if broken != "" {
			t.Fatal(broken)
		}
		if len(o.last) != 0 {
			t.Fatalf("%d keys are left behind", len(o.last))
		}
	})
}

func conflict(a, b keys) bool {
	return shared(a.writes, b.writes) || shared(a.writes, b.reads) || shared(a.reads, b.writes)
}

func shared(a, b []string) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return true
			}
		}
	}
	return false
}
