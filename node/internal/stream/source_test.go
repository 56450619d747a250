package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

const testLedger = "QmTest"

// memory is a Source held in memory.
type memory struct {
	mu      sync.Mutex
	records [][]byte
	grown   chan struct{}
	pruned  record.Seq
	age     time.Duration
}

func newMemory(n int) *memory {
	m := &memory{grown: make(chan struct{})}
	m.append(n)
	return m
}

func (m *memory) Size() record.Seq {
	m.mu.Lock()
	defer m.mu.Unlock()
	return record.Seq(len(m.records))
}

func (m *memory) Notify() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.grown
}

func (m *memory) Read(from record.Seq, n int, fn func(record.Seq, []byte) error) error {
	m.mu.Lock()
	records, pruned := m.records, m.pruned
	m.mu.Unlock()
	if from < pruned {
		return fmt.Errorf("record %d: %w", from, ErrPruned)
	}
	for i := int(from); i < len(records) && i < int(from)+n; i++ {
		if err := fn(record.Seq(i), records[i]); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Head() (Head, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.records) == 0 {
		return Head{}, nil
	}
	return Head{Ledger: testLedger, Size: record.Seq(len(m.records)), Root: record.Hash{1}}, nil
}

// append adds n records; the position decides what they are.
func (m *memory) append(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for range n {
		m.records = append(m.records, testRecord(len(m.records)))
	}
	close(m.grown)
	m.grown = make(chan struct{})
}

// bytes is what the records take.
func (m *memory) bytes() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := cap(m.records) * 24
	for _, r := range m.records {
		n += cap(r)
	}
	return int64(n)
}

func (m *memory) setAge(d time.Duration) { m.mu.Lock(); m.age = d; m.mu.Unlock() }

func (m *memory) staleness() time.Duration { m.mu.Lock(); defer m.mu.Unlock(); return m.age }

const testTime = "2026-01-02T03:04:05.678Z"

// testRecord is a did, credential or status record in turn, about one of seven DIDs.
func testRecord(i int) []byte {
	who := fmt.Sprintf("did:webvh:Qm%d:registry.example:a", i%7)
	var body string
	switch i % 3 {
	case 0:
		body = fmt.Sprintf(`"body":{"entry":{"parameters":{},"state":{"id":%q},"versionId":"3-Qm","versionTime":"x"}},"kind":"did"`, who)
	case 1:
		body = fmt.Sprintf(`"body":{"digest":"%064x","issuer":%q,"subjects":["did:key:z%d"]},"kind":"credential"`, i, who, i%5)
	default:
		status := []string{"active", "suspended", "revoked"}[i/3%3]
		body = fmt.Sprintf(`"body":{"proof":{"verificationMethod":"%s#k"},"status":%q,"target":"%064x","type":"StatusChange"},"kind":"status"`, who, status, i)
	}
	return []byte("{" + body + `,"time":"` + testTime + `"}`)
}

// serve runs a hub over HTTP until the test ends. setup may be nil.
func serve(t testing.TB, m *memory, setup func(*Config)) (*Hub, string) {
	t.Helper()
	cfg := Config{Source: m, Staleness: m.staleness, MaxSubscribers: 5000, MaxPerAddress: 5000}
	if setup != nil {
		setup(&cfg)
	}
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := h.Close(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		server.Close()
	})
	return h, "ws" + strings.TrimPrefix(server.URL, "http") + "/v1/stream"
}

func dial(t testing.TB, url string) *websocket.Conn {
	t.Helper()
	ws, resp, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		t.Fatalf("dial %s: %v (%+v)", url, err, resp)
	}
	t.Cleanup(func() { ws.Close() })
	return ws
}

// next reads one message; no test waits longer than two minutes for one.
func next(t testing.TB, ws *websocket.Conn) api.Frame {
	t.Helper()
	f, err := receive(ws)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func receive(ws *websocket.Conn) (api.Frame, error) {
	if err := ws.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		return api.Frame{}, err
	}
	_, message, err := ws.ReadMessage()
	if err != nil {
		return api.Frame{}, err
	}
	return api.ParseFrame(message)
}

// nextRecord skips heartbeats.
func nextRecord(t testing.TB, ws *websocket.Conn) api.Frame {
	t.Helper()
	for {
		if f := next(t, ws); f.Kind != api.KindHeartbeat {
			return f
		}
	}
}

// closedWith reads until the stream ends, and checks why.
func closedWith(t testing.TB, ws *websocket.Conn, want api.CloseReason) {
	t.Helper()
	for {
		_, err := receive(ws)
		if err == nil {
			continue
		}
		var closed *websocket.CloseError
		if !errors.As(err, &closed) || closed.Text != string(want) || closed.Code != want.Code() {
			t.Fatalf("stream ended with %v, want %d %s", err, want.Code(), want)
		}
		return
	}
}

func cursor(seq int) string { return fmt.Sprintf("?after=%s:%d", testLedger, seq) }

func problemOf(t testing.TB, body []byte) api.Problem {
	t.Helper()
	var p api.Problem
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatalf("body %q: %v", body, err)
	}
	return p
}
