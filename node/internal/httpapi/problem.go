package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/node/api"
)

// errSent marks an error after the reply began, when nothing can be said any more.
type errSent struct{ error }

func sent(err error) error {
	if err == nil {
		return nil
	}
	return errSent{err}
}

func rateLimited(wait time.Duration) *api.Problem {
	p := api.NewProblem(api.RateLimited, "this address has used up its rate")
	p.RetryAfter = max(1, int((wait+time.Second-1)/time.Second))
	return p
}

// problem is the one mapping from errors to problems. What it does not know is a bug of ours: a
// bare 500 that says nothing of its cause.
func problem(err error) *api.Problem {
	var p *api.Problem
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &tooLarge):
		return api.Problemf(api.BodyTooLarge, "at most %d bytes", tooLarge.Limit)
	case ledger.IsCorruption(err):
		return errDamaged
	case errors.Is(err, ledger.ErrNotFound):
		return api.NewProblem(api.NotFound, "the ledger holds nothing of that name or position")
	case errors.Is(err, consensus.ErrClock):
		return api.NewProblem(api.ClockWrong, "this node's clock is not that of its peers")
	case errors.Is(err, consensus.ErrBehind):
		return api.NewProblem(api.StatusStale, "this node is catching up with the cluster")
	case errors.Is(err, consensus.ErrNoLeader):
		return api.NewProblem(api.NoLeader, "no leader could be reached")
	case errors.Is(err, consensus.ErrOverloaded):
		return api.NewProblem(api.Overloaded, "too many writes are waiting")
	case errors.Is(err, consensus.ErrClosed), errors.Is(err, ledger.ErrClosed):
		return api.NewProblem(api.ShuttingDown, "this node is stopping: ask another")
	case errors.Is(err, consensus.ErrTooLarge):
		return api.NewProblem(api.BodyTooLarge, "the operation is too large for one command")
	case errors.Is(err, consensus.ErrOutcomeUnknown):
		return api.NewProblem(api.OutcomeUnknown, "the operation may or may not be applied; it is safe to send it again")
	}
	return problemOfJSON(err)
}

func problemOfJSON(err error) *api.Problem {
	var resolution *did.Error
	switch {
	case errors.Is(err, jcs.ErrDuplicateName):
		return api.NewProblem(api.DuplicateName, err.Error())
	case errors.Is(err, jcs.ErrTooDeep):
		return api.NewProblem(api.TooDeep, err.Error())
	case errors.Is(err, jcs.ErrTooLarge):
		return api.NewProblem(api.BodyTooLarge, err.Error())
	case errors.Is(err, jcs.ErrSyntax):
		return api.NewProblem(api.Malformed, err.Error())
	case errors.As(err, &resolution) && resolution.Code == did.NotFound:
		return api.NewProblem(api.NotFound, explain(resolution))
	case errors.As(err, &resolution) && !ours(resolution.Code):
		return api.NewProblem(api.InvalidParameter, explain(resolution))
	case errors.Is(err, context.DeadlineExceeded):
		return api.NewProblem(api.StatusStale, "not in time")
	}
	return api.NewProblem(api.Internal, "this node failed: its log says why")
}

// errDamaged is the problem of a node that is out of service: its files hold something else than was
// written to them.
var errDamaged = api.NewProblem(api.LedgerCorrupt, "this node's ledger is damaged: ask another node; this one's log says which file, and what to do")

// sound returns errDamaged where the ledger is known to be damaged. Of what is read there nothing is
// wrong, but much may be missing.
func (s *server) sound() error {
	if s.Ledger.Damage() != nil {
		return errDamaged
	}
	return nil
}

// fail ends a request with a problem, unless its reply has begun or nobody waits for one.
func (s *server) fail(rt route, w *reply, r *http.Request, err error) {
	var begun errSent
	if err := s.Ledger.Report(err); errors.As(err, &begun) || w.status != 0 {
		level := slog.LevelError // begun, and what was to follow cannot be had
		if begun.error != nil {
			level = slog.LevelDebug // the client does not take it
		}
		s.Logger.Log(r.Context(), level, "reply cut short", "route", rt.name, "error", err)
		w.cut = true
		if w.status == 0 {
			w.status = statusClientGone
		}
		return
	}
	if r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		w.status = statusClientGone
		return
	}
	p := problem(err)
	if rt.operates(r) {
		p = p.Refused()
	}
	if p.Code == api.Internal {
		s.Logger.Error("request failed", "route", rt.name, "error", err)
	}
	s.sendProblem(rt, w, r, p)
}

// statusClientGone is logged and counted for requests whose client did not wait; it is never sent.
const statusClientGone = 499

// verdictProblem is the problem of a verification that was not made. VC API clients look for verified
// first: one that looks at nothing else must not take a refusal for a pass.
type verdictProblem struct {
	*api.Problem
	Verified       bool           `json:"verified"`
	ProblemDetails []*api.Problem `json:"problemDetails"`
}

func (s *server) sendProblem(rt route, w *reply, r *http.Request, p *api.Problem) {
	var doc any = p
	if rt.name == verifyPath || rt.name == presentationPath {
		doc = verdictProblem{p, false, []*api.Problem{p}}
	}
	body, err := json.Marshal(doc)
	if err != nil { // cannot be: strings and numbers
		s.Logger.Error("encoding a problem", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.code = p.Code
	h := w.Header()
	for _, stale := range []string{keyETag, keyVary, "Last-Modified"} {
		delete(h, stale)
	}
	h[keyCacheControl] = valueNoStore
	if p.RetryAfter > 0 {
		h[keyRetryAfter] = []string{strconv.Itoa(p.RetryAfter)}
	}
	if h[api.HeaderSeq] == nil {
		s.stamp(w, s.Ledger.Size())
	}
	if err := w.send(r, p.Status, api.TypeProblem, append(body, '\n')); err != nil {
		s.Logger.LogAttrs(r.Context(), slog.LevelDebug, "reply cut short", slog.Any("error", err))
	}
}
