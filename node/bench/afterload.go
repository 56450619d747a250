package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tabard-id/tabard/node"
)

// AfterLoadOptions size the workload of writes after a bulk load.
type AfterLoadOptions struct {
	Records int // of the bulk load
	Count   int // writes measured before and after
}

// AfterLoad measures what one creation at a time costs a cluster of one after a bulk load, beside what
// it cost before: bytes handed to write calls, those of the client and of sockets among them, and time.
func AfterLoad(ctx context.Context, o AfterLoadOptions) (row Row, err error) {
	row = Row{Name: fmt.Sprintf("a write after a bulk load of %d", o.Records), Unit: "bytes of output", Peer: "before it", Aim: "≤ 1.1"}
	dev, err := startCluster(ctx, 1)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	if _, err = writeCost(ctx, dev, "warm", o.Count); err != nil {
		return row, err
	}
	before, err := writeCost(ctx, dev, "before", o.Count)
	if err != nil {
		return row, err
	}
	if err = loadBulk(ctx, dev, o.Records); err != nil {
		return row, err
	}
	after, err := writeCost(ctx, dev, "after", o.Count)
	if err != nil {
		return row, err
	}
	row.Value, row.PeerValue = after.bytes, before.bytes
	if !readProcIO().known { // time is all there is to see
		row.Unit, row.Value, row.PeerValue = "µs", float64(after.took.Microseconds()), float64(before.took.Microseconds())
	}
	row.Ratio = row.Value / max(row.PeerValue, 1)
	row.Notes = map[string]string{
		"mean before and after":  fmt.Sprintf("%.0f and %.0f bytes, with what is done in the background", before.mean, after.mean),
		"time of a write before": before.took.Round(time.Microsecond).String(),
		"time of a write after":  after.took.Round(time.Microsecond).String(),
		"log's file":             fileSize(filepath.Join(dev.Dir, dev.Nodes[0].ID(), "raft", "raft.db")),
	}
	return row, nil
}

// cost is what one write took: the median of many parts, so that what the stores tidy up now and then,
// in the background, counts in the mean alone.
type cost struct {
	bytes, mean float64
	took        time.Duration
}

// writeCost makes creations one after another.
func writeCost(ctx context.Context, dev *node.Dev, prefix string, count int) (cost, error) {
	const parts = 20
	var bytes []float64
	var took []time.Duration
	for part := range parts {
		batch, err := creations(dev.Domain, fmt.Sprint(prefix, "-", part), max(1, count/parts))
		if err != nil {
			return cost{}, err
		}
		start := readProcIO()
		got, err := load{addrs: addresses(dev), conns: 1, total: len(batch), status: http.StatusCreated, request: func(i int) []byte {
			return postRequest(batch[i].target, "application/jsonl", batch[i].line)
		}}.run(ctx)
		if err != nil {
			return cost{}, err
		}
		bytes = append(bytes, float64(readProcIO().written-start.written)/float64(len(batch)))
		took = append(took, percentile(got.took, 0.5))
	}
	sum := 0.0
	for _, b := range bytes {
		sum += b
	}
	slices.Sort(bytes)
	slices.Sort(took)
	return cost{bytes: bytes[parts/2], mean: sum / parts, took: took[parts/2]}, nil
}

// loadBulk makes n creations as NDJSON, signed a part at a time.
func loadBulk(ctx context.Context, dev *node.Dev, n int) error {
	const part = 20_000
	for made := 0; made < n; made += part {
		batch, err := creations(dev.Domain, fmt.Sprint("load-", made), min(part, n-made))
		if err == nil {
			err = sendBulk(ctx, dev.URLs, batch)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func fileSize(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d MiB", info.Size()>>20)
}
