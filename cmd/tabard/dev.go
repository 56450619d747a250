package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/node"
)

func devCommand() *cli.Command {
	return &cli.Command{
		Name:  "dev",
		Usage: "run a whole cluster in one process, on this machine only",
		Description: "Real nodes, real Raft over loopback TCP, real storage: only the process is shared. Node i listens on the\n" +
			"port of --http plus i-1. With --dir the cluster is kept and reopened; otherwise it is gone at exit.\n" +
			"Interrupt to stop.\n\n" +
			"EXAMPLES:\n" +
			"   tabard dev\n" +
			"   tabard dev --nodes 5 --http 127.0.0.1:9700\n" +
			"   tabard dev --tls --dir .dev",
		Flags: append([]cli.Flag{
			&cli.IntFlag{Name: "nodes", Value: 3, Usage: "how many `N` nodes"},
			&cli.StringFlag{Name: "http", Value: "127.0.0.1:8700", Usage: "loopback `ADDRESS` of node 1"},
			&cli.StringFlag{Name: "domain", Usage: "`HOST[:PORT]` where the DIDs live (default: registry.localhost with node 1's port)"},
			&cli.BoolFlag{Name: "tls", Usage: "serve https under a certificate authority of the cluster's own"},
			&cli.StringFlag{Name: "dir", Usage: "`DIR` to keep the cluster in (default: temporary, removed at exit)"},
			outputFlag(),
			&cli.BoolFlag{Name: "foreign", Usage: "ask other hosts for DIDs, status lists and schemas that the ledger does not hold"},
			contextsFlag(),
		}, slices.Concat(verdictFlags(false), logFlags("warn", "text"), foreignFlags())...),
		Action: dev,
	}
}

func dev(c *cli.Context) error {
	if err := exactArgs(c, 0); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	logger, err := loggerFromFlags(c)
	if err != nil {
		return err
	}
	if c.Int("nodes") < 1 {
		return usage("--nodes %d: want at least 1", c.Int("nodes"))
	}
	foreign, err := foreignFromFlags(c)
	if err != nil {
		return err
	}
	foreign.Enabled = c.Bool("foreign")
	verdicts, err := verdictsFromFlags(c)
	if err != nil {
		return err
	}
	ctx, stop := untilHangup(c.Context)
	defer stop()
	cluster, err := node.StartDev(ctx, node.DevConfig{
		Nodes: c.Int("nodes"), HTTP: c.String("http"), Domain: c.String("domain"),
		TLS: c.Bool("tls"), Dir: c.String("dir"), Foreign: foreign, ContextsDir: c.String("contexts-dir"), Verdicts: verdicts, Logger: logger,
	})
	if err != nil {
		return err
	}
	if err := announce(out, cluster); err != nil {
		return errors.Join(err, cluster.Close())
	}
	err = serveUntilDone(ctx, cluster)
	if errors.Is(err, node.ErrData) {
		return errors.Join(err, cluster.Close()) // its directory may be a temporary one
	}
	if err != nil {
		return err
	}
	talk(c, "Stopped.")
	return nil
}

// devInfo is what -o json prints of a cluster that is ready.
type devInfo struct {
	Ledger string   `json:"ledger"`
	Domain string   `json:"domain"`
	Nodes  []string `json:"nodes"`
	Dir    string   `json:"dir"`
	Kept   bool     `json:"kept"`
	CA     string   `json:"ca,omitempty"`
}

// announce prints the banner, or the same as data.
func announce(out printer, d *node.Dev) error {
	info := devInfo{Ledger: d.Nodes[0].LedgerID(), Domain: d.Domain, Nodes: d.URLs, Dir: d.Dir, Kept: d.Kept, CA: d.CA}
	if out.format != formatTable {
		return out.json(info)
	}
	_, err := io.WriteString(out.out, banner(info))
	return err
}

// banner says what runs and what to try, in commands that work as they stand.
func banner(info devInfo) string {
	var b strings.Builder
	fmt.Fprintf(&b, "A registry of %d node(s) is ready.\n\n", len(info.Nodes))
	for i, url := range info.Nodes {
		fmt.Fprintf(&b, "  node %d   %s\n", i+1, url)
	}
	fmt.Fprintf(&b, "  ledger   %s\n  domain   %s\n", info.Ledger, info.Domain)
	if info.Kept {
		fmt.Fprintf(&b, "  kept in  %s\n", info.Dir)
	}
	if info.CA != "" {
		fmt.Fprintf(&b, "  CA       %s\n", info.CA)
	}
	flags := ""
	if info.Nodes[0] != defaultServer {
		flags = " -s " + info.Nodes[0]
	}
	if info.CA != "" {
		flags += " --ca " + info.CA
	}
	fmt.Fprintf(&b, "\nTry, in another terminal (go run ./cmd/tabard, if tabard is not installed):\n\n")
	for _, line := range []string{"demo", "did create agents/alice", "watch"} {
		fmt.Fprintf(&b, "  tabard %s%s\n", line, flags)
	}
	b.WriteString("\nCtrl-C stops it.\n")
	return b.String()
}
