package ledger

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"sync"

	"github.com/tabard-id/tabard/ledger/internal/merkle"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// plan is what an operation will do if the state it was judged by still stands:
// its outcome, its records, and its changes to the views, in which the positions
// of its records are left open.
type plan struct {
	// outcome lacks Seq where the operation appends records.
	outcome record.Outcome
	// why explains a refusal on the node where it was made.
	why     error
	records []planned
	changes []change
	// reads are the keys that the judgement depends on, hashed.
	reads []uint64
	// touches are the keys of ChangedSince that it concerns.
	touches []string
	// staged are the versions for which witness proofs take up room that all share.
	staged []string
	// founds is who the ledger is, if the operation is what founds it.
	founds *view.Identity
}

// planned is the stored value of a record without a position.
type planned []byte

// change sets or deletes one key of the views.
type change struct {
	key, value []byte
	// rec is the record whose position belongs at value[at:], -1 for none.
	at, rec int
	deleted bool
}

// plan is a view.Writer.
var _ view.Writer = (*plan)(nil)

func (p *plan) Set(key, value []byte) {
	p.changes = append(p.changes, change{key: key, value: value, rec: -1})
}

func (p *plan) SetSeq(key, value []byte, at, rec int) {
	p.changes = append(p.changes, change{key: key, value: value, at: at, rec: rec})
}

func (p *plan) Delete(key []byte) {
	p.changes = append(p.changes, change{key: key, rec: -1, deleted: true})
}

// add encodes a record, and returns its number within the operation. size is a guess at
// its size. Where held, whose hash has been checked, is what comes of it, it is not hashed
// again.
func (p *plan) add(r record.Record, size int, held planned) (int, error) {
	same, err := held.is(r)
	if err != nil {
		return 0, err
	}
	if !same {
		if held, err = view.RecordValue(size, r.Append); err != nil {
			return 0, err
		}
	}
	p.records = append(p.records, held)
	return len(p.records) - 1, nil
}

// is reports whether the value is that of a record.
func (v planned) is(r record.Record) (bool, error) {
	if v == nil {
		return false, nil
	}
	room := encodings.Get().(*[]byte)
	defer encodings.Put(room)
	encoded, err := r.Append((*room)[:0])
	if err != nil {
		return false, err
	}
	*room = encoded
	return bytes.Equal(encoded, view.BytesOf(v)), nil
}

// encodings are buffers for records that are compared and not kept.
var encodings = sync.Pool{New: func() any { return new([]byte) }}

// size is about how many bytes the plan writes, with the hashes of the tree.
func (p *plan) size() int {
	const each = 16 // what the store needs for a key
	n := each
	for i := range p.changes {
		n += len(p.changes[i].key) + len(p.changes[i].value) + each
	}
	for _, value := range p.records {
		n += len(value) + 2*(len(merkle.Hash{})+each) + 2*each
	}
	return n
}

// place fills in the positions, the first record's being first.
func (p *plan) place(first record.Seq) {
	for _, c := range p.changes {
		if c.rec >= 0 {
			binary.BigEndian.PutUint64(c.value[c.at:], uint64(first)+uint64(c.rec))
		}
	}
	if n := len(p.records); n > 0 {
		p.outcome.Seq = first + record.Seq(n-1)
	}
}

// keySeed is of this process. That two keys have one hash costs a judgement made
// twice, with the same result.
var keySeed = maphash.MakeSeed()

// overlay is what the operations of a batch have changed so far. Most batches are of
// operations that have nothing to do with each other, for which the hashes will do.
type overlay struct {
	hashes map[uint64]struct{}
	// values has the changes of settled[:merged] by key; nil is a deleted key.
	values  map[string][]byte
	settled []settled
	merged  int
}

// settled is a plan whose first record has a position.
type settled struct {
	*plan
	first record.Seq
}

// conflicts reports whether anything the plan depends on may have been changed.
func (o *overlay) conflicts(p *plan) bool {
	if len(o.hashes) == 0 {
		return false
	}
	for _, key := range p.reads {
		if _, changed := o.hashes[key]; changed {
			return true
		}
	}
	return false
}

func (o *overlay) add(p *plan, first record.Seq) {
	if len(p.changes) == 0 {
		return
	}
	if o.hashes == nil {
		o.hashes = make(map[uint64]struct{}, 1<<10)
	}
	for i := range p.changes {
		o.hashes[maphash.Bytes(keySeed, p.changes[i].key)] = struct{}{}
	}
	o.settled = append(o.settled, settled{p, first})
}

// get returns a changed value, nil if the key was deleted.
func (o *overlay) get(key []byte) (value []byte, changed bool) {
	if o == nil {
		return nil, false
	}
	for ; o.merged < len(o.settled); o.merged++ {
		o.merge(o.settled[o.merged])
	}
	value, changed = o.values[string(key)]
	return value, changed
}

func (o *overlay) merge(s settled) {
	if o.values == nil {
		o.values = make(map[string][]byte)
	}
	for _, c := range s.changes {
		o.values[string(c.key)] = c.value
	}
	for i, value := range s.records {
		o.values[string(view.RecordKey(s.first+record.Seq(i)))] = value
	}
}

// inputs is the state that one judgement looks at: what the plan in the making
// has changed, then what the batch has, then the store. It notes every key asked
// for.
type inputs struct {
	base  view.Reader
	batch *overlay
	plan  *plan
}

func (in *inputs) Get(key []byte) ([]byte, error) {
	in.plan.reads = append(in.plan.reads, maphash.Bytes(keySeed, key))
	for i := len(in.plan.changes) - 1; i >= 0; i-- {
		if c := &in.plan.changes[i]; string(c.key) == string(key) {
			return copied(c.value, c.deleted)
		}
	}
	if value, changed := in.batch.get(key); changed {
		return copied(value, value == nil)
	}
	return in.base.Get(key)
}

func copied(value []byte, deleted bool) ([]byte, error) {
	if deleted {
		return nil, store.ErrNotFound
	}
	return append(make([]byte, 0, len(value)), value...), nil
}
