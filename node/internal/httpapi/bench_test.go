package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// BenchmarkResolve measures GET of a resolved DID over 64 connections, among many, beside a handler
// that writes the same bytes and nothing else. Compare the two by their ns/op.
func BenchmarkResolve(b *testing.B) {
	const agents, connections = 1000, 64
	n := startNode(b)
	targets := n.registerMany(agents)
	var sample answer
	for _, target := range targets {
		sample = n.get(target) // fills the cache
	}
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{api.TypeDIDResolution}
		w.Header()["Content-Length"] = []string{strconv.Itoa(len(sample.body))}
		if _, err := w.Write(sample.body); err != nil {
			b.Error(err)
		}
	}))
	b.Cleanup(bare.Close)
	for round := range 3 {
		b.Run(fmt.Sprintf("bare/%d", round), func(b *testing.B) { load(b, bare, targets, connections) })
		b.Run(fmt.Sprintf("node/%d", round), func(b *testing.B) { load(b, n.server, targets, connections) })
	}
}

// BenchmarkResolveUncached is the same without replies kept.
func BenchmarkResolveUncached(b *testing.B) {
	n := startNode(b, func(c *Config) { c.CacheBytes = -1 })
	targets := n.registerMany(1000)
	b.Run("node", func(b *testing.B) { load(b, n.server, targets, 64) })
}

// registerMany creates agents in bulk and returns the paths that resolve them.
func (n *testNode) registerMany(count int) []string {
	n.t.Helper()
	var body []byte
	var targets []string
	for i := range count {
		a := n.draft(webvh.CreateOptions{}, "bench", strconv.Itoa(i))
		body = append(body, bulkBody(didLine(a.entry.Value))...)
		targets = append(targets, identifiers+string(a.id))
	}
	for _, o := range n.post("/v1/records", api.TypeNDJSON, body).outcomes() {
		if o.Receipt == nil {
			n.t.Fatalf("%+v", o.Problem)
		}
	}
	return targets
}

// load sends b.N requests over that many connections with a client that does as little as possible:
// it shares the machine with what is measured.
func load(b *testing.B, server *httptest.Server, targets []string, connections int) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	before := cpuTime(b)
	for range connections {
		wg.Go(func() {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			r := bufio.NewReaderSize(conn, 8<<10)
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				target := targets[int(i*7919)%len(targets)]
				if err := roundTrip(conn, r, target); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

// cpuTime is what the process has used: unlike the time on the wall it says something on a machine
// that does other things too.
func cpuTime(b *testing.B) time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

func roundTrip(conn io.Writer, r *bufio.Reader, target string) error {
	if _, err := io.WriteString(conn, "GET "+target+" HTTP/1.1\r\nHost: registry.example\r\n\r\n"); err != nil {
		return err
	}
	length := -1
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200")) {
			return fmt.Errorf("status line %q", line)
		}
		if len(line) <= 2 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	_, err := r.Discard(length)
	return err
}

// BenchmarkBulk measures signed creations in bulk beside the same operations proposed in process.
func BenchmarkBulk(b *testing.B) {
	n := startNode(b)
	made := 0
	draw := func(b *testing.B) []jcs.Value {
		var ops []jcs.Value
		for range b.N {
			made++
			ops = append(ops, didLine(n.draft(webvh.CreateOptions{}, "bench", strconv.Itoa(made)).entry.Value))
		}
		return ops
	}
	b.Run("in process", func(b *testing.B) {
		ops := draw(b)
		b.ResetTimer()
		n.propose(b, ops)
	})
	b.Run("NDJSON", func(b *testing.B) {
		ops := draw(b)
		var bodies [][]byte
		for chunk := range slices.Chunk(ops, 5000) {
			bodies = append(bodies, bulkBody(chunk...))
		}
		b.ResetTimer()
		for _, body := range bodies {
			for _, o := range n.post("/v1/records", api.TypeNDJSON, body).outcomes() {
				if o.Receipt == nil {
					b.Fatalf("%+v", o.Problem)
				}
			}
		}
	})
}

func (n *testNode) propose(b *testing.B, ops []jcs.Value) {
	room := make(chan struct{}, 768)
	var wg sync.WaitGroup
	for _, payload := range ops {
		op, err := record.ParseOp(payload)
		if err != nil {
			b.Fatal(err)
		}
		room <- struct{}{}
		wg.Go(func() {
			defer func() { <-room }()
			if _, err := n.raft.Propose(context.Background(), op.Encode()); err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
}
