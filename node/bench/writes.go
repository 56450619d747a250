package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tabard-id/tabard/node"
	"github.com/tabard-id/tabard/node/api"
)

// WriteOptions size the write workloads.
type WriteOptions struct {
	Rounds  int // pairs of measurements
	Writers int // connections with one request in flight
	Count   int // writes a round
}

func startCluster(ctx context.Context, nodes int) (*node.Dev, error) {
	return node.StartDev(ctx, node.DevConfig{Nodes: nodes, HTTP: "127.0.0.1:0", Domain: "registry.localhost:8700"})
}

func addresses(dev *node.Dev) (addrs []string) {
	for _, u := range dev.URLs {
		addrs = append(addrs, strings.TrimPrefix(u, "http://"))
	}
	return addrs
}

// Writes measures signed did:webvh creations over HTTP on three nodes, every node verifying, beside
// the same bytes through Raft and boltdb on three nodes with nothing checked. Tabard's writers are
// dealt over all three nodes, the peer's all speak to its leader.
func Writes(ctx context.Context, o WriteOptions) (row Row, err error) {
	row = Row{Name: fmt.Sprintf("did:webvh creations over HTTP, %d writers", o.Writers), Unit: "/s", Peer: "Raft+boltdb, no checks", Aim: "≥ 0.5"}
	dev, peer, err := writeRivals(ctx)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, dev.Close(), peer.close()) }()
	var last result
	n := 0
	row, err = alternate(row, o.Rounds, func() (float64, error) {
		n++
		batch, err := creations(dev.Domain, fmt.Sprint("http-", n), o.Count)
		if err != nil {
			return 0, err
		}
		last, err = load{addrs: addresses(dev), conns: o.Writers, total: o.Count, status: http.StatusCreated, request: func(i int) []byte {
			return postRequest(batch[i].target, "application/jsonl", batch[i].line)
		}}.run(ctx)
		return last.rate, err
	}, func() (float64, error) {
		batch, err := creations(dev.Domain, "peer", o.Count)
		if err != nil {
			return 0, err
		}
		got, err := load{addrs: []string{peer.address}, conns: o.Writers, total: o.Count, status: http.StatusCreated, request: func(i int) []byte {
			return postRequest("/", "application/jsonl", batch[i].line)
		}}.run(ctx)
		return got.rate, err
	})
	row.Notes = latencies(last)
	return row, err
}

// Bulk measures the same creations sent as NDJSON operations over a few connections, beside the same
// bytes proposed to the bare peer in process.
func Bulk(ctx context.Context, o WriteOptions) (row Row, err error) {
	row = Row{Name: "did:webvh creations in bulk (NDJSON)", Unit: "/s", Peer: "Raft+boltdb in process, no checks", Aim: "≥ 0.4"}
	dev, peer, err := writeRivals(ctx)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, dev.Close(), peer.close()) }()
	n := 0
	return alternate(row, o.Rounds, func() (float64, error) {
		n++
		batch, err := creations(dev.Domain, fmt.Sprint("bulk-", n), o.Count)
		if err != nil {
			return 0, err
		}
		start := time.Now()
		err = sendBulk(ctx, dev.URLs, batch)
		return float64(o.Count) / time.Since(start).Seconds(), err
	}, func() (float64, error) {
		batch, err := creations(dev.Domain, "peer", o.Count)
		if err != nil {
			return 0, err
		}
		return proposeAll(peer, batch, o.Writers)
	})
}

func writeRivals(ctx context.Context) (*node.Dev, *barePeer, error) {
	dev, err := startCluster(ctx, 3)
	if err != nil {
		return nil, nil, err
	}
	peer, err := startBarePeer(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, dev.Close())
	}
	return dev, peer, nil
}

// sendBulk posts the creations as NDJSON, an equal part to each node.
func sendBulk(ctx context.Context, urls []string, batch []creation) error {
	errs := make([]error, len(urls))
	var group sync.WaitGroup
	for i, base := range urls {
		part := batch[i*len(batch)/len(urls) : (i+1)*len(batch)/len(urls)]
		group.Go(func() { errs[i] = postBulk(ctx, base, part) })
	}
	group.Wait()
	return errors.Join(errs...)
}

// bulkBytes keeps one request below the limit of bulk bodies.
const bulkBytes = 15 << 20

func postBulk(ctx context.Context, base string, part []creation) error {
	for len(part) > 0 {
		var body bytes.Buffer
		sent := 0
		for sent < len(part) && body.Len()+len(part[sent].line)+64 < bulkBytes {
			fmt.Fprintf(&body, `{"op":"did","entries":[%s]}`+"\n", part[sent].line)
			sent++
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/v1/records", &body)
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", "application/x-ndjson")
		reply, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		err = readOutcomes(reply, sent)
		if closing := reply.Body.Close(); err == nil {
			err = closing
		}
		if err != nil {
			return err
		}
		part = part[sent:]
	}
	return nil
}

// readOutcomes expects one accepted outcome for each line sent.
func readOutcomes(reply *http.Response, want int) error {
	if reply.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(reply.Body, 1<<10)) // best effort: the status is the error
		return fmt.Errorf("bulk: %s: %s", reply.Status, text)
	}
	got := 0
	for lines := bufio.NewScanner(reply.Body); lines.Scan(); got++ {
		var outcome api.BulkOutcome
		if err := json.Unmarshal(lines.Bytes(), &outcome); err != nil {
			return err
		}
		if outcome.Receipt == nil {
			return fmt.Errorf("bulk: line %d was refused: %s", got+1, lines.Bytes())
		}
	}
	if got != want {
		return fmt.Errorf("bulk: %d outcomes for %d lines", got, want)
	}
	return nil
}

func proposeAll(peer *barePeer, batch []creation, writers int) (float64, error) {
	errs := make([]error, writers)
	var group sync.WaitGroup
	start := time.Now()
	for w := range writers {
		group.Go(func() {
			for i := w; i < len(batch) && errs[w] == nil; i += writers {
				errs[w] = peer.write(batch[i].line)
			}
		})
	}
	group.Wait()
	return float64(len(batch)) / time.Since(start).Seconds(), errors.Join(errs...)
}

func latencies(r result) map[string]string {
	return map[string]string{"p50": percentile(r.took, 0.50).Round(time.Microsecond).String(), "p99": percentile(r.took, 0.99).Round(time.Microsecond).String()}
}
