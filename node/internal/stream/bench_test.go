package stream

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// bare opens a stream on a plain socket, which costs this process next to nothing.
func bare(t testing.TB, at, query string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.Split(strings.TrimPrefix(at, "ws://"), "/")[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "GET /v1/stream%s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", query)
	resp, err := http.ReadResponse(bufio.NewReaderSize(oneByte{conn}, 16), nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: %v %v", resp, err)
	}
	return conn
}

// oneByte keeps a buffered reader from taking bytes that follow the handshake.
type oneByte struct{ io.Reader }

func (r oneByte) Read(p []byte) (int, error) { return r.Reader.Read(p[:1]) }

// TestIdleConnectionIsSmall counts heap and stacks of 1,000 idle subscribers. The
// clients' ends are in the same process, so the figure is too high if anything.
func TestIdleConnectionIsSmall(t *testing.T) {
	const connections, limit = 1000, 10 << 10
	h, at := serve(t, newMemory(10), func(c *Config) { c.Interval = time.Hour })
	bare(t, at, "") // warms up pools and lazily made things
	before, goroutines := inUse(), runtime.NumGoroutine()
	for range connections {
		bare(t, at, "?kinds=status")
	}
	eventually(t, "everyone is served", func() bool { return h.Subscribers() == connections+1 && allIdle(h) })
	eventually(t, "one goroutine each", func() bool { return runtime.NumGoroutine() <= goroutines+connections+4 })
	each := (inUse() - before) / connections
	t.Logf("%d bytes and one goroutine per idle connection", each)
	if each > limit {
		t.Errorf("an idle connection takes %d bytes, more than %d", each, limit)
	}
}

// TestBlockedConnectionIsSmall: those who do not read keep nothing of what is written
// for them, but the rest of one frame and the goroutine that waits with it.
func TestBlockedConnectionIsSmall(t *testing.T) {
	const connections, limit = 100, 20 << 10
	m := newMemory(10)
	reg := prometheus.NewRegistry()
	_, at := serve(t, m, func(c *Config) { c.Interval, c.WriteTimeout, c.Registerer = time.Hour, time.Hour, reg })
	reader := dial(t, at)
	m.append(ringSlots) // fills the ring
	for range ringSlots {
		nextRecord(t, reader)
	}
	before := inUse() - m.bytes()
	for range connections {
		bare(t, at, "")
	}
	blocked := func() bool { return value(t, reg, "tabard_stream_blocked_subscribers") == connections }
	for !blocked() {
		m.append(500)
		for range 500 {
			nextRecord(t, reader)
		}
	}
	each := (inUse() - m.bytes() - before) / connections
	t.Logf("%d bytes per connection that does not read", each)
	if each > limit {
		t.Errorf("a connection that does not read takes %d bytes, more than %d", each, limit)
	}
}

func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

func allIdle(h *Hub) bool {
	for _, s := range h.shards {
		s.mu.Lock()
		busy := slices.ContainsFunc(s.subs, func(sub *subscriber) bool { return sub.place != idle })
		s.mu.Unlock()
		if busy {
			return false
		}
	}
	return true
}

// BenchmarkCommitToFrame is the time from a commit until each of 1,000 subscribers,
// in this process, has read its frame.
func BenchmarkCommitToFrame(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("subscribers=%d", n), func(b *testing.B) {
			m := newMemory(1)
			_, at := serve(b, m, func(c *Config) { c.Interval = time.Hour })
			var conns []net.Conn
			for range n {
				conns = append(conns, bare(b, at, ""))
			}
			fanOut(b, conns, true, func() { m.append(1) })
		})
	}
}

// BenchmarkBareWrites is the limit of BenchmarkCommitToFrame: the same bytes to the
// same readers by nothing but write calls, from as many goroutines as there are cores.
func BenchmarkBareWrites(b *testing.B) {
	const n = 1000
	f, err := encode(testLedger, 1, testRecord(1))
	if err != nil {
		b.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	var near, far []net.Conn
	for range n {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		peer, err := listener.Accept()
		if err != nil {
			b.Fatal(err)
		}
		defer peer.Close()
		near, far = append(near, conn), append(far, peer)
	}
	workers := runtime.GOMAXPROCS(0)
	fanOut(b, near, false, func() {
		for w := range workers {
			go func() {
				for i := w; i < n; i += workers {
					if _, err := far[i].Write(f.wire); err != nil {
						b.Error(err)
					}
				}
			}()
		}
	})
}

// fanOut measures the time from commit until each connection has read a frame.
func fanOut(b *testing.B, conns []net.Conn, greeted bool, commit func()) {
	var (
		start time.Time
		got   sync.WaitGroup
		took  = make([][]time.Duration, len(conns))
	)
	for i, conn := range conns {
		r := bufio.NewReaderSize(conn, 1024)
		if greeted { // by a heartbeat
			if err := skipFrame(r); err != nil {
				b.Fatal(err)
			}
		}
		go func() {
			for skipFrame(r) == nil {
				took[i] = append(took[i], time.Since(start))
				got.Done()
			}
		}()
	}
	for b.Loop() {
		got.Add(len(conns))
		start = time.Now()
		commit()
		got.Wait()
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	if len(all) != len(conns)*b.N {
		b.Fatalf("%d frames, want %d", len(all), len(conns)*b.N)
	}
	b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
}

func skipFrame(r *bufio.Reader) error {
	head, err := r.Peek(4)
	if err != nil {
		return err
	}
	n := 2 + int(head[1])
	if head[1] == 126 {
		n = 4 + int(binary.BigEndian.Uint16(head[2:]))
	}
	_, err = r.Discard(n)
	return err
}

// BenchmarkBurst is the time for 10,000 records committed at once to reach 100
// subscribers, with the number of frames in one write.
func BenchmarkBurst(b *testing.B) {
	const subscribers, records = 100, 10_000
	m := newMemory(1)
	reg := prometheus.NewRegistry()
	_, at := serve(b, m, func(c *Config) { c.Interval, c.Registerer = time.Hour, reg })
	var got sync.WaitGroup
	for range subscribers {
		conn := bare(b, at, "")
		r := bufio.NewReaderSize(conn, 64<<10)
		if err := skipFrame(r); err != nil {
			b.Fatal(err)
		}
		go func() {
			for skipFrame(r) == nil {
				got.Done()
			}
		}()
	}
	for b.Loop() {
		got.Add(subscribers * records)
		m.append(records)
		got.Wait()
	}
	frames := float64(subscribers * records * b.N)
	b.ReportMetric(frames/b.Elapsed().Seconds(), "frames/s")
	b.ReportMetric(frames/value(b, reg, "tabard_stream_writes_total"), "frames/write")
}

// value of a counter or gauge.
func value(t testing.TB, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			m := f.GetMetric()[0]
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}
