package store

import (
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// Snapshot is a state of a DB at one moment. It begins with one reference and is
// released with the last; using it afterwards is a programmer's error.
type Snapshot struct {
	snap   *pebble.Snapshot
	damage *damage
	refs   atomic.Int64
	// released is called once the last reference is gone.
	released func(error)
}

// Snapshot returns the present state. released, which may be nil, is told once it
// has been given back.
func (d *DB) Snapshot(released func(error)) *Snapshot {
	s := &Snapshot{snap: d.db.NewSnapshot(), damage: &d.damage, released: released}
	s.refs.Store(1)
	return s
}

// Acquire adds a reference, unless the last one is gone: then it returns false.
func (s *Snapshot) Acquire() bool {
	for {
		n := s.refs.Load()
		if n <= 0 {
			return false
		}
		if s.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// Release gives a reference back.
func (s *Snapshot) Release() {
	if s.refs.Add(-1) != 0 {
		return
	}
	err := s.snap.Close()
	if s.released != nil {
		s.released(err)
	}
}

// Get returns a copy of a value, or ErrNotFound.
func (s *Snapshot) Get(key []byte) ([]byte, error) {
	value, err := get(s.snap, key)
	return value, s.damage.noted(err)
}

// Last is DB.Last of this state.
func (s *Snapshot) Last(lower, upper []byte) ([]byte, error) {
	key, err := last(s.snap, lower, upper)
	return key, s.damage.noted(err)
}

// Scan is DB.Scan of this state.
func (s *Snapshot) Scan(lower, upper []byte, fn func(key, value []byte) error) error {
	return s.damage.noted(scan(s.snap, lower, upper, fn))
}
