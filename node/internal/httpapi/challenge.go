package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/challenge"
)

// postChallenge issues a challenge for a presentation to carry (VCALM, "Create Challenge"). The body
// does not matter.
func (s *server) postChallenge(w *reply, r *http.Request, _ route) error {
	if _, err := onlyBounds(r); err != nil {
		return err
	}
	text, err := s.Challenges.Issue()
	if errors.Is(err, challenge.ErrFull) {
		return api.NewProblem(api.Overloaded, err.Error())
	}
	if err != nil {
		return err
	}
	w.Header()[keyCacheControl] = valueNoStore
	return s.sendJSON(w, r, http.StatusOK, api.Challenge{Challenge: text})
}

// answered is the verdict on something that must answer a challenge, which it uses up if it
// verifies: one that does not costs nobody a challenge. A challenge that is known to be no good is refused
// before anything else is looked at, so that a replay costs little.
func (s *server) answered(ctx context.Context, slot *slot, text string, verify func() credential.Verdict) (credential.Verdict, error) {
	if err := s.Challenges.Check(text); err != nil {
		return refusedChallenge(err), nil
	}
	verdict := verify()
	if !verdict.Verified {
		return verdict, nil
	}
	slot.endTurn() // another node may have to be asked
	used := s.Challenges.Spend(ctx, s.Cluster.Ask, text)
	if err := slot.resume(ctx); err != nil {
		return verdict, err
	}
	if used != nil {
		return refusedChallenge(used), nil
	}
	return verdict, nil
}

// refusedChallenge is the verdict where the challenge cannot be used: nothing else counts.
func refusedChallenge(err error) credential.Verdict {
	code := credential.Code("challenge-unknown")
	var unconfirmed *challenge.UnconfirmedError
	switch {
	case errors.Is(err, challenge.ErrExpired):
		code = "challenge-expired"
	case errors.Is(err, challenge.ErrSpent):
		code = "challenge-spent"
	case errors.As(err, &unconfirmed):
		code = "challenge-unconfirmed"
	}
	return credential.Verdict{
		Checks: []credential.Check{{Name: credential.CheckChallenge, Outcome: credential.Failed, Code: code, Detail: err.Error()}},
		ProblemDetails: []credential.Problem{{
			Type: "https://w3id.org/security#INVALID_CHALLENGE_ERROR", Title: "The challenge cannot be used.", Detail: err.Error(), Code: code,
		}},
	}
}
