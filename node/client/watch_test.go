package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"pgregory.net/rapid"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

const ledgerID = "QmLedger"

// script is what a streaming node does with one connection, given the position it was asked to go on
// from. It ends by returning.
type script func(conn *websocket.Conn, next record.Seq)

// streamNode serves /v1/cluster for a ledger of size records and runs a script per connection.
func streamNode(t testing.TB, size record.Seq, scripts ...script) *node {
	n := &node{}
	var connections atomic.Int64
	upgrader := websocket.Upgrader{}
	n.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		n.asked = append(n.asked, r.RequestURI)
		n.mu.Unlock()
		if r.URL.Path == "/v1/cluster" {
			reply(w, http.StatusOK, api.Cluster{Ledger: ledgerID, Size: size})
			return
		}
		cursor, err := api.ParseCursor(r.URL.Query().Get("after"))
		if err != nil {
			refuse(api.InvalidParameter)(w, r)
			return
		}
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			t.Errorf("upgrade: %v", err)
			return
		}
		defer conn.Close()
		i := int(connections.Add(1)) - 1
		scripts[min(i, len(scripts)-1)](conn, cursor.Next)
	}))
	t.Cleanup(n.Close)
	return n
}

func frame(seq record.Seq) api.Frame {
	return api.Frame{Cursor: api.CursorAt(ledgerID, seq).String(), Seq: &seq, Kind: "status", Time: "2026-01-01T00:00:00.000Z"}
}

func heartbeat(next record.Seq) api.Frame {
	return api.Frame{Cursor: api.Cursor{Ledger: ledgerID, Next: next}.String(), Kind: api.KindHeartbeat, Size: next}
}

// sends writes frames and hangs up. A client that has gone away is no failure of the test.
func sends(frames ...api.Frame) script {
	return func(conn *websocket.Conn, _ record.Seq) { send(conn, frames...) }
}

func send(conn *websocket.Conn, frames ...api.Frame) bool {
	for _, f := range frames {
		if conn.WriteJSON(f) != nil {
			return false
		}
	}
	return true
}

func closes(reason api.CloseReason) script {
	return func(conn *websocket.Conn, _ record.Seq) {
		message := websocket.FormatCloseMessage(reason.Code(), string(reason))
		if conn.WriteControl(websocket.CloseMessage, message, time.Now().Add(time.Second)) == nil {
			waitForHangUp(conn)
		}
	}
}

func waitForHangUp(conn *websocket.Conn) {
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			return
		}
	}
}

// honest streams records up to size from where it is asked to.
func honest(size record.Seq) script {
	return func(conn *websocket.Conn, next record.Seq) {
		for ; next < size; next++ {
			if !send(conn, frame(next)) {
				return
			}
		}
		send(conn, heartbeat(size))
		waitForHangUp(conn)
	}
}

// collect watches until n records have come.
func collect(ctx context.Context, c *Client, opt WatchOptions, n int) ([]record.Seq, error) {
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	var got []record.Seq
	for f, err := range c.Watch(ctx, opt) {
		if err != nil {
			return got, err
		}
		if f.Kind == api.KindHeartbeat {
			continue
		}
		if got = append(got, *f.Seq); len(got) == n {
			break
		}
	}
	return got, nil
}

func upTo(n int) []record.Seq {
	out := make([]record.Seq, n)
	for i := range out {
		out[i] = record.Seq(i)
	}
	return out
}

func TestWatchResumes(t *testing.T) {
	stray := frame(2)
	stray.Cursor = api.CursorAt("QmOther", 2).String()
	wrong := frame(2)
	wrong.Cursor = api.CursorAt(ledgerID, 3).String()
	for name, first := range map[string]script{
		"after a connection is lost":          sends(frame(0), frame(1)),
		"after nothing came at all":           sends(),
		"over frames sent twice":              sends(frame(0), frame(0), frame(1), frame(0)),
		"at a frame that was left out":        sends(frame(0), frame(2)),
		"at a heartbeat before its frames":    sends(frame(0), heartbeat(3)),
		"at a frame of another ledger":        sends(frame(0), stray),
		"at a cursor that is not the frame's": sends(frame(0), frame(1), wrong),
		"after garbage": func(conn *websocket.Conn, _ record.Seq) {
			if err := conn.WriteMessage(websocket.TextMessage, []byte("{")); err != nil {
				t.Error(err)
			}
		},
		"after a node went stale":      closes(api.CloseNodeStale),
		"after reading too slowly":     closes(api.CloseTooSlow),
		"after a node was shut down":   closes(api.CloseShuttingDown),
		"after a node that is behind":  closes(api.CloseFutureCursor),
		"after a node that is silent":  func(conn *websocket.Conn, _ record.Seq) { waitForHangUp(conn) },
		"after a message of no bounds": sends(api.Frame{Reason: strings.Repeat("x", maxFrame)}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTestClient(t, streamNode(t, 0, first, honest(5)))
			got, err := collect(t.Context(), c, WatchOptions{Silence: 200 * time.Millisecond}, 5)
			if err != nil || !slices.Equal(got, upTo(5)) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestWatchMovesToAnotherNode(t *testing.T) {
	dead := newNode(t, hangUp)
	dead.Close()
	noLeader := newNode(t, refuse(api.NoLeader))
	c := newTestClient(t, dead, noLeader, streamNode(t, 2, honest(4)))
	got, err := collect(t.Context(), c, WatchOptions{}, 2)
	if err != nil || !slices.Equal(got, []record.Seq{2, 3}) {
		t.Errorf("got %v, %v; want the two records after the size at the start", got, err)
	}
}

func TestWatchFromNowLosesNothingBeforeTheFirstFrame(t *testing.T) {
	n := streamNode(t, 3, sends(), sends(), honest(5))
	got, err := collect(t.Context(), newTestClient(t, n), WatchOptions{}, 2)
	if err != nil || !slices.Equal(got, []record.Seq{3, 4}) {
		t.Errorf("got %v, %v", got, err)
	}
	if asked := n.requests(); asked[0] != "/v1/cluster" || asked[1] != "/v1/stream?after=QmLedger%3A2" {
		t.Errorf("asked %q", asked)
	}
}

func TestWatchEndsWhereNothingHelps(t *testing.T) {
	for reason, connections := range map[api.CloseReason]int{
		api.CloseUnknownLedger: 1, api.CloseOutdatedCursor: 1, api.CloseFutureCursor: futureCursorRounds,
	} {
		n := streamNode(t, 0, closes(reason))
		_, err := collect(t.Context(), newTestClient(t, n), WatchOptions{After: ledgerID + ":41"}, 1)
		var closed *StreamClosed
		if !errors.As(err, &closed) || closed.Reason != reason {
			t.Errorf("%s: got %v", reason, err)
		}
		if got := len(n.requests()); got != connections {
			t.Errorf("%s: %d connections, want %d", reason, got, connections)
		}
	}
	refused := newNode(t, refuse("unknown-ledger"))
	var p *Problem
	if _, err := collect(t.Context(), newTestClient(t, refused), WatchOptions{After: "QmOther:1"}, 1); !errors.As(err, &p) || p.Code != "unknown-ledger" {
		t.Errorf("refused before the upgrade: %v", err)
	}
	if _, err := collect(t.Context(), newTestClient(t, refused), WatchOptions{After: "nonsense"}, 1); !errors.Is(err, api.ErrCursor) {
		t.Errorf("bad cursor: %v", err)
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := streamNode(t, 0, honest(1))
	var events []WatchEvent
	opt := WatchOptions{Heartbeats: true, Silence: time.Minute, Notify: func(e WatchEvent) { events = append(events, e) }}
	var last error
	for f, err := range newTestClient(t, n).Watch(ctx, opt) {
		last = err
		if err == nil && f.Kind == api.KindHeartbeat {
			cancel()
		}
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("ended with %v", last)
	}
	if len(events) != 1 || events[0].Err != nil || events[0].Node != n.URL || events[0].After != ledgerID+":start" {
		t.Errorf("events %+v", events)
	}
}

func TestWatchFilters(t *testing.T) {
	n := streamNode(t, 9, sends(heartbeat(12), frame(14)), honest(20))
	opt := WatchOptions{Kinds: []string{"status"}, Statuses: []string{"revoked", "suspended"}, DIDs: []string{"did:a:b"}, Issuers: []string{"did:c:d"}}
	got, err := collect(t.Context(), newTestClient(t, n), opt, 2)
	if err != nil || !slices.Equal(got, []record.Seq{14, 15}) {
		t.Errorf("got %v, %v", got, err)
	}
	want := []string{"/v1/cluster"}
	for _, after := range []int{8, 14} {
		want = append(want, fmt.Sprintf("/v1/stream?after=QmLedger%%3A%d&did=did%%3Aa%%3Ab&issuer=did%%3Ac%%3Ad&kinds=status&status=revoked%%2Csuspended", after))
	}
	if asked := n.requests(); !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

// Whatever nodes do to a stream, the consumer sees every record once and in order.
func TestWatchExactlyOnceWhateverHappens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const size = 12
		breaks := rapid.IntRange(0, 6).Draw(rt, "breaks")
		var scripts []script
		for range breaks {
			back := rapid.IntRange(0, 2).Draw(rt, "back")
			count := rapid.IntRange(0, 5).Draw(rt, "count")
			skip := rapid.IntRange(0, 6).Draw(rt, "skip")
			beat := rapid.Bool().Draw(rt, "beat")
			scripts = append(scripts, func(conn *websocket.Conn, next record.Seq) {
				at := next - min(next, record.Seq(back))
				for i := range count {
					if i == skip {
						at++
					}
					if at >= size || !send(conn, frame(at)) {
						return
					}
					at++
				}
				if beat {
					send(conn, heartbeat(at))
				}
			})
		}
		server := streamNode(t, 0, append(scripts, honest(size))...)
		defer server.Close()
		got, err := collect(t.Context(), newTestClient(t, server), WatchOptions{}, size)
		if err != nil || !slices.Equal(got, upTo(size)) {
			rt.Fatalf("got %v, %v", got, err)
		}
	})
}
