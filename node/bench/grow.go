package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
)

// GrowOptions size the growth workload.
type GrowOptions struct {
	Records int
}

// growSteps is how many equal parts the filling is measured in.
const growSteps = 20

// Grow fills one node's ledger with did:webvh creations and measures what a record costs when there are
// many beside when there are few, in processor time, which other work on the machine does not add to.
// What the compactions that a part causes cost is that part's. It also tells how many bytes are written
// for each that is kept.
func Grow(ctx context.Context, o GrowOptions) (row Row, err error) {
	row = Row{
		Name: fmt.Sprintf("did:webvh creations applied, up to %d records", o.Records), Unit: "/s of one core, the last quarter",
		Peer: "the first quarter", Aim: "≥ 0.85",
	}
	dir, err := os.MkdirTemp("", "tabard-bench-grow-")
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	g, err := newGrower(dir)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, g.ledger.Close()) }()
	step := max(1, o.Records/growSteps)
	var rates []float64
	for len(rates) < growSteps {
		rate, err := g.step(ctx, step)
		if err != nil {
			return row, err
		}
		rates = append(rates, rate)
	}
	const quarter = growSteps / 4
	row.Value, row.PeerValue = mean(rates[growSteps-quarter:]), mean(rates[:quarter])
	row.Ratio = row.Value / row.PeerValue
	row.Notes = g.notes(rates)
	return row, nil
}

// mean is the rate over equal parts of given rates.
func mean(rates []float64) float64 {
	seconds := 0.0
	for _, rate := range rates {
		seconds += 1 / rate
	}
	return float64(len(rates)) / seconds
}

// grower fills a ledger that stays open.
type grower struct {
	ledger *ledger.Ledger
	index  uint64
	kept   int // bytes of the records
	read   procIO
}

const growDomain = "registry.localhost:8700"

func newGrower(dir string) (*grower, error) {
	genesis, err := create(growDomain, nil)
	if err != nil {
		return nil, err
	}
	l, err := ledger.Open(ledger.Config{Dir: dir})
	if err != nil {
		return nil, err
	}
	g := &grower{ledger: l, read: readProcIO()}
	if err := g.apply([]creation{genesis}); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return g, nil
}

// step applies n creations and returns how many of them one core applies in a second.
func (g *grower) step(ctx context.Context, n int) (float64, error) {
	batch, err := creations(growDomain, fmt.Sprint("grow-", g.index), n)
	if err != nil {
		return 0, err
	}
	start := cpuTime()
	for len(batch) > 0 {
		part := batch[:min(fillBatch, len(batch))]
		if err := errors.Join(ctx.Err(), g.apply(part)); err != nil {
			return 0, err
		}
		batch = batch[len(part):]
	}
	if err := g.quiet(ctx); err != nil {
		return 0, err
	}
	return float64(n) / (cpuTime() - start).Seconds(), nil
}

func (g *grower) apply(part []creation) error {
	cmds := make([][]byte, len(part))
	for i := range part {
		op, err := record.NewDIDOp([]jcs.Value{part[i].entry}, nil)
		if err != nil {
			return err
		}
		cmds[i] = op.Encode()
		g.kept += len(cmds[i])
	}
	g.index++
	results, err := g.ledger.Apply(g.index, time.Now().UnixMilli(), cmds)
	return errors.Join(err, accepted(results))
}

// quiet waits until no compaction is under way.
func (g *grower) quiet(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for idle := 0; idle < 3; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		idle++
		if g.ledger.Storage().Compactions > 0 {
			idle = 0
		}
	}
	return nil
}

func (g *grower) notes(rates []float64) map[string]string {
	s := g.ledger.Storage()
	kept := max(1, float64(g.kept))
	notes := map[string]string{
		"records":                           fmt.Sprint(g.ledger.Size()),
		"bytes of records":                  fmt.Sprint(g.kept),
		"bytes on disk for one of a record": fmt.Sprintf("%.2f", float64(s.Size)/kept),
		"bytes written for one of a record": fmt.Sprintf("%.2f (aim ≤ 12)", float64(s.Written)/kept),
		"rate, twentieth by twentieth":      fmt.Sprintf("%.0f", rates),
	}
	if now := readProcIO(); now.known && g.read.known {
		notes["bytes that the process wrote for one of a record"] = fmt.Sprintf("%.2f", float64(now.written-g.read.written)/kept)
	}
	return notes
}
