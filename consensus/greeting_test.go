package consensus

import (
	"context"
	"net"
	"testing"
	"time"
)

// One host that opens connections and says nothing must leave room for others.
func TestSilentHostLeavesRoomForPeers(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{NodeID: "n1", Peers: []Peer{{ID: "n1", Address: ln.Addr().String()}}}.withDefaults()
	m := newMux(&cfg, ln, nil)
	m.start()
	t.Cleanup(func() {
		if err := m.close(); err != nil {
			t.Error(err)
		}
	})
	silent := make([]net.Conn, 2*maxHostGreeting)
	for i := range silent {
		if silent[i], err = net.Dial("tcp", ln.Addr().String()); err != nil {
			t.Fatal(err)
		}
		defer silent[i].Close()
	}
	// Those beyond the bound are closed at once: reading ends.
	for _, c := range silent[maxHostGreeting:] {
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); err == nil || isTimeout(err) {
			t.Fatalf("a silent connection beyond the bound was kept: %v", err)
		}
	}
	if n := len(m.greeting); n != maxHostGreeting {
		t.Errorf("%d connections in greeting, want %d", n, maxHostGreeting)
	}
	// When they go, their places are free again.
	for _, c := range silent {
		c.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		c, err := m.dial(ctx, "n1", protoRaft)
		if err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-m.raftConns:
			got.Close()
			c.Close()
			return
		case <-time.After(100 * time.Millisecond): // refused: the places are not free yet
			c.Close()
		case <-ctx.Done():
			t.Fatal("no place became free")
		}
	}
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}
