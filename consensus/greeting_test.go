package consensus

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// One host that opens connections and says nothing must leave room for others.
func TestSilentHostLeavesRoomForPeers(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{NodeID: "n1", Peers: []Peer{{ID: "n1", Address: ln.Addr().String()}}}.withDefaults()
	m := newMux(&cfg, ln, nil)
	m.introduce = func() introduction { return introduction{Node: "n1", Peers: []string{"n1"}} }
	m.start()
	t.Cleanup(func() {
		if err := m.close(); err != nil {
			t.Error(err)
		}
	})
	silent := make([]net.Conn, 2*peerPlaces)
	for i := range silent {
		if silent[i], err = net.Dial("tcp", ln.Addr().String()); err != nil {
			t.Fatal(err)
		}
		defer silent[i].Close()
	}
	// The oldest beyond the bound are closed: reading ends.
	for _, c := range silent[:peerPlaces] {
		if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); err == nil || isTimeout(err) {
			t.Fatalf("a silent connection beyond the bound was kept: %v", err)
		}
	}
	if n := m.places.taken(); n != peerPlaces {
		t.Errorf("%d connections in greeting, want %d", n, peerPlaces)
	}
	// One who speaks is heard all the same.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := m.dial(ctx, "n1", protoRaft)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got := <-m.raftConns
	got.Close()
}

// A node with another secret tries again several times a second, from a port of its own each time.
func TestRefusalIsLoggedOncePerHost(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	identityOf := func(secret, id string) *identity {
		made, err := newIdentity([]byte(secret), id)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	var said bytes.Buffer // read when all that writes has ended
	cfg := Config{
		NodeID: "n1", Peers: []Peer{{ID: "n1", Address: ln.Addr().String()}, {ID: "n2", Address: "127.0.0.1:1"}},
		Logger: slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}.withDefaults()
	m := newMux(&cfg, ln, identityOf("the secret of the cluster", "n1"))
	m.introduce = func() introduction { return introduction{Node: "n1", Peers: []string{"n1", "n2"}} }
	m.start()
	theirs := cfg
	theirs.NodeID, theirs.Logger = "n2", slog.New(slog.DiscardHandler)
	other := newMux(&theirs, ln, identityOf("some other secret of theirs", "n2"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	const tries = 5
	for range tries {
		if c, err := other.dial(ctx, "n1", protoRaft); err == nil {
			t.Error("heard", c.Close())
		}
	}
	if err := m.close(); err != nil {
		t.Fatal(err)
	}
	if loud, all := strings.Count(said.String(), "level=WARN"), strings.Count(said.String(), "refused\""); loud != 1 || all < tries {
		t.Errorf("%d warnings of %d refusals:\n%s", loud, all, said.String())
	}
}

// Strangers of many addresses have a bounded number of places, and none of a peer's.
func TestStrangersHoldNoPlaceOfAPeer(t *testing.T) {
	p := newPlaces([]Peer{{ID: "n1", Address: "10.0.0.1:8800"}, {ID: "n2", Address: "10.0.0.2:8800"}})
	open := func(host string) (*place, net.Conn) {
		near, far := net.Pipe()
		t.Cleanup(func() { near.Close(); far.Close() })
		return p.take(host, near), far
	}
	_, peer := open("10.0.0.2")
	p.known("10.9.9.9", "n2") // a peer behind another address, which it has shown to be its own
	_, behind := open("10.9.9.9")
	for i := range 40 {
		for range 2 * addressPlaces {
			open("192.0.2." + strconv.Itoa(i))
		}
	}
	if n := p.taken(); n != strangerPlaces+2 {
		t.Errorf("%d places taken, want %d of strangers and 2 of peers", n, strangerPlaces)
	}
	for _, c := range []net.Conn{peer, behind} {
		if err := c.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); !isTimeout(err) {
			t.Errorf("a peer's connection was closed for strangers: %v", err)
		}
	}
	own, far := open("192.0.2.200")
	if p.leave(own); p.taken() != strangerPlaces+1 {
		t.Errorf("%d places taken after one has left", p.taken())
	}
	far.Close()
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}
