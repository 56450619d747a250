package httpapi

import (
	"strings"
	"time"

	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// instant is a moment past that a verdict is asked for: a position of the ledger, or a time.
type instant struct {
	seq   record.Seq
	bySeq bool
	time  time.Time
}

func (i instant) set() bool { return i.bySeq || !i.time.IsZero() }

// takeInstant takes the parameter at: a position, or an RFC 3339 time that is not to come.
func (q params) takeInstant(now time.Time) (instant, error) {
	v, ok := q.take(api.ParamAt)
	if !ok {
		return instant{}, nil
	}
	if v != "" && strings.Trim(v, "0123456789") == "" {
		seq, err := parseSeq(v)
		if err != nil {
			return instant{}, api.Problemf(api.InvalidParameter, "%s: %v", api.ParamAt, err)
		}
		return instant{seq: seq, bySeq: true}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, v)
	if err != nil || len(v) > 64 || at.IsZero() {
		return instant{}, api.Problemf(api.InvalidParameter, "%s: want a position or an RFC 3339 time", api.ParamAt)
	}
	if at.After(now) {
		return instant{}, api.Problemf(api.InvalidParameter, "%s: nothing is known of a time to come", api.ParamAt)
	}
	return instant{time: at.UTC()}, nil
}

// find returns the ledger as it was then, its newest record of then, and the time to judge by: that of
// the record if a position was asked for.
func (i instant) find(v *ledger.View) (*ledger.Past, record.Seq, time.Time, error) {
	seq := i.seq
	if !i.bySeq {
		var ok bool
		var err error
		if seq, ok, err = v.SeqAt(i.time); err != nil {
			return nil, 0, time.Time{}, err
		}
		if !ok {
			return nil, 0, time.Time{}, api.Problemf(api.InvalidParameter, "%s: the ledger begins later", api.ParamAt)
		}
	}
	if seq >= v.Size() {
		return nil, 0, time.Time{}, api.Problemf(api.InvalidParameter, "%s: the ledger has %d records", api.ParamAt, v.Size())
	}
	past, err := v.At(seq)
	if err != nil {
		return nil, 0, time.Time{}, err
	}
	if i.bySeq {
		return past, seq, past.Time(), nil
	}
	return past, seq, i.time, nil
}
