package stream

import (
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
)

// FromLedger makes a Source of a ledger. Each read is of one consistent view.
func FromLedger(l *ledger.Ledger) Source { return source{l} }

type source struct{ *ledger.Ledger }

func (s source) Head() (Head, error) {
	v := s.View()
	defer v.Close()
	return Head{Ledger: v.LedgerID(), Size: v.Size(), Root: v.Root()}, nil
}

func (s source) Read(from record.Seq, n int, fn func(record.Seq, []byte) error) error {
	v := s.View()
	defer v.Close()
	for seq, raw := range v.Records(from, n) {
		if err := fn(seq, raw); err != nil {
			return err
		}
	}
	return s.Report(v.Err())
}
