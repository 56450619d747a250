package view

import (
	"encoding/binary"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/record"
)

// Target is what a status is of.
type Target string

// CredentialTarget is a credential as one issuer registered it.
func CredentialTarget(digest record.Hash, issuer string) Target {
	return Target("\x00" + string(digest[:]) + issuer)
}

// DIDTarget is a DID, by its Subject.
func DIDTarget(subject string) Target { return Target("\x01" + subject) }

// Status is the present status of a target, and the change that made it.
type Status struct {
	// Number counts the changes of the target's status from 1. PutStatus sets it.
	Number int
	// Seq is the record of the change, Since its time.
	Seq    record.Seq
	Since  record.Time
	Status record.Status
	// By is who signed it. BySelf: the target itself, a DID.
	By     did.ID
	BySelf bool
	// Controllers are, of a DID that another one suspended, those who may lift it:
	// the Subjects of its controllers at that time.
	Controllers []string
	// Issued is when the change says it was made, as text and as time.
	Issued      string
	Reason      string
	InvalidFrom string
	Cascade     bool
}

// IssuedTime returns Issued as a time.
func (s *Status) IssuedTime() (time.Time, error) { return record.ParseStamp(s.Issued) }

// GetStatus returns nil if the status was never changed.
func GetStatus(r Reader, t Target) (*Status, error) {
	k := key(famStatus, string(t))
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return nil, err
	}
	return statusAt(k, value)
}

// GetStatusBefore is GetStatus by the records before a position. It costs as many
// look-ups as the number of changes has binary digits.
func GetStatusBefore(r Reader, t Target, before record.Seq) (*Status, error) {
	s, err := GetStatus(r, t)
	if err != nil || s == nil || s.Seq < before {
		return s, err
	}
	var found *Status
	low, high := 1, s.Number // the first change that is not before is in [low, high]
	for low < high {
		mid := low + (high-low)/2
		k := pastStatusKey(t, mid)
		value, err := lookup(r, k)
		if err != nil {
			return nil, err
		}
		if s, err = statusAt(k, value); err != nil {
			return nil, err
		}
		if s.Seq < before {
			found, low = s, mid+1
		} else {
			high = mid
		}
	}
	return found, nil
}

func pastStatusKey(t Target, number int) []byte {
	return binary.BigEndian.AppendUint32(key(famPastStatus, string(t)), uint32(number))
}

// statusHead is the size of what stands before the JSON: position and number.
const statusHead = seqSize + 4

func statusAt(k, value []byte) (*Status, error) {
	if len(value) < statusHead {
		return nil, corrupt("status", k)
	}
	v, err := jcs.Decode(value[statusHead:])
	if err != nil {
		return nil, corrupt("status", k)
	}
	s := decodeStatus(v)
	s.Seq, s.Number = seqOf(value), int(binary.BigEndian.Uint32(value[seqSize:]))
	since, _ := v.GetString("since")
	if s.Since, err = record.ParseTime(since); err != nil {
		return nil, corrupt("status", k)
	}
	return s, nil
}

func decodeStatus(v jcs.Value) *Status {
	str := func(name string) string { s, _ := v.GetString(name); return s }
	flag := func(name string) bool { m, _ := v.Get(name); b, _ := m.Bool(); return b }
	controllers, _ := v.Get("controllers")
	return &Status{
		Status: record.Status(str("status")), By: did.ID(str("by")), BySelf: flag("bySelf"),
		Controllers: texts[string](controllers), Issued: str("issued"), Reason: str("reason"),
		InvalidFrom: str("invalidFrom"), Cascade: flag("cascade"),
	}
}

// PutStatus makes the change in the operation's record rec the present status. prev is
// what GetStatus returned.
func PutStatus(w Writer, t Target, prev, s *Status, rec int) {
	s.Number = 1
	if prev != nil {
		s.Number = prev.Number + 1
		w.Set(pastStatusKey(t, prev.Number), encodeStatus(prev))
	}
	w.SetSeq(key(famStatus, string(t)), encodeStatus(s), 0, rec)
}

func encodeStatus(s *Status) []byte {
	members := append(make([]jcs.Member, 0, 10),
		text("status", string(s.Status)), text("by", string(s.By)), text("issued", s.Issued),
		text("since", s.Since.String()))
	if s.Reason != "" {
		members = append(members, text("reason", s.Reason))
	}
	if s.InvalidFrom != "" {
		members = append(members, text("invalidFrom", s.InvalidFrom))
	}
	if s.BySelf {
		members = append(members, jcs.Member{Name: "bySelf", Value: jcs.FromBool(true)})
	}
	if s.Cascade {
		members = append(members, jcs.Member{Name: "cascade", Value: jcs.FromBool(true)})
	}
	if len(s.Controllers) > 0 {
		members = append(members, jcs.Member{Name: "controllers", Value: textArray(s.Controllers)})
	}
	value := binary.BigEndian.AppendUint64(nil, uint64(s.Seq))
	value = binary.BigEndian.AppendUint32(value, uint32(s.Number))
	return append(value, jcs.Object(members...).Canonical()...)
}
