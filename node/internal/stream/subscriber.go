package stream

import (
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// place says who may touch a subscriber's delivery fields.
type place uint8

const (
	idle   place = iota // nobody: it has all there is
	queued              // waits in the queue of its shard
	served              // a worker of its shard is at it
	away                // a replayer or a flusher is at it
	gone                // its connection is closed
)

// subscriber is one connection.
type subscriber struct {
	ws     *websocket.Conn
	conn   net.Conn
	raw    syscall.RawConn // nil if writes may wait
	home   *shard
	filter filter
	addr   netip.Prefix // what it is counted under

	// Delivery: owned as place says.
	next  record.Seq // first record not yet looked at
	beat  uint64     // number of the newest heartbeat dealt with
	pings uint64     // tick of the newest ping
	hello []byte     // first heartbeat, if it holds at next

	// mu guards what other goroutines ask of the connection.
	mu      sync.Mutex
	pong    []byte // answer to the newest ping; older ones need none (RFC 6455, 5.5.3)
	closing api.CloseReason
	closed  bool // the close frame is out

	// Guarded by home.mu.
	place place
	again bool // something was asked while not idle
	index int  // in home.subs
}

// Times of a connection. A peer that answers no ping is gone.
const (
	pingEvery  = 30 // ticks
	readWait   = 100 * time.Second
	closeGrace = 2 * time.Second
)

// Inbound messages mean nothing here; they are bounded in size and number.
const (
	maxInbound       = 4 << 10
	inboundPerWindow = 100
	inboundWindow    = 10 * time.Second
)

// read discards what the peer sends until the connection ends. It runs in the one
// goroutine that a connection has.
func (h *Hub) read(s *subscriber) {
	defer h.drop(s)
	s.ws.SetReadLimit(maxInbound)
	s.ws.SetPingHandler(func(data string) error { return h.answer(s, data) })
	s.ws.SetPongHandler(func(string) error { return s.conn.SetReadDeadline(time.Now().Add(readWait)) })
	s.ws.SetCloseHandler(func(code int, _ string) error { return h.echo(s, code) })
	start, count := time.Now(), 0
	var discard []byte
	for {
		_, message, err := s.ws.NextReader()
		if err != nil {
			return
		}
		if discard == nil {
			discard = make([]byte, 256) // most peers never send a message
		}
		for err == nil { // to the end: the limit is on a message, however many frames it has
			_, err = message.Read(discard)
		}
		if err != io.EOF {
			return
		}
		now := time.Now()
		if now.Sub(start) > inboundWindow {
			start, count = now, 0
		}
		if count++; count > inboundPerWindow {
			h.metrics.closed.WithLabelValues("inbound-flood").Inc()
			return
		}
	}
}

// answer has the shard send a pong.
func (h *Hub) answer(s *subscriber, data string) error {
	s.mu.Lock()
	s.pong = append(s.pong[:0], data[:min(len(data), maxControl)]...)
	if s.pong == nil {
		s.pong = []byte{}
	}
	s.mu.Unlock()
	s.home.kick(s)
	return s.conn.SetReadDeadline(time.Now().Add(readWait))
}

// echo answers the peer's close frame, unless it is itself the answer to ours. The
// error ends the reader.
func (h *Hub) echo(s *subscriber, code int) error {
	s.mu.Lock()
	answered := s.closed || s.closing != ""
	s.closed = true
	s.mu.Unlock()
	if !answered {
		h.metrics.closed.WithLabelValues("by-peer").Inc()
		payload := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
		if err := s.ws.WriteControl(websocket.CloseMessage, payload, time.Now().Add(closeGrace)); err != nil {
			return err
		}
	}
	return &websocket.CloseError{Code: code}
}

// end has the shard send a close frame. The first reason wins.
func (h *Hub) end(s *subscriber, reason api.CloseReason) {
	s.mu.Lock()
	first := s.closing == "" && !s.closed
	if first {
		s.closing = reason
	}
	s.mu.Unlock()
	if !first {
		return
	}
	h.metrics.closed.WithLabelValues(string(reason)).Inc()
	s.home.kick(s)
	// A peer that does not answer the close frame, or whose socket does not even
	// take it, is not waited for.
	time.AfterFunc(closeGrace, func() { s.conn.Close() })
}

// asked takes what is to be sent besides frames; bye is nil unless the stream ends.
func (s *subscriber) asked() (pong, bye []byte, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pong, s.pong = s.pong, nil
	if s.closed {
		return nil, nil, true
	}
	if s.closing != "" {
		s.closed = true
		bye = closeFrame(s.closing)
	}
	return pong, bye, false
}
