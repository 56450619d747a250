package view

import (
	"fmt"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/store"
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
	// Seq is the record that says most of it.
	Seq record.Seq
	// Issuer is the Subject of the issuer.
	Issuer string
	// Content says that the registry saw the content: then the digest is known to
	// be of a credential of this issuer.
	Content bool
	// Completes says that the digest was registered before, with less.
	Completes bool
	// As is the digest that the credential's status and entries go by: the first that
	// what it says as RDF was registered by, else its own.
	As record.Hash
}

// Target is what the registration's status is of.
func (r *Registration) Target() Target { return CredentialTarget(r.As, r.Issuer) }

// What the byte after the position says of a Registration.
const (
	registeredContent   = 1 << 0
	registeredCompletes = 1 << 1
	// registeredAs: another digest follows.
	registeredAs = 1 << 2
)

func (r *Registration) encode(digest record.Hash) []byte {
	value := make([]byte, seqSize+1, seqSize+1+len(digest))
	if r.Content {
		value[seqSize] |= registeredContent
	}
	if r.Completes {
		value[seqSize] |= registeredCompletes
	}
	if r.As == digest {
		return value
	}
	value[seqSize] |= registeredAs
	return append(value, r.As[:]...)
}

// GetRegistration returns nil if that issuer has not registered the digest.
func GetRegistration(r Reader, digest record.Hash, issuer string) (*Registration, error) {
	k := key(famCredential, string(digest[:]), issuer)
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return nil, err
	}
	if len(value) < seqSize+1 || value[seqSize] > registeredContent|registeredCompletes|registeredAs {
		return nil, corrupt("registration", k)
	}
	flags, rest := value[seqSize], value[seqSize+1:]
	reg := &Registration{
		Seq: seqOf(value), Issuer: issuer, As: digest,
		Content: flags&registeredContent != 0, Completes: flags&registeredCompletes != 0,
	}
	if flags&registeredAs != 0 && len(rest) == len(reg.As) {
		reg.As, rest = record.Hash(rest), nil
	}
	if len(rest) != 0 {
		return nil, corrupt("registration", k)
	}
	return reg, nil
}

// GetRegistrationBefore is GetRegistration by the records before a position.
func GetRegistrationBefore(r Reader, digest record.Hash, issuer string, before record.Seq) (*Registration, error) {
	reg, err := GetRegistration(r, digest, issuer)
	for err == nil && reg != nil && reg.Seq >= before {
		reg, err = registeredBefore(r, digest, reg)
	}
	return reg, err
}

// registeredBefore returns what a registration was before its record; nil if nothing.
func registeredBefore(r Reader, digest record.Hash, reg *Registration) (*Registration, error) {
	if !reg.Completes {
		return nil, nil
	}
	body, err := GetCredentialBody(r, reg.Seq)
	if err != nil {
		return nil, err
	}
	earlier, err := GetCredentialBody(r, body.Completes)
	if err != nil {
		return nil, err
	}
	was := &Registration{
		Seq: body.Completes, Issuer: reg.Issuer, Content: earlier.Content, Completes: earlier.Completes != 0, As: digest,
	}
	if was.Content {
		was.As = reg.As // what is signed as RDF is known from the content on
	}
	if was.Completes {
		first, err := GetCredentialBody(r, earlier.Completes)
		if err != nil {
			return nil, err
		}
		was.Completes = first.Digest == digest
	}
	return was, nil
}

// GetCredentialBody reads the body of the credential record seq.
func GetCredentialBody(r Reader, seq record.Seq) (record.CredentialBody, error) {
	data, err := GetRecord(r, seq)
	if err != nil {
		return record.CredentialBody{}, err
	}
	rec, err := record.Decode(data)
	if err == nil && rec.Kind != record.KindCredential {
		err = fmt.Errorf("%w: it is of kind %s", store.ErrCorrupt, rec.Kind)
	}
	if err != nil {
		return record.CredentialBody{}, fmt.Errorf("record %d: %w", seq, err)
	}
	body, err := record.ParseCredentialBody(rec.Body)
	if err != nil {
		return body, fmt.Errorf("record %d: %w", seq, err)
	}
	return body, nil
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
	// What it was before counts if the content was known then; else the first does.
	if reg, err = GetRegistrationBefore(r, digest, reg.Issuer, before); err != nil || reg != nil && reg.Content {
		return reg, err
	}
	first, err := lookup(r, key(famFirst, string(digest[:])))
	if err != nil || first == nil {
		return reg, err
	}
	return GetRegistrationBefore(r, digest, string(first), before)
}

// PutRegistration makes the operation's record rec a registration. primary is
// what GetPrimary returned.
func PutRegistration(w Writer, digest record.Hash, reg Registration, primary *Registration, rec int) {
	w.SetSeq(key(famCredential, string(digest[:]), reg.Issuer), reg.encode(digest), 0, rec)
	if primary == nil || reg.Content && !primary.Content && primary.Issuer != reg.Issuer {
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
