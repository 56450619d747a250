package httpapi

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// bounds are what a read asks of the state it is answered from.
type bounds struct {
	minSize      record.Seq    // at least so many records
	maxStale     time.Duration // 0: any age
	linearizable bool
}

// takeBounds takes the consistency parameters out of a query.
func (q params) takeBounds() (bounds, error) {
	var b bounds
	if v, ok := q.take(api.ParamMinSeq); ok {
		seq, err := parseSeq(v)
		if err != nil {
			return b, api.Problemf(api.InvalidParameter, "%s: %v", api.ParamMinSeq, err)
		}
		b.minSize = seq + 1
	}
	if v, ok := q.take(api.ParamMaxStale); ok {
		age, err := parseAge(v)
		if err != nil {
			return b, api.Problemf(api.InvalidParameter, "%s: %v", api.ParamMaxStale, err)
		}
		b.maxStale = age
	}
	switch v, ok := q.take(api.ParamConsistency); {
	case !ok, v == "local":
	case v == "linearizable":
		b.linearizable = true
	default:
		return b, api.Problemf(api.InvalidParameter, "%s: want local or linearizable", api.ParamConsistency)
	}
	return b, nil
}

func parseSeq(s string) (record.Seq, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > math.MaxInt64 || s != strconv.FormatUint(n, 10) {
		return 0, errors.New("want a position: a decimal number without sign or leading zeros")
	}
	return record.Seq(n), nil
}

func parseAge(s string) (time.Duration, error) {
	const most = 24 * time.Hour
	age, err := time.ParseDuration(s)
	if n, whole := strconv.ParseUint(s, 10, 32); whole == nil {
		age, err = time.Duration(n)*time.Second, nil
	}
	if err != nil || age <= 0 || age > most {
		return 0, errors.New("want a positive duration such as 1500ms, or whole seconds, at most a day")
	}
	return age, nil
}

// vouching is what a read asks that tells a status, as a verdict or a list does: a node that may not be
// current does not say that nothing was revoked, unless the request allows an age itself.
func (s *server) vouching(b bounds) bounds {
	if b.maxStale == 0 {
		b.maxStale = s.MaxStaleDefault
	}
	return b
}

// meet waits until the local state is within b, or fails with what stands in the way.
func (s *server) meet(ctx context.Context, b bounds) error {
	if b == (bounds{}) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.WaitLimit)
	defer cancel()
	if b.linearizable {
		if err := s.Cluster.ReadBarrier(ctx); err != nil {
			return s.barrierProblem(err)
		}
	}
	if b.minSize > s.Ledger.Size() {
		if err := s.Ledger.Wait(ctx, b.minSize); err != nil {
			return s.waitProblem(err, b.minSize)
		}
	}
	if b.maxStale > 0 {
		return s.fresh(b.maxStale)
	}
	return nil
}

func (s *server) fresh(maxStale time.Duration) error {
	if age := s.Cluster.Staleness(); age > maxStale {
		return api.Problemf(api.StatusStale, "the state is older than %v", maxStale)
	}
	return nil
}

// barrierProblem states that a linearizable read could not be had. Whatever consensus says of its
// own entry, a read has no outcome to be unsure of.
func (s *server) barrierProblem(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	if errors.Is(err, consensus.ErrBehind) {
		return unready(err)
	}
	p := api.NewProblem(api.StatusStale, "the newest acknowledged write cannot be known now")
	if inner := problem(err); inner.Code == api.NoLeader || inner.Code == api.ShuttingDown || inner.Code == api.Overloaded || inner.Code == api.ClockWrong {
		p = inner
	}
	return p
}

func (s *server) waitProblem(err error, size record.Seq) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return api.Problemf(api.StatusStale, "record %d has not reached this node", size-1)
	}
	return err
}

// view waits for b and returns the newest state, whose position the reply now carries. The caller
// closes it.
func (s *server) view(w *reply, r *http.Request, b bounds) (*ledger.View, error) {
	if err := s.meet(r.Context(), b); err != nil {
		return nil, err
	}
	v := s.Ledger.View()
	s.stamp(w, v.Size())
	return v, nil
}

// stamped is the header of the position that replies carried last: the same until the ledger grows.
type stamped struct {
	size  record.Seq
	value []string
}

// stamp states as of which position and age a reply holds.
func (s *server) stamp(w *reply, size record.Seq) {
	last := s.stamped.Load()
	if last == nil || last.size != size {
		last = &stamped{size, []string{strconv.FormatUint(uint64(size), 10)}}
		s.stamped.Store(last)
	}
	h := w.Header()
	h[api.HeaderSeq] = last.value
	if age := s.Cluster.Staleness(); age < unheard {
		h[api.HeaderAge] = []string{strconv.FormatInt(age.Milliseconds(), 10)}
	}
}

// unheard is an age at which a node has rather heard of no leader at all.
const unheard = 365 * 24 * time.Hour
