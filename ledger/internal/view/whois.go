package view

import (
	"time"

	"github.com/tabard-id/tabard/ledger/record"
)

// Whois is where a DID's linked presentation is recorded.
type Whois struct {
	Seq    record.Seq
	Digest record.Hash
	// Created is when its first proof says it was made.
	Created time.Time
}

// GetWhois returns nil if the DID, known by its Subject, has never published one.
func GetWhois(r Reader, subject string) (*Whois, error) {
	k := key(famWhois, subject)
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return nil, err
	}
	const head = seqSize + len(record.Hash{})
	if len(value) != head+timeSize {
		return nil, corrupt("whois", k)
	}
	return &Whois{Seq: seqOf(value), Digest: record.Hash(value[seqSize:head]), Created: decodeTime(value[head:])}, nil
}

// PutWhois makes the operation's record rec a DID's linked presentation.
func PutWhois(w Writer, subject string, p *Whois, rec int) {
	value := append(make([]byte, seqSize), p.Digest[:]...)
	w.SetSeq(key(famWhois, subject), appendTime(value, p.Created), 0, rec)
}

// GetWhoisContent returns the presentation, nil if it is not there.
func GetWhoisContent(r Reader, subject string) ([]byte, error) {
	return lookup(r, key(famWhoisContent, subject))
}

// PutWhoisContent keeps a presentation, in RFC 8785 form.
func PutWhoisContent(w Writer, subject string, presentation []byte) {
	w.Set(key(famWhoisContent, subject), presentation)
}

// DeleteWhoisContent forgets one that another has followed.
func DeleteWhoisContent(w Writer, subject string) { w.Delete(key(famWhoisContent, subject)) }
