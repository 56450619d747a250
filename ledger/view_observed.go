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
