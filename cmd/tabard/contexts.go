package main

import "github.com/urfave/cli/v2"

// contextsFlag names a folder of JSON-LD contexts.
func contextsFlag() cli.Flag {
	return &cli.StringFlag{Name: "contexts-dir", Usage: "`DIR` of JSON-LD contexts to verify credentials with besides the published ones; its index.json is {\"URL\": \"FILE\"}"}
}
