package view

import (
	"encoding/binary"
	"errors"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/record"
)

// Observed is what was last seen of a DID that lives elsewhere.
type Observed struct {
	// Number counts the observations of the DID from 1. PutObserved sets it.
	Number int
	// Seq is the record of the newest one.
	Seq     record.Seq
	Fetched string
	// Digest is that of the document, zero if Deactivated.
	Digest      record.Hash
	Deactivated bool
	// VersionID is the newest version seen. Trusted is the newest seen in a log that
	// goes on from the first one that was ever observed, and Rewritten that the newest
	// is not in such a log.
	VersionID, Trusted string
	Rewritten          bool
}

// GetObserved returns nil if the DID was never observed.
func GetObserved(r Reader, id string) (*Observed, error) {
	k := key(famObserved, id)
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return nil, err
	}
	if len(value) < statusHead {
		return nil, corrupt("observation", k)
	}
	v, err := jcs.Decode(value[statusHead:])
	if err != nil {
		return nil, corrupt("observation", k)
	}
	str := func(name string) string { s, _ := v.GetString(name); return s }
	flag := func(name string) bool { m, _ := v.Get(name); b, _ := m.Bool(); return b }
	o := &Observed{
		Seq: seqOf(value), Number: int(binary.BigEndian.Uint32(value[seqSize:])), Fetched: str("fetched"),
		Deactivated: flag("deactivated"), VersionID: str("versionId"), Trusted: str("trusted"), Rewritten: flag("rewritten"),
	}
	if o.Deactivated {
		return o, nil
	}
	if o.Digest, err = record.ParseHash(str("digest")); err != nil {
		return nil, corrupt("observation", k)
	}
	return o, nil
}

func observedAt(id string, number int) []byte {
	return binary.BigEndian.AppendUint32(key(famPastObserved, id, "\x00"), uint32(number))
}

// PutObserved makes the operation's record rec the newest observation of a DID, whose
// one before was prev.
func PutObserved(w Writer, id string, prev, o *Observed, rec int) {
	o.Number = 1
	if prev != nil {
		o.Number = prev.Number + 1
	}
	members := []jcs.Member{text("fetched", o.Fetched)}
	if o.Deactivated {
		members = append(members, jcs.Member{Name: "deactivated", Value: jcs.FromBool(true)})
	} else {
		members = append(members, text("digest", o.Digest.String()))
	}
	if o.VersionID != "" {
		members = append(members, text("versionId", o.VersionID), text("trusted", o.Trusted))
	}
	if o.Rewritten {
		members = append(members, jcs.Member{Name: "rewritten", Value: jcs.FromBool(true)})
	}
	value := binary.BigEndian.AppendUint32(make([]byte, seqSize), uint32(o.Number))
	w.SetSeq(key(famObserved, id), append(value, jcs.Object(members...).Canonical()...), 0, rec)
	w.SetSeq(observedAt(id, o.Number), make([]byte, seqSize), 0, rec)
}

// GetObservedSeq returns the record of the observation of a DID that has a number.
func GetObservedSeq(r Reader, id string, number int) (record.Seq, error) {
	k := observedAt(id, number)
	value, err := lookup(r, k)
	if err != nil {
		return 0, err
	}
	if len(value) != seqSize {
		return 0, corrupt("observation", k)
	}
	return seqOf(value), nil
}

// CountObservedBefore returns how many observations of a DID there were before a
// position; 0 is no bound.
func CountObservedBefore(r Reader, id string, before record.Seq) (int, error) {
	o, err := GetObserved(r, id)
	if err != nil || o == nil {
		return 0, err
	}
	if before == 0 || o.Seq < before {
		return o.Number, nil
	}
	low, high := 1, o.Number
	for low < high {
		mid := low + (high-low)/2
		seq, err := GetObservedSeq(r, id, mid)
		if err != nil {
			return 0, err
		}
		if seq < before {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low - 1, nil
}

// PutObservedFiles keeps the files of the newest observation of a DID in the place of
// those before.
func PutObservedFiles(w Writer, id string, log, witness []byte) {
	value := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(log)+len(witness)), uint32(len(log)))
	w.Set(key(famObservedFiles, id), append(append(value, log...), witness...))
}

// DeleteObservedFiles forgets the files of an observation that others follow.
func DeleteObservedFiles(w Writer, id string) { w.Delete(key(famObservedFiles, id)) }

// GetObservedFiles returns the files of the newest observation; log is nil if there
// are none, witness if there was none.
func GetObservedFiles(r Reader, id string) (log, witness []byte, err error) {
	k := key(famObservedFiles, id)
	value, err := r.Get(k)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if len(value) < 5 || uint64(binary.BigEndian.Uint32(value)) > uint64(len(value)-4) {
		return nil, nil, corrupt("observed files", k)
	}
	n := 4 + int(binary.BigEndian.Uint32(value))
	if log = value[4:n:n]; n < len(value) {
		witness = value[n:]
	}
	return log, witness, nil
}

// PutUnpinned makes the operation's record rec the one that ended the observation of a
// DID. It is observed again once there is a newer observation.
func PutUnpinned(w Writer, id string, rec int) {
	w.SetSeq(key(famUnpinned, id), make([]byte, seqSize), 0, rec)
}

// Pinned reports whether a DID is observed still, o being its newest observation, nil
// if there is none.
func Pinned(r Reader, id string, o *Observed) (bool, error) {
	if o == nil {
		return false, nil
	}
	k := key(famUnpinned, id)
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return err == nil, err
	}
	if len(value) != seqSize {
		return false, corrupt("end of observation", k)
	}
	return o.Seq > seqOf(value), nil
}
