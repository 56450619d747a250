package observe

import (
	"context"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
)

// Records is the Book of a ledger.
func Records(l *ledger.Ledger) Book { return book{l} }

type book struct{ ledger *ledger.Ledger }

func (b book) Registry() (did.ID, string) {
	v := b.ledger.View()
	defer v.Close()
	return v.RegistryDID(), v.LedgerID()
}

func (b book) Last(id did.ID) (ledger.Observation, bool, error) {
	v := b.ledger.View()
	defer v.Close()
	return v.Observation(id)
}

func (b book) Pinned(after did.ID, n int) ([]did.ID, error) {
	v := b.ledger.View()
	defer v.Close()
	return v.PinnedDIDs(after, n)
}

func (b book) IsPinned(id did.ID) (bool, error) {
	v := b.ledger.View()
	defer v.Close()
	return v.Pinned(id)
}

func (b book) Wait(ctx context.Context, seq record.Seq) error { return b.ledger.Wait(ctx, seq+1) }
