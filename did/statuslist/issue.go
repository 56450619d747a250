package statuslist

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
)

// contextV2 defines all terms of a status list.
const contextV2 = "https://www.w3.org/ns/credentials/v2"

// NewList completes a list for an issuer: l says everything but the bits, which
// are all 0. With a Size of 0 an entry has one bit; entries are MinEntries at
// least.
func NewList(l List, entries uint64) (*List, error) {
	size := max(l.Size, 1)
	switch {
	case l.Size < 0 || size > MaxSize:
		return nil, malformed("statusSize", "not from 1 to 8")
	case len(l.Purposes) == 0:
		return nil, malformed("statusPurpose", "missing")
	case entries > MaxBytes*8/uint64(size):
		return nil, malformed("encodedList", "more than 16 MiB")
	}
	entries = max(entries, MinEntries)
	l.bits = make([]byte, (entries*uint64(size)+7)/8)
	return &l, nil
}

// OfBits is NewList with the bits given, which the list keeps. Entries of one bit.
func OfBits(l List, bits []byte) (*List, error) {
	if err := checkLength(len(bits), MinBytes); err != nil {
		return nil, err
	}
	made, err := NewList(l, 0)
	if err != nil {
		return nil, err
	}
	made.bits = bits
	return made, nil
}

// Set gives an entry a value. A list of the purposes revocation or refresh refuses
// to take back what was set. Not safe for concurrent use.
func (l *List) Set(index, value uint64) error {
	size := max(l.Size, 1)
	switch {
	case index >= capacity(l.bits, size):
		return &Error{Type: RangeError, Path: "statusListIndex", Detail: fmt.Sprintf("the list has %d entries", capacity(l.bits, size))}
	case value >= 1<<size:
		return malformed("status", fmt.Sprintf("%d does not fit into %d bits", value, size))
	case value != get(l.bits, index, size) && get(l.bits, index, size) != 0 && l.final():
		return ErrFinal
	}
	set(l.bits, index, size, value)
	return nil
}

// ErrFinal: revocation and refresh cannot be undone.
var ErrFinal = errors.New("the status is final")

func (l *List) final() bool {
	return slices.Contains(l.Purposes, Revocation) || slices.Contains(l.Purposes, Refresh)
}

// Credential returns the list as an unsecured BitstringStatusListCredential of the
// data model 2.0, times in whole seconds. Whoever publishes it signs it first.
func (l *List) Credential() (jcs.Value, error) {
	encoded, err := Encode(l.bits)
	if err != nil {
		return jcs.Value{}, err
	}
	subject := jcs.Object(
		jcs.Member{Name: "type", Value: jcs.FromString(ListType)},
		jcs.Member{Name: "encodedList", Value: jcs.FromString(encoded)},
	)
	if len(l.Purposes) == 1 {
		subject = subject.With("statusPurpose", jcs.FromString(l.Purposes[0]))
	} else {
		subject = subject.With("statusPurpose", textsValue(l.Purposes))
	}
	if l.TTL > 0 {
		subject = subject.With("ttl", jcs.FromInt(l.TTL.Milliseconds()))
	}
	if l.Size > 0 {
		subject = subject.With("statusSize", jcs.FromInt(int64(l.Size)))
	}
	if l.Messages != nil {
		subject = subject.With("statusMessages", messagesValue(l.Messages, max(l.Size, 1)))
	}
	v := jcs.Object(
		jcs.Member{Name: "@context", Value: jcs.Array(jcs.FromString(contextV2))},
		jcs.Member{Name: "type", Value: textsValue([]string{"VerifiableCredential", CredentialType})},
		jcs.Member{Name: "issuer", Value: jcs.FromString(l.Issuer)},
	)
	if l.ID != "" {
		v = v.With("id", jcs.FromString(l.ID))
		subject = subject.With("id", jcs.FromString(l.ID+"#list"))
	}
	for _, bound := range [...]struct {
		name string
		at   time.Time
	}{{"validFrom", l.ValidFrom}, {"validUntil", l.ValidUntil}} {
		if !bound.at.IsZero() {
			v = v.With(bound.name, jcs.FromString(bound.at.UTC().Format("2006-01-02T15:04:05Z")))
		}
	}
	return v.With("credentialSubject", subject), nil
}
