package main

import (
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/client"
)

func didPinCommand() *cli.Command {
	return &cli.Command{
		Name:      "pin",
		Usage:     "have the registry observe a DID that lives elsewhere",
		ArgsUsage: "DID",
		Description: "The registry fetches what the DID's host serves, every node checks it, and it becomes a record. From\n" +
			"then on the DID resolves even when its host is down, the leader looks at it now and then, and a change\n" +
			"becomes another record. Pinning again looks now. The node must be allowed to ask other hosts.\n\n" +
			"EXAMPLES:\n" +
			"   tabard did pin did:web:w3c-ccg.github.io\n" +
			"   tabard did pin \"$DID\" -o json",
		Flags:  clientFlags(),
		Action: didPin,
	}
}

func didPin(c *cli.Context) error {
	id, out, cl, err := askAbout(c)
	if err != nil {
		return err
	}
	ctx, stop := withTimeout(c)
	defer stop()
	o, err := cl.Pin(ctx, id)
	if err != nil {
		return err
	}
	if o.Recorded != nil && !*o.Recorded {
		talk(c, "It is as it was observed before.")
	}
	if out.format != formatTable {
		return out.json(o)
	}
	return out.datum(o, table{rows: [][]string{
		{"did", o.DID}, {"seq", strconv.FormatUint(o.Seq, 10)}, {"number", strconv.Itoa(o.Number)}, {"fetched", o.Fetched},
		{"version", o.VersionID}, {"digest", o.Digest}, {"node", o.Node}, {"note", noteOf(o)},
	}})
}

// noteOf says what is bad about an observation.
func noteOf(o api.Observation) string {
	switch {
	case o.Rewritten:
		return "rewritten: the log contradicts what was observed before"
	case o.Diverged:
		return "diverged: another document than before"
	case o.Deactivated:
		return "deactivated"
	}
	return ""
}

// askAbout reads the one argument of a command about a DID.
func askAbout(c *cli.Context) (did.ID, printer, *client.Client, error) {
	if err := exactArgs(c, 1); err != nil {
		return "", printer{}, nil, err
	}
	id, err := did.Parse(c.Args().First())
	if err != nil {
		return "", printer{}, nil, usage("%w", err)
	}
	out, err := newPrinter(c)
	if err != nil {
		return "", out, nil, err
	}
	cl, err := newClient(c)
	return id, out, cl, err
}

func didObservationsCommand() *cli.Command {
	return &cli.Command{
		Name:      "observations",
		Usage:     "list what the registry observed of a DID that lives elsewhere",
		ArgsUsage: "DID",
		Description: "EXAMPLES:\n" +
			"   tabard did observations did:web:w3c-ccg.github.io\n" +
			"   tabard did observations \"$DID\" --at 2026-01-31T12:00:00Z -o jsonl",
		Flags: readFlags(
			&cli.StringFlag{Name: "at", Usage: "as the ledger was at this position or RFC 3339 time, `SEQ|TIME`"},
			&cli.IntFlag{Name: "after", Usage: "only those after the `N`-th"},
			&cli.IntFlag{Name: "limit", Usage: "at most `N`", DefaultText: "a page"},
		),
		Action: didObservations,
	}
}

func didObservations(c *cli.Context) error {
	id, out, cl, err := askAbout(c)
	if err != nil {
		return err
	}
	ctx, stop := withTimeout(c)
	defer stop()
	list, err := cl.Observations(ctx, id, client.ObservationQuery{At: c.String("at"), After: c.Int("after"), Limit: c.Int("limit")})
	if err != nil {
		return err
	}
	t := table{head: []string{"number", "seq", "fetched", "version", "digest", "note"}}
	items := make([]any, len(list.Observations))
	for i, o := range list.Observations {
		items[i] = o
		t.rows = append(t.rows, []string{strconv.Itoa(o.Number), strconv.FormatUint(o.Seq, 10), o.Fetched, o.VersionID, o.Digest, noteOf(o)})
	}
	if list.More {
		talk(c, "There are more: --after %d.", list.Observations[len(list.Observations)-1].Number)
	}
	return out.list(items, t)
}

func didWhoisCommand() *cli.Command {
	return &cli.Command{
		Name:      "whois",
		Usage:     "show, or publish, the presentation that a DID links itself to",
		ArgsUsage: "DID",
		Description: "What <did>/whois leads to (did:webvh 1.0): a verifiable presentation that the DID has signed for\n" +
			"authentication, of credentials about itself. It is printed as it was published, not verified:\n" +
			"tabard cred verify does that.\n\n" +
			"EXAMPLES:\n" +
			"   tabard cred present -d alice vc.json > vp.json && tabard did whois \"$ALICE\" --presentation-file vp.json\n" +
			"   tabard did whois \"$ALICE\" | tabard cred verify -",
		Flags:  readFlags(&cli.StringFlag{Name: "presentation-file", Usage: "`FILE` with the presentation to publish, or -"}),
		Action: didWhois,
	}
}

func didWhois(c *cli.Context) error {
	id, out, cl, err := askAbout(c)
	if err != nil {
		return err
	}
	ctx, stop := withTimeout(c)
	defer stop()
	path := c.String("presentation-file")
	if path == "" {
		v, err := cl.Whois(ctx, id)
		if err != nil {
			return err
		}
		return out.document(v)
	}
	var data []byte
	if path == "-" {
		data, err = readAll(c.App.Reader, "standard input", api.MaxBody)
	} else {
		data, err = readBounded(path, api.MaxBody)
	}
	if err != nil {
		return usage("--presentation-file: %w", err)
	}
	v, err := jcs.Decode(data)
	if err != nil {
		return usage("--presentation-file: %w", err)
	}
	receipt, err := cl.PublishWhois(ctx, id, v)
	if err != nil {
		return err
	}
	return out.datum(receipt, table{rows: [][]string{
		{"did", string(id)}, {"digest", receipt.Digest}, {"seq", strconv.FormatUint(uint64(receipt.Seq), 10)}, {"time", receipt.Time},
	}})
}

func witnessAskCommand() *cli.Command {
	return &cli.Command{
		Name:      "ask",
		Usage:     "have a witness that is a node approve the pending entry",
		ArgsUsage: "DIR",
		Description: "Sends the entry that waits in DIR to the node, which judges it and, if it serves the DID, approves it;\n" +
			"prints the did-witness.json for tabard did publish --witness-file. --server is the witness's node.\n\n" +
			"EXAMPLES:\n" +
			"   tabard did witness ask carol -s https://witness.example > from-w1.json",
		Flags:  clientFlags(),
		Action: witnessAsk,
	}
}

func witnessAsk(c *cli.Context) error {
	if err := exactArgs(c, 1); err != nil {
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
	ctx, stop := withTimeout(c)
	defer stop()
	d := &didDir{path: c.Args().First()}
	entry, err := d.readPending()
	if err != nil {
		return err
	}
	proofs, err := cl.Approve(ctx, []webvh.Entry{entry})
	if err != nil {
		return err
	}
	for _, p := range proofs {
		if err := p.Verify(webvh.Context{Now: time.Now()}); err != nil {
			return err
		}
		if witness, ok := p.Witness(); ok {
			talk(c, "%s approves version %s.", witness, p.VersionID)
		}
	}
	return out.document(webvh.FormatWitnessFile(proofs))
}
