package stream

import (
	"errors"
	"net"
	"os"
	"time"

	"github.com/tabard-id/tabard/node/api"
)

// sendBuffer bounds what the system holds for a subscriber that does not read; left
// to itself it would grow to megabytes. (Linux doubles the number.)
const sendBuffer = 64 << 10

// flush waits in a goroutine of its own until the socket has taken rest, then gives
// the subscriber back to its shard; one whose socket does not drain is closed.
func (h *Hub) flush(sub *subscriber, rest []byte) {
	h.workers.Add(1)
	h.metrics.flushing.Inc()
	go func() {
		defer h.workers.Done()
		defer h.metrics.flushing.Dec()
		if h.drain(sub, rest) {
			sub.home.back(sub)
		}
	}()
}

// drain reports whether the socket took rest in time.
func (h *Hub) drain(sub *subscriber, rest []byte) bool {
	err := sub.conn.SetWriteDeadline(time.Now().Add(h.cfg.WriteTimeout))
	var n int
	if err == nil {
		n, err = sub.conn.Write(rest)
		h.metrics.bytes.Add(float64(n))
	}
	if err == nil {
		err = sub.conn.SetWriteDeadline(time.Time{})
	}
	if err == nil {
		return true
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && h.tooSlow(sub, rest[n:]) {
		return false
	}
	sub.conn.Close()
	return false
}

// tooSlow makes room in the send buffer for the end of the cut frame and the close
// frame, so that a subscriber that wakes up later finds the reason. It reports
// whether they are on their way.
func (h *Hub) tooSlow(sub *subscriber, rest []byte) bool {
	sub.mu.Lock()
	first := sub.closing == "" && !sub.closed
	sub.closed = true
	sub.mu.Unlock()
	if first {
		h.metrics.closed.WithLabelValues(string(api.CloseTooSlow)).Inc()
	}
	tcp, ok := sub.conn.(*net.TCPConn)
	if !ok || sub.raw == nil {
		return false // of a TLS connection nothing can be said after a write that failed
	}
	if tcp.SetWriteBuffer(4*sendBuffer) != nil || tcp.SetWriteDeadline(time.Time{}) != nil {
		return false
	}
	last := append(append([]byte(nil), rest...), closeFrame(api.CloseTooSlow)...)
	var try tryWriter
	if n, err := try.write(sub.raw, last); err != nil || n < len(last) || tcp.CloseWrite() != nil {
		return false
	}
	time.AfterFunc(closeGrace, func() { sub.conn.Close() })
	return true
}
