package api

import "github.com/tabard-id/tabard/did/credential"

// A Concession is what an operator lets pass that is refused unless somebody asks for it.
type Concession int

// OnRequest lets pass where a request asks for it, Always whether it asks or not, and Never whatever it asks.
const (
	OnRequest Concession = iota
	Always
	Never
)

// Granted reports whether a request gets the concession, which it asked for or not.
func (c Concession) Granted(asked bool) bool { return c == Always || c == OnRequest && asked }

// VerdictPolicy is what an operator decides about verdicts: see credential.Verifier for what the fields mean.
type VerdictPolicy struct {
	// Policy is what no request asks for: whose status lists are trusted besides those of a credential's own
	// issuer, how short lists may be, and whether formats in JSON Schemas assert.
	credential.Policy
	AcceptAnyIssuer, AllowUndefinedTerms Concession
	// RequireRegistered and RequireActiveSubject hold for every request; without them for those that ask for it.
	RequireRegistered, RequireActiveSubject bool
}

// VerdictWishes are what a request asks of its verdict.
type VerdictWishes struct {
	AcceptAnyIssuer, AllowUndefinedTerms, RequireRegistered, RequireActiveSubject bool
}

// Wishes takes what a request asks of its verdict.
func (o *Options) Wishes() VerdictWishes {
	return VerdictWishes{o.Bool("acceptAnyIssuer"), o.Bool("allowUndefinedTerms"), o.Bool("requireRegistered"), o.Bool("requireActiveSubject")}
}

// Apply sets up a verifier for a request.
func (p VerdictPolicy) Apply(v *credential.Verifier, w VerdictWishes) {
	p.Policy.Apply(v)
	v.AcceptAnyIssuer = p.AcceptAnyIssuer.Granted(w.AcceptAnyIssuer)
	v.AllowUndefinedTerms = p.AllowUndefinedTerms.Granted(w.AllowUndefinedTerms)
	v.RequireRegistered = p.RequireRegistered || w.RequireRegistered
	v.RequireActiveSubject = p.RequireActiveSubject || w.RequireActiveSubject
}
