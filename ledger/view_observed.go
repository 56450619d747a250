package ledger

import (
	"errors"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/ledger/internal/view"
)

// ObservedDIDs lists up to n of the DIDs that were observed, in their order: those that
// begin with prefix and come after the DID after, which may be "".
func (v *View) ObservedDIDs(prefix string, after did.ID, n int) ([]did.ID, error) {
	var list []did.ID
	if n <= 0 {
		return nil, nil
	}
	err := view.ScanObserved(v.from, prefix, string(after), func(id string) error {
		list = append(list, did.ID(id))
		if len(list) == n {
			return errStop
		}
		return nil
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	return list, err
}

// PinnedDIDs lists up to n of the DIDs that are observed still, in their order: those
// that come after the DID after, which may be "".
func (v *View) PinnedDIDs(after did.ID, n int) ([]did.ID, error) {
	var list []did.ID
	if n <= 0 {
		return nil, nil
	}
	err := view.ScanObserved(v.from, "did:", string(after), func(id string) error {
		pinned, err := v.Pinned(did.ID(id))
		if err != nil || !pinned {
			return err
		}
		if list = append(list, did.ID(id)); len(list) == n {
			return errStop
		}
		return nil
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	return list, err
}

// Pinned reports whether a DID is observed still: it was, and no record after the
// newest observation ended that.
func (v *View) Pinned(id did.ID) (bool, error) {
	o, err := view.GetObserved(v.in, string(id))
	if err != nil {
		return false, err
	}
	return view.Pinned(v.in, string(id), o)
}
