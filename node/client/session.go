package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tabard-id/tabard/node/api"
)

// maxFrame bounds one message of the stream, in bytes.
const maxFrame = 256 << 10

// StreamClosed is the end of a stream by the node, with its reason.
type StreamClosed struct{ Reason api.CloseReason }

func (s *StreamClosed) Error() string { return "the node closed the stream: " + string(s.Reason) }

// session reads the stream of one node until it ends. It never returns nil.
func (w *watch) session(ctx context.Context, node *url.URL) error {
	conn, err := w.dial(ctx, node)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() }) // ends the blocked read
	defer func() {
		stop()
		conn.Close() // the stream is over either way; there is nobody left to tell
	}()
	conn.SetReadLimit(maxFrame)
	w.notify(node, nil)
	for {
		if err := conn.SetReadDeadline(time.Now().Add(w.opt.Silence)); err != nil {
			return err
		}
		_, message, err := conn.ReadMessage()
		if err != nil {
			return closedBy(err)
		}
		frame, err := api.ParseFrame(message)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrMismatch, err)
		}
		w.heard, w.future = true, 0
		if err := w.take(frame); err != nil {
			return err
		}
	}
}

// closedBy is the error of a connection that ended, as *StreamClosed if the node gave a reason.
func closedBy(err error) error {
	var closed *websocket.CloseError
	if errors.As(err, &closed) {
		if reason := api.CloseReason(closed.Text); reason.Code() == closed.Code {
			return &StreamClosed{reason}
		}
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}

func (w *watch) dial(ctx context.Context, node *url.URL) (*websocket.Conn, error) {
	dialer := websocket.Dialer{HandshakeTimeout: 10 * time.Second, Proxy: http.ProxyFromEnvironment}
	if t, ok := w.client.http.Transport.(*http.Transport); ok {
		dialer.Proxy, dialer.NetDialContext = t.Proxy, t.DialContext
		if t.TLSClientConfig != nil {
			dialer.TLSClientConfig = t.TLSClientConfig.Clone()
			dialer.TLSClientConfig.NextProtos = nil // WebSocket is HTTP/1.1
		}
	}
	conn, res, err := dialer.DialContext(ctx, w.target(node), http.Header{"User-Agent": {w.client.userAgent}})
	if err == nil {
		return conn, nil
	}
	if res != nil {
		body, readErr := io.ReadAll(io.LimitReader(res.Body, maxFrame))
		if readErr == nil && res.StatusCode >= http.StatusBadRequest {
			return nil, api.ReadProblem(res.StatusCode, body)
		}
	}
	return nil, &unreachable{err}
}
