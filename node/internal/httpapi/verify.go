package httpapi

import (
	"context"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
)

// verification is a request to judge something.
type verification struct {
	bounds bounds
	at     instant
	doc    jcs.Value // object, or string holding a token
	// unsecured: the presentation came under the name of one without proof.
	unsecured bool
	// What the options ask for.
	credential.Options
	wishes   api.VerdictWishes
	returned bool
}

// postVerify judges a credential (VCALM, "Verify Credential"): 200 for one that verifies, 400 with the
// reasons for any other, and 503 while this node cannot tell whether it is current.
func (s *server) postVerify(w *reply, r *http.Request, _ route) error {
	q, err := s.readVerification(w, r, "verifiableCredential", "")
	if err != nil {
		return err
	}
	return s.judge(w, r, q, func(ctx context.Context, v *credential.Verifier, slot *slot) (out api.Verification, err error) {
		out.Verdict, err = s.answered(ctx, slot, q.Challenge, func() credential.Verdict {
			return v.VerifyFor(ctx, q.doc, q.Options)
		})
		if q.returned {
			out.Credential = &q.doc
		}
		return out, err
	})
}

// postVerifyPresentation judges a presentation and every credential in it (VCALM, "Verify
// Presentation"), with the same statuses.
func (s *server) postVerifyPresentation(w *reply, r *http.Request, _ route) error {
	q, err := s.readVerification(w, r, "verifiablePresentation", "presentation")
	if err != nil {
		return err
	}
	options := credential.PresentationOptions{Challenge: q.Challenge, Domain: q.Domain, AllowUnsecured: q.unsecured}
	return s.judge(w, r, q, func(ctx context.Context, v *credential.Verifier, slot *slot) (out api.Verification, err error) {
		out.Verdict, err = s.answered(ctx, slot, options.Challenge, func() credential.Verdict {
			return v.VerifyPresentation(ctx, q.doc, options)
		})
		out.Verdict.Presentation = true
		if q.returned {
			out.Presentation = &q.doc
		}
		return out, err
	})
}

// takeOptions reads what the credential or presentation must have been made for, and what the verdict rests on.
func (q *verification) takeOptions(o *api.Options, returned string) error {
	q.Challenge, q.Domain = o.Text("challenge"), o.Texts("domain")
	q.returned, q.wishes = o.Bool(returned), o.Wishes()
	o.Verification()
	if err := o.Rest(); err != nil {
		return err
	}
	if q.unsecured && (q.Challenge != "" || q.Domain != nil) {
		return api.NewProblem(api.Malformed, "a presentation without proof answers no challenge and names no domain")
	}
	return nil
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
	types := jsonTypes
	if bare != "" {
		types = vpTypes
	}
	if err := checkType(r, slices.Concat(types, securedTypes)); err != nil {
		return q, err
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) //nolint:errcheck // checkType says what is wrong
	if slices.Contains(securedTypes, media) {
		q.doc, err = readSecured(w, r, media)
		return q, err
	}
	data, err := readTyped(w, r, types)
	if err != nil {
		return q, err
	}
	body, err := objectOf(jcs.Decode(data)) // what is not exact is for the verdict to say
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
	read, returned := name, "returnCredential"
	if q.unsecured {
		read = bare
	}
	if bare != "" {
		returned = "returnPresentation"
	}
	return q.takeOptions(api.ReadOptions(body, read), returned)
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
		FreshUntil: now.Add(q.bounds.maxStale - s.Cluster.Staleness()),
	}
	s.Verdicts.Apply(verifier, q.wishes)
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
