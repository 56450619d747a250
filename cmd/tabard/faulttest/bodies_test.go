package faulttest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestBodiesHeldBack: 800 bodies of one client, each a byte short, took 330 MB. One address has a part of
// what bodies may take, and honest writes go on.
func TestBodiesHeldBack(t *testing.T) {
	const bodies, honest, allowed = 400, 100, 100 << 20
	c := newCluster(t, "--no-foreign")
	s := c.servers[0]
	before := s.memory()
	body := `{"verifiableCredential":"` + strings.Repeat("x", 1<<20-40)
	for range bodies {
		conn, err := s.dialFrom(attacker)
		if err != nil {
			continue
		}
		t.Cleanup(func() { conn.Close() })
		conn.SetWriteDeadline(time.Now().Add(patience))
		io.WriteString(conn, "POST /credentials/verify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1048576\r\n\r\n"+body) // it may be refused in between
	}
	most := s.memory()
	failed := honestly(t, s, "bodies", honest)
	most = max(most, s.memory())
	t.Logf("%d bodies held back: from %d to %d MiB; %d of %d honest writes failed", bodies, before>>20, most>>20, failed, honest)
	if most-before > allowed {
		t.Errorf("memory grew by %d MiB", (most-before)>>20)
	}
	if failed > honest/100 {
		t.Errorf("%d of %d honest writes failed", failed, honest)
	}
}

// TestBulkHeldByTrickle: four connections that sent a blank line now and then took all places of bulk
// requests for as long as they liked.
func TestBulkHeldByTrickle(t *testing.T) {
	t.Parallel()
	c := newCluster(t, "--no-foreign")
	s := c.servers[0]
	var held []net.Conn
	hold := func() {
		conn, err := s.dialFrom(attacker)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		io.WriteString(conn, "POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n")
		held = append(held, conn)
	}
	for range 8 {
		hold()
	}
	probe := func(from string) reply {
		got, err := post(clientFrom(from), s.url+"/v1/records", "application/x-ndjson", []byte("{}\n"))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	eventually(t, "the attacker's places are taken", func() bool {
		if probe(attacker).status == http.StatusTooManyRequests {
			return true
		}
		hold() // the probe itself may have had the place of one, which was then refused
		return false
	})
	for i := range 20 {
		if got := probe("127.0.0.1"); got.status != http.StatusOK {
			t.Fatalf("honest request %d: %d %s", i, got.status, got.body)
		}
	}
	if !*runFaults {
		return // it takes the trickle's patience of 15 s
	}
	began := time.Now()
	eventually(t, "the places are free again", func() bool {
		for _, conn := range held {
			fmt.Fprint(conn, "1\r\n\n\r\n") // those that were refused are closed
		}
		return probe(attacker).status == http.StatusOK
	})
	t.Logf("the trickle held its places for %.0f s", time.Since(began).Seconds())
}
