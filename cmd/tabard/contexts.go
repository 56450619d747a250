package main

import (
	"os"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/node/api"
)

// contextsFlag names a folder of JSON-LD contexts.
func contextsFlag() cli.Flag {
	return common(&cli.StringFlag{Name: "contexts-dir", Usage: "`DIR` of JSON-LD contexts to read credentials with besides the published ones; its index.json is {\"URL\": \"FILE\"}"})
}

// contextsFromFlags are the published contexts and those of the operator's folder.
func contextsFromFlags(c *cli.Context) (*jsonld.Processor, error) {
	dir := c.String("contexts-dir")
	if dir == "" {
		return jsonld.Default(), nil
	}
	contexts, err := jsonld.Embedded().WithFS(os.DirFS(dir))
	if err != nil {
		return nil, usage("--contexts-dir: %w", err)
	}
	return jsonld.New(contexts), nil
}

// anyIssuerFlag is an operator's policy for verdicts.
func anyIssuerFlag() cli.Flag {
	return common(&cli.BoolFlag{Name: "accept-any-issuer", Usage: "verify credentials whose issuer is not a DID, whoever signed them; their verdicts say so. " +
		"With =false not even where a request asks for it", DefaultText: "only where a request asks for it"})
}

// activeSubjectFlag is an operator's policy for verdicts.
func activeSubjectFlag() cli.Flag {
	return common(&cli.BoolFlag{Name: "require-active-subject", Usage: "verify no credential with a subject that is suspended or revoked; without, verdicts tell of it"})
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
