package main

import (
	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/statuslist"
)

// verdictFlags are what an operator decides about verdicts and no request changes.
func verdictFlags() []cli.Flag {
	return commonAll(
		&cli.StringSliceFlag{Name: "list-issuer", Usage: "`DID` whose status lists may speak of others' credentials; DID=ISSUER: of those by one issuer; their verdicts say so; repeatable"},
		&cli.Uint64Flag{Name: "min-list-entries", Usage: "take bitstring status lists of `N` entries or more; verdicts tell of those with fewer than the specification has", Value: statuslist.MinEntries},
		&cli.BoolFlag{Name: "assert-formats", Usage: "hold credentials to format in JSON Schemas of 2019-09 and 2020-12, where it is an annotation"},
	)
}

func verdictsFromFlags(c *cli.Context) (credential.Policy, error) {
	p := credential.Policy{MinListEntries: c.Uint64("min-list-entries"), AssertFormats: c.Bool("assert-formats")}
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
