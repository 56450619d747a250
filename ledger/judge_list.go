package ledger

import (
	"slices"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// listEntries are the entries that a credential has in the status lists which the
// registry makes for its issuer. What the credential says of other lists is not the
// registry's affair: other hosts', other issuers', and those that the issuer signs.
// Of a credential that is registered by its digest alone nothing is known that anyone
// has signed, so it has no entries.
func (j *judge) listEntries(body *record.CredentialBody, subject string) ([]view.ListEntry, error) {
	if !body.Content {
		return nil, nil
	}
	var list []view.ListEntry
	for _, v := range oneOrMore(body.Status) {
		e, ok, err := j.listEntry(v, subject)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if slices.Contains(list, e) {
			return nil, refuse(record.StatusEntryInvalid, "entry %d of list %d is there twice", e.Index, e.Number)
		}
		list = append(list, e)
	}
	return list, nil
}

func oneOrMore(v jcs.Value) []jcs.Value {
	switch {
	case v.IsObject():
		return []jcs.Value{v}
	case v.IsArray():
		return slices.Collect(v.Elems())
	default:
		return nil
	}
}

// listEntry reads one credentialStatus; false if it is not of a list that the registry
// makes for that issuer. One that seems to be and cannot be is refused: its holder
// would take it for an entry that somebody watches.
func (j *judge) listEntry(v jcs.Value, subject string) (view.ListEntry, bool, error) {
	registry, err := j.founded()
	if err != nil {
		return view.ListEntry{}, false, err
	}
	if several, _ := v.Get("statusListCredential"); several.IsArray() && statuslist.IsEntry(v) {
		return view.ListEntry{}, false, noneOurs(several, registry.Domain)
	}
	url, text := v.GetString("statusListCredential")
	if !text && statuslist.IsEntry(v) {
		return view.ListEntry{}, false, refuse(record.StatusEntryInvalid, "statusListCredential is not a string")
	}
	id, ours := record.ParseListURL(url, registry.Domain)
	if !ours || !statuslist.IsEntry(v) {
		return view.ListEntry{}, false, nil
	}
	issuer, err := j.subject(id.Issuer)
	if err != nil || issuer != subject {
		return view.ListEntry{}, false, err
	}
	e, err := statuslist.ParseEntry(v)
	switch {
	case err != nil:
		return view.ListEntry{}, false, &refusal{code: record.StatusEntryInvalid, why: err}
	case e.Purpose != string(id.Purpose):
		return view.ListEntry{}, false, refuse(record.StatusEntryInvalid, "an entry for %.40q in a list for %s", e.Purpose, id.Purpose)
	case e.Size != 1:
		return view.ListEntry{}, false, refuse(record.StatusEntryInvalid, "an entry of %d bits", e.Size)
	case e.Index >= record.MaxListEntries:
		return view.ListEntry{}, false, refuse(record.StatusEntryInvalid, "entry %d of at most %d", e.Index, record.MaxListEntries)
	}
	signed, err := j.isIssued(id, subject)
	if err != nil || signed {
		return view.ListEntry{}, false, err
	}
	list := view.List{Issuer: subject, Purpose: id.Purpose, Number: id.Number}
	return view.ListEntry{List: list, Index: uint32(e.Index)}, true, nil
}

// noneOurs refuses one entry in several lists, as two entries of one id are as RDF, if
// the registry makes one of them.
func noneOurs(urls jcs.Value, domain string) error {
	for item := range urls.Elems() {
		url, text := item.Str()
		if _, ours := record.ParseListURL(url, domain); ours || !text {
			return refuse(record.StatusEntryInvalid, "one entry in %d lists", urls.Len())
		}
	}
	return nil
}

// isIssued reports whether the issuer signs that list itself.
func (j *judge) isIssued(id record.ListID, subject string) (bool, error) {
	l, err := view.GetIssued(j.in, canonicalListURL(id, subject), subject)
	return l != nil, err
}

// canonicalListURL is what a list on the registry's own domain is stored under, however
// its URL spells the issuer.
func canonicalListURL(id record.ListID, subject string) string {
	id.Issuer = did.ID(subject)
	return id.Path()
}

// claimEntries gives a credential the entries that it does not have yet, unless one of
// them has been used; status is the credential's.
func (j *judge) claimEntries(c *registration, status *view.Status, rec int) error {
	had, err := view.GetEntries(j.in, c.as, c.subject)
	if err != nil {
		return err
	}
	var added []view.ListEntry
	for _, e := range c.entries {
		if slices.Contains(had, e) {
			continue
		}
		if err := j.claimEntry(e); err != nil {
			return err
		}
		if err := j.makeList(e.List, rec); err != nil {
			return err
		}
		added = append(added, e)
	}
	if len(added) == 0 {
		return nil
	}
	view.PutEntries(j.plan, c.as, c.subject, had, added, rec)
	if status == nil {
		return nil
	}
	return j.putBits(added, status.Status, rec)
}

// claimEntry refuses an entry that has been used.
func (j *judge) claimEntry(e view.ListEntry) error {
	taken, err := view.IsTaken(j.in, e)
	if err != nil {
		return err
	}
	if taken {
		return refuse(record.IndexTaken, "entry %d of %s list %d is another credential's", e.Index, e.Purpose, e.Number)
	}
	status, err := view.GetStatus(j.in, view.EntryTarget(e))
	if err == nil && status != nil {
		err = refuse(record.IndexTaken, "entry %d of %s list %d has had a status since record %d", e.Index, e.Purpose, e.Number, status.Seq)
	}
	return err
}

// putBits writes what a status means for entries of a credential.
func (j *judge) putBits(entries []view.ListEntry, status record.Status, rec int) error {
	for _, e := range entries {
		changed, err := view.PutBit(j.in, j.plan, e, isSet(e.Purpose, status), rec)
		if err != nil {
			return err
		}
		if changed {
			j.touchList(e.List)
		}
	}
	return nil
}

// makeList notes that the record rec is one that a list is made of.
func (j *judge) makeList(l view.List, rec int) error {
	_, known, err := view.GetList(j.in, l)
	if err == nil && !known {
		view.PutList(j.plan, l, rec)
	}
	j.touchList(l)
	return err
}

func (j *judge) touchList(l view.List) { j.plan.touches = append(j.plan.touches, l.Key()) }

// setBits writes what the change in the record rec means for the entries of its target.
func (j *judge) setBits(c *signed, rec int) error {
	if c.Entry == nil {
		if c.DID != "" {
			return nil
		}
		entries, err := view.GetEntries(j.in, c.as, c.signerKey)
		if err != nil {
			return err
		}
		return j.putBits(entries, c.Status, rec)
	}
	for _, e := range c.entries {
		if err := j.makeList(e.List, rec); err != nil {
			return err
		}
	}
	return j.putBits(c.entries, c.Status, rec)
}

// isSet is what a list of that purpose says of a status. What is revoked is not in
// force: a list that tells of suspensions alone must not say that it is.
func isSet(p record.Purpose, s record.Status) bool {
	if p == record.Suspension {
		return s != record.Active
	}
	return s == record.Revoked
}

// findEntry: the status of an entry that no registered credential has is its issuer's
// to change, and that of the issuer's controllers.
func (j *judge) findEntry(c *signed) error {
	issuer := c.Entry.List.Issuer
	subject, err := j.findControlled(c, issuer)
	if err != nil {
		return err
	}
	e := view.ListEntry{
		List:  view.List{Issuer: subject, Purpose: c.Entry.List.Purpose, Number: c.Entry.List.Number},
		Index: c.Entry.Index,
	}
	signed, err := j.isIssued(c.Entry.List, subject)
	if err != nil {
		return err
	}
	if signed {
		return refuse(record.StatusListTaken, "%s signs that list itself", issuer)
	}
	taken, err := view.IsTaken(j.in, e)
	if err != nil {
		return err
	}
	if taken {
		return refuse(record.IndexTaken, "the entry is that of a registered credential, whose own status counts")
	}
	c.target, c.entries = view.EntryTarget(e), []view.ListEntry{e}
	return j.authority(c, issuer, subject)
}
