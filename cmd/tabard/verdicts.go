package main

import (
	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/node/api"
)

// verdictFlags are an operator's policy for verdicts; anyIssuer is the default of the first.
func verdictFlags(anyIssuer bool) []cli.Flag {
	const asked = "only where a request asks for it"
	issuers := asked
	if anyIssuer {
		issuers = "true"
	}
	return commonAll(
		&cli.BoolFlag{Name: "accept-any-issuer", Value: anyIssuer, DefaultText: issuers, Usage: "verify credentials whose issuer is not a DID, whoever signed them; their verdicts say so. " +
			"With =false not even where a request asks for it"},
		&cli.BoolFlag{Name: "allow-undefined-terms", DefaultText: asked, Usage: "verify credentials with terms that no context defines; their verdicts say so. " +
			"With =false not even where a request asks for it"},
		&cli.BoolFlag{Name: "require-registered", DefaultText: asked, Usage: "fail credentials that the registry has not heard of, which nobody can revoke there"},
		&cli.BoolFlag{Name: "require-active-subject", DefaultText: asked, Usage: "verify no credential with a subject that is suspended or revoked; without, verdicts tell of it"},
		&cli.StringSliceFlag{Name: "list-issuer", Usage: "`DID` whose status lists may speak of others' credentials; DID=ISSUER: of those by one issuer; their verdicts say so; repeatable"},
		&cli.Uint64Flag{Name: "min-list-entries", Usage: "take bitstring status lists of `N` entries or more; verdicts tell of those with fewer than the specification has", Value: statuslist.MinEntries},
		&cli.BoolFlag{Name: "assert-formats", Usage: "hold credentials to format in JSON Schemas of 2019-09 and 2020-12, where it is an annotation"},
	)
}

// verdictPolicy is what those flags say of what a request may ask for, too.
func verdictPolicy(c *cli.Context) api.VerdictPolicy {
	return api.VerdictPolicy{
		AcceptAnyIssuer: concession(c, "accept-any-issuer"), AllowUndefinedTerms: concession(c, "allow-undefined-terms"),
		RequireRegistered: c.Bool("require-registered"), RequireActiveSubject: c.Bool("require-active-subject"),
	}
}

// concession is what a flag says that need not be given: yes, no, or that requests may ask for it.
func concession(c *cli.Context, name string) api.Concession {
	switch {
	case c.Bool(name):
		return api.Always
	case c.IsSet(name):
		return api.Never
	default:
		return api.OnRequest
	}
}

// verdictsFromFlags is all of the policy.
func verdictsFromFlags(c *cli.Context) (api.VerdictPolicy, error) {
	p := verdictPolicy(c)
	p.Policy = credential.Policy{MinListEntries: c.Uint64("min-list-entries"), AssertFormats: c.Bool("assert-formats")}
	if p.MinListEntries == 0 {
		return p, usage("--min-list-entries 0: a list has entries")
	}
	for _, s := range words(c, "list-issuer") {
		issuer, err := credential.ParseListIssuer(s)
		if err != nil {
			return p, usage("--list-issuer: %w", err)
		}
		p.ListIssuers = append(p.ListIssuers, issuer)
	}
	if err := p.Check(); err != nil {
		return p, usage("%w", err)
	}
	return p, nil
}
