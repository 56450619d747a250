package view

import (
	"encoding/binary"

	"github.com/tabard-id/tabard/ledger/record"
)

// Ownership is a registration by which a controller confirms an agent as its own.
type Ownership struct {
	// Number counts those of one controller about one agent from 1. PutOwnership sets it.
	Number int
	// Seq is the record.
	Seq record.Seq
}

// ownershipKey is of an agent and a controller, both by their Subject.
func ownershipKey(family byte, agent, controller string) []byte {
	return key(family, agent, "\x00", controller)
}

func pastOwnershipKey(agent, controller string, number int) []byte {
	return binary.BigEndian.AppendUint32(ownershipKey(famPastOwnership, agent, controller), uint32(number))
}

// GetOwnership returns the newest one, nil if there is none.
func GetOwnership(r Reader, agent, controller string) (*Ownership, error) {
	k := ownershipKey(famOwnership, agent, controller)
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return nil, err
	}
	return ownershipAt(k, value)
}

// GetOwnershipBefore is GetOwnership by the records before a position. It costs as many
// look-ups as the number of registrations has binary digits.
func GetOwnershipBefore(r Reader, agent, controller string, before record.Seq) (*Ownership, error) {
	o, err := GetOwnership(r, agent, controller)
	if err != nil || o == nil || o.Seq < before {
		return o, err
	}
	var found *Ownership
	low, high := 1, o.Number // the first that is not before is in [low, high]
	for low < high {
		mid := low + (high-low)/2
		o, err := GetPastOwnership(r, agent, controller, mid)
		if err != nil {
			return nil, err
		}
		if o.Seq < before {
			found, low = o, mid+1
		} else {
			high = mid
		}
	}
	return found, nil
}

// GetPastOwnership returns the one of that number, which another has followed.
func GetPastOwnership(r Reader, agent, controller string, number int) (*Ownership, error) {
	k := pastOwnershipKey(agent, controller, number)
	value, err := lookup(r, k)
	if err != nil {
		return nil, err
	}
	return ownershipAt(k, value)
}

const ownershipSize = seqSize + 4

func ownershipAt(k, value []byte) (*Ownership, error) {
	if len(value) != ownershipSize {
		return nil, corrupt("ownership", k)
	}
	return &Ownership{Seq: seqOf(value), Number: int(binary.BigEndian.Uint32(value[seqSize:]))}, nil
}

func (o *Ownership) encode() []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, uint64(o.Seq)), uint32(o.Number))
}

// PutOwnership makes the operation's record rec the newest one; prev is what GetOwnership
// returned.
func PutOwnership(w Writer, agent, controller string, prev *Ownership, rec int) {
	next := Ownership{Number: 1}
	if prev != nil {
		next.Number = prev.Number + 1
		w.Set(pastOwnershipKey(agent, controller, prev.Number), prev.encode())
	}
	w.SetSeq(ownershipKey(famOwnership, agent, controller), next.encode(), 0, rec)
}

// GetBuilt returns of how many records the views of ownership are made. It is less than
// there are where an earlier version wrote some, which did not know them.
func GetBuilt(r Reader) (record.Seq, error) {
	k := []byte{famBuilt}
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return 0, err
	}
	if len(value) != seqSize {
		return 0, corrupt("size of the views of ownership", k)
	}
	return seqOf(value), nil
}

// BuiltEntry returns the key and value of GetBuilt.
func BuiltEntry(size record.Seq) (key, value []byte) {
	return []byte{famBuilt}, binary.BigEndian.AppendUint64(nil, uint64(size))
}

// Added reports whether a key is of what earlier versions of the format did not have, and
// this one makes of their records when it opens them.
func Added(key []byte) bool {
	return len(key) > 0 && (key[0] == famOwnership || key[0] == famPastOwnership || key[0] == famBuilt)
}
