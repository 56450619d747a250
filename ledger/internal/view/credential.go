package view

import (
	"fmt"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
)

// Subject is what a DID is looked up by: the SCID of a did:webvh DID, which it
// keeps when it moves, and any other DID as it is.
func Subject(id did.ID) string {
	if id.Method() == "webvh" {
		if parsed, err := webvh.ParseID(id); err == nil {
			return parsed.SCID
		}
	}
	return string(id)
}

// Registration is a credential as one issuer registered it.
type Registration struct {
	Seq record.Seq
	// Issuer is the Subject of the issuer.
	Issuer string
	// Content says that the registry saw the content: then the digest is known to
	// be of a credential of this issuer.
	Content bool
}

// GetRegistration returns nil if that issuer has not registered the digest.
func GetRegistration(r Reader, digest record.Hash, issuer string) (*Registration, error) {
	k := key(famCredential, string(digest[:]), issuer)
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return nil, err
	}
	if len(value) != seqSize+1 || value[seqSize] > 1 {
		return nil, corrupt("registration", k)
	}
	return &Registration{Seq: seqOf(value), Issuer: issuer, Content: value[seqSize] == 1}, nil
}

// GetPrimary returns the registration that a digest means where no issuer is
// named, nil if there is none: the first whose content the registry saw, else the
// first. Anyone can register a digest they have come by, and only the content
// tells whose it is.
func GetPrimary(r Reader, digest record.Hash) (*Registration, error) {
	k := key(famPrimary, string(digest[:]))
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return nil, err
	}
	reg, err := GetRegistration(r, digest, string(value))
	if err == nil && reg == nil {
		err = corrupt("primary registration", k)
	}
	return reg, err
}

// GetPrimaryBefore is GetPrimary by the records before a position.
func GetPrimaryBefore(r Reader, digest record.Hash, before record.Seq) (*Registration, error) {
	reg, err := GetPrimary(r, digest)
	if err != nil || reg == nil || reg.Seq < before {
		return reg, err
	}
	first, err := lookup(r, key(famFirst, string(digest[:])))
	if err != nil || first == nil {
		return nil, err
	}
	if reg, err = GetRegistration(r, digest, string(first)); err != nil || reg == nil || reg.Seq < before {
		return reg, err
	}
	return nil, nil
}

// PutRegistration makes the operation's record rec a registration. primary is
// what GetPrimary returned.
func PutRegistration(w Writer, digest record.Hash, reg Registration, primary *Registration, rec int) {
	value := make([]byte, seqSize+1)
	if reg.Content {
		value[seqSize] = 1
	}
	w.SetSeq(key(famCredential, string(digest[:]), reg.Issuer), value, 0, rec)
	if primary == nil || reg.Content && !primary.Content {
		w.Set(key(famPrimary, string(digest[:])), []byte(reg.Issuer))
		if primary != nil {
			w.Set(key(famFirst, string(digest[:])), []byte(primary.Issuer))
		}
	}
}

// GetGraph returns the digest under which an issuer has registered a credential whose
// RDF has that hash.
func GetGraph(r Reader, graph record.Hash, issuer string) (digest record.Hash, ok bool, err error) {
	k := key(famGraph, string(graph[:]), issuer)
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return record.Hash{}, false, err
	}
	if len(value) != len(digest) {
		return record.Hash{}, false, corrupt("graph", k)
	}
	return record.Hash(value), true, nil
}

// PutGraph notes the digest of a credential whose RDF has that hash.
func PutGraph(w Writer, graph record.Hash, issuer string, digest record.Hash) {
	w.Set(key(famGraph, string(graph[:]), issuer), digest[:])
}

// GetContent returns a credential that was published, nil if it was not or has
// been erased.
func GetContent(r Reader, digest record.Hash) ([]byte, error) {
	value, err := lookup(r, key(famContent, string(digest[:])))
	if err != nil {
		return nil, fmt.Errorf("content of credential %s: %w", digest, err)
	}
	return value, nil
}

// PutContent publishes a credential, in RFC 8785 form.
func PutContent(w Writer, digest record.Hash, credential []byte) {
	w.Set(key(famContent, string(digest[:])), credential)
}
