package ledger

import (
	"context"
	"time"

	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/ledger/record"
)

// Judgement is what would become of an operation.
type Judgement struct {
	// Outcome is that of Apply, except that an operation which would be accepted for
	// the first time has no records yet: its Count is 0.
	record.Outcome
	// Why explains a refusal; nil if there is none.
	Why error
	// Staged are the versions for which witness proofs would take up room that all share.
	Staged []string
	// Steps is the work it took to read documents as RDF, in those of a jsonld.Meter.
	Steps int
}

// Check judges op as Apply would if it came next at the time now, by the same code.
// It changes nothing. The error says that no judgement could be made: that of ctx if it
// ended, since then no further signature is verified.
func (l *Ledger) Check(ctx context.Context, op record.Op, now time.Time) (Judgement, error) {
	v := l.View()
	defer v.Close()
	t := max(record.TimeOf(now), v.state.time)
	j := l.newJudge(t, v.in, nil, v.state.identity, v.documents)
	steps := new(jsonld.Meter)
	j.verify, j.steps = while(ctx, j.verify), steps
	p, err := j.decide(op)
	if cause := ctx.Err(); cause != nil {
		err = cause
	}
	if err != nil {
		return Judgement{Steps: steps.Steps()}, l.Report(err)
	}
	if p.why == nil && len(p.records) > 0 {
		return Judgement{Steps: steps.Steps()}, nil
	}
	return Judgement{Outcome: p.outcome, Why: p.why, Staged: p.staged, Steps: steps.Steps()}, nil
}

// while verifies nothing any more once ctx has ended. Whoever uses it looks at ctx
// before he believes a refusal.
func while(ctx context.Context, verify multikey.VerifyFunc) multikey.VerifyFunc {
	return func(key multikey.PublicKey, message, sig []byte) bool {
		return ctx.Err() == nil && verify(key, message, sig)
	}
}
