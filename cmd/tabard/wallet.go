package main

import (
	"errors"
	"io/fs"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/node/agent"
)

func walletCommand() *cli.Command {
	return &cli.Command{
		Name:  "wallet",
		Usage: "list and remove the keys of an agent",
		Subcommands: []*cli.Command{
			{
				Name:  "list",
				Usage: "list the keys that are in an agent's directory",
				Description: "Also while the agent runs. The secrets are never printed.\n\n" +
					"EXAMPLES:\n" +
					"   tabard wallet list --dir wallet --passphrase-file passphrase",
				Flags:  walletFlags(),
				Action: walletList,
			},
			{
				Name:      "remove",
				Usage:     "remove keys from an agent's directory for good",
				ArgsUsage: "METHOD...",
				Description: "The agent must have ended. METHOD is a DID URL as `tabard wallet list` shows it.\n\n" +
					"EXAMPLES:\n" +
					"   tabard wallet remove --dir wallet --passphrase-file passphrase 'did:webvh:...#z6Mk...'",
				Flags:  walletFlags(),
				Action: walletRemove,
			},
		},
	}
}

func walletFlags() []cli.Flag {
	return append(passphraseFlags(), walletDirFlag(), outputFlag())
}

// walletDirFlag and passphraseFlags mean the same to the agent and to who looks after its keys.
func walletDirFlag() cli.Flag {
	f := &cli.StringFlag{Name: "dir", Usage: "`DIR` of keys, token and journal", Value: "tabard-agent"}
	setVariable(f, "agent-dir")
	return f
}

func passphraseFlags() []cli.Flag {
	file := &cli.StringFlag{Name: "passphrase-file", Usage: "`FILE` with the passphrase of the key store"}
	command := &cli.StringFlag{Name: "passphrase-command", Usage: "shell `COMMAND` that prints the passphrase, such as the system's keychain"}
	setVariable(file, "agent-passphrase-file")
	setVariable(command, "agent-passphrase-command")
	return []cli.Flag{file, command}
}

// walletKey is what is shown of a key.
type walletKey struct {
	Method string `json:"id"`
	Type   string `json:"keyType"`
	Public string `json:"publicKeyMultibase"`
}

func walletList(c *cli.Context) error {
	if err := exactArgs(c, 0); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	passphrase, err := agentPassphrase(c)
	if err != nil {
		return err
	}
	keys, err := agent.ReadKeys(c.String("dir"), passphrase)
	if err != nil {
		return walletFailure(c, err)
	}
	var items []any
	t := table{head: []string{"key", "type"}}
	for _, k := range keys {
		public := k.Signer.Public()
		items = append(items, walletKey{k.Method, public.Type().String(), public.String()})
		t.rows = append(t.rows, []string{k.Method, public.Type().String()})
	}
	return out.list(items, t)
}

func walletRemove(c *cli.Context) (err error) {
	if c.NArg() == 0 {
		return exactArgs(c, 1)
	}
	if _, err := os.Stat(c.String("dir")); err != nil { // opening a wallet makes it
		return walletFailure(c, err)
	}
	wallet, err := openWallet(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, wallet.Close()) }()
	passphrase, err := agentPassphrase(c)
	if err != nil {
		return err
	}
	store, err := wallet.OpenStore(passphrase, 0)
	if err == nil {
		err = store.Remove(c.Args().Slice()...)
	}
	if err != nil {
		return walletFailure(c, err)
	}
	for _, method := range c.Args().Slice() {
		talk(c, "Removed %s.", method)
	}
	return nil
}

func walletFailure(c *cli.Context, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return usage("%s is no agent's directory: %w", c.String("dir"), err)
	}
	if errors.Is(err, agent.ErrNoKey) {
		return fail(exitGone, "%w", err)
	}
	return storeFailure(err)
}
