package credential

import "github.com/tabard-id/tabard/did/statuslist"

// EntrySource is a StatusSource that knows entries of status lists by themselves: the
// status of a credential that was never registered, of which only a bit tells.
type EntrySource interface {
	// ListEntryStatus returns the status of an entry of the list of that URL; known is
	// false for lists that the source does not make, and for entries that never changed.
	ListEntryStatus(listURL string, index uint64) (info StatusInfo, known bool, err error)
}

// entryHindsight asks whether an entry that was good at the time judged by has been
// revoked since, as of then.
func (j *judgement) entryHindsight(e statuslist.Entry) finding {
	if _, knows := j.by.Hindsight.(EntrySource); !knows {
		return finding{}
	}
	code, detail, err := j.hindsight(func(s StatusSource) (StatusInfo, bool, error) {
		return s.(EntrySource).ListEntryStatus(e.ListURL, e.Index)
	})
	return finding{code, detail, err}
}
