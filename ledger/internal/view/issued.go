package view

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/record"
)

// Issued is a status list that an issuer has signed.
type Issued struct {
	// Number counts the issuer's lists of that URL from 1. PutIssued sets it.
	Number int
	// Seq is its record.
	Seq    record.Seq
	Digest record.Hash
	// Created is when the first of the issuer's proofs says it was made.
	Created time.Time
}

func issuedKey(family byte, url, issuer string) []byte { return key(family, issuer, "\x00", url) }

func pastIssuedKey(url, issuer string, number int) []byte {
	return binary.BigEndian.AppendUint32(issuedKey(famPastIssued, url, issuer), uint32(number))
}

// GetIssued returns the newest list of that URL by an issuer, known by its Subject;
// nil if there is none.
func GetIssued(r Reader, url, issuer string) (*Issued, error) {
	k := issuedKey(famIssued, url, issuer)
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return nil, err
	}
	return issuedAt(k, value)
}

const issuedSize = seqSize + 4 + len(record.Hash{}) + timeSize

func issuedAt(k, value []byte) (*Issued, error) {
	if len(value) != issuedSize {
		return nil, corrupt("status list", k)
	}
	return &Issued{
		Seq: seqOf(value), Number: int(binary.BigEndian.Uint32(value[seqSize:])),
		Digest: record.Hash(value[seqSize+4 : issuedSize-timeSize]), Created: decodeTime(value[issuedSize-timeSize:]),
	}, nil
}

func (l *Issued) encode() []byte {
	value := binary.BigEndian.AppendUint64(nil, uint64(l.Seq))
	value = binary.BigEndian.AppendUint32(value, uint32(l.Number))
	return appendTime(append(value, l.Digest[:]...), l.Created)
}

// GetIssuedBefore is GetIssued by the records before a position.
func GetIssuedBefore(r Reader, url, issuer string, before record.Seq) (*Issued, error) {
	l, err := GetIssued(r, url, issuer)
	if err != nil || l == nil || l.Seq < before {
		return l, err
	}
	var found *Issued
	low, high := 1, l.Number
	for low < high {
		mid := low + (high-low)/2
		k := pastIssuedKey(url, issuer, mid)
		value, err := lookup(r, k)
		if err != nil {
			return nil, err
		}
		if l, err = issuedAt(k, value); err != nil {
			return nil, err
		}
		if l.Seq < before {
			found, low = l, mid+1
		} else {
			high = mid
		}
	}
	return found, nil
}

// GetListIssuer returns the Subject of the first issuer of a list of that URL, "" if
// there is none.
func GetListIssuer(r Reader, url string) (string, error) {
	value, err := lookup(r, key(famListURL, url))
	return string(value), err
}

// PutIssued makes the operation's record rec the newest list of a URL by an issuer,
// whose one before was prev; first is what GetListIssuer returned.
func PutIssued(w Writer, url, issuer, first string, prev, l *Issued, rec int) {
	l.Number = 1
	if prev != nil {
		l.Number = prev.Number + 1
		w.Set(pastIssuedKey(url, issuer, prev.Number), prev.encode())
	}
	if first == "" {
		w.Set(key(famListURL, url), []byte(issuer))
	}
	w.SetSeq(issuedKey(famIssued, url, issuer), l.encode(), 0, rec)
}

// PutListContent keeps a list without its proof, in RFC 8785 form.
func PutListContent(w Writer, digest record.Hash, content []byte) {
	w.Set(key(famListContent, string(digest[:])), content)
}

// listLimits are beyond any status list that is kept.
var listLimits = jcs.Limits{Bytes: record.MaxStatusList, Depth: record.MaxDepth, Values: record.MaxValues}

// GetListContent returns a list that an issuer has signed, without its proof; the null
// value if it is not there.
func GetListContent(r Reader, digest record.Hash) (jcs.Value, error) {
	k := key(famListContent, string(digest[:]))
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return jcs.Value{}, err
	}
	v, err := listLimits.Decode(value)
	if err != nil || record.CredentialDigest(v) != digest {
		return jcs.Value{}, fmt.Errorf("status list %s: %w", digest, corrupt("content", k))
	}
	return v, nil
}
