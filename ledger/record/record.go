package record

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/tabard-id/tabard/did/jcs"
)

// Kind is the kind of a record. An unknown one stops the reader.
type Kind string

// The kinds.
const (
	// KindDID is one did:webvh log entry with its witness proofs; see DIDBody.
	KindDID Kind = "did"
	// KindCredential is a credential's registration; see CredentialBody.
	KindCredential Kind = "credential"
	// KindStatus is a signed StatusChange.
	KindStatus Kind = "status"
	// KindStatusList is an issuer's own status list; see ListBody.
	KindStatusList Kind = "status-list"
	// KindObservation is what a DID elsewhere resolved to; see ObservationBody.
	KindObservation Kind = "observation"
	// KindWhois is a DID's linked presentation; see WhoisBody.
	KindWhois Kind = "whois"
	// KindUnpin is that a DID elsewhere is not observed any more; its body is the Unpin.
	KindUnpin Kind = "unpin"
)

var kinds = []Kind{KindDID, KindCredential, KindStatus, KindStatusList, KindObservation, KindWhois, KindUnpin}

// Kinds returns all kinds.
func Kinds() []Kind { return slices.Clone(kinds) }

// Known reports whether k is one of the kinds.
func (k Kind) Known() bool {
	return slices.Contains(kinds, k)
}

// Record is one fact in the ledger.
type Record struct {
	Kind Kind
	Time Time
	// Body is an object whose members depend on the kind.
	Body jcs.Value
}

var (
	// ErrTooLarge says that a record has more than MaxRecord bytes.
	ErrTooLarge = errors.New("record too large")
	// ErrRecord says that bytes are not the canonical form of a record.
	ErrRecord = errors.New("not a record")
	// ErrUnknownKind says that a record is of a kind this version does not know.
	ErrUnknownKind = errors.New("unknown kind of record")
)

// Encode returns the bytes of r: its RFC 8785 form. A record beyond MaxRecord is
// ErrTooLarge.
func (r Record) Encode() ([]byte, error) {
	return r.Append(nil)
}

// Append appends the bytes of r, as of Encode.
func (r Record) Append(dst []byte) ([]byte, error) {
	start := len(dst)
	b := append(dst, `{"body":`...)
	b = r.Body.Append(b)
	b = append(b, `,"kind":"`...)
	b = append(b, r.Kind...)
	b = append(b, `","time":"`...)
	b = r.Time.Append(b)
	b = append(b, `"}`...)
	if size := len(b) - start; size > MaxRecord {
		return dst, fmt.Errorf("%w: %d bytes of at most %d", ErrTooLarge, size, MaxRecord)
	}
	return b, nil
}

// limits bound the JSON of commands and records.
var limits = jcs.Limits{Bytes: MaxCommand, Depth: MaxDepth, Values: MaxValues}

// KindOf returns the kind in the bytes of a record, "" if there is none where a record has it. It does not read
// the record.
func KindOf(data []byte) Kind {
	const name, time = `"kind":"`, `","time":"2006-01-02T15:04:05.000Z"}`
	end := len(data) - len(time)
	if end < 0 {
		return ""
	}
	at := bytes.LastIndex(data[:end], []byte(name))
	if at < 0 || !bytes.HasPrefix(data[end:], []byte(`","time":"`)) {
		return ""
	}
	return Kind(data[at+len(name) : end])
}

// Decode reads a record's bytes and refuses any but its canonical form. The
// record keeps data, which must not be modified.
func Decode(data []byte) (Record, error) {
	if len(data) > MaxRecord {
		return Record{}, fmt.Errorf("%w: %d bytes of at most %d", ErrTooLarge, len(data), MaxRecord)
	}
	v, err := limits.Decode(data)
	if err != nil {
		return Record{}, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	kind, _ := v.GetString("kind")
	body, _ := v.Get("body")
	text, _ := v.GetString("time")
	if v.Len() != 3 || !body.IsObject() || kind == "" {
		return Record{}, fmt.Errorf("%w: not the three members body, kind and time", ErrRecord)
	}
	if !Kind(kind).Known() {
		return Record{}, fmt.Errorf("%w: %.40q", ErrUnknownKind, kind)
	}
	t, err := ParseTime(text)
	if err != nil {
		return Record{}, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	r := Record{Kind: Kind(kind), Time: t, Body: body}
	if canonical, err := r.Encode(); err != nil || !bytes.Equal(canonical, data) {
		return Record{}, fmt.Errorf("%w: not in RFC 8785 form", ErrRecord)
	}
	return r, nil
}
