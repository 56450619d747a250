package agent

import (
	"context"
	"errors"
	"net/http"
	"slices"
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

// concluded is 200 for what holds and 400 for what does not.
func concluded(v credential.Verdict) (int, any, error) {
	if v.Verified {
		return http.StatusOK, v, nil
	}
	return http.StatusBadRequest, v, nil
}

func (a *Agent) verifyCredential(r *http.Request) (int, any, error) {
	body, err := readObject(r)
	if err != nil {
		return a.refuseVerdict(r, err)
	}
	vc, ok := body.Get("verifiableCredential")
	if !ok {
		return a.refuseVerdict(r, malformed(`want {"verifiableCredential": …}`))
	}
	opt, err := options(body)
	if err != nil {
		return a.refuseVerdict(r, err)
	}
	return concluded(a.verifier(opt).Verify(r.Context(), vc))
}

func (a *Agent) verifyPresentation(r *http.Request) (int, any, error) {
	body, err := readObject(r)
	if err != nil {
		return a.refuseVerdict(r, err)
	}
	vp, ok := body.Get("verifiablePresentation")
	if !ok {
		return a.refuseVerdict(r, malformed(`want {"verifiablePresentation": …, "options": {"challenge": …, "domain": …}}`))
	}
	opt, err := options(body)
	if err != nil {
		return a.refuseVerdict(r, err)
	}
	demand, err := demanded(opt)
	if err != nil {
		return a.refuseVerdict(r, err)
	}
	verdict := a.verifier(opt).VerifyPresentation(r.Context(), vp, demand)
	if verdict.Verified && !a.challenges.spend(demand.Challenge) {
		return a.refuseVerdict(r, api.Problemf(api.Malformed, "the challenge was used before, or has expired"))
	}
	return concluded(verdict)
}

// demanded reads what a presentation must be made for. An empty challenge or domain is
// refused: it would silently be no demand at all.
func demanded(opt jcs.Value) (credential.PresentationOptions, error) {
	var o credential.PresentationOptions
	var err error
	if o.Challenge, err = textOption(opt, "challenge"); err != nil {
		return o, err
	}
	if o.Domain, err = listOption(opt, "domain"); err != nil {
		return o, err
	}
	if _, given := opt.Get("challenge"); given && o.Challenge == "" {
		return o, malformed("options.challenge is empty")
	}
	if _, given := opt.Get("domain"); given && (len(o.Domain) == 0 || slices.Contains(o.Domain, "")) {
		return o, malformed("options.domain is empty")
	}
	return o, nil
}

// verifier is set up for one request. Its option acceptAnyIssuer takes an issuer that is
// not a DID, to which nothing ties whoever signed; the verdict says so.
func (a *Agent) verifier(opt jcs.Value) *credential.Verifier {
	anyIssuer, _ := opt.Get("acceptAnyIssuer")
	accepted, _ := anyIssuer.Bool()
	return &credential.Verifier{
		Resolver: resolver{a.Resolver}, Status: a.Status, Lists: ownLists{a}, Schemas: a.Schemas,
		Processor: a.Processor, Proofs: a.proofs, Now: a.Now(), AcceptAnyIssuer: a.AcceptAnyIssuer || accepted,
	}
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
		vc, err := o.a.signedList(list)
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

func (a *Agent) health(*http.Request) (int, any, error) {
	return http.StatusOK, map[string]bool{"ok": true}, nil
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
