package node

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tabard-id/tabard/node/api"
)

// single starts a node that is a cluster by itself.
func single(t *testing.T, limit time.Duration) *Node {
	t.Helper()
	n, err := Start(context.Background(), Config{
		Dir: t.TempDir(), Domain: testDomain, HTTP: "127.0.0.1:0", ShutdownTimeout: limit,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := n.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestFailureStopsTheNode: what consensus cannot vouch for ends the node, and Wait
// says why.
func TestFailureStopsTheNode(t *testing.T) {
	t.Parallel()
	n := single(t, 0)
	ws, _, err := websocket.DefaultDialer.Dial("ws://"+n.Addr().String()+"/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	broken := errors.New("the log is broken")
	n.fail(broken)
	n.fail(errors.New("another consequence"))
	for err == nil {
		_, _, err = ws.ReadMessage()
	}
	if !websocket.IsCloseError(err, api.CloseShuttingDown.Code()) {
		t.Errorf("the stream ended with %v", err)
	}
	if err := n.Wait(); !errors.Is(err, broken) {
		t.Errorf("Wait: %v", err)
	}
	if err := n.Ready(context.Background()); !errors.Is(err, broken) {
		t.Errorf("Ready: %v", err)
	}
	if _, err := http.Get("http://" + n.Addr().String() + "/healthz"); err == nil {
		t.Error("it still answers")
	}
}

// TestCloseIsBounded: neither a client that never ends its request nor a subscriber
// that does not answer holds up the end for long.
func TestCloseIsBounded(t *testing.T) {
	t.Parallel()
	const limit = 2 * time.Second
	n := single(t, limit)
	conn, err := net.Dial("tcp", n.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v1/status HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
	mute, _, err := websocket.DefaultDialer.Dial("ws://"+n.Addr().String()+"/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	start := time.Now()
	err = n.Close()
	elapsed := time.Since(start)
	if err != nil && (elapsed < limit || !errors.Is(err, context.DeadlineExceeded)) { // which a busy machine may need
		t.Error(err)
	}
	if elapsed >= defaultShutdown {
		t.Errorf("closed after %v: the limit of %v is of no effect", elapsed, limit)
	}
}

// TestRequestsUnderWayEnd: a request that arrived before the end gets its answer.
func TestRequestsUnderWayEnd(t *testing.T) {
	t.Parallel()
	n := single(t, 0)
	conn, err := net.Dial("tcp", n.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v1/status HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
	r := bufio.NewReader(conn)
	if line, err := r.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("%q %v", line, err) // now the handler waits for the body
	}
	if _, err := r.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error)
	go func() { closed <- n.Close() }()
	eventually(t, "the listener is closed", func() bool {
		c, err := net.Dial("tcp", n.Addr().String())
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	fmt.Fprint(conn, "{}")
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if body := readAll(t, resp); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}
