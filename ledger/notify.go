package ledger

import (
	"context"
	"fmt"
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/web"
	"github.com/tabard-id/tabard/ledger/record"
)

// broadcast wakes everyone who waits for something to happen once more.
type broadcast struct {
	mu     sync.Mutex
	ch     chan struct{}
	closed bool
}

// next is closed at the next announcement; at once after close.
func (b *broadcast) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
		if b.closed {
			close(b.ch)
		}
	}
	return b.ch
}

func (b *broadcast) announce() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil && !b.closed {
		close(b.ch)
		b.ch = nil
	}
}

func (b *broadcast) close() {
	b.announce()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed && b.ch != nil {
		close(b.ch)
	}
	b.closed = true
}

// Notify returns a channel that is closed when the ledger grows beyond what it was
// at some moment after the call began, and when it is closed.
func (l *Ledger) Notify() <-chan struct{} { return l.grown.next() }

// Wait waits until the ledger has size records. Errors: ErrClosed, ctx's.
func (l *Ledger) Wait(ctx context.Context, size record.Seq) error {
	for l.Size() < size {
		changed := l.Notify()
		if l.Size() >= size {
			break
		}
		if l.current.Load() == nil {
			return ErrClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for record %d: %w", size-1, context.Cause(ctx))
		}
	}
	return nil
}

const buckets = 1 << 16

// touched knows, of each bucket of keys, the size of the ledger when something
// about one of them last changed.
type touched struct {
	sizes [buckets]atomic.Uint64
}

var touchSeed = maphash.MakeSeed()

func bucket(key string) uint64 { return maphash.String(touchSeed, key) % buckets }

// touch notes that something about key is new at that size.
func (t *touched) touch(key string, size record.Seq) { t.sizes[bucket(key)].Store(uint64(size)) }

func (t *touched) reset(size record.Seq) {
	for i := range t.sizes {
		t.sizes[i].Store(uint64(size))
	}
}

func (t *touched) since(key string, size record.Seq) bool {
	return t.sizes[bucket(key)].Load() > uint64(size)
}

// ChangedSince reports whether anything about key, a DID or a credential's digest
// in hexadecimal (the first of several that it is registered by), may have changed after the ledger had size records. False is
// certain: what was computed from a view of that size still holds.
func (l *Ledger) ChangedSince(key string, size record.Seq) bool {
	return l.touched.since(touchKey(key), size)
}

// touchKey is what key is known as in touched: a did:webvh DID by its SCID, which
// need not be in the right form here, and a did:web DID in its canonical spelling.
func touchKey(key string) string {
	if rest, ok := strings.CutPrefix(key, "did:webvh:"); ok {
		scid, _, _ := strings.Cut(rest, ":")
		return scid
	}
	if strings.HasPrefix(key, "did:web:") {
		if parsed, err := web.ParseID(did.ID(key)); err == nil {
			return string(parsed.ID())
		}
	}
	return key
}
