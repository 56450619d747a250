package main

import (
	"context"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node"
	"github.com/tabard-id/tabard/node/client"
)

func demoCommand() *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "tell the whole story, against a running cluster or one of its own",
		Description: "Creates DIDs, resolves them on every node, issues and verifies a credential, watches it being revoked,\n" +
			"rotates keys, looks at an old version, deactivates. Each step checks what it claims; the first that does\n" +
			"not come out ends the story with an exit status other than 0. Without --server, a cluster is started\n" +
			"for the occasion and removed afterwards. Name every node with --server to see them all.\n\n" +
			"EXAMPLES:\n" +
			"   tabard demo\n" +
			"   tabard demo -s http://127.0.0.1:8700 -s http://127.0.0.1:8701 -s http://127.0.0.1:8702",
		Flags: connectionFlags(
			&cli.StringSliceFlag{Name: "server", Aliases: []string{"s"}, Usage: "base `URL` of a node of a running cluster; repeatable (default: a cluster of its own)"},
			&cli.IntFlag{Name: "nodes", Value: 3, Usage: "how many `N` nodes a cluster of its own has"},
		),
		Action: demo,
	}
}

func demo(c *cli.Context) error {
	if err := exactArgs(c, 0); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	if c.Int("nodes") < 1 {
		return usage("--nodes %d: want at least 1", c.Int("nodes"))
	}
	story := &story{narrator: newNarrator(narrationTo(c, out)), nodes: servers(c)}
	ctx, stop := withTimeout(c)
	defer stop()
	own := len(story.nodes) == 0
	if own {
		story.say("Starting %d nodes ...", c.Int("nodes"))
		dev, err := node.StartDev(ctx, node.DevConfig{Nodes: c.Int("nodes"), HTTP: "127.0.0.1:0"})
		if err != nil {
			return err
		}
		story.nodes = dev.URLs
		defer func() {
			if err := dev.Close(); err != nil {
				talk(c, "Stopping the nodes: %v", err)
			}
		}()
	}
	return tell(ctx, c, out, story, own)
}

// narrationTo keeps standard output for data when data was asked for.
func narrationTo(c *cli.Context, out printer) io.Writer {
	if out.format == formatTable {
		return c.App.Writer
	}
	return c.App.ErrWriter
}

func tell(ctx context.Context, c *cli.Context, out printer, s *story, own bool) error {
	opts, err := clientOptions(c)
	if err != nil {
		return err
	}
	for _, url := range s.nodes {
		cl, err := client.New([]string{url}, opts...)
		if err != nil {
			return usage("--server: %w", err)
		}
		s.at = append(s.at, cl)
	}
	if err := s.tell(ctx); err != nil {
		return err
	}
	if out.format != formatTable {
		return out.json(storyInfo{s.cluster.Ledger, s.nodes, s.step, s.last.Seq})
	}
	s.chapter("That is the whole story")
	s.say("Everything above is in the ledger of %s, signed by whoever it speaks for.", s.cluster.Ledger)
	if own {
		s.say("The cluster was for this story only. For one that stays: tabard dev")
		return nil
	}
	s.say("Follow it: tabard watch --after start -s %s", s.nodes[0])
	return nil
}

// storyInfo is what -o json prints of a story that came out.
type storyInfo struct {
	Ledger string     `json:"ledger"`
	Nodes  []string   `json:"nodes"`
	Steps  int        `json:"steps"`
	Seq    record.Seq `json:"seq"` // of the last record written
}
