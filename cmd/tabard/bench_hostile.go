package main

import (
	"fmt"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/node/bench"
)

func benchHostileCommand() *cli.Command {
	return &cli.Command{
		Name:  "hostile",
		Usage: "what the worst inputs known cost each parser and verifier",
		Description: "One row for each input, measured once with empty caches: CPU time of all threads, all that was\n" +
			"allocated, and the most heap in use at a time. None may take more than a second or 64 MiB.\n\n" +
			"EXAMPLES:\n" +
			"   tabard bench hostile\n" +
			"   tabard bench hostile --parser rdfc-1.0 -o json",
		Flags: []cli.Flag{&cli.StringFlag{Name: "parser", Usage: "only the inputs of the parser `NAME`"}, outputFlag()},
		Action: func(c *cli.Context) error {
			if err := exactArgs(c, 0); err != nil {
				return err
			}
			out, err := newPrinter(c)
			if err != nil {
				return err
			}
			rows, err := bench.Hostile(c.Context, bench.HostileOptions{Parser: c.String("parser")})
			if err != nil {
				return err
			}
			items := make([]any, len(rows))
			for i := range rows {
				items[i] = rows[i]
			}
			return out.list(items, hostileTable(rows))
		},
	}
}

func hostileTable(rows []bench.HostileRow) table {
	t := table{head: []string{"PARSER", "INPUT", "BYTES", "CPU MS", "ALLOCATED MIB", "PEAK MIB", "REFUSED", "AIM"}}
	mebibytes := func(n int64) string { return fmt.Sprintf("%.1f", float64(n)/(1<<20)) }
	for _, r := range rows {
		aim := "met"
		if !r.Met {
			aim = "MISSED"
		}
		t.rows = append(t.rows, []string{
			r.Parser, r.Input, strconv.Itoa(r.Bytes), fmt.Sprintf("%.1f", r.CPU),
			mebibytes(r.Allocated), mebibytes(r.Peak), strconv.FormatBool(r.Refused), aim,
		})
	}
	return t
}
