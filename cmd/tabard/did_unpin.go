package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/node"
	"github.com/tabard-id/tabard/node/client"
)

func didUnpinCommand() *cli.Command {
	return &cli.Command{
		Name:      "unpin",
		Usage:     "have the registry observe a DID no longer; for those who run it",
		ArgsUsage: "DID",
		Description: "Signs, with the key of a node, that the DID is not to be looked at any more, and sends that to the\n" +
			"registry, where it becomes a record. What was observed stays, and its place is free for another DID. DIDs\n" +
			"that the configuration of a node pins stay pinned. Anyone who is admitted can pin it again.\n\n" +
			"EXAMPLES:\n" +
			"   tabard did unpin did:web:w3c-ccg.github.io --node-dir /var/lib/tabard\n" +
			"   tabard did unpin \"$DID\" --node-dir .dev/node1 -o json",
		Flags: clientFlags(
			&cli.StringFlag{Name: "node-dir", Usage: "`DIR` of a node of the registry, which has its key"},
		),
		Action: didUnpin,
	}
}

func didUnpin(c *cli.Context) error {
	id, out, cl, err := askAbout(c)
	if err != nil {
		return err
	}
	dir := c.String("node-dir")
	if dir == "" {
		return usage("--node-dir: whose key is to sign?")
	}
	ctx, stop := withTimeout(c)
	defer stop()
	registry, ledger, err := registryOf(ctx, cl)
	if err != nil {
		return err
	}
	statement, err := node.SignUnpin(dir, registry, ledger, id, time.Now())
	if err != nil {
		return usage("--node-dir: %w", err)
	}
	receipt, err := cl.Unpin(ctx, statement)
	if err != nil {
		return err
	}
	return out.datum(receipt, table{rows: [][]string{
		{"did", receipt.DID}, {"seq", strconv.FormatUint(uint64(receipt.Seq), 10)}, {"time", receipt.Time},
	}})
}

// registryOf resolves the registry's own DID, and tells the ledger's id.
func registryOf(ctx context.Context, cl *client.Client) (*did.Document, string, error) {
	cluster, err := cl.Cluster(ctx)
	if err != nil {
		return nil, "", err
	}
	id := did.ID("did:webvh:" + cluster.Ledger + ":" + strings.ReplaceAll(cluster.Domain, ":", "%3A"))
	res, err := cl.Resolve(ctx, id, did.Options{})
	if err != nil {
		return nil, "", fmt.Errorf("the registry's own DID: %w", err)
	}
	return res.Document, cluster.Ledger, nil
}
