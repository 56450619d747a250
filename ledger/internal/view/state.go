package view

import (
	"encoding/binary"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/internal/merkle"
	"github.com/tabard-id/tabard/ledger/record"
)

// State is the ledger as a whole.
type State struct {
	// Time is that of the newest record, 0 if there is none.
	Time record.Time
	// Tree is the compact range; its size is the number of records.
	Tree merkle.Range
}

// GetState returns the zero State of an empty store.
func GetState(r Reader) (State, error) {
	k := []byte{famState}
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return State{}, err
	}
	if len(value) < 16 {
		return State{}, corrupt("state", k)
	}
	tree, err := merkle.NewRange(binary.BigEndian.Uint64(value), value[16:])
	if err != nil {
		return State{}, corrupt(err.Error(), k)
	}
	return State{Time: record.Time(binary.BigEndian.Uint64(value[8:])), Tree: tree}, nil
}

// StateEntry returns the key and value of s.
func StateEntry(s *State) (key, value []byte) {
	value = binary.BigEndian.AppendUint64(nil, s.Tree.Size())
	value = binary.BigEndian.AppendUint64(value, uint64(s.Time))
	return []byte{famState}, s.Tree.AppendBinary(value)
}

// GetApplied returns the index of the last consensus entry applied, 0 if none.
func GetApplied(r Reader) (uint64, error) {
	k := []byte{famApplied}
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return 0, err
	}
	if len(value) != 8 {
		return 0, corrupt("applied index", k)
	}
	return binary.BigEndian.Uint64(value), nil
}

// AppliedEntry returns the key and value of an applied index.
func AppliedEntry(index uint64) (key, value []byte) {
	return []byte{famApplied}, binary.BigEndian.AppendUint64(nil, index)
}

// Identity says which ledger it is. It comes with record 0 and never changes.
type Identity struct {
	// Ledger is the SCID of record 0, DID the registry's own, Domain (host or
	// host:port) where the DIDs it takes live.
	Ledger string
	DID    did.ID
	Domain string
}

// GetIdentity returns the zero Identity of a ledger without records.
func GetIdentity(r Reader) (Identity, error) {
	k := []byte{famIdentity}
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return Identity{}, err
	}
	v, err := jcs.Decode(value)
	if err != nil {
		return Identity{}, corrupt("identity", k)
	}
	var id Identity
	id.Ledger, _ = v.GetString("ledger")
	text, _ := v.GetString("did")
	id.DID = did.ID(text)
	id.Domain, _ = v.GetString("domain")
	if id.Ledger == "" || id.DID == "" || id.Domain == "" {
		return Identity{}, corrupt("identity", k)
	}
	return id, nil
}

// PutIdentity records who the ledger is.
func PutIdentity(w Writer, id Identity) {
	w.Set([]byte{famIdentity}, jcs.Object(
		text("ledger", id.Ledger), text("did", string(id.DID)), text("domain", id.Domain),
	).Canonical())
}

func text(name, value string) jcs.Member {
	return jcs.Member{Name: name, Value: jcs.FromString(value)}
}
