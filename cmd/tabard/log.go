package main

import (
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/client"
)

func logCommand() *cli.Command {
	return &cli.Command{
		Name:  "log",
		Usage: "read the records of the ledger, by kind and time",
		Description: "Prints the records there are, in order, each checked against its leaf hash, and ends; tabard watch follows\n" +
			"what comes. -o jsonl prints them as GET /v1/records does: seq, leaf and record.\n\n" +
			"EXAMPLES:\n" +
			"   tabard log\n" +
			"   tabard log --kind status --since 2026-11-01T00:00:00Z --until 2026-12-01T00:00:00Z\n" +
			"   tabard log --kind did,credential --after 1000 --count 50 -o jsonl",
		Flags: readFlags(
			&cli.StringSliceFlag{Name: "kind", Usage: "only records of these `KINDS`: " + strings.Join(kindNames(), ", ")},
			&cli.StringFlag{Name: "since", Usage: "only records from this RFC 3339 `TIME` on"},
			&cli.StringFlag{Name: "until", Usage: "only records before this RFC 3339 `TIME`"},
			&cli.Uint64Flag{Name: "after", Usage: "only records after position `SEQ`", DefaultText: "from the first"},
			&cli.IntFlag{Name: "count", Usage: "stop after `N` records", DefaultText: "at the newest"},
		),
		Action: logAction,
	}
}

func logAction(c *cli.Context) error {
	if err := exactArgs(c, 0); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	where, err := recordFilter(c)
	if err != nil {
		return err
	}
	if c.IsSet("count") && c.Int("count") < 1 {
		return usage("--count: want 1 or more")
	}
	from := record.Seq(0)
	if c.IsSet("after") {
		from = record.Seq(c.Uint64("after")) + 1
	}
	cl, err := newClient(c)
	if err != nil {
		return err
	}
	ctx, stop := withTimeout(c)
	defer stop()
	left := c.Int("count")
	for rec, err := range cl.RecordsWhere(ctx, from, where) {
		if err != nil {
			return err
		}
		if err := printRecord(out, rec); err != nil {
			return err
		}
		if left--; left == 0 {
			return nil
		}
	}
	return nil
}

func recordFilter(c *cli.Context) (f client.RecordFilter, err error) {
	for _, name := range words(c, "kind") {
		if !slices.Contains(kindNames(), name) {
			return f, usage("--kind %q: want %s", name, strings.Join(kindNames(), ", "))
		}
		f.Kinds = append(f.Kinds, record.Kind(name))
	}
	for name, t := range map[string]*time.Time{"since": &f.Since, "until": &f.Until} {
		if text := c.String(name); text != "" {
			if *t, err = time.Parse(time.RFC3339, text); err != nil {
				return f, usage("--%s %q: want an RFC 3339 time, such as 2026-11-21T18:00:00Z", name, text)
			}
		}
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		return f, usage("--until is not later than --since")
	}
	return f, nil
}

// printRecord prints one record on one line, whatever the format.
func printRecord(out printer, r api.Record) error {
	if out.format != formatTable {
		return printer{out.out, formatJSONL}.json(r)
	}
	v, err := jcs.Decode(r.Record)
	if err != nil {
		return err
	}
	body, _ := v.Get("body")
	kind, _ := v.GetString("kind")
	at, _ := v.GetString("time")
	return table{rows: [][]string{{seqText(r.Seq), at, pad(kind, 11), recordSays(record.Kind(kind), body)}}}.write(out.out)
}

// recordSays says in short what a record is about.
func recordSays(kind record.Kind, body jcs.Value) string {
	text := func(v jcs.Value, name string) string { s, _ := v.GetString(name); return s }
	member := func(v jcs.Value, name string) jcs.Value { m, _ := v.Get(name); return m }
	switch kind {
	case record.KindDID:
		entry := member(body, "entry")
		return text(member(entry, "state"), "id") + "  version " + text(entry, "versionId")
	case record.KindCredential:
		return text(body, "digest") + "  by " + text(body, "issuer")
	case record.KindStatus:
		by, _, _ := strings.Cut(text(member(body, "proof"), "verificationMethod"), "#")
		line := text(body, "target") + "  " + text(body, "status") + "  by " + by
		if reason := text(body, "reason"); reason != "" {
			line += "  (" + reason + ")"
		}
		return line
	case record.KindStatusList:
		return text(body, "list") + "  by " + text(body, "issuer")
	case record.KindObservation:
		return text(member(body, "observation"), "did")
	default:
		return text(body, "did")
	}
}
