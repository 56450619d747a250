package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
	"github.com/tabard-id/tabard/node/internal/foreign"
	"github.com/tabard-id/tabard/node/internal/observe"
)

// Observer pins foreign DIDs; *observe.Observer does.
type Observer interface {
	// Observe fetches what a DID's host serves and has it recorded if it is new.
	Observe(ctx context.Context, id did.ID) (last ledger.Observation, recorded bool, err error)
}

// observeLimit bounds one observation that a client waits for.
const observeLimit = 20 * time.Second

// postObservation pins a foreign DID, or looks at a pinned one now.
func (s *server) postObservation(w *reply, r *http.Request, _ route) error {
	if err := noQuery(r); err != nil {
		return err
	}
	body, err := readObject(w, r, jsonTypes)
	if err != nil {
		return err
	}
	if typ, _ := body.GetString("type"); typ == record.UnpinType {
		return s.unpin(w, r, body)
	}
	text, ok := body.GetString("did")
	if !ok || body.Len() != 1 {
		return api.NewProblem(api.Malformed, `want {"did": …}, or a signed Unpin`)
	}
	last, recorded, err := s.observe(r, text)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if recorded {
		status = http.StatusCreated
	}
	o := observation(last, true)
	o.Recorded = &recorded
	w.Header().Set("Location", "/v1/observations/"+url.PathEscape(text))
	return s.sendJSON(w, r, status, o)
}

// unpin takes the statement of one who keeps the registry that a DID is not to be observed any more.
func (s *server) unpin(w *reply, r *http.Request, statement jcs.Value) error {
	op, err := record.NewUnpinOp(statement)
	if err != nil {
		return refusalOf(err)
	}
	outcome, err := s.submit(r, op, claimOf(op))
	if err != nil {
		return err
	}
	return s.sendReceipt(w, r, s.receipt(op, outcome))
}

// observe admits the question and asks it.
func (s *server) observe(r *http.Request, text string) (ledger.Observation, bool, error) {
	if s.Observer == nil {
		return ledger.Observation{}, false, api.NewProblem(api.ForeignOff, "this node asks no other hosts")
	}
	id, err := did.Parse(text)
	if err != nil {
		return ledger.Observation{}, false, api.NewProblem(api.InvalidParameter, "did: not a DID")
	}
	if !foreign.Handles(id.Method()) {
		return ledger.Observation{}, false, api.NewProblem("not-foreign", "only did:web and did:webvh DIDs have a host to observe")
	}
	if wait, ok := s.Admission.AllowN(admission.Write, r, tokensPerLook-1); !ok {
		return ledger.Observation{}, false, rateLimited(wait)
	}
	done, err := s.admitsPin(r, id)
	if err != nil {
		return ledger.Observation{}, false, err
	}
	ctx, cancel := context.WithTimeout(s.asking(r), observeLimit)
	defer cancel()
	last, recorded, err := s.Observer.Observe(ctx, id)
	done(err == nil || problem(observeProblem(err)).Code == api.OutcomeUnknown)
	files := record.Op{Log: last.Log, LogWitness: last.Witness}
	s.Admission.Charge(admission.Write, r, float64(files.Signatures())/signaturesPerToken+float64(len(last.Log)/bytesPerToken))
	if err != nil {
		return ledger.Observation{}, false, observeProblem(err)
	}
	return last, recorded, nil
}

// admitsPin applies the policy: what is pinned already anybody may have looked at. Of others, an address
// may pin so many at a node, and with an allow-list only those listed. done is to be told whether the DID
// may be pinned now.
func (s *server) admitsPin(r *http.Request, id did.ID) (done func(bool), err error) {
	v := s.Ledger.View()
	defer v.Close()
	if pinned, err := v.Pinned(id); err != nil || pinned {
		return func(bool) {}, err
	}
	if s.Admission.Mode() != admission.Open {
		admitted, err := s.Admission.Admits(r.Context(), registry{v, s.now()}, admission.Claim{Subject: id})
		if err != nil {
			return nil, err
		}
		if !admitted {
			return nil, api.NewProblem(api.NotAdmitted, "the DID is not on this registry's list")
		}
	}
	done, ok := s.pins.take(s.Admission.Address(r), []string{string(id)}, s.now(), s.pinned)
	if !ok {
		return nil, api.NewProblem(api.PinLimit, "this address has pinned as many DIDs here as one may")
	}
	return done, nil
}

func (s *server) pinned(id string) bool {
	v := s.Ledger.View()
	defer v.Close()
	pinned, err := v.Pinned(did.ID(id))
	return err != nil || pinned
}

// observeProblem is why nothing was observed.
func observeProblem(err error) error {
	var refused *observe.RefusedError
	var bad *did.Error
	switch {
	case errors.As(err, &refused):
		return refusal(refused.Outcome, nil)
	case errors.Is(err, observe.ErrTooMany):
		return api.NewProblem(api.PinLimit, "as many DIDs are pinned as may be")
	case errors.Is(err, observe.ErrTooOften):
		p := rateLimited(time.Minute)
		p.Detail = "what the DID's host serves changes too often to be recorded"
		return p
	case errors.Is(err, observe.ErrTooLarge):
		return api.NewProblem(api.ForeignInvalid, err.Error())
	case errors.Is(err, observe.ErrNoLedger):
		return notBegun
	case foreign.Gone(err) && errors.As(err, &bad):
		return api.NewProblem(api.ForeignUnavailable, bad.Detail)
	case errors.As(err, &bad):
		return api.NewProblem(api.ForeignInvalid, string(bad.Code)+": "+bad.Detail)
	}
	return proposeError(err)
}

// getObservations tells what was observed of a DID, by now or as of a moment past.
func (s *server) getObservations(w *reply, r *http.Request, rt route) error {
	const most = ledger.MaxObservations
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	b, err := q.takeBounds()
	if err != nil {
		return err
	}
	after, err := q.takeCount("after", 0, 1<<31-1)
	if err != nil {
		return err
	}
	limit, err := q.takeCount("limit", most, most)
	if err != nil {
		return err
	}
	at, err := q.takeInstant(s.now())
	if err == nil {
		err = q.rest()
	}
	if err != nil {
		return err
	}
	text, err := decodeIdentifier(rt.rest)
	if err != nil {
		return err
	}
	id, err := did.Parse(text)
	if err != nil {
		return err
	}
	v, err := s.view(w, r, b)
	if err != nil {
		return err
	}
	list, err := observations(v, id, at, after, limit)
	v.Close()
	if err != nil {
		return err
	}
	return s.sendJSON(w, r, http.StatusOK, list)
}

// takeCount takes a number of 0 to most.
func (q params) takeCount(name string, otherwise, most int) (int, error) {
	text, ok := q.take(name)
	if !ok {
		return otherwise, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || int(n) > most || text[0] == '+' {
		return 0, api.Problemf(api.InvalidParameter, "%s: want a number of 0 to %d", name, most)
	}
	return int(n), nil
}

func observations(v *ledger.View, id did.ID, at instant, after, limit int) (api.Observations, error) {
	var from foreign.Observations = v
	if at.set() {
		past, _, _, err := at.find(v)
		if err != nil {
			return api.Observations{}, err
		}
		from = past
	}
	last, ok, err := from.Observation(id)
	if err != nil {
		return api.Observations{}, err
	}
	if !ok {
		return api.Observations{}, api.NewProblem(api.NotFound, "the DID was not observed here")
	}
	page, err := from.Observations(id, after, limit)
	if err != nil {
		return api.Observations{}, err
	}
	out := api.Observations{DID: string(id), Newest: observation(last, true), Observations: make([]api.Observation, len(page))}
	for i, o := range page {
		out.Observations[i] = observation(o, false)
	}
	out.More = len(page) > 0 && page[len(page)-1].Number < last.Number
	return out, nil
}

func observation(o ledger.Observation, whole bool) api.Observation {
	out := api.Observation{
		DID: string(o.DID), Number: o.Number, Seq: uint64(o.Seq), Time: o.Time.String(),
		Fetched: o.Fetched.UTC().Format(time.RFC3339Nano), Node: o.Node, VersionID: o.VersionID,
		Deactivated: o.Deactivated, Diverged: o.Diverged, Rewritten: o.Rewritten,
	}
	if !o.Deactivated {
		out.Digest = o.Digest.String()
		if whole {
			out.Document = json.RawMessage(o.Document.Canonical())
		}
	}
	return out
}
