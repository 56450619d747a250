package main

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/node/client"
)

func healthcheckCommand() *cli.Command {
	return &cli.Command{
		Name:  "healthcheck",
		Usage: "ask a node whether it is ready",
		Description: "A node is ready when it knows a leader and its state is current. --wait repeats the question until it is.\n" +
			"Without --server, the node of --http (or TABARD_HTTP) on this machine is asked, over http; name the URL of\n" +
			"one that serves https itself.\n\n" +
			"EXAMPLES:\n" +
			"   tabard healthcheck\n" +
			"   tabard healthcheck --wait 10s -s http://127.0.0.1:8701\n" +
			"   tabard healthcheck -s https://registry.example --ca ca.pem",
		Flags: clientFlags(
			&cli.DurationFlag{Name: "wait", Usage: "keep asking for up to this `TIME`"},
			httpFlag(""),
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print nothing"},
		),
		Action: healthcheck,
	}
}

// pollEvery is how often healthcheck --wait asks.
const pollEvery = 50 * time.Millisecond

func healthcheck(c *cli.Context) error {
	if err := exactArgs(c, 0); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	nodes := servers(c)
	if len(nodes) == 0 {
		nodes = []string{localURL(c.String("http"))}
	}
	ctx, stop := withTimeout(c)
	defer stop()
	if wait := c.Duration("wait"); wait > 0 {
		waiting, stop := context.WithTimeout(ctx, wait)
		defer stop()
		ctx = waiting
	}
	t := table{head: []string{"node", "ready"}}
	var items []any
	var failures []error
	for _, server := range nodes {
		failed := ready(ctx, c, server)
		reason := ""
		if failed != nil {
			reason = failed.Error()
			failures = append(failures, failed)
		}
		items = append(items, readiness{server, failed == nil, reason})
		t.rows = append(t.rows, []string{server, readyWord(failed)})
	}
	if !c.Bool("quiet") {
		if err := out.list(items, t); err != nil {
			return err
		}
	}
	return errors.Join(failures...)
}

type readiness struct {
	Node   string `json:"node"`
	Ready  bool   `json:"ready"`
	Reason string `json:"reason,omitempty"`
}

func readyWord(err error) string {
	if err != nil {
		return "no: " + err.Error()
	}
	return "yes"
}

// ready asks one node, again and again if --wait says so.
func ready(ctx context.Context, c *cli.Context, server string) error {
	opts, err := clientOptions(c)
	if err != nil {
		return err
	}
	cl, err := client.New([]string{server}, opts...)
	if err != nil {
		return usage("--server: %w", err)
	}
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		failed := cl.Ready(ctx)
		if failed == nil || c.Duration("wait") == 0 {
			return failed
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return failed
		}
	}
}

// localURL is the base URL of a node on this machine by its listening address.
func localURL(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return defaultServer
	}
	if host == "" || strings.Trim(host, "0:.") == "" {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}
