package stream

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// readBuffer is that of a connection: inbound frames are control frames, mostly.
const readBuffer = 512

// upgrader takes any origin. The same-origin rule guards what a browser would add
// by itself, such as cookies; the stream is public and knows no cookies, so a page
// of any site may read it, as it may read the rest of the registry.
var upgrader = websocket.Upgrader{
	HandshakeTimeout: 5 * time.Second,
	ReadBufferSize:   readBuffer,
	WriteBufferSize:  readBuffer,
	WriteBufferPool:  new(sync.Pool),
	CheckOrigin:      func(*http.Request) bool { return true },
	Error: func(w http.ResponseWriter, _ *http.Request, _ int, reason error) {
		refuse(w, api.NewProblem(api.UpgradeRequired, reason.Error()))
	},
}

// hijacker finds the Hijack method of writers that wrap one another.
type hijacker struct{ http.ResponseWriter }

func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(h.ResponseWriter).Hijack()
}

// refuse answers with a problem.
func refuse(w http.ResponseWriter, p *api.Problem) {
	body, err := json.Marshal(p)
	if err != nil {
		body = []byte("{}")
	}
	w.Header().Set("Content-Type", api.TypeProblem)
	if p.Code == api.UpgradeRequired {
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Sec-WebSocket-Version", "13")
	}
	if p.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	w.WriteHeader(p.Status)
	w.Write(body) //nolint:errcheck // nobody is left to be told
}

// ServeHTTP opens a stream. A request that is malformed or over a cap gets a
// problem; one whose cursor cannot be served gets a stream that is closed with the
// reason, since browsers do not show a failed handshake's reply to a page. Without
// an upgrade such a cursor, too, gets a problem.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setSeq(w, h.cfg.Source.Size())
	want, err := parseQuery(r.URL.Query())
	if err != nil {
		refuse(w, api.NewProblem(api.InvalidParameter, err.Error()))
		return
	}
	head, err := h.cfg.Source.Head()
	if err != nil {
		h.log.Error("stream cannot read the ledger's head", "error", err)
		refuse(w, api.NewProblem(api.Internal, ""))
		return
	}
	if head.Ledger == "" {
		refuse(w, api.NewProblem(api.StatusStale, "the ledger has no record yet"))
		return
	}
	if !websocket.IsWebSocketUpgrade(r) {
		refuse(w, plainProblem(want, head))
		return
	}
	if want.fromNow { // before the handshake's reply: what is appended after it is not missed
		want.after = api.Cursor{Ledger: head.Ledger, Next: head.Size}
		setSeq(w, head.Size)
	}
	addr := network(h.cfg.ClientAddr(r))
	if p := h.caps.take(addr); p != nil {
		refuse(w, p)
		return
	}
	if !h.open(w, r, want, addr) {
		h.caps.release(addr)
	}
}

func setSeq(w http.ResponseWriter, size record.Seq) {
	w.Header().Set(api.HeaderSeq, strconv.FormatUint(uint64(size), 10))
}

// plainProblem answers a request for no WebSocket.
func plainProblem(want subscription, head Head) *api.Problem {
	switch {
	case !want.fromNow && want.after.Ledger != head.Ledger:
		return api.Problemf(api.UnknownLedger, "this is the ledger %s", head.Ledger)
	case want.after.Next > head.Size:
		return api.Problemf(api.FutureCursor, "there are %d records", head.Size)
	}
	return api.NewProblem(api.UpgradeRequired, "open this URL with a WebSocket client")
}

// open makes the connection a subscriber.
func (h *Hub) open(w http.ResponseWriter, r *http.Request, want subscription, addr netip.Prefix) bool {
	reason, err := h.admit(r.Context(), want)
	if err != nil {
		refuse(w, api.NewProblem(api.RequestTimeout, err.Error()))
		return false
	}
	ws, err := upgrader.Upgrade(hijacker{w}, r, http.Header{api.HeaderSeq: w.Header()[api.HeaderSeq]})
	if err != nil {
		h.log.Debug("stream not opened", "remote", r.RemoteAddr, "error", err)
		return false
	}
	sub := &subscriber{ws: ws, conn: ws.NetConn(), filter: want.filter, addr: addr, place: away}
	sub.raw = rawOf(sub.conn)
	if err := h.prepare(sub, want); err != nil {
		h.log.Error("stream not opened", "remote", r.RemoteAddr, "error", err)
		ws.Close()
		return false
	}
	h.start(sub, reason)
	return true
}

// admit waits while the cursor is a little ahead of this node, and returns why the
// stream must end at once, if it must.
func (h *Hub) admit(ctx context.Context, want subscription) (api.CloseReason, error) {
	if h.cfg.Staleness() > h.cfg.CloseStale {
		return api.CloseNodeStale, nil
	}
	if want.fromNow {
		return "", nil
	}
	id, err := h.ledger()
	if err != nil {
		return closeInternal, nil
	}
	if want.after.Ledger != id {
		return api.CloseUnknownLedger, nil
	}
	wait := time.NewTimer(h.cfg.CatchUp)
	defer wait.Stop()
	for {
		grown := h.cfg.Source.Notify()
		if h.cfg.Source.Size() >= want.after.Next {
			return "", nil
		}
		select {
		case <-grown:
		case <-wait.C:
			return api.CloseFutureCursor, nil
		case <-h.caps.shutting:
			return api.CloseShuttingDown, nil
		case <-ctx.Done():
			return "", errors.New("the client left")
		}
	}
}

// prepare sets where the subscriber stands, with a heartbeat at once if that is the
// newest state and the node is current.
func (h *Hub) prepare(sub *subscriber, want subscription) error {
	age := h.cfg.Staleness()
	asOf := time.Now().Add(-age)
	head, err := h.cfg.Source.Head()
	if err != nil {
		return err
	}
	sub.next = want.after.Next
	st := h.state.Load()
	sub.pings = st.tick
	if sub.next != head.Size || age > h.cfg.MaxStale {
		return nil
	}
	b, err := newBeat(0, head, asOf)
	if err != nil {
		return err
	}
	sub.hello = b.wire
	if st.beat != nil {
		sub.beat = st.beat.number
	}
	return nil
}

// start hands the subscriber to a shard, and its connection to a reader of its own:
// the request's goroutine, with the buffers of the server, ends.
func (h *Hub) start(sub *subscriber, reason api.CloseReason) {
	if socket, ok := sub.conn.(interface{ SetWriteBuffer(bytes int) error }); ok {
		if err := socket.SetWriteBuffer(sendBuffer); err != nil {
			h.log.Debug("stream keeps the system's send buffer", "error", err)
		}
	}
	if err := sub.conn.SetReadDeadline(time.Now().Add(readWait)); err != nil {
		h.log.Debug("stream has no read deadline", "error", err)
	}
	sub.home = h.shards[h.turn.Add(1)%uint64(len(h.shards))]
	h.metrics.open.Inc()
	if reason != "" {
		h.end(sub, reason) // before it can be given anything
	}
	sub.home.add(sub)
	if h.caps.isShut() { // Close may have missed it
		h.end(sub, api.CloseShuttingDown)
	}
	go h.read(sub)
}

// drop forgets a subscriber. Its reader calls it, once.
func (h *Hub) drop(sub *subscriber) {
	sub.conn.Close()
	sub.home.remove(sub)
	h.metrics.open.Dec()
	h.caps.release(sub.addr)
}
