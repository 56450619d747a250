// Package view is what the ledger knows besides its records: projections that can
// be rebuilt from them, one file each, and the few things that are kept beside
// them (credential content, witness proofs set aside, the receipts of status changes).
// A projection's keys and values are a function of the records alone, never of how
// they were batched, of a clock or of the node; so nodes can compare them, and one
// day commit to them. What is kept beside is a function of the commands.
//
// The first byte of a key says what it is of. Numbers in keys and values are
// big-endian.
package view

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/record"
)

// The families of keys.
const (
	famApplied       = 'a' // the applied index, the one value that batching decides
	famBit           = 'b' // list, index -> bit of a status list that ever changed
	famPastBit       = 'B' // list, index, number of the change -> bit that another one followed
	famCredential    = 'c' // digest, issuer -> registration
	famPrimary       = 'd' // digest -> issuer of the registration that a bare digest means
	famFirst         = 'D' // digest -> issuer of the one that it meant before
	famEntry         = 'e' // SCID, version number -> log entry
	famEntries       = 'E' // digest, issuer -> entries in status lists
	famFile          = 'f' // SCID -> witness file
	famIdentity      = 'g' // who the ledger is
	famGraph         = 'G' // graph, issuer -> digest of the credential registered with it
	famHead          = 'h' // SCID -> newest state of its log
	famAwaited       = 'H' // SCID -> proofs set aside of witnesses that its head names
	famAlias         = 'i' // SCID, DID -> where the log ceased to have that DID
	famIssued        = 'j' // issuer, URL -> newest status list signed by that issuer
	famPastIssued    = 'J' // issuer, URL, number -> one that another has followed
	famContent       = 'k' // digest -> credential content, erasable
	famListContent   = 'K' // digest -> status list signed by an issuer
	famIndex         = 'l' // list, index -> registration of the credential that has the entry
	famList          = 'L' // list -> first record that it is made of
	famNode          = 'm' // level, index -> Merkle tree hash
	famOwnership     = 'O' // agent, controller -> newest registration that confirms the one as the other's
	famObserved      = 'n' // DID -> newest observation
	famPastObserved  = 'N' // DID, number -> observation
	famOutcome       = 'o' // status change, signer -> outcome
	famUnpinned      = 'P' // DID -> record that ended its observation
	famPath          = 'p' // path -> SCID
	famQueue         = 'q' // ends of that queue
	famSlot          = 'Q' // number -> versionId in the queue of staged proofs
	famRecord        = 'r' // seq -> record
	famPastOwnership = 'R' // agent, controller, number -> one that another has followed
	famState         = 's' // size, time and compact range
	famStatus        = 't' // target -> status
	famPastStatus    = 'T' // target, number of the change -> status that another one followed
	famListURL       = 'u' // URL -> first issuer of a status list there
	famPastHead      = 'v' // SCID, version number -> state of its log that another one followed
	famBuilt         = 'V' // of how many records the views of ownership are made
	famStaged        = 'w' // versionId -> staged witness proofs
	famStagedAt      = 'W' // versionId -> since when its proofs are set aside
	famWhois         = 'x' // subject -> linked presentation
	famWhoisContent  = 'X' // subject -> its content
	famObservedFiles = 'y' // DID -> files of the newest observation
)

// Reader is a state to look things up in. Get returns a value of the caller's
// own, or store.ErrNotFound.
type Reader interface {
	Get(key []byte) ([]byte, error)
}

// Scanner is a Reader that can be gone through in order.
type Scanner interface {
	Reader
	Scan(lower, upper []byte, fn func(key, value []byte) error) error
	// Last returns the last key of [lower, upper), or store.ErrNotFound.
	Last(lower, upper []byte) ([]byte, error)
}

// Writer takes changes. It keeps keys and values.
type Writer interface {
	Set(key, value []byte)
	// SetSeq sets value with eight bytes from offset at replaced by the position of
	// the operation's record number rec, which is not known yet.
	SetSeq(key, value []byte, at, rec int)
	Delete(key []byte)
}

func corrupt(what string, key []byte) error {
	return fmt.Errorf("%w: %s at key %x", store.ErrCorrupt, what, key)
}

// lookup returns nil if there is no such key.
func lookup(r Reader, key []byte) ([]byte, error) {
	value, err := r.Get(key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return value, err
}

// key joins a family and parts.
func key(family byte, parts ...string) []byte {
	n := 1
	for _, p := range parts {
		n += len(p)
	}
	k := append(make([]byte, 0, n), family)
	for _, p := range parts {
		k = append(k, p...)
	}
	return k
}

// numbered appends n to a key of the family.
func numbered(family byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{family}, n)
}

// seqSize is the size of a position at the front of a value.
const seqSize = 8

func seqOf(value []byte) record.Seq { return record.Seq(binary.BigEndian.Uint64(value)) }

// Beside reports whether a key is of what is kept beside the records, and cannot be
// rebuilt from them.
func Beside(key []byte) bool {
	if len(key) == 0 {
		return false
	}
	switch key[0] {
	case famContent, famOutcome, famQueue, famSlot, famStaged, famStagedAt, famAwaited, famListContent, famObservedFiles, famWhoisContent:
		return true
	default:
		return Unsettled(key)
	}
}

// Unsettled reports whether a key's value depends on anything but the commands
// applied: true of the applied index alone, which differs with their batching.
func Unsettled(key []byte) bool { return len(key) == 1 && key[0] == famApplied }
