package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// StreamOptions size the subscription workload.
type StreamOptions struct {
	Subscribers int
	Count       int // records written, one after another
}

// Stream measures how long after its commit a record reaches each of many subscribers, who are dealt
// over three nodes, and that none misses one. The clock starts when the write is sent, so that the
// figure holds Raft's commit as well; the peer is the same write's own receipt.
func Stream(ctx context.Context, o StreamOptions) (row Row, err error) {
	row = Row{Name: fmt.Sprintf("write → frame at %d subscribers, p99", o.Subscribers), Unit: "µs", Peer: "write → receipt, p99 µs", Aim: "no loss"}
	dev, err := startCluster(ctx, 3)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	batch, err := creations(dev.Domain, "stream", o.Count)
	if err != nil {
		return row, err
	}
	before := heap()
	group, err := subscribe(ctx, dev.URLs, o)
	if err != nil {
		return row, err
	}
	defer group.close()
	perConnection := float64(heap()-before) / float64(o.Subscribers)

	var receipts []time.Duration
	sent := make(map[string]time.Time, len(batch))
	for _, c := range batch {
		start := time.Now()
		sent[string(c.did)] = start
		result, err := load{addrs: addresses(dev)[:1], conns: 1, total: 1, status: http.StatusCreated, request: func(int) []byte {
			return postRequest(c.target, "application/jsonl", c.line)
		}}.run(ctx)
		if err != nil {
			return row, err
		}
		receipts = append(receipts, result.took...)
	}
	took, err := group.collect(sent)
	if err != nil {
		return row, err
	}
	slices.Sort(receipts)
	row.Value = float64(percentile(took, 0.99).Microseconds())
	row.PeerValue = float64(percentile(receipts, 0.99).Microseconds())
	row.Ratio = row.Value / max(row.PeerValue, 1)
	row.Notes = map[string]string{
		"frames": fmt.Sprintf("%d of %d", len(took), o.Count*o.Subscribers),
		"p50":    fmt.Sprintf("%s, receipt %s", percentile(took, 0.5), percentile(receipts, 0.5)),
		"memory": fmt.Sprintf("%.1f KiB a connection, both ends, heap and stacks", perConnection/1024),
	}
	return row, nil
}

// heap is what the process holds in objects and stacks.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// A seen frame is one DID's arrival at one subscriber.
type seen struct {
	did string
	at  time.Time
}

type subscribers struct {
	conns  []*websocket.Conn
	frames [][]seen
	errs   []error
	done   sync.WaitGroup
}

// subscribe opens all connections and starts reading until each has every frame.
func subscribe(ctx context.Context, urls []string, o StreamOptions) (*subscribers, error) {
	s := &subscribers{frames: make([][]seen, o.Subscribers), errs: make([]error, o.Subscribers)}
	dialer := websocket.Dialer{ReadBufferSize: 1024, WriteBufferSize: 256, HandshakeTimeout: 10 * time.Second}
	for i := range o.Subscribers {
		conn, _, err := dialer.DialContext(ctx, "ws"+strings.TrimPrefix(urls[i%len(urls)], "http")+"/v1/stream?kinds=did", nil)
		if err != nil {
			s.close()
			return nil, fmt.Errorf("subscriber %d: %w", i, err)
		}
		s.conns = append(s.conns, conn)
	}
	for i, conn := range s.conns {
		s.done.Go(func() { s.frames[i], s.errs[i] = readFrames(conn, o.Count) })
	}
	return s, nil
}

func readFrames(conn *websocket.Conn, count int) ([]seen, error) {
	frames := make([]seen, 0, count)
	for len(frames) < count {
		if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			return frames, err
		}
		_, text, err := conn.ReadMessage()
		if err != nil {
			return frames, err
		}
		at := time.Now()
		var frame struct{ Kind, DID string }
		if err := json.Unmarshal(text, &frame); err != nil {
			return frames, err
		}
		if frame.Kind == "did" {
			frames = append(frames, seen{frame.DID, at})
		}
	}
	return frames, nil
}

// collect waits for all frames and returns their latencies, sorted.
func (s *subscribers) collect(sent map[string]time.Time) ([]time.Duration, error) {
	s.done.Wait()
	var took []time.Duration
	for _, frames := range s.frames {
		for _, f := range frames {
			start, ok := sent[f.did]
			if !ok {
				return nil, fmt.Errorf("a frame about %s, which was not written", f.did)
			}
			took = append(took, f.at.Sub(start))
		}
	}
	slices.Sort(took)
	return took, errors.Join(s.errs...)
}

func (s *subscribers) close() {
	for _, conn := range s.conns {
		_ = conn.Close() // the measurement is over
	}
	s.done.Wait()
}
