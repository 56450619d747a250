package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"iter"

	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
)

var errEnough = errors.New("no more wanted")

// sameStores compares what was received with what was rebuilt, key by key. The hashes
// of the tree are of the rebuilt one alone.
func sameStores(received, rebuilt *store.DB) error {
	var failure error
	next, stop := iter.Pull2(func(yield func(key, value []byte) bool) {
		failure = rebuilt.Scan(nil, nil, func(key, value []byte) error {
			if !view.IsNode(key) && !yield(key, value) {
				return errEnough
			}
			return nil
		})
	})
	defer stop()
	err := received.Scan(nil, nil, func(key, value []byte) error {
		k, v, ok := next()
		switch {
		case !ok && failure != nil:
			return failure
		case !ok || bytes.Compare(key, k) < 0:
			return fmt.Errorf("%w: its records do not make what it has at key %q", ErrSnapshot, key)
		case !bytes.Equal(key, k):
			return fmt.Errorf("%w: it lacks key %q, which its records make", ErrSnapshot, k)
		case !bytes.Equal(view.Canonical(key, value), v):
			return fmt.Errorf("%w: at key %q it has another value than its records make", ErrSnapshot, key)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if k, _, ok := next(); ok {
		return fmt.Errorf("%w: it lacks key %q, which its records make", ErrSnapshot, k)
	}
	return failure
}
