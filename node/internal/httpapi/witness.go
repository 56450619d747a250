package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
	"github.com/tabard-id/tabard/node/internal/witness"
)

// Witness approves log entries; *witness.Witness does.
type Witness interface {
	ID() did.ID
	Approve(ctx context.Context, entries []jcs.Value) (jcs.Value, error)
}

// postWitnessing has the next entries of a did:webvh log approved. The specification leaves to
// implementations how entries come to witnesses: here as JSON Lines, and back comes a did-witness.json.
func (s *server) postWitnessing(w *reply, r *http.Request, _ route) error {
	if err := noQuery(r); err != nil {
		return err
	}
	if s.Witness == nil {
		return api.NewProblem(api.NotFound, "this node is nobody's witness")
	}
	entries, err := readLines(w, r)
	if err != nil {
		return err
	}
	signatures := 0
	for _, entry := range entries {
		signatures += len(proofsOf(entry))
	}
	if err := s.afford(admission.Verify, r, float64(signatures)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), observeLimit)
	defer cancel()
	file, err := s.Witness.Approve(ctx, entries)
	if err != nil {
		return witnessProblem(err)
	}
	h := w.Header()
	h[keyCacheControl] = valueNoStore
	s.stamp(w, s.Ledger.Size())
	return w.send(r, http.StatusOK, api.TypeJSON, append(file.Canonical(), '\n'))
}

// getWitnessing tells which witness this node is.
func (s *server) getWitnessing(w *reply, r *http.Request, _ route) error {
	if s.Witness == nil {
		return api.NewProblem(api.NotFound, "this node is nobody's witness")
	}
	return s.sendJSON(w, r, http.StatusOK, map[string]did.ID{"id": s.Witness.ID()})
}

func witnessProblem(err error) error {
	var bad *webvh.Error
	switch {
	case errors.Is(err, witness.ErrNotServed), errors.Is(err, witness.ErrNotNamed):
		return api.NewProblem(api.WitnessRefused, err.Error())
	case errors.Is(err, witness.ErrFork):
		return api.NewProblem(api.WitnessFork, err.Error())
	case errors.Is(err, witness.ErrGap):
		return api.NewProblem(api.StalePredecessor, err.Error())
	case errors.Is(err, witness.ErrMalformed):
		return api.NewProblem(api.Malformed, err.Error())
	case errors.As(err, &bad):
		return api.NewProblem(api.Code(bad.Rule), bad.Error())
	case did.CodeOf(err) != did.InternalError:
		return observeProblem(err)
	}
	return err
}
