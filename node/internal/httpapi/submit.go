package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
)

// submit takes an operation from admission to its receipt. Every error leaves the ledger as it was,
// save one: outcome-unknown.
func (s *server) submit(r *http.Request, op record.Op, claim admission.Claim) (record.Outcome, error) {
	return s.submitUntil(r.Context(), r, op, claim)
}

// submitUntil is submit where the client's going does not end what has been proposed, ctx does: until
// then it ends the work, since nobody waits for it.
func (s *server) submitUntil(ctx context.Context, r *http.Request, op record.Op, claim admission.Claim) (outcome record.Outcome, failed error) {
	command := op.Encode()
	if len(command) > record.MaxCommand {
		return record.Outcome{}, api.Problemf(api.BodyTooLarge, "an operation has at most %d bytes", record.MaxCommand)
	}
	if err := s.affordOp(r, op); err != nil {
		return record.Outcome{}, err
	}
	if err := unheeded(op); err != nil {
		return record.Outcome{}, err
	}
	if err := s.admit(r.Context(), op, claim); err != nil {
		return record.Outcome{}, err
	}
	judged, err := s.precheck(r, op)
	if err != nil {
		return record.Outcome{}, err
	}
	if len(judged.Staged) > 0 {
		done, err := s.admitStaged(r, op, judged.Staged)
		if err != nil {
			return record.Outcome{}, err
		}
		defer func() { done(failed == nil || problem(failed).Code == api.OutcomeUnknown) }()
	}
	return s.propose(ctx, command)
}

// propose has a command applied and waits for its outcome.
func (s *server) propose(ctx context.Context, command []byte) (record.Outcome, error) {
	result, err := s.persist(ctx, command)
	if err != nil {
		return record.Outcome{}, proposeError(err)
	}
	outcome, err := record.DecodeOutcome(result)
	if err != nil {
		// The operation was applied, by a leader whose answers we cannot read.
		s.Logger.Error("outcome not understood", "error", err)
		return record.Outcome{}, api.NewProblem(api.OutcomeUnknown, "the leader's answer was not understood")
	}
	if outcome.Code != record.Accepted {
		return record.Outcome{}, refusal(outcome, nil)
	}
	s.settle(ctx, outcome)
	return outcome, nil
}

// persist proposes a command. If leadership is lost on the way, so that it may or may not be, it is
// proposed again: an operation's digest is its idempotency key, so the second one gets the receipt of the
// first. Whatever becomes of that, the first may still be applied.
func (s *server) persist(ctx context.Context, command []byte) ([]byte, error) {
	const attempts = 3
	end := s.now().Add(2 * s.WaitLimit)
	result, err := s.Cluster.Propose(ctx, command)
	for range attempts - 1 {
		if !errors.Is(err, consensus.ErrOutcomeUnknown) || ctx.Err() != nil || !s.now().Before(end) {
			return result, err
		}
		again, failed := s.Cluster.Propose(ctx, command)
		if failed == nil {
			return again, nil
		}
		if !errors.Is(failed, consensus.ErrOutcomeUnknown) {
			return nil, err
		}
	}
	return result, err
}

// admit applies the policy. Witness proofs pass: those of the witnesses that a registered DID names are
// its own concern, and of all others admitStaged decides. A node may lag: before it turns away whoever
// may have been registered by now, it catches up.
func (s *server) admit(ctx context.Context, op record.Op, claim admission.Claim) error {
	if op.Publish && !s.Admission.AdmitsContent() {
		return api.NewProblem(api.NotAdmitted, "this registry publishes no content of credentials: register it without publish")
	}
	if s.Admission.Mode() == admission.Open || op.Name == record.OpWitness {
		return nil
	}
	admitted, err := s.admits(ctx, claim)
	if err != nil || admitted {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.WaitLimit)
	defer cancel()
	if err := s.Cluster.ReadBarrier(ctx); err != nil {
		return s.barrierProblem(err)
	}
	if admitted, err = s.admits(ctx, claim); err != nil || admitted {
		return err
	}
	return api.NewProblem(api.NotAdmitted, "neither the subject nor the signer is on this registry's list, nor has a controller on it confirmed the subject")
}

func (s *server) admits(ctx context.Context, claim admission.Claim) (bool, error) {
	v := s.Ledger.View()
	defer v.Close()
	return s.Admission.Admits(ctx, registry{v, s.now()}, claim)
}

// timeless are the refusals that follow from an operation's bytes: no state, however new, would have
// it otherwise.
var timeless = map[record.Code]bool{
	record.Malformed: true, record.EntryMalformed: true, record.EntryTooLarge: true, record.RecordTooLarge: true,
	record.MethodUnknown: true, record.CryptosuiteNotAllowed: true, record.StateID: true, record.DocumentInvalid: true,
	record.ReservedPath: true, record.CredentialInvalid: true, record.DigestMismatch: true,
	record.PresentationInvalid: true, record.TooManySignatures: true,
}

// notBegun answers writes before there is a record 0. That one is the registry's own: the nodes make
// it, and nobody else may.
var notBegun = api.NewProblem(api.StatusStale, "the ledger has no record yet")

// lagPatience is how long a node that lags tries to catch up before it passes a write on unseen.
const lagPatience = time.Second

// precheck judges an operation by the local state, so that what cannot be accepted costs no entry of
// the replicated log. A node may lag: before it refuses it catches up and looks again. Where that
// takes long, as after an install, the cluster gets to decide, since every node checks what it applies;
// but for witness proofs, of which the policy has a say that only the newest state shows.
func (s *server) precheck(r *http.Request, op record.Op) (ledger.Judgement, error) {
	judged, err := s.check(r, op)
	switch {
	case err == nil && judged.Code == record.Accepted && s.Ledger.Size() > 0:
		return judged, nil
	case err == nil && timeless[judged.Code]:
		return judged, refusal(judged.Outcome, judged.Why)
	case r.Context().Err() != nil:
		return judged, r.Context().Err()
	}
	barrier, cancel := context.WithTimeout(r.Context(), min(s.WaitLimit, lagPatience))
	defer cancel()
	if err := s.Cluster.ReadBarrier(barrier); err != nil {
		if errors.Is(err, consensus.ErrBehind) && r.Context().Err() == nil && op.Name != record.OpWitness {
			return ledger.Judgement{}, nil
		}
		return judged, s.barrierProblem(err)
	}
	if s.Ledger.Size() == 0 {
		return judged, notBegun
	}
	if judged, err = s.check(r, op); err != nil {
		return judged, err
	}
	if judged.Code == record.Accepted {
		return judged, nil
	}
	return judged, refusal(judged.Outcome, judged.Why)
}

// check judges an operation when its client's turn has come, and charges for what could not be known
// before. It ends when the client does.
func (s *server) check(r *http.Request, op record.Op) (ledger.Judgement, error) {
	leave, err := s.turns.enter(r.Context(), s.Admission.Address(r))
	if err != nil {
		return ledger.Judgement{}, err
	}
	defer leave()
	judged, err := s.Ledger.Check(r.Context(), op, s.now())
	s.Admission.Charge(admission.Write, r, float64(judged.Steps)/stepsPerToken)
	return judged, err
}

// refusal is the problem of an outcome that is not acceptance.
func refusal(outcome record.Outcome, why error) *api.Problem {
	code, detail := outcome.Code.String(), ""
	if why != nil {
		detail = why.Error()
	}
	for strings.HasPrefix(detail, code+": ") { // the code stands by itself already
		detail = detail[len(code)+2:]
	}
	p := api.NewProblem(api.Code(code), detail)
	p.Head = outcome.Head
	return p
}

// proposeError keeps a write's two bad endings apart: what surely was not proposed, and what may
// have been.
func proposeError(err error) error {
	if consensus.NotProposed(err) || errors.Is(err, consensus.ErrOutcomeUnknown) {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return consensus.ErrOutcomeUnknown
	}
	return err
}

// settle waits until this node has applied what it is about to confirm, so that whoever holds the
// receipt can read it here. A node that lags does not hold the receipt back for long.
func (s *server) settle(ctx context.Context, outcome record.Outcome) {
	const patience = time.Second
	size := seqAfter(outcome.Seq)
	if outcome.Count == 0 || s.Ledger.Size() >= size {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.Ledger.Wait(ctx, size); err != nil {
		s.Logger.Debug("this node lags behind a write it forwarded", "seq", outcome.Seq, "error", err)
	}
}
