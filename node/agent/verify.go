package agent

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jwk"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/node/api"
)

// refusedVerdict is the reply to a request that no verdict could be passed on. VC
// API clients look for verified first: one that looks at nothing else must not
// take a refusal for a pass.
type refusedVerdict struct {
	*api.Problem
	Verified       bool           `json:"verified"`
	ProblemDetails []*api.Problem `json:"problemDetails"`
}

func (a *Agent) refuseVerdict(r *http.Request, err error) (int, any, error) {
	status, p := a.refusal(r, err)
	return status, refusedVerdict{p, false, []*api.Problem{p}}, nil
}

// verification is what a request to verify asks for.
type verification struct {
	doc jcs.Value
	credential.Options
	wishes api.VerdictWishes
	// returned is the name under which what was verified comes back, "" if it does not.
	returned string
}

// readVerification reads what to verify from the member name, and the options.
func readVerification(r *http.Request, name, returned string) (verification, error) {
	var q verification
	body, err := readObject(r)
	if err != nil {
		return q, err
	}
	var ok bool
	if q.doc, ok = body.Get(name); !ok {
		return q, malformed(`want {"%s": …, "options": {"challenge": …, "domain": …}}`, name)
	}
	opt := api.ReadOptions(body, name)
	q.Challenge, q.Domain, q.wishes = opt.Text("challenge"), opt.Texts("domain"), opt.Wishes()
	if opt.Bool(returned) {
		q.returned = name
	}
	opt.Verification()
	return q, opt.Rest()
}

func (a *Agent) verifyCredential(r *http.Request) (int, any, error) {
	q, err := readVerification(r, "verifiableCredential", "returnCredential")
	if err != nil {
		return a.refuseVerdict(r, err)
	}
	return a.conclude(r, q, a.verifier(r.Context(), q).VerifyFor(r.Context(), q.doc, q.Options))
}

func (a *Agent) verifyPresentation(r *http.Request) (int, any, error) {
	q, err := readVerification(r, "verifiablePresentation", "returnPresentation")
	if err != nil {
		return a.refuseVerdict(r, err)
	}
	demand := credential.PresentationOptions{Challenge: q.Challenge, Domain: q.Domain}
	return a.conclude(r, q, a.verifier(r.Context(), q).VerifyPresentation(r.Context(), q.doc, demand))
}

// conclude is 200 for what holds and 400 for what does not. What holds uses up the challenge.
func (a *Agent) conclude(r *http.Request, q verification, v credential.Verdict) (int, any, error) {
	if v.Verified && !a.challenges.spend(q.Challenge) {
		return a.refuseVerdict(r, api.Problemf(api.Malformed, "the challenge was used before, or has expired"))
	}
	reply := api.Verification{Verdict: v}
	switch q.returned {
	case "verifiableCredential":
		reply.Credential = &q.doc
	case "verifiablePresentation":
		reply.Presentation = &q.doc
	}
	if v.Verified {
		return http.StatusOK, reply, nil
	}
	return http.StatusBadRequest, reply, nil
}

// verifier is set up for one request.
func (a *Agent) verifier(ctx context.Context, q verification) *credential.Verifier {
	v := &credential.Verifier{
		Resolver: resolver{a.Resolver}, Status: a.statuses(ctx), Lists: ownLists{a}, Schemas: a.Schemas,
		Processor: a.Processor, Proofs: a.proofs, Now: a.Now(),
	}
	a.Verdicts.Apply(v, q.wishes)
	return v
}

// statuses is the source of statuses for one verification.
func (a *Agent) statuses(ctx context.Context) credential.StatusSource {
	if of, ok := a.Status.(interface {
		within(context.Context) credential.StatusSource
	}); ok {
		return of.within(ctx)
	}
	return a.Status
}

// resolver computes documents that follow from their DIDs, and asks for others.
type resolver struct{ others did.Resolver }

func (r resolver) Resolve(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	switch id.Method() {
	case "key":
		return key.Resolver{}.Resolve(ctx, id, opt)
	case "jwk":
		return jwk.Resolver{}.Resolve(ctx, id, opt)
	}
	if r.others == nil {
		return did.Resolution{}, &did.Error{Code: did.MethodNotSupported, Detail: "this agent knows no registry that resolves did:" + id.Method()}
	}
	return r.others.Resolve(ctx, id, opt)
}

// errNoLists: the agent fetches nothing it was not given a way to fetch.
var errNoLists = errors.New("this agent fetches no status lists from elsewhere")

// ownLists answers for the lists that the agent publishes from its own book.
type ownLists struct{ a *Agent }

func (o ownLists) StatusList(ctx context.Context, url string, at time.Time) (credential.ListDocument, error) {
	if path, ok := strings.CutPrefix(url, o.a.BaseURL+"/status-lists/"); ok {
		list, err := parseListPath(path)
		if err != nil {
			return credential.ListDocument{}, err
		}
		vc, err := o.a.signedList(ctx, list)
		return credential.ListDocument{Value: vc, FetchedAt: o.a.Now()}, err
	}
	if doc, ok, err := o.a.registryList(ctx, url); ok || err != nil {
		return doc, err
	}
	if o.a.Lists == nil {
		return credential.ListDocument{}, errNoLists
	}
	return o.a.Lists.StatusList(ctx, url, at)
}

// challenge makes a challenge that one presentation may answer (VC API, Challenges).
func (a *Agent) challenge(r *http.Request) (int, any, error) {
	c, err := a.challenges.issue()
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, c, nil
}

// health is 503 while the agent cannot write its journal, and so neither issue with a
// status nor change one.
func (a *Agent) health(*http.Request) (int, any, error) {
	if err := a.book.health(); err != nil {
		return http.StatusServiceUnavailable, map[string]any{"ok": false, "detail": errJournal.Error()}, nil
	}
	return http.StatusOK, map[string]any{"ok": true}, nil
}

// listedKey is a key as the outside may see it.
type listedKey struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	Controller string `json:"controller"`
	Public     string `json:"publicKeyMultibase"`
}

func (a *Agent) listKeys(*http.Request) (int, any, error) {
	list := []listedKey{}
	for _, k := range a.Keys.Keys() {
		list = append(list, listedKey{k.Method, "Multikey", string(k.DID()), k.Signer.Public().String()})
	}
	return http.StatusOK, map[string]any{"keys": list}, nil
}
