package record

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// ListPath is where a registry serves the status lists that it makes of what is
// recorded: ListPath + percent-encoded issuer + "/" + purpose + "/" + number.
const ListPath = "/v1/status-lists/"

// Purpose is what a list that the registry makes says of its entries.
type Purpose string

// The purposes of such lists.
const (
	Revocation Purpose = "revocation"
	Suspension Purpose = "suspension"
)

// Known reports whether the registry makes lists of that purpose.
func (p Purpose) Known() bool { return p == Revocation || p == Suspension }

// ListID names one of the lists that a registry makes for an issuer.
type ListID struct {
	Issuer  did.ID
	Purpose Purpose
	// Number is below MaxLists.
	Number uint32
}

// Path returns the path of the list's URL.
func (id ListID) Path() string {
	return ListPath + url.PathEscape(string(id.Issuer)) + id.tail()
}

func (id ListID) tail() string {
	return "/" + string(id.Purpose) + "/" + strconv.FormatUint(uint64(id.Number), 10)
}

// ParseListURL takes the URL of a list that the registry on that domain (host or
// host:port) makes apart; ok is false for every other URL. The issuer is written as it
// is on the resolution route: percent-encoded as a whole, or literally, where its own
// percent-encodings belong to it, unless a %25 shows that they were encoded.
func ParseListURL(text, domain string) (id ListID, ok bool) {
	rest, found := strings.CutPrefix(text, "https://")
	if !found {
		rest, found = strings.CutPrefix(text, "http://")
	}
	if !found || domain == "" {
		return ListID{}, false
	}
	path, found := strings.CutPrefix(rest, domain+ListPath)
	if !found {
		return ListID{}, false
	}
	parts := strings.Split(path, "/")
	if len(parts) != 3 {
		return ListID{}, false
	}
	issuer := parts[0]
	if _, err := did.Parse(issuer); err != nil || strings.Contains(issuer, "%25") {
		if issuer, err = url.PathUnescape(issuer); err != nil {
			return ListID{}, false
		}
	}
	return parseList(issuer, parts[1], parts[2])
}

func parseList(issuer, purpose, number string) (ListID, bool) {
	id, err := did.Parse(issuer)
	if err != nil || len(id) > MaxDID || !Purpose(purpose).Known() {
		return ListID{}, false
	}
	n, ok := parseIndex(number, MaxLists)
	return ListID{Issuer: id, Purpose: Purpose(purpose), Number: n}, ok
}

// parseIndex reads a decimal number below limit, without leading zeros.
func parseIndex(s string, limit uint32) (uint32, bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n >= uint64(limit) || strconv.FormatUint(n, 10) != s {
		return 0, false
	}
	return uint32(n), true
}

// ListEntry is one entry of a list that a registry makes.
type ListEntry struct {
	List ListID
	// Index is below MaxListEntries.
	Index uint32
}

const listInfix = "/status-lists/"

// String returns the entry as a StatusChange names it as its target: the DID URL
// <issuer>/status-lists/<purpose>/<number>#<index>.
func (e ListEntry) String() string {
	return string(e.List.Issuer) + "/status-lists" + e.List.tail() + "#" + strconv.FormatUint(uint64(e.Index), 10)
}

// ParseListEntry reads what String writes; ok is false for anything else.
func ParseListEntry(target string) (e ListEntry, ok bool) {
	issuer, rest, found := strings.Cut(target, listInfix)
	if !found {
		return ListEntry{}, false
	}
	list, index, found := strings.Cut(rest, "#")
	purpose, number, both := strings.Cut(list, "/")
	if !found || !both {
		return ListEntry{}, false
	}
	if e.List, ok = parseList(issuer, purpose, number); !ok {
		return ListEntry{}, false
	}
	e.Index, ok = parseIndex(index, MaxListEntries)
	return e, ok
}

// Flip is a change of one entry of a status list.
type Flip struct{ Index, Old, New uint64 }

// ListBody is the body of a status-list record: what an issuer's own
// BitstringStatusListCredential says, and what it changed.
//
//	{"issuer":…,"list":URL,"digest":hex,"purpose":[…],"entries":n,"set":n,
//	 "changed":n,"flips":[{"index":…,"old":…,"new":…}…],"proof":…}
type ListBody struct {
	Issuer did.ID
	// List is the credential's id.
	List   string
	Digest Hash
	// Purposes are the list's.
	Purposes []string
	// Entries is how many entries the list has, Set how many of them are not 0.
	Entries, Set int64
	// Changed is how many entries differ from the issuer's list before, of which there
	// was an empty one at first; Flips are the first MaxFlips of them.
	Changed int64
	Flips   []Flip
	Proof   jcs.Value
}

// Value returns the body's JSON.
func (b ListBody) Value() jcs.Value {
	flips := make([]jcs.Value, len(b.Flips))
	for i, f := range b.Flips {
		flips[i] = jcs.Object(member("index", jcs.FromInt(int64(f.Index))),
			member("new", jcs.FromInt(int64(f.New))), member("old", jcs.FromInt(int64(f.Old))))
	}
	return jcs.Object(
		member("issuer", jcs.FromString(string(b.Issuer))), member("list", jcs.FromString(b.List)),
		member("digest", jcs.FromString(b.Digest.String())), member("purpose", stringArray(b.Purposes)),
		member("entries", jcs.FromInt(b.Entries)), member("set", jcs.FromInt(b.Set)),
		member("changed", jcs.FromInt(b.Changed)), member("flips", jcs.Array(flips...)),
		member("proof", b.Proof),
	)
}

// ParseListBody reads the body of a status-list record.
func ParseListBody(v jcs.Value) (ListBody, error) {
	text, _ := v.GetString("digest")
	digest, err := ParseHash(text)
	if err != nil {
		return ListBody{}, fmt.Errorf("%w: digest: %w", ErrRecord, err)
	}
	b := ListBody{Digest: digest}
	issuer, _ := v.GetString("issuer")
	b.Issuer = did.ID(issuer)
	b.List, _ = v.GetString("list")
	purposes, _ := v.Get("purpose")
	b.Purposes = texts(purposes)
	number := func(v jcs.Value, name string) int64 { m, _ := v.Get(name); n, _ := m.Int(); return n }
	b.Entries, b.Set, b.Changed = number(v, "entries"), number(v, "set"), number(v, "changed")
	flips, _ := v.Get("flips")
	for f := range flips.Elems() {
		b.Flips = append(b.Flips, Flip{
			Index: uint64(number(f, "index")), Old: uint64(number(f, "old")), New: uint64(number(f, "new")),
		})
	}
	b.Proof, _ = v.Get("proof")
	if b.Issuer == "" || b.List == "" || !b.Proof.IsObject() && !b.Proof.IsArray() {
		return ListBody{}, fmt.Errorf("%w: a status-list body without issuer, list or proof", ErrRecord)
	}
	return b, nil
}

// NewStatusListOp records an issuer's own secured BitstringStatusListCredential.
func NewStatusListOp(list jcs.Value) (Op, error) {
	return ParseOp(opPayload(OpStatusList, member("list", list)))
}

func (op *Op) parseStatusList(v jcs.Value) error {
	if err := only(v, "list"); err != nil {
		return err
	}
	list, _ := v.Get("list")
	if !list.IsObject() {
		return malformed("list is not an object")
	}
	op.Credential = list
	op.CredentialDigest = CredentialDigest(list)
	op.Issuer = did.ID(issuerOf(list))
	op.Proof, _ = list.Get("proof")
	return nil
}
