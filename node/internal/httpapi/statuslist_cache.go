package httpapi

import (
	"container/list"
	"sync"
	"time"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/internal/lists"
)

// maxSigned bounds the signed lists kept, in bytes.
const maxSigned = 16 << 20

// listKey names a signed list: what was asked for, as it was sent, and the form.
type listKey struct{ path, media string }

// signedLists keeps lists that this node has signed. One goes out again for as long as the ledger knows
// of no change and its signature is young; then it is signed anew.
type signedLists struct {
	mu    sync.Mutex
	bytes int
	byKey map[listKey]*list.Element
	order *list.List // most recently used first, of *signedList
}

// signedList is never changed, but for size.
type signedList struct {
	key     listKey
	val     *cached
	subject string     // what Ledger.ChangedSince knows the list as; "": nothing
	size    record.Seq // of the ledger for which it is known to hold
	changed record.Seq
	until   time.Time // when it is to be signed anew
}

func newSignedLists() *signedLists {
	return &signedLists{byKey: map[listKey]*list.Element{}, order: list.New()}
}

// get returns a list that holds now.
func (c *signedLists) get(s *server, key listKey) *cached {
	size := s.Ledger.Size() // before the question, so that the answer holds at that size
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.find(key, s.now())
	if l == nil || size != l.size && (l.subject == "" || s.Ledger.ChangedSince(l.subject, l.size)) {
		return nil
	}
	return l.val
}

// find returns what is there and not too old.
func (c *signedLists) find(key listKey, now time.Time) *signedList {
	e, ok := c.byKey[key]
	if !ok {
		return nil
	}
	l := e.Value.(*signedList)
	if !now.Before(l.until) {
		return nil
	}
	c.order.MoveToFront(e)
	return l
}

// renew returns what is there if it says the same as own, of a ledger of that size; else what make makes.
func (c *signedLists) renew(s *server, key listKey, own lists.Own, size record.Seq, sign func() (*cached, error)) (*cached, error) {
	now := s.now()
	c.mu.Lock()
	if l := c.find(key, now); l != nil && l.changed == own.Changed && l.subject == own.Key {
		l.size = max(l.size, size)
		c.mu.Unlock()
		return l.val, nil
	}
	c.mu.Unlock()
	val, err := sign()
	if err != nil {
		return nil, err
	}
	c.put(&signedList{key: key, val: val, subject: own.Key, size: size, changed: own.Changed, until: now.Add(listTTL)})
	return val, nil
}

// put keeps a list, unless a newer one is there.
func (c *signedLists) put(l *signedList) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[l.key]; ok {
		old := e.Value.(*signedList)
		if old.size > l.size {
			return
		}
		c.bytes -= old.cost()
		e.Value = l
		c.order.MoveToFront(e)
	} else {
		c.byKey[l.key] = c.order.PushFront(l)
	}
	for c.bytes += l.cost(); c.bytes > maxSigned; {
		oldest := c.order.Remove(c.order.Back()).(*signedList)
		delete(c.byKey, oldest.key)
		c.bytes -= oldest.cost()
	}
}

func (l *signedList) cost() int { return len(l.key.path) + len(l.val.body) + slotOverhead }
