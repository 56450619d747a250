package httpapi

import (
	"context"
	"mime"
	"net/http"
	"time"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
)

// verification is a request to judge something.
type verification struct {
	bounds  bounds
	at      instant
	doc     jcs.Value // object, or string holding a token
	options jcs.Value
	// unsecured: the presentation came under the name of one without proof.
	unsecured bool
}

// postVerify judges a credential (VCALM, "Verify Credential"): 200 for one that verifies, 400 with the
// reasons for any other, and 503 while this node cannot tell whether it is current.
func (s *server) postVerify(w *reply, r *http.Request, _ route) error {
	q, err := s.readVerification(w, r, "verifiableCredential", "")
	if err != nil {
		return err
	}
	return s.judge(w, r, q, func(ctx context.Context, v *credential.Verifier, _ *slot) (api.Verification, error) {
		out := api.Verification{Verdict: v.Verify(ctx, q.doc)}
		if asked(q.options, "returnCredential") {
			out.Credential = &q.doc
		}
		return out, nil
	})
}

// postVerifyPresentation judges a presentation and every credential in it (VCALM, "Verify
// Presentation"), with the same statuses.
func (s *server) postVerifyPresentation(w *reply, r *http.Request, _ route) error {
	q, err := s.readVerification(w, r, "verifiablePresentation", "presentation")
	if err != nil {
		return err
	}
	options, err := presentationOptions(q)
	if err != nil {
		return err
	}
	return s.judge(w, r, q, func(ctx context.Context, v *credential.Verifier, slot *slot) (out api.Verification, err error) {
		out.Verdict, err = s.answered(ctx, slot, options.Challenge, func() credential.Verdict {
			return v.VerifyPresentation(ctx, q.doc, options)
		})
		if asked(q.options, "returnPresentation") {
			out.Presentation = &q.doc
		}
		return out, err
	})
}

// presentationOptions reads what a presentation must be made for. Options that are not known are
// tolerated; a known one of the wrong type is not: it would silently be no demand at all.
func presentationOptions(q verification) (credential.PresentationOptions, error) {
	var o credential.PresentationOptions
	if v, ok := q.options.Get("challenge"); ok {
		if o.Challenge, ok = v.Str(); !ok || o.Challenge == "" {
			return o, api.NewProblem(api.Malformed, "options.challenge: want a string that is not empty")
		}
	}
	if v, ok := q.options.Get("domain"); ok {
		domains, ok := stringSet(v)
		if !ok {
			return o, api.NewProblem(api.Malformed, "options.domain: want a string that is not empty, or several")
		}
		o.Domain = domains
	}
	if q.unsecured && (o.Challenge != "" || o.Domain != nil) {
		return o, api.NewProblem(api.Malformed, "a presentation without proof answers no challenge and names no domain")
	}
	o.AllowUnsecured = q.unsecured
	return o, nil
}

// stringSet reads a string or a list of them; none may be empty.
func stringSet(v jcs.Value) ([]string, bool) {
	const most = 32
	if s, ok := v.Str(); ok {
		return []string{s}, s != ""
	}
	if !v.IsArray() || v.Len() == 0 || v.Len() > most {
		return nil, false
	}
	var set []string
	for item := range v.Elems() {
		s, ok := item.Str()
		if !ok || s == "" {
			return nil, false
		}
		set = append(set, s)
	}
	return set, true
}

func asked(options jcs.Value, name string) bool {
	v, _ := options.Get(name)
	yes, _ := v.Bool()
	return yes
}

// securedTypes are the types of bodies that are a credential or presentation themselves.
var securedTypes = []string{
	"application/vc+jwt", "application/vc+sd-jwt", "application/vc+cose",
	"application/vp+jwt", "application/vp+sd-jwt", "application/vp+cose",
}

// readVerification reads a request: what to judge under one of two names (the second of something
// without proof), or as the whole body under a type of its own.
func (s *server) readVerification(w *reply, r *http.Request, name, bare string) (verification, error) {
	var q verification
	params, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return q, err
	}
	if q.bounds, err = params.takeBounds(); err != nil {
		return q, err
	}
	if q.at, err = params.takeInstant(s.now()); err != nil {
		return q, err
	}
	if err := params.rest(); err != nil {
		return q, err
	}
	q.bounds = s.vouching(q.bounds)
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) //nolint:errcheck // checkType says what is wrong
	for _, secured := range securedTypes {
		if media == secured {
			q.doc, err = readSecured(w, r, media)
			return q, err
		}
	}
	types := jsonTypes
	if bare != "" {
		types = vpTypes
	}
	body, err := readObject(w, r, types)
	if err != nil {
		return q, err
	}
	return q, q.take(body, media, name, bare)
}

// take finds what to judge in a JSON body.
func (q *verification) take(body jcs.Value, media, name, bare string) error {
	var ok bool
	if q.doc, ok = body.Get(name); !ok && bare != "" {
		q.doc, q.unsecured = body.Get(bare)
		ok = q.unsecured
	}
	if !ok && media != api.TypeJSON {
		if _, itself := body.Get("@context"); itself {
			q.doc = body
			return nil
		}
	}
	if !ok {
		return api.Problemf(api.Malformed, "want {\"%s\": …}", name)
	}
	if options, has := body.Get("options"); has {
		if !options.IsObject() {
			return api.NewProblem(api.Malformed, "options: want an object")
		}
		q.options = options
	}
	return nil
}

// judge runs one verification within the bounds on all of them, and answers with its verdict.
func (s *server) judge(w *reply, r *http.Request, q verification, run func(context.Context, *credential.Verifier, *slot) (api.Verification, error)) error {
	paid, bill := documentCost(q.doc), new(bill)
	if err := s.afford(admission.Verify, r, paid); err != nil {
		return err
	}
	defer func() { s.settleBill(r, bill, paid) }()
	ctx, cancel := context.WithTimeout(s.asking(r), s.VerifyTimeout)
	defer cancel()
	slot, err := s.verifications.enter(ctx, s.Admission.Address(r))
	if err != nil {
		return err
	}
	defer slot.leave()
	v, err := s.view(w, r, q.bounds)
	if err != nil {
		return err
	}
	defer v.Close()
	verifier, err := s.verifier(v, q, slot)
	if err != nil {
		return err
	}
	bill.count(r.Context(), verifier)
	out, err := run(ctx, verifier, slot)
	if err != nil {
		return err
	}
	if err := r.Context().Err(); err != nil {
		return err
	}
	if err := s.sound(); err != nil {
		return err // the verdict may rest on what could not be read
	}
	if !out.Verified && slot.refused != nil {
		return slot.refused
	}
	w.Header()[keyCacheControl] = valueNoStore
	if out.Verified {
		return s.sendJSON(w, r, http.StatusOK, out)
	}
	return s.sendJSON(w, r, http.StatusBadRequest, out)
}

// verifier is set up for one request, as of now or as of a moment past.
func (s *server) verifier(v *ledger.View, q verification, slot *slot) (*credential.Verifier, error) {
	now := s.now()
	verifier := &credential.Verifier{
		Status: v, Signature: s.Verify, Processor: s.Processor, Proofs: s.Proofs,
		Decoded: s.lists, Compiled: s.compiled, Now: now,
		AcceptAnyIssuer: s.AcceptAnyIssuer || asked(q.options, "acceptAnyIssuer"),
		FreshUntil:      now.Add(q.bounds.maxStale - s.Cluster.Staleness()),
	}
	outside := &outside{server: s, slot: slot}
	verifier.Lists, verifier.Schemas = s.statusLists(v, outside.lists()), schemas{v, outside.schemas()}
	if !q.at.set() {
		verifier.Resolver = &resolver{view: v, outside: outside}
		if asOf, ok := asOf(v); ok {
			verifier.AsOf = &credential.AsOf{Ledger: asOf.Ledger, Seq: uint64(asOf.Seq), Time: asOf.Time}
		}
		return verifier, nil
	}
	past, seq, at, err := q.at.find(v)
	if err != nil {
		return nil, err
	}
	verifier.Resolver, verifier.Lists = &pastResolver{past: past, outside: outside, at: at}, s.statusLists(past, outside.lists())
	verifier.Status, verifier.Hindsight, verifier.Now, verifier.FreshUntil = past, v, at, time.Time{}
	verifier.AsOf = &credential.AsOf{Ledger: past.LedgerID(), Seq: uint64(seq), Time: past.Time().UTC().Format(recordTime)}
	return verifier, nil
}

// recordTime is the form of the time of records.
const recordTime = "2006-01-02T15:04:05.000Z"
