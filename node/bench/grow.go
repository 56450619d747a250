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

// The filling is measured in steps, of which a quarter has a few.
const (
	growQuarters = 4
	growSteps    = 5 * growQuarters
)

// Grow fills one node's ledger with did:webvh creations and measures what a record costs when there are
// many beside when there are few, in processor time, which other work on the machine does not add to. But
// it makes every step take longer, so that costs are counted by that of making the creations, which is the
// same work in every part. What the compactions that a part causes cost is that part's. It also tells how
// many bytes are written for each that is kept.
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
	var quarters [growQuarters]growCost
	for i := range growSteps {
		cost, err := g.step(ctx, max(1, o.Records/growSteps))
		if err != nil {
			return row, err
		}
		quarters[i*growQuarters/growSteps].add(cost)
	}
	first, last := quarters[0], quarters[growQuarters-1]
	row.Value, row.PeerValue = last.rate(), first.rate()
	row.Ratio = first.share() / last.share()
	row.Notes = g.notes(quarters[:])
	return row, nil
}

// growCost is the processor time that so many creations took to make, and to apply.
type growCost struct {
	records     int
	made, spent time.Duration
}

func (c *growCost) add(d growCost) {
	c.records += d.records
	c.made += d.made
	c.spent += d.spent
}

// rate is how many one core applies in a second.
func (c growCost) rate() float64 { return float64(c.records) / c.spent.Seconds() }

// share is what applying costs, counted by what making does.
func (c growCost) share() float64 { return c.spent.Seconds() / c.made.Seconds() }

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

// step makes n creations and applies them.
func (g *grower) step(ctx context.Context, n int) (growCost, error) {
	start := cpuTime()
	batch, err := creations(growDomain, fmt.Sprint("grow-", g.index), n)
	if err != nil {
		return growCost{}, err
	}
	made := cpuTime()
	for len(batch) > 0 {
		part := batch[:min(fillBatch, len(batch))]
		if err := errors.Join(ctx.Err(), g.apply(part)); err != nil {
			return growCost{}, err
		}
		batch = batch[len(part):]
	}
	if err := g.quiet(ctx); err != nil {
		return growCost{}, err
	}
	return growCost{n, made - start, cpuTime() - made}, nil
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

func (g *grower) notes(quarters []growCost) map[string]string {
	s := g.ledger.Storage()
	kept := max(1, float64(g.kept))
	notes := map[string]string{
		"records":                           fmt.Sprint(g.ledger.Size()),
		"bytes of records":                  fmt.Sprint(g.kept),
		"bytes on disk for one of a record": fmt.Sprintf("%.2f", float64(s.Size)/kept),
		"bytes written for one of a record": fmt.Sprintf("%.2f (aim ≤ 12)", float64(s.Written)/kept),
	}
	var applied, made []time.Duration
	for _, q := range quarters {
		applied = append(applied, (q.spent / time.Duration(q.records)).Round(100*time.Nanosecond))
		made = append(made, (q.made / time.Duration(q.records)).Round(100*time.Nanosecond))
	}
	notes["processor time of a record, quarter by quarter"] = fmt.Sprint(applied)
	notes["that of making its creation, the same work"] = fmt.Sprint(made)
	notes["ratio of the rates, the machine's drift in it"] = fmt.Sprintf("%.2f", quarters[len(quarters)-1].rate()/quarters[0].rate())
	if now := readProcIO(); now.known && g.read.known {
		notes["bytes that the process wrote for one of a record"] = fmt.Sprintf("%.2f", float64(now.written-g.read.written)/kept)
	}
	return notes
}
