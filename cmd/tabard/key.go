package main

import (
	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did/multikey"
)

// showSecret is the one flag that no variable or file can set: what prints a private key was typed.
const showSecret = "show-secret"

// keyTypeNames are the kinds of key that sign.
var keyTypeNames = []string{"Ed25519", "P-256", "P-384"}

func keyCommand() *cli.Command {
	return &cli.Command{
		Name:  "key",
		Usage: "make and look at private keys in files",
		Subcommands: []*cli.Command{
			{
				Name:      "generate",
				Usage:     "make a private key in a new file of mode 0600",
				ArgsUsage: "[FILE]",
				Description: "The file holds the key as a Multikey in JSON. Without FILE it is named after the public key.\n" +
					"The secret is never printed.\n\n" +
					"EXAMPLES:\n" +
					"   tabard key generate issuer.json\n" +
					"   tabard key generate --type P-256 -o json",
				Flags: []cli.Flag{
					keyTypeFlag(), &cli.StringFlag{Name: "out", Usage: "the `FILE`, for who would rather have a flag"}, outputFlag(),
				},
				Action: keyGenerate,
			},
			{
				Name:      "show",
				Usage:     "show the public half of a key file",
				ArgsUsage: "FILE",
				Description: "EXAMPLES:\n" +
					"   tabard key show issuer.json\n" +
					"   tabard key show issuer.json --show-secret -o json   # prints the secret too",
				Flags: []cli.Flag{
					&cli.BoolFlag{Name: showSecret, Usage: "print the secret too; on the command line only"}, outputFlag(),
				},
				Action: keyShow,
			},
			{
				Name:      "list",
				Usage:     "list the key files of directories",
				ArgsUsage: "[DIR...]",
				Description: "EXAMPLES:\n" +
					"   tabard key list\n" +
					"   tabard key list alice/keys -o jsonl",
				Flags:  []cli.Flag{outputFlag()},
				Action: keyList,
			},
		},
	}
}

func keyTypeFlag() cli.Flag {
	return &cli.StringFlag{Name: "type", Aliases: []string{"t"}, Value: "Ed25519", Usage: "`TYPE`: Ed25519, P-256 or P-384"}
}

// keyInfo is what is shown of a key.
type keyInfo struct {
	File   string `json:"file"`
	Type   string `json:"keyType"`
	Public string `json:"publicKeyMultibase"`
	DID    string `json:"did"`
	Secret string `json:"secretKeyMultibase,omitempty"`
}

func infoOf(path string, key multikey.PrivateKey) keyInfo {
	public := key.Public()
	return keyInfo{File: path, Type: public.Type().String(), Public: public.String(), DID: "did:key:" + public.String()}
}

func (k keyInfo) table() table {
	return table{rows: [][]string{
		{"file", k.File}, {"type", k.Type}, {"public key", k.Public}, {"did:key", k.DID}, {"secret key", k.Secret},
	}}
}

func keyGenerate(c *cli.Context) error {
	if c.NArg() > 1 {
		return exactArgs(c, 1)
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	key, err := newKey(c.String("type"))
	if err != nil {
		return err
	}
	path := c.Args().First()
	if path != "" && c.String("out") != "" {
		return usage("FILE is given twice")
	}
	if path == "" {
		path = c.String("out")
	}
	if path == "" {
		path = key.Public().String() + ".json"
	}
	if err := writeKeyFile(path, key); err != nil {
		return err
	}
	info := infoOf(path, key)
	return out.datum(info, info.table())
}

func keyShow(c *cli.Context) error {
	if err := exactArgs(c, 1); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	file, err := readKeyFile(c.Args().First())
	if err != nil {
		return err
	}
	info := infoOf(file.path, file.key)
	if c.Bool(showSecret) {
		info.Secret = file.key.Multibase()
	}
	return out.datum(info, info.table())
}

func keyList(c *cli.Context) error {
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	dirs := c.Args().Slice()
	if len(dirs) == 0 {
		dirs = []string{"."}
	}
	var items []any
	t := table{head: []string{"file", "type", "public key"}}
	for _, dir := range dirs {
		keys, err := listKeyFiles(dir)
		if err != nil {
			return err
		}
		for _, file := range keys {
			info := infoOf(file.path, file.key)
			items = append(items, info)
			t.rows = append(t.rows, []string{info.File, info.Type, info.Public})
		}
	}
	return out.list(items, t)
}
