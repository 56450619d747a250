package store

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// Lookup reads single keys of the state at the time it was made. Unlike Get it asks
// the filters of every level first, so that a key that is not there costs no block:
// it is for keys that are mostly new. Not safe for concurrent use.
type Lookup struct {
	it     *pebble.Iterator
	damage *damage
}

// NewLookup returns a Lookup of the present state, to be closed.
func (d *DB) NewLookup() (*Lookup, error) {
	it, err := d.db.NewIter(&pebble.IterOptions{UseL6Filters: true})
	if err != nil {
		return nil, fmt.Errorf("look up: %w", err)
	}
	return &Lookup{it: it, damage: &d.damage}, nil
}

// Get returns a copy of a value, or ErrNotFound.
func (l *Lookup) Get(key []byte) ([]byte, error) {
	value, err := l.get(key)
	return value, l.damage.noted(err)
}

func (l *Lookup) get(key []byte) ([]byte, error) {
	if !l.it.SeekPrefixGE(key) {
		if err := l.it.Error(); err != nil {
			return nil, fmt.Errorf("read %x: %w", key, err)
		}
		return nil, ErrNotFound
	}
	// With the whole key as prefix only the key itself is found.
	value, err := l.it.ValueAndErr()
	if err != nil {
		return nil, fmt.Errorf("read %x: %w", key, err)
	}
	return append(make([]byte, 0, len(value)), value...), nil
}

// Close releases what the Lookup holds.
func (l *Lookup) Close() error {
	if err := l.it.Close(); err != nil {
		return fmt.Errorf("look up: %w", err)
	}
	return nil
}
