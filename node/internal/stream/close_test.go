package stream

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tabard-id/tabard/node/api"
)

func TestCursorsThatCannotBeServed(t *testing.T) {
	m := newMemory(5)
	_, at := serve(t, m, func(c *Config) { c.CatchUp = time.Millisecond })
	closedWith(t, dial(t, at+"?after=QmOther:1"), api.CloseUnknownLedger)
	closedWith(t, dial(t, at+cursor(5)), api.CloseFutureCursor)
	m.pruned = 3
	closedWith(t, dial(t, at+cursor(1)), api.CloseOutdatedCursor)
	if f := nextRecord(t, dial(t, at+cursor(2))); *f.Seq != 3 {
		t.Errorf("after the pruned part: %+v", f)
	}
}

// TestCursorSlightlyAhead: a subscriber that comes from a node that is further on
// waits for this one.
func TestCursorSlightlyAhead(t *testing.T) {
	m := newMemory(5)
	h, at := serve(t, m, func(c *Config) { c.CatchUp = time.Minute })
	opened := make(chan *websocket.Conn)
	go func() {
		ws, _, err := websocket.DefaultDialer.Dial(at+cursor(6), nil)
		if err != nil {
			t.Error(err)
		}
		opened <- ws
	}()
	eventually(t, "the subscriber waits", func() bool { return h.Subscribers() == 1 })
	m.append(1)
	m.append(1)
	ws := <-opened
	defer ws.Close()
	m.append(1)
	if f := nextRecord(t, ws); *f.Seq != 7 {
		t.Errorf("first record: %+v", f)
	}
}

func TestHeartbeatsStopWhenStale(t *testing.T) {
	m := newMemory(3)
	_, at := serve(t, m, func(c *Config) { c.Interval = 5 * time.Millisecond })
	ws := dial(t, at)
	for range 3 {
		if f := next(t, ws); f.Kind != api.KindHeartbeat || f.Size != 3 || f.Cursor != testLedger+":2" {
			t.Fatalf("heartbeat %+v", f)
		}
	}
	m.setAge(3 * time.Second) // silent, but open
	m.append(1)
	nextRecord(t, ws) // after the heartbeats sent before, however many they are
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 20 {
		<-tick.C
		m.append(1)
		if f := next(t, ws); f.Seq == nil {
			t.Fatal("heartbeat of a node that is not current")
		}
	}
	m.setAge(time.Hour)
	closedWith(t, ws, api.CloseNodeStale)
	closedWith(t, dial(t, at), api.CloseNodeStale)
	m.setAge(0)
	next(t, dial(t, at))
}

func TestShutdownTellsEveryone(t *testing.T) {
	m := newMemory(3)
	h, at := serve(t, m, nil)
	var all []*websocket.Conn
	for range 20 {
		all = append(all, dial(t, at))
	}
	done := make(chan error)
	go func() { done <- h.Close(context.Background()) }()
	for _, ws := range all {
		closedWith(t, ws, api.CloseShuttingDown)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if h.Subscribers() != 0 {
		t.Errorf("%d subscribers are left", h.Subscribers())
	}
	if _, resp, err := websocket.DefaultDialer.Dial(at, nil); err == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a stream opened after the end: %v", err)
	}
}

func TestCaps(t *testing.T) {
	h, at := serve(t, newMemory(1), func(c *Config) { c.MaxPerAddress, c.MaxSubscribers = 2, 3 })
	first := dial(t, at)
	dial(t, at)
	_, resp, err := websocket.DefaultDialer.Dial(at, nil)
	if err == nil || resp.StatusCode != http.StatusTooManyRequests {
		t.Fatalf("third stream of one address: %v", err)
	}
	first.Close()
	eventually(t, "the first stream is forgotten", func() bool { return h.Subscribers() == 1 })
	dial(t, at)
}

// TestSlowReader: one that does not read holds up nobody, holds no frames, and is
// told why it was closed when it reads again.
func TestSlowReader(t *testing.T) {
	m := newMemory(1)
	h, at := serve(t, m, func(c *Config) { c.WriteTimeout = 50 * time.Millisecond; c.Interval = time.Hour })
	slow, fast := dial(t, at), dial(t, at)
	if err := slow.NetConn().(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	for seq := 1; h.Subscribers() > 1; {
		m.append(500)
		for range 500 {
			f := nextRecord(t, fast)
			if int(*f.Seq) != seq {
				t.Fatalf("record %d, want %d", *f.Seq, seq)
			}
			seq++
		}
		if seq > 1_000_000 {
			t.Fatal("a reader that does not read is kept")
		}
	}
	last := 0
	for {
		f, err := receive(slow)
		if err != nil {
			var closed *websocket.CloseError
			if !errors.As(err, &closed) || closed.Text != string(api.CloseTooSlow) {
				t.Fatalf("after record %d: %v", last, err)
			}
			break
		}
		if f.Seq != nil {
			if int(*f.Seq) != last+1 {
				t.Fatalf("record %d after %d", *f.Seq, last)
			}
			last++
		}
	}
}

// TestReaderThatPauses: a full socket costs no record.
func TestReaderThatPauses(t *testing.T) {
	m := newMemory(1)
	_, at := serve(t, m, nil)
	ws := dial(t, at)
	m.append(20_000) // far more than the socket takes
	for want := 1; want <= 20_000; want++ {
		if f := nextRecord(t, ws); int(*f.Seq) != want {
			t.Fatalf("record %d, want %d", *f.Seq, want)
		}
	}
}

// growing has one record more whenever its head is looked at.
type growing struct{ *memory }

func (g growing) Head() (Head, error) {
	head, err := g.memory.Head()
	g.append(1)
	return head, err
}

// TestRecordDuringTheHandshake: whoever subscribes from now on misses nothing that is
// appended after the handshake's reply, whose Tabard-Seq says where the stream begins.
func TestRecordDuringTheHandshake(t *testing.T) {
	_, at := serve(t, newMemory(1), func(c *Config) { c.Source = growing{c.Source.(*memory)} })
	ws, reply, err := websocket.DefaultDialer.Dial(at, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	if f := nextRecord(t, ws); strconv.Itoa(int(*f.Seq)) != reply.Header.Get(api.HeaderSeq) {
		t.Errorf("first record %d of a stream that begins at %s", *f.Seq, reply.Header.Get(api.HeaderSeq))
	}
}

func TestInbound(t *testing.T) {
	_, at := serve(t, newMemory(1), nil)
	t.Run("ignored", func(t *testing.T) {
		ws := dial(t, at)
		if err := ws.WriteMessage(websocket.TextMessage, make([]byte, maxInbound)); err != nil {
			t.Fatal(err)
		}
		pong := make(chan string, 1)
		ws.SetPongHandler(func(data string) error { pong <- data; return errors.New("seen") })
		if err := ws.WriteControl(websocket.PingMessage, []byte("hi"), time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := receive(ws); err != nil {
				break
			}
		}
		if data := <-pong; data != "hi" {
			t.Errorf("pong %q", data)
		}
	})
	t.Run("too large", func(t *testing.T) {
		ws := dial(t, at)
		if err := ws.WriteMessage(websocket.TextMessage, make([]byte, maxInbound+1)); err != nil {
			t.Fatal(err)
		}
		ended(t, ws, websocket.CloseMessageTooBig)
	})
	t.Run("flood", func(t *testing.T) {
		ws := dial(t, at)
		for range inboundPerWindow + 1 {
			if err := ws.WriteMessage(websocket.TextMessage, []byte("x")); err != nil {
				break
			}
		}
		for {
			if _, err := receive(ws); err != nil {
				return
			}
		}
	})
	t.Run("farewell", func(t *testing.T) {
		ws := dial(t, at)
		bye := websocket.FormatCloseMessage(websocket.CloseGoingAway, "")
		if err := ws.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		ended(t, ws, websocket.CloseNormalClosure)
	})
	t.Run("no protocol", func(t *testing.T) {
		conn, err := net.Dial("tcp", strings.Split(strings.TrimPrefix(at, "ws://"), "/")[0])
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, "GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("%v %v", resp, err)
		}
		fmt.Fprint(conn, "this is no frame, and it is not masked either")
		if err := conn.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	})
}

func ended(t *testing.T, ws *websocket.Conn, code int) {
	t.Helper()
	for {
		_, err := receive(ws)
		if err == nil {
			continue
		}
		if !websocket.IsCloseError(err, code) {
			t.Fatalf("ended with %v, want %d", err, code)
		}
		return
	}
}

// eventually waits for a condition that another goroutine brings about.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		<-tick.C
	}
}
