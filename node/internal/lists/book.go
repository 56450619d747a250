package lists

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
)

// State is a ledger as of a position: a *ledger.View or a *ledger.Past.
type State interface {
	did.Resolver
	Size() record.Seq
	Domain() string
	RegistryDID() did.ID
	StatusList(issuer did.ID, purpose string, n uint64) (ledger.StatusList, bool, error)
	IssuedStatusList(url string) (ledger.IssuedList, bool, error)
	IssuedStatusListBy(url string, issuer did.ID) (ledger.IssuedList, bool, error)
}

var (
	_ State = (*ledger.View)(nil)
	_ State = (*ledger.Past)(nil)
)

// ErrUnknown: there is no such list, nor anyone who could have one.
var ErrUnknown = errors.New("no such status list")

// Own is a list that the registry makes.
type Own struct {
	ID record.ListID
	// Bits must not be modified.
	Bits []byte
	// Changed is the record that changed a bit last, Since its time; zero if none did.
	Changed record.Seq
	Since   time.Time
	// Key is what Ledger.ChangedSince knows the list as; "" if nothing is recorded of it.
	Key string
}

// List returns it as the list of that URL, of which no period of validity is said.
func (o Own) List(url string, registry did.ID) (*statuslist.List, error) {
	return statuslist.OfBits(statuslist.List{
		ID: url, Issuer: string(registry), Purposes: []string{string(o.ID.Purpose)},
	}, o.Bits)
}

// changes knows of lists that have changed; *ledger.Ledger does.
type changes interface {
	ChangedSince(key string, size record.Seq) bool
}

// maxBits bounds the bitstrings that a Book keeps, in bytes.
const maxBits = 32 << 20

// Book remembers the bits of lists for as long as the ledger says that they have not
// changed. Safe for concurrent use.
type Book struct {
	ledger changes

	mu    sync.Mutex
	bytes int
	byID  map[record.ListID]*list.Element
	order *list.List // most recently used first, of *page
}

// page is a list as it was when the ledger had size records.
type page struct {
	own  Own
	size record.Seq
}

// NewBook returns an empty Book on that ledger.
func NewBook(l changes) *Book {
	return &Book{ledger: l, byID: map[record.ListID]*list.Element{}, order: list.New()}
}

// Own returns a list as of s. An issuer whom s knows may have a list of which nothing
// is recorded yet: it has no bit set. Everybody else has none: ErrUnknown.
func (b *Book) Own(ctx context.Context, s State, id record.ListID) (Own, error) {
	if own, ok := b.kept(s.Size(), id); ok {
		return own, nil
	}
	found, ok, err := s.StatusList(id.Issuer, string(id.Purpose), uint64(id.Number))
	if err != nil {
		return Own{}, fmt.Errorf("status list %s: %w", id.Path(), err)
	}
	if !ok {
		return empty(ctx, s, id)
	}
	own := Own{ID: id, Bits: found.Bits, Changed: found.Changed, Key: found.Key}
	if found.Changed > 0 {
		own.Since = found.Since.Time()
	}
	b.keep(page{own, s.Size()})
	return own, nil
}

// noBits are those of all lists of which nothing is recorded.
var noBits = make([]byte, statuslist.MinBytes)

func empty(ctx context.Context, s State, id record.ListID) (Own, error) {
	res, err := s.Resolve(ctx, id.Issuer, did.Options{})
	switch code := did.CodeOf(err); {
	case err != nil && code == did.InternalError:
		return Own{}, err
	case err != nil:
		return Own{}, fmt.Errorf("%w: the issuer does not resolve here: %w", ErrUnknown, err)
	case res.Document == nil && !res.Metadata.Deactivated:
		return Own{}, fmt.Errorf("%w: the issuer has no document", ErrUnknown)
	}
	return Own{ID: id, Bits: noBits}, nil
}

// kept returns a page that was written for a state of that size or before, if nothing
// has changed since.
func (b *Book) kept(size record.Seq, id record.ListID) (Own, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.byID[id]
	if !ok {
		return Own{}, false
	}
	p := e.Value.(*page)
	if p.size > size || p.size < size && b.ledger.ChangedSince(p.own.Key, p.size) {
		return Own{}, false
	}
	b.order.MoveToFront(e)
	return p.own, true
}

// keep remembers a page in place of an older one.
func (b *Book) keep(p page) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e, ok := b.byID[p.own.ID]; ok {
		old := e.Value.(*page)
		if old.size >= p.size {
			return
		}
		b.bytes -= len(old.own.Bits)
		e.Value = &p
		b.order.MoveToFront(e)
	} else {
		b.byID[p.own.ID] = b.order.PushFront(&p)
	}
	for b.bytes += len(p.own.Bits); b.bytes > maxBits; {
		oldest := b.order.Remove(b.order.Back()).(*page)
		delete(b.byID, oldest.own.ID)
		b.bytes -= len(oldest.own.Bits)
	}
}
