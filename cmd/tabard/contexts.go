package main

import (
	"os"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did/jsonld"
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
