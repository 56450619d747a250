package statuslist

import (
	"fmt"
	"slices"
	"time"

	"github.com/tabard-id/tabard/did/internal/lexical"
	"github.com/tabard-id/tabard/did/jcs"
)

// List is a status list: what a BitstringStatusListCredential says, without its
// proof. All methods but Set may be used concurrently.
type List struct {
	// ID is the URL of the list, "" if the credential does not say.
	ID     string
	Issuer string
	// Purposes are the list's statusPurpose, at least one.
	Purposes []string
	// ValidFrom and ValidUntil bound the validity period, both inclusive; zero if
	// absent.
	ValidFrom, ValidUntil time.Time
	// TTL is how long a copy serves before it should be fetched again; 0 if the list
	// does not say. It is no validity period.
	TTL time.Duration
	// Size is the list's own statusSize and Messages its statusMessages; 0 and nil if
	// it does not say.
	Size     int
	Messages map[uint64]string

	bits []byte
	// least is how many entries it must have; 0 is MinEntries.
	least uint64
}

// Result is the status of one entry.
type Result struct {
	Purpose string
	Value   uint64
	// Message is what the value means: the entry's own message, or "set" and "unset".
	Message string
	// Set: the value is not 0. The specification calls the credential valid if not.
	Set bool
}

// maxTTL bounds ttl, in milliseconds, so that it can be added to a time.
const maxTTL = int64(100*365*24*time.Hour) / int64(time.Millisecond)

// ParseList reads the structure of a status list credential, secured or not, and
// expands its bits (Bitstring Status List 1.0, 2.2). Nothing about its proofs
// follows from that, nor about the rest of the credential: verify it as one.
func ParseList(credential jcs.Value) (*List, error) { return ParseListWithin(credential, MaxBytes) }

// ParseListWithin is ParseList for lists whose bits take at most limit bytes: who
// reads many lists of strangers bounds the work that each may cause. A limit beyond
// MaxBytes is MaxBytes.
func ParseListWithin(credential jcs.Value, limit int) (*List, error) {
	return ParseListOf(credential, limit, MinEntries)
}

// ParseListOf is ParseListWithin for lists that have at least so many entries, fewer than
// the MinEntries of the specification: whose lists are that short tells those who serve
// them more about whom is asked for.
func ParseListOf(credential jcs.Value, limit int, entries uint64) (*List, error) {
	l, encoded, err := readList(credential)
	if err != nil {
		return nil, err
	}
	l.least = min(max(entries, 1), MinEntries)
	if l.bits, err = decodeWithin(encoded, min(limit, MaxBytes), int((l.least+7)/8)); err != nil {
		return nil, err
	}
	if l.Size > 1 {
		if err := l.checkEntries(l.Size); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// readList reads everything but the bits.
func readList(v jcs.Value) (*List, string, error) {
	if !hasType(v, CredentialType) || !hasType(v, "VerifiableCredential") {
		return nil, "", malformed("type", "does not contain VerifiableCredential and "+CredentialType)
	}
	l := &List{}
	if id, present := v.Get("id"); present {
		if l.ID, _ = id.Str(); !lexical.IsURL(l.ID) {
			return nil, "", malformed("id", "not a URL")
		}
	}
	issuer, _ := v.Get("issuer")
	if issuer.IsObject() {
		issuer, _ = issuer.Get("id")
	}
	if l.Issuer, _ = issuer.Str(); !lexical.IsURL(l.Issuer) {
		return nil, "", malformed("issuer", "not a URL")
	}
	if err := l.readValidity(v); err != nil {
		return nil, "", err
	}
	subject, _ := v.Get("credentialSubject")
	if subject.IsArray() && subject.Len() == 1 {
		subject = subject.At(0)
	}
	encoded, err := l.readSubject(subject)
	return l, encoded, err
}

// readValidity reads the period, under the names of both data models; those of version
// 1.1 mean something else, if anything, in a list of version 2.
func (l *List) readValidity(v jcs.Value) error {
	contexts, _ := v.Get("@context")
	first, _ := contexts.At(0).Str()
	version2 := first == "https://www.w3.org/ns/credentials/v2"
	for _, bound := range [...]struct {
		name  string
		older bool
		at    *time.Time
	}{
		{"issuanceDate", true, &l.ValidFrom}, {"validFrom", false, &l.ValidFrom},
		{"expirationDate", true, &l.ValidUntil}, {"validUntil", false, &l.ValidUntil},
	} {
		member, present := v.Get(bound.name)
		if !present || bound.older && version2 {
			continue
		}
		s, _ := member.Str()
		t, ok := lexical.Time(s)
		if !ok || t.IsZero() {
			return malformed(bound.name, "not a dateTimeStamp")
		}
		*bound.at = t
	}
	if !l.ValidFrom.IsZero() && !l.ValidUntil.IsZero() && l.ValidUntil.Before(l.ValidFrom) {
		return malformed("validUntil", "before validFrom")
	}
	return nil
}

// readSubject reads the list itself.
func (l *List) readSubject(subject jcs.Value) (encoded string, err error) {
	const path = "credentialSubject"
	if !subject.IsObject() {
		return "", malformed(path, "not one object")
	}
	if !hasType(subject, ListType) {
		return "", malformed(path+".type", "not "+ListType)
	}
	purposes, _ := subject.Get("statusPurpose")
	var ok bool
	if l.Purposes, ok = stringsOf(purposes, maxPurposes); !ok {
		return "", malformed(path+".statusPurpose", "not a string or an array of strings")
	}
	if ttl, present := subject.Get("ttl"); present {
		ms, isInt := ttl.Int()
		if !isInt || ms < 0 || ms > maxTTL {
			return "", malformed(path+".ttl", "not a number of milliseconds")
		}
		l.TTL = time.Duration(ms) * time.Millisecond
	}
	if l.Size, _, err = readSize(subject, path+".statusSize"); err != nil {
		return "", err
	}
	if err := l.readListMessages(subject, path); err != nil {
		return "", err
	}
	encoded, ok = subject.GetString("encodedList")
	if !ok {
		return "", malformed(encodedPath, "missing")
	}
	return encoded, nil
}

// readListMessages reads the messages of a list, which the specification's text
// calls statusMessages and elsewhere statusMessage. It demands them, and statusSize,
// of lists of the purpose message; but the published context has no such terms in a
// list, so that what is signed over RDF cannot carry them. An entry has its own, by
// which it was issued: those of the list may be absent.
func (l *List) readListMessages(subject jcs.Value, path string) (err error) {
	for _, name := range []string{"statusMessages", "statusMessage"} {
		if l.Messages == nil {
			if l.Messages, err = readMessages(subject, name, path+"."+name, max(l.Size, 1)); err != nil {
				return err
			}
		}
	}
	if l.Size > 1 && l.Messages == nil {
		return malformed(path+".statusMessages", "missing, with a statusSize above 1")
	}
	return nil
}

// Entries is how many entries of size bits the list has.
func (l *List) Entries(size int) uint64 {
	checkSize(size)
	return capacity(l.bits, size)
}

func (l *List) checkEntries(size int) error {
	least := l.least
	if least == 0 {
		least = MinEntries
	}
	if n := l.Entries(size); n < least {
		return &Error{Type: LengthError, Path: encodedPath,
			Detail: fmt.Sprintf("%d entries of %d bits, fewer than %d", n, size, least)}
	}
	return nil
}

// Status returns what the list says of an entry (Bitstring Status List 1.0, 3.2,
// from the comparison of purposes on). A list that says which list it is must be
// the one that the entry refers to. That the list is in force is the question of
// InForce.
func (l *List) Status(e Entry) (Result, error) {
	if e.Size < 1 || e.Size > MaxSize {
		return Result{}, malformed("statusSize", "not an integer from 1 to 8")
	}
	switch {
	case l.ID != "" && l.ID != e.ListURL:
		return Result{}, unverified("statusListCredential", "the list there calls itself "+l.ID)
	case !slices.Contains(l.Purposes, e.Purpose):
		return Result{}, unverified("statusPurpose", "the list is not for the purpose "+e.Purpose)
	case l.Size != 0 && l.Size != e.Size:
		return Result{}, unverified("statusSize", "not the list's")
	}
	if err := l.checkEntries(e.Size); err != nil {
		return Result{}, err
	}
	if e.Index >= l.Entries(e.Size) {
		return Result{}, &Error{Type: RangeError, Path: "statusListIndex",
			Detail: fmt.Sprintf("the list has %d entries", l.Entries(e.Size))}
	}
	r := Result{Purpose: e.Purpose, Value: get(l.bits, e.Index, e.Size)}
	r.Set = r.Value != 0
	r.Message = message(r.Value, e.Messages, l.Messages)
	return r, nil
}

// message prefers what the credential was issued with.
func message(value uint64, sources ...map[uint64]string) string {
	for _, messages := range sources {
		if text, ok := messages[value]; ok {
			return text
		}
	}
	if value == 0 {
		return "unset"
	}
	return "set"
}

// InForce checks that now lies in the list's validity period, both ends included;
// a VerificationError if not. Neither a list without a period nor its ttl says
// anything about that.
func (l *List) InForce(now time.Time) error {
	switch {
	case now.Before(l.ValidFrom):
		return unverified("validFrom", "the status list is valid from "+stamp(l.ValidFrom))
	case !l.ValidUntil.IsZero() && now.After(l.ValidUntil):
		return unverified("validUntil", "the status list was valid until "+stamp(l.ValidUntil))
	}
	return nil
}

// FreshUntil is until when a copy fetched at that time may serve: the earlier of
// ttl and validUntil, and fallback after fetched if the list has no ttl.
func (l *List) FreshUntil(fetched time.Time, fallback time.Duration) time.Time {
	if l.TTL > 0 {
		fallback = l.TTL
	}
	until := fetched.Add(fallback)
	if !l.ValidUntil.IsZero() && l.ValidUntil.Before(until) {
		return l.ValidUntil
	}
	return until
}

// Bits returns the uncompressed bitstring, which must not be modified.
func (l *List) Bits() []byte { return l.bits }

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
