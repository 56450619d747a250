package main

import (
	"fmt"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/node/bench"
)

func benchCommand() *cli.Command {
	rounds := &cli.IntFlag{Name: "rounds", Value: 5, Usage: "alternate `N` times between Tabard and its peer; the medians are reported"}
	count := func(n int, what string) *cli.IntFlag {
		return &cli.IntFlag{Name: "count", Value: n, Usage: "`N` " + what}
	}
	conns := func(name string, n int) *cli.IntFlag {
		return &cli.IntFlag{Name: name, Value: n, Usage: "`N` connections, each with one request under way"}
	}
	suite := func(name string) *cli.StringFlag {
		return &cli.StringFlag{Name: "suite", Value: name, Usage: "cryptosuite for Ed25519, `NAME`"}
	}
	return &cli.Command{
		Name:  "bench",
		Usage: "measure each workload beside the limit it should be read against",
		Description: "Every workload starts clusters of its own in temporary directories, talks to loopback only, and\n" +
			"measures its peer in the same run, in turns, since machines drift: read the ratio.\n\n" +
			"EXAMPLES:\n" +
			"   tabard bench verify\n" +
			"   tabard bench verify --suite eddsa-rdfc-2022 --peer 'node .ci/interop/verify-peer.mjs'\n" +
			"   tabard bench write --writers 64 --rounds 3\n" +
			"   tabard bench restart --records 1000000 -o json",
		Subcommands: []*cli.Command{
			workload("verify", "the verdict on a credential beside the bare Ed25519 check, or another verifier", func(c *cli.Context) (bench.Row, error) {
				return bench.Verify(c.Context, verifyOptions(c))
			}, rounds, suite("eddsa-jcs-2022"),
				&cli.StringFlag{Name: "peer", Usage: "`COMMAND` that verifies the same credential, such as 'node .ci/interop/verify-peer.mjs'"}),
			workload("present", "the verdict on a presentation of four credentials, warm", func(c *cli.Context) (bench.Row, error) {
				return bench.Present(c.Context, verifyOptions(c))
			}, rounds, suite("eddsa-rdfc-2022")),
			workload("resolve", "GET of resolved DIDs beside a handler that writes the same bytes", func(c *cli.Context) (bench.Row, error) {
				return bench.Resolve(c.Context, bench.ResolveOptions{Rounds: c.Int("rounds"), DIDs: c.Int("dids"), Conns: c.Int("conns"), Count: c.Int("count")})
			}, rounds, count(100_000, "requests a round"), conns("conns", 64), &cli.IntFlag{Name: "dids", Value: 100_000, Usage: "`N` DIDs to choose from"}),
			workload("write", "signed did:webvh creations over HTTP beside Raft and boltdb without checks", func(c *cli.Context) (bench.Row, error) {
				return bench.Writes(c.Context, writeOptions(c))
			}, rounds, count(10_000, "creations a round"), conns("writers", 256)),
			workload("bulk", "the same creations as NDJSON beside the same bytes in process", func(c *cli.Context) (bench.Row, error) {
				return bench.Bulk(c.Context, writeOptions(c))
			}, rounds, count(20_000, "creations a round"), conns("writers", 256)),
			workload("stream", "write to frame at many subscribers beside the write's own receipt", func(c *cli.Context) (bench.Row, error) {
				return bench.Stream(c.Context, bench.StreamOptions{Subscribers: c.Int("subscribers"), Count: c.Int("count")})
			}, count(100, "records, one after another"), &cli.IntFlag{Name: "subscribers", Value: 1000, Usage: "`N` WebSocket connections over three nodes"}),
			workload("restart", "opening a ledger of many records beside replaying them", func(c *cli.Context) (bench.Row, error) {
				return bench.Restart(c.Context, bench.RestartOptions{Records: c.Int("records")})
			}, &cli.IntFlag{Name: "records", Value: 100_000, Usage: "`N` records; a million take about three minutes to write"}),
			workload("grow", "applying to a ledger of many records beside one of few, and the bytes written for each kept", func(c *cli.Context) (bench.Row, error) {
				return bench.Grow(c.Context, bench.GrowOptions{Records: c.Int("records")})
			}, &cli.IntFlag{Name: "records", Value: 200_000, Usage: "`N` records; a million take about eight minutes"}),
			workload("afterload", "a write's output and time after a bulk load beside before", func(c *cli.Context) (bench.Row, error) {
				return bench.AfterLoad(c.Context, bench.AfterLoadOptions{Records: c.Int("records"), Count: c.Int("count")})
			}, count(1000, "writes, one after another"), &cli.IntFlag{Name: "records", Value: 20_000, Usage: "`N` records of the bulk load; 500,000 take some minutes"}),
			workload("install", "filling an empty ledger from a snapshot of DIDs beside as many bare Ed25519 checks", func(c *cli.Context) (bench.Row, error) {
				return bench.Install(c.Context, bench.InstallOptions{Rounds: c.Int("rounds"), Records: c.Int("records")})
			}, rounds, &cli.IntFlag{Name: "records", Value: 20_000, Usage: "`N` DIDs in the snapshot; 100,000 take some minutes"}),
			benchHostileCommand(),
		},
	}
}

func verifyOptions(c *cli.Context) bench.VerifyOptions {
	return bench.VerifyOptions{Rounds: c.Int("rounds"), Suite: c.String("suite"), Peer: c.String("peer")}
}

func writeOptions(c *cli.Context) bench.WriteOptions {
	return bench.WriteOptions{Rounds: c.Int("rounds"), Writers: c.Int("writers"), Count: c.Int("count")}
}

// workload is the subcommand of one measurement.
func workload(name, usageText string, measure func(*cli.Context) (bench.Row, error), flags ...cli.Flag) *cli.Command {
	return &cli.Command{
		Name: name, Usage: usageText, Flags: append(flags, outputFlag()),
		Description: "EXAMPLES:\n   tabard bench " + name + "\n   tabard bench " + name + " -o json",
		Action: func(c *cli.Context) error {
			if err := exactArgs(c, 0); err != nil {
				return err
			}
			for _, f := range c.Command.Flags {
				if f, ok := f.(*cli.IntFlag); ok && c.Int(f.Name) < 1 {
					return usage("--%s must be at least 1", f.Name)
				}
			}
			out, err := newPrinter(c)
			if err != nil {
				return err
			}
			row, err := measure(c)
			if err != nil {
				return err
			}
			return out.datum(row, benchTable(row))
		},
	}
}

func benchTable(row bench.Row) table {
	t := table{rows: [][]string{
		{"workload", row.Name},
		{"figure", fmt.Sprintf("%.0f %s", row.Value, row.Unit)},
		{"peer", fmt.Sprintf("%.0f (%s)", row.PeerValue, row.Peer)},
		{"ratio", strconv.FormatFloat(row.Ratio, 'f', 2, 64)},
		{"aim", row.Aim},
	}}
	for _, name := range bench.SortedKeys(row.Notes) {
		t.rows = append(t.rows, []string{name, row.Notes[name]})
	}
	return t
}
