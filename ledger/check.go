package ledger

import (
	"time"

	"github.com/tabard-id/tabard/ledger/record"
)

// Judgement is what would become of an operation.
type Judgement struct {
	// Outcome is that of Apply, except that an operation which would be accepted for
	// the first time has no records yet: its Count is 0.
	record.Outcome
	// Why explains a refusal; nil if there is none.
	Why error
}

// Check judges op as Apply would if it came next at the time now, by the same code.
// It changes nothing. The error says that no judgement could be made.
func (l *Ledger) Check(op record.Op, now time.Time) (Judgement, error) {
	v := l.View()
	defer v.Close()
	t := max(record.TimeOf(now), v.state.time)
	p, err := l.decide(op, t, v.in, nil, v.state.identity, v.documents)
	if err != nil {
		return Judgement{}, err
	}
	if p.why == nil && len(p.records) > 0 {
		return Judgement{}, nil
	}
	return Judgement{Outcome: p.outcome, Why: p.why}, nil
}
