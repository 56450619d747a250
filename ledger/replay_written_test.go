package ledger

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
)

// anyKey is a state that has a value for any key.
type anyKey struct{}

func (anyKey) Get(key []byte) ([]byte, error) { return key, nil }

// TestKeySet: what was put in is looked up, always; most of what was not is not; and what
// no operation changes is looked up in any case. That holds for more than the set is of a
// size for, too, but for the second.
func TestKeySet(t *testing.T) {
	numbered := func(n int) []byte { return binary.BigEndian.AppendUint32([]byte("h"), uint32(n)) }
	const records = 10_000
	for _, size := range []uint64{records, 1} {
		set := newKeySet(size)
		for n := range 4 * records {
			set.add([]change{{key: numbered(2 * n)}})
		}
		r := writtenOnly{anyKey{}, set}
		missed := 0
		for n := range 4 * records {
			if value, err := r.Get(numbered(2 * n)); err != nil || len(value) == 0 {
				t.Fatalf("key %d: %v", 2*n, err)
			}
			if _, err := r.Get(numbered(2*n + 1)); errors.Is(err, store.ErrNotFound) {
				missed++
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if size == records && missed < 4*records*9/10 {
			t.Errorf("of %d keys that were not put in, %d are looked up", 4*records, 4*records-missed)
		}
		for _, key := range [][]byte{{'g'}, {'s'}, view.RecordKey(7)} {
			if _, err := r.Get(key); err != nil {
				t.Errorf("%q: %v", key, err)
			}
		}
	}
	if n := 8 * len(newKeySet(1<<40).words); n > maxKeySet {
		t.Errorf("%d bytes", n)
	}
	(*keySet)(nil).add([]change{{key: []byte("no set")}})
}
