package httpapi

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// maxLookedBytes is of how many bytes records are looked at for one page of some kinds.
const maxLookedBytes = 8 << 20

// selection is which records a page has: of these kinds, all if there are none, and of a time that is not
// before since and is before until, where those are given.
type selection struct {
	kinds        []record.Kind
	since, until time.Time
}

// takeSelection reads kind, since and until.
func takeSelection(q params) (s selection, err error) {
	if text, given := q.take("kind"); given {
		for name := range strings.SplitSeq(text, ",") {
			if kind := record.Kind(name); !slices.Contains(record.Kinds(), kind) {
				return s, api.Problemf(api.InvalidParameter, "kind: %.40q is none of %v", name, record.Kinds())
			} else if !slices.Contains(s.kinds, kind) {
				s.kinds = append(s.kinds, kind)
			}
		}
	}
	if s.since, err = q.takeTime("since"); err != nil {
		return s, err
	}
	if s.until, err = q.takeTime("until"); err != nil {
		return s, err
	}
	if !s.since.IsZero() && !s.until.IsZero() && !s.since.Before(s.until) {
		return s, api.NewProblem(api.InvalidParameter, "until is not later than since")
	}
	return s, nil
}

// takeTime reads an RFC 3339 time; the zero time is none.
func (q params) takeTime(name string) (time.Time, error) {
	const longest = 64
	text, given := q.take(name)
	if !given {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || len(text) > longest || t.IsZero() {
		return time.Time{}, api.Problemf(api.InvalidParameter, "%s: want an RFC 3339 time, such as 2026-11-21T18:00:00Z", name)
	}
	return t, nil
}

// recordPage is the records that one page has: those listed, or all of a range.
type recordPage struct {
	seqs    []record.Seq
	from    record.Seq
	through record.Seq // where the range ends, without it; of a list it is from
	// end is where the next page begins.
	end record.Seq
}

func (p recordPage) count() int { return len(p.seqs) + int(p.through-p.from) }

func (p recordPage) first() record.Seq {
	if len(p.seqs) > 0 {
		return p.seqs[0]
	}
	return p.from
}

func (p recordPage) next() recordPage {
	if len(p.seqs) > 0 {
		p.seqs = p.seqs[1:]
	} else {
		p.from++
	}
	return p
}

// page finds up to limit records from a position on. Records are in the order of their times, so that a period
// is a range; what is not of the kinds is looked at within a bound.
func (s *server) page(r *http.Request, v *ledger.View, wanted selection, from record.Seq, limit int) (recordPage, error) {
	end := v.Size()
	if !wanted.since.IsZero() {
		begin, err := firstAt(v, wanted.since)
		if err != nil {
			return recordPage{}, err
		}
		from = max(from, begin)
	}
	if !wanted.until.IsZero() {
		before, err := firstAt(v, wanted.until)
		if err != nil {
			return recordPage{}, err
		}
		end = min(end, before)
	}
	if end = max(end, from); len(wanted.kinds) == 0 {
		end = min(end, from+record.Seq(limit))
		return recordPage{from: from, through: end, end: end}, nil
	}
	p, looked := recordPage{end: from}, 0
	for seq, data := range v.Records(from, min(int(end-from), s.looked)) {
		p.end = seq + 1
		if looked += len(data); slices.Contains(wanted.kinds, record.KindOf(data)) {
			p.seqs = append(p.seqs, seq)
		}
		if len(p.seqs) == limit || looked >= maxLookedBytes {
			break
		}
	}
	s.chargeRead(r, looked)
	return p, v.Err()
}

// firstAt returns the first record that is not before a time; the size if there is none.
func firstAt(v *ledger.View, t time.Time) (record.Seq, error) {
	last, ok, err := v.SeqAt(t.Add(-1))
	if err != nil || !ok {
		return 0, err
	}
	return last + 1, nil
}
