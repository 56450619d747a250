package ledger

import (
	"fmt"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// Past is the ledger as it was right after one of its records: what resolved then,
// and which status everything had. It is a did.Resolver and a credential.StatusSource.
// What it answers costs no more than in a View but for some look-ups more, whose number
// grows with the logarithm of how often the DID or status asked for has changed.
//
// It is of a View and may be used as that may, until the View is closed.
type Past struct {
	world
	time record.Time
	of   *View
}

var _ did.Resolver = (*Past)(nil)

// At returns the ledger as it was right after the record seq; ErrNotFound if there is
// no such record.
func (v *View) At(seq record.Seq) (*Past, error) {
	t, err := v.timeOf(seq)
	if err != nil {
		return nil, err
	}
	p := &Past{world: v.world, time: t, of: v}
	p.before = seq + 1
	return p, nil
}

// Size is the number of records that there were.
func (p *Past) Size() record.Seq { return p.before }

// Time is that of the newest record of then.
func (p *Past) Time() time.Time { return p.time.Time() }

// LedgerID is the SCID of record 0.
func (p *Past) LedgerID() string { return p.identity.Ledger }

// Domain is the host or host:port where the registry takes DIDs.
func (p *Past) Domain() string { return p.identity.Domain }

// RegistryDID is the DID whose first entry is record 0.
func (p *Past) RegistryDID() did.ID { return p.identity.DID }

// SeqAt returns the newest record that is not later than t; ok is false if there is
// none. It reads as many records as the size of the ledger has binary digits.
func (v *View) SeqAt(t time.Time) (seq record.Seq, ok bool, err error) {
	low, high := record.Seq(0), v.state.size // the first record that is later is in [low, high]
	for low < high {
		mid := low + (high-low)/2
		at, err := v.timeOf(mid)
		if err != nil {
			return 0, false, err
		}
		if at.Time().After(t) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	if low == 0 {
		return 0, false, nil
	}
	return low - 1, true, nil
}

// timeOf reads the time of a record, which is what it ends with.
func (v *View) timeOf(seq record.Seq) (record.Time, error) {
	if seq >= v.state.size {
		return 0, fmt.Errorf("record %d: %w", seq, ErrNotFound)
	}
	data, err := view.GetRecord(v.in, seq)
	if err != nil {
		return 0, err
	}
	const tail = len(`2006-01-02T15:04:05.000Z"}`)
	if len(data) < tail {
		return 0, fmt.Errorf("record %d: %w: %d bytes", seq, store.ErrCorrupt, len(data))
	}
	t, err := record.ParseTime(string(data[len(data)-tail : len(data)-2]))
	if err != nil {
		return 0, fmt.Errorf("record %d: %w: %w", seq, store.ErrCorrupt, err)
	}
	return t, nil
}
