package ledger

import (
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/ledger/record"
)

var (
	_ credential.EntrySource = (*View)(nil)
	_ credential.EntrySource = (*Past)(nil)
)

// ListEntryStatus is EntryStatus for an entry by the URL of its list; known is false
// for lists that the registry does not make.
func (w *world) ListEntryStatus(listURL string, index uint64) (info credential.StatusInfo, known bool, err error) {
	registry, err := w.founded()
	if err != nil {
		return credential.StatusInfo{}, false, err
	}
	id, ours := record.ParseListURL(listURL, registry.Domain)
	if !ours || index >= record.MaxListEntries {
		return credential.StatusInfo{}, false, nil
	}
	e, known, err := w.EntryStatus(record.ListEntry{List: id, Index: uint32(index)})
	return e.StatusInfo, known, err
}
