package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/client"
	"github.com/tabard-id/tabard/node/durable"
)

func watchCommand() *cli.Command {
	return &cli.Command{
		Name:  "watch",
		Usage: "follow the ledger as it grows",
		Description: "Prints one line per record, in ledger order, each exactly once: lost connections and restarted nodes are\n" +
			"bridged by reconnecting, to whichever --server answers, and resuming. With --cursor-file the position\n" +
			"outlives the command too. Interrupt to stop.\n\n" +
			"EXAMPLES:\n" +
			"   tabard watch\n" +
			"   tabard watch --kinds status --status revoked,suspended -o jsonl\n" +
			"   tabard watch --after start --count 100 -o jsonl\n" +
			"   tabard watch --cursor-file seen.txt -s http://127.0.0.1:8700 -s http://127.0.0.1:8701",
		Flags: []cli.Flag{
			outputFlag(),
			common(serverFlag()), caFlag(),
			&cli.StringFlag{Name: "after", Usage: "`CURSOR` of the last record seen, LEDGER:SEQ; start for every record there is (default: from now)"},
			&cli.StringFlag{Name: "cursor-file", Usage: "`FILE` that keeps the cursor of the last record printed"},
			&cli.StringSliceFlag{Name: "kinds", Usage: "only these `KINDS`: " + strings.Join(kindNames(), ", ")},
			&cli.StringSliceFlag{Name: "did", Usage: "only records about this `DID`; repeatable"},
			&cli.StringSliceFlag{Name: "issuer", Usage: "only what this `DID` has signed: credentials, lists, and changes of the status of those and of DIDs; repeatable"},
			&cli.StringSliceFlag{Name: "status", Usage: "only changes to this `STATUS`; repeatable"},
			&cli.BoolFlag{Name: "heartbeats", Usage: "print heartbeats too"},
			&cli.IntFlag{Name: "count", Usage: "stop after `N` records"},
			&cli.DurationFlag{Name: "for", Usage: "stop after this `TIME`"},
		},
		Action: watchAction,
	}
}

func watchAction(c *cli.Context) error {
	if err := exactArgs(c, 0); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	cl, err := newClient(c)
	if err != nil {
		return err
	}
	after, err := startCursor(c, cl)
	if err != nil {
		return err
	}
	ctx, stop := whileRead(c.Context, c.App.Writer)
	defer stop()
	if d := c.Duration("for"); d > 0 {
		limited, stop := context.WithTimeout(ctx, d)
		defer stop()
		ctx = limited
	}
	frames := cl.Watch(ctx, client.WatchOptions{
		After: after, Kinds: words(c, "kinds"), Statuses: words(c, "status"),
		DIDs: words(c, "did"), Issuers: words(c, "issuer"), Heartbeats: c.Bool("heartbeats"),
		Notify: func(e client.WatchEvent) { talkOfConnection(c, e) },
	})
	left := c.Int("count")
	for frame, err := range frames {
		if err != nil {
			return ended(err)
		}
		if err := printFrame(out, frame); err != nil {
			return err
		}
		if path := c.String("cursor-file"); path != "" {
			if err := durable.Replace(path, []byte(frame.Cursor+"\n"), 0o644); err != nil {
				return err
			}
		}
		if frame.Kind == api.KindHeartbeat {
			continue
		}
		if left--; left == 0 {
			return nil
		}
	}
	return nil
}

// ended is nil for the ends that were asked for: an interrupt, --for.
func ended(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	if errors.Is(err, api.ErrCursor) {
		return usage("%w", err)
	}
	var closed *client.StreamClosed
	if errors.As(err, &closed) {
		return fail(exitConflict, "%w", err)
	}
	return err
}

// startCursor is where to begin: what the cursor file says, or else --after.
func startCursor(c *cli.Context, cl *client.Client) (string, error) {
	path := c.String("cursor-file")
	if path == "" {
		return afterFlag(c, cl)
	}
	const limit = 1 << 10
	data, err := readBounded(path, limit)
	if errors.Is(err, fs.ErrNotExist) {
		return afterFlag(c, cl)
	}
	if err != nil {
		return "", usage("--cursor-file: %w", err)
	}
	after := strings.TrimSpace(string(data))
	if _, err := api.ParseCursor(after); err != nil {
		return "", usage("--cursor-file %s: %w", path, err)
	}
	return after, nil
}

// startTimeout is how long a node may take to say where the ledger starts.
const startTimeout = 30 * time.Second

// afterFlag is the cursor of --after. "start" is the start of the ledger that the nodes keep.
func afterFlag(c *cli.Context, cl *client.Client) (string, error) {
	after := c.String("after")
	if after == "" {
		return "", nil
	}
	if after != "start" {
		if _, err := api.ParseCursor(after); err != nil {
			return "", usage("--after %q: %w", after, err)
		}
		return after, nil
	}
	ctx, stop := context.WithTimeout(c.Context, startTimeout)
	defer stop()
	cluster, err := cl.Cluster(ctx)
	return api.Cursor{Ledger: cluster.Ledger}.String(), err
}

func talkOfConnection(c *cli.Context, e client.WatchEvent) {
	if e.Err != nil {
		talk(c, "Lost %s: %v. Resuming after %s.", e.Node, e.Err, e.After)
		return
	}
	talk(c, "Watching %s after %s.", e.Node, e.After)
}

// printFrame prints one frame on one line, whatever the format: a stream has no end to indent for.
func printFrame(out printer, f api.Frame) error {
	if out.format != formatTable {
		return printer{out.out, formatJSONL}.json(f)
	}
	seq, what := "", f.DID
	if f.Seq != nil {
		seq = seqText(*f.Seq)
	}
	switch f.Kind {
	case "did":
		what += "  version " + f.VersionID
		if f.Deactivated {
			what += "  deactivated"
		}
	case "credential":
		what = f.Digest + "  by " + f.Issuer
	case "status":
		what = f.Target + "  " + f.Status
		if f.Reason != "" {
			what += "  (" + f.Reason + ")"
		}
	case "status-list":
		what = fmt.Sprintf("%s  by %s  %d changed", f.List, f.Issuer, f.Changed)
	case "observation":
		what += "  observed " + f.VersionID
		for _, note := range []struct {
			set  bool
			text string
		}{{f.Deactivated, "deactivated"}, {f.Diverged, "NOT AS BEFORE"}, {f.Rewritten, "HISTORY REWRITTEN"}} {
			if note.set {
				what += "  " + note.text
			}
		}
	case api.KindHeartbeat:
		what = "size " + seqText(f.Size) + "  root " + f.Root
	}
	at := f.Time
	if t, err := time.Parse(time.RFC3339, f.Time); err == nil {
		at = t.Local().Format("15:04:05.000")
	}
	return table{rows: [][]string{{at, pad(seq, 8), pad(f.Kind, 10), what}}}.write(out.out)
}

// pad fills a column that cannot know what is still to come.
func pad(s string, width int) string { return s + strings.Repeat(" ", max(width-len(s), 0)) }
