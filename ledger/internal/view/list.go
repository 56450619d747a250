package view

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/record"
)

// List is a status list that the registry makes, of an issuer known by its Subject.
type List struct {
	Issuer  string
	Purpose record.Purpose
	Number  uint32
}

// Key is what a list is stored by, and known as to those who wait for changes of it.
func (l List) Key() string {
	purpose := byte('r')
	if l.Purpose == record.Suspension {
		purpose = 's'
	}
	b := append([]byte(l.Issuer), 0, purpose)
	return string(binary.BigEndian.AppendUint32(b, l.Number))
}

// Entry is one entry of a list.
type ListEntry struct {
	List
	Index uint32
}

// EntryTarget is an entry of a list that no registered credential has.
func EntryTarget(e ListEntry) Target {
	return Target("\x02" + e.List.Key() + string(binary.BigEndian.AppendUint32(nil, e.Index)))
}

func indexKey(family byte, list List, index uint32) []byte {
	return binary.BigEndian.AppendUint32(key(family, list.Key()), index)
}

// GetList returns the first record that a list is made of; false if there is none.
func GetList(r Reader, l List) (first record.Seq, ok bool, err error) {
	k := key(famList, l.Key())
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return 0, false, err
	}
	if len(value) != seqSize {
		return 0, false, corrupt("status list", k)
	}
	return seqOf(value), true, nil
}

// PutList notes that the operation's record rec is the first that a list is made of.
func PutList(w Writer, l List, rec int) {
	w.SetSeq(key(famList, l.Key()), make([]byte, seqSize), 0, rec)
}

// IsTaken reports whether a registered credential has an entry.
func IsTaken(r Reader, e ListEntry) (bool, error) {
	value, err := lookup(r, indexKey(famIndex, e.List, e.Index))
	return value != nil, err
}

// Entries are those of one credential.
const entrySize = 1 + 4 + 4

// PutEntries gives the credential that the operation's record rec registers entries of
// lists of its issuer besides those it had. There are some.
func PutEntries(w Writer, digest record.Hash, issuer string, had, added []ListEntry, rec int) {
	value := make([]byte, 0, (len(had)+len(added))*entrySize)
	for i, e := range slices.Concat(had, added) {
		purpose := byte('r')
		if e.Purpose == record.Suspension {
			purpose = 's'
		}
		value = append(value, purpose)
		value = binary.BigEndian.AppendUint32(value, e.Number)
		value = binary.BigEndian.AppendUint32(value, e.Index)
		if i >= len(had) {
			w.SetSeq(indexKey(famIndex, e.List, e.Index), make([]byte, seqSize), 0, rec)
		}
	}
	w.Set(key(famEntries, string(digest[:]), issuer), value)
}

// GetEntries returns the entries of a credential as one issuer registered it.
func GetEntries(r Reader, digest record.Hash, issuer string) ([]ListEntry, error) {
	k := key(famEntries, string(digest[:]), issuer)
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return nil, err
	}
	if len(value) == 0 || len(value)%entrySize != 0 {
		return nil, corrupt("status list entries", k)
	}
	list := make([]ListEntry, 0, len(value)/entrySize)
	for ; len(value) > 0; value = value[entrySize:] {
		e := ListEntry{List: List{Issuer: issuer, Purpose: record.Revocation, Number: binary.BigEndian.Uint32(value[1:])}}
		switch value[0] {
		case 'r':
		case 's':
			e.Purpose = record.Suspension
		default:
			return nil, corrupt("status list entries", k)
		}
		e.Index = binary.BigEndian.Uint32(value[5:])
		list = append(list, e)
	}
	return list, nil
}

// bit is the value of an entry: where it changed, how often it has, and to what.
type bit struct {
	seq    record.Seq
	number uint32
	set    bool
}

const bitSize = seqSize + 4 + 1

func (b bit) encode() []byte {
	value := binary.BigEndian.AppendUint64(make([]byte, 0, bitSize), uint64(b.seq))
	value = binary.BigEndian.AppendUint32(value, b.number)
	if b.set {
		return append(value, 1)
	}
	return append(value, 0)
}

func decodeBit(k, value []byte) (bit, error) {
	if len(value) != bitSize || value[bitSize-1] > 1 {
		return bit{}, corrupt("bit of a status list", k)
	}
	return bit{seq: seqOf(value), number: binary.BigEndian.Uint32(value[seqSize:]), set: value[bitSize-1] == 1}, nil
}

func pastBitKey(list List, index, number uint32) []byte {
	return binary.BigEndian.AppendUint32(indexKey(famPastBit, list, index), number)
}

// PutBit gives an entry a value in the operation's record rec, unless it has it, and
// reports whether it did. What was never set is not.
func PutBit(r Reader, w Writer, e ListEntry, set bool, rec int) (changed bool, err error) {
	k := indexKey(famBit, e.List, e.Index)
	value, err := lookup(r, k)
	if err != nil {
		return false, err
	}
	next := bit{number: 1, set: set}
	if value != nil {
		was, err := decodeBit(k, value)
		if err != nil {
			return false, err
		}
		if was.set == set {
			return false, nil
		}
		next.number = was.number + 1
		w.Set(pastBitKey(e.List, e.Index, was.number), value)
	} else if !set {
		return false, nil
	}
	w.SetSeq(k, next.encode(), 0, rec)
	return true, nil
}

// Bits are those of a list that are set.
type Bits struct {
	// Set are their indexes, ascending.
	Set []uint32
	// Changed is the last record that changed one, if Ever.
	Changed record.Seq
	Ever    bool
	// Last is the highest index that a credential has or that ever changed.
	Last uint32
}

// GetBits returns the bits of a list by the records before a position, if that is not
// 0. It costs as much as there are entries that ever changed; Last is of now.
func GetBits(s Scanner, list List, before record.Seq) (Bits, error) {
	var out Bits
	for _, family := range []byte{famIndex, famBit} {
		k, err := s.Last(indexKey(family, list, 0), append(indexKey(family, list, 1<<32-1), 0))
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return Bits{}, err
		}
		out.Last = max(out.Last, binary.BigEndian.Uint32(k[len(k)-4:]))
	}
	err := s.Scan(indexKey(famBit, list, 0), append(indexKey(famBit, list, 1<<32-1), 0), func(k, value []byte) error {
		b, err := decodeBit(k, value)
		if err != nil {
			return err
		}
		index := binary.BigEndian.Uint32(k[len(k)-4:])
		if before > 0 && b.seq >= before {
			var ok bool
			if b, ok, err = bitBefore(s, list, index, b.number, before); err != nil || !ok {
				return err
			}
		}
		if b.set {
			out.Set = append(out.Set, index)
		}
		if !out.Ever || b.seq > out.Changed {
			out.Changed, out.Ever = b.seq, true
		}
		return nil
	})
	return out, err
}

// bitBefore is what an entry that has changed number times was before a position;
// false if it had not changed yet.
func bitBefore(r Reader, list List, index, number uint32, before record.Seq) (found bit, ok bool, err error) {
	low, high := uint32(1), number // the first change that is not before is in [low, high]
	for low < high {
		mid := low + (high-low)/2
		k := pastBitKey(list, index, mid)
		value, err := lookup(r, k)
		if err != nil {
			return bit{}, false, err
		}
		b, err := decodeBit(k, value)
		if err != nil {
			return bit{}, false, err
		}
		if b.seq < before {
			found, ok, low = b, true, mid+1
		} else {
			high = mid
		}
	}
	return found, ok, nil
}
