package ledger

import (
	"fmt"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// StatusList is a list that the registry makes of what is recorded: of credentials
// registered with an entry in it, and of status changes of single entries.
type StatusList struct {
	// Bits are those of the list, the first entry in the most significant bit of the
	// first byte: 16 KiB, or twice, four or eight times as much if an entry is beyond.
	Bits []byte
	// Entries is how many entries Bits has, Set how many are set.
	Entries, Set int
	// Changed is the last record that changed a bit, Since its time; zero values if
	// none ever did.
	Changed record.Seq
	Since   record.Time
	// Key is what Ledger.ChangedSince knows the list as.
	Key string
}

// minListEntries is how many entries a list has at least (Bitstring Status List 1.0,
// 3.2).
const minListEntries = 131072

// StatusList returns the list of an issuer that has that purpose, revocation or
// suspension, and number; ok is false if nothing was ever recorded for it. A bit of a
// revocation list is set once its credential is revoked, one of a suspension list
// while its credential is suspended, and for ever once it is revoked. It costs as much
// as there are entries that ever changed.
func (v *View) StatusList(issuer did.ID, purpose string, n uint64) (StatusList, bool, error) {
	return v.statusList(v, issuer, purpose, n)
}

// StatusList is that of View as it was then. It may be longer than it was then, by
// bits that are not set.
func (p *Past) StatusList(issuer did.ID, purpose string, n uint64) (StatusList, bool, error) {
	return p.statusList(p.of, issuer, purpose, n)
}

func (w *world) statusList(v *View, issuer did.ID, purpose string, n uint64) (StatusList, bool, error) {
	if !record.Purpose(purpose).Known() || n >= record.MaxLists {
		return StatusList{}, false, nil
	}
	subject, err := w.subject(issuer)
	if err != nil {
		return StatusList{}, false, err
	}
	id := view.List{Issuer: subject, Purpose: record.Purpose(purpose), Number: uint32(n)}
	first, known, err := view.GetList(w.in, id)
	if err != nil || !known || w.before > 0 && first >= w.before {
		return StatusList{}, false, err
	}
	bits, err := view.GetBits(v.from, id, w.before)
	if err != nil {
		return StatusList{}, false, err
	}
	entries := minListEntries
	for entries <= int(bits.Last) {
		entries *= 2
	}
	list := StatusList{Bits: make([]byte, entries/8), Entries: entries, Set: len(bits.Set), Key: id.Key()}
	for _, index := range bits.Set {
		list.Bits[index/8] |= 0x80 >> (index % 8)
	}
	if bits.Ever {
		list.Changed = bits.Changed
		list.Since, err = v.timeOf(bits.Changed)
	}
	return list, err == nil, err
}

// IssuedList is a status list that an issuer has signed.
type IssuedList struct {
	// Content is the secured BitstringStatusListCredential in RFC 8785 form.
	Content []byte
	Issuer  did.ID
	// Seq and Time are of the record, Digest is the credential's.
	Seq    record.Seq
	Time   record.Time
	Digest record.Hash
	// Key is what Ledger.ChangedSince knows the list as.
	Key string
}

// IssuedStatusList returns the newest list of that URL, by the first issuer who
// recorded one there: whoever reads it compares the issuer with whom it asks about. On
// the registry's own domain that is the one whom the URL names. ok is false if there is
// none.
func (w *world) IssuedStatusList(url string) (list IssuedList, ok bool, err error) {
	key, err := w.listKey(url)
	if err != nil {
		return IssuedList{}, false, err
	}
	subject, err := view.GetListIssuer(w.in, key)
	if err != nil || subject == "" {
		return IssuedList{}, false, err
	}
	return w.issuedList(key, subject)
}

// IssuedStatusListBy is IssuedStatusList for a list of that issuer, also where another
// one recorded a list of the URL before.
func (w *world) IssuedStatusListBy(url string, issuer did.ID) (list IssuedList, ok bool, err error) {
	key, err := w.listKey(url)
	if err != nil {
		return IssuedList{}, false, err
	}
	subject, err := w.subject(issuer)
	if err != nil {
		return IssuedList{}, false, err
	}
	return w.issuedList(key, subject)
}

// listKey is what a URL is stored under.
func (w *world) listKey(url string) (string, error) {
	registry, err := w.founded()
	if err != nil {
		return "", err
	}
	id, ours := record.ParseListURL(url, registry.Domain)
	if !ours {
		return url, nil
	}
	subject, err := w.subject(id.Issuer)
	return canonicalListURL(id, subject), err
}

func (w *world) issuedList(key, subject string) (IssuedList, bool, error) {
	l, err := w.issuedOf(key, subject)
	if err != nil || l == nil {
		return IssuedList{}, false, err
	}
	r, err := w.recordAt(l.Seq)
	if err != nil {
		return IssuedList{}, false, err
	}
	body, err := record.ParseListBody(r.Body)
	if err != nil {
		return IssuedList{}, false, fmt.Errorf("record %d: %w", l.Seq, err)
	}
	content, err := view.GetListContent(w.in, l.Digest)
	if err == nil && !content.IsObject() {
		err = fmt.Errorf("status list %s: %w: it is missing", l.Digest, store.ErrCorrupt)
	}
	if err != nil {
		return IssuedList{}, false, err
	}
	return IssuedList{
		Content: content.With("proof", body.Proof).Canonical(), Issuer: body.Issuer,
		Seq: l.Seq, Time: r.Time, Digest: l.Digest, Key: key,
	}, true, nil
}

func (w *world) issuedOf(key, subject string) (*view.Issued, error) {
	if w.before > 0 {
		return view.GetIssuedBefore(w.in, key, subject, w.before)
	}
	return view.GetIssued(w.in, key, subject)
}

// EntryStatus returns the status of an entry that no registered credential has; known
// is false if it was never changed.
func (w *world) EntryStatus(e record.ListEntry) (status StatusEntry, known bool, err error) {
	subject, err := w.subject(e.List.Issuer)
	if err != nil {
		return StatusEntry{}, false, err
	}
	list := view.List{Issuer: subject, Purpose: e.List.Purpose, Number: e.List.Number}
	return w.statusEntry(view.EntryTarget(view.ListEntry{List: list, Index: e.Index}))
}
