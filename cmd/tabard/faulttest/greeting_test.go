package faulttest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// greetAndSayNothing keeps connections to a peer port open from several addresses, and says nothing on
// them. What is closed is opened again, a hundred times a second from each address.
func greetAndSayNothing(ctx context.Context, port string, addresses int) (opened *atomic.Int64, wait func()) {
	const each = 20
	opened = new(atomic.Int64)
	var group sync.WaitGroup
	for a := range addresses {
		dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(2+a))}, Timeout: time.Second}
		group.Go(func() {
			var open []net.Conn
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
				case <-ctx.Done():
					for _, c := range open {
						c.Close()
					}
					return
				}
				if len(open) == each {
					open[0].Close()
					open = open[1:]
				}
				if c, err := dialer.DialContext(ctx, "tcp", port); err == nil {
					open = append(open, c)
					opened.Add(1)
				}
			}
		})
	}
	return opened, group.Wait
}

// Strangers keep the peer port of every server full of connections that say nothing. Nodes that start
// meanwhile find each other all the same, and writes sent to any of them reach the leader.
func TestStrangersAtThePeerPort(t *testing.T) {
	c := newCluster(t)
	ctx, cancel := context.WithCancel(context.Background())
	var waits []func()
	var counts []*atomic.Int64
	for _, s := range c.servers {
		opened, wait := greetAndSayNothing(ctx, s.peer, 20)
		counts, waits = append(counts, opened), append(waits, wait)
	}
	defer func() {
		cancel()
		for _, wait := range waits {
			wait()
		}
	}()
	for i := range counts {
		eventually(t, "strangers hold the port", func() bool { return counts[i].Load() > 200 })
	}
	c.followers()[0].kill()
	for i, s := range c.servers {
		if !s.running() {
			s.start()
			c.ready(s)
		}
		s.create(fmt.Sprintf("agents/flood-%d", i))
	}
	leader := c.leader()
	leader.kill()
	c.leader()
	leader.start()
	c.ready(c.servers...)
	// A server that says it is ready takes writes.
	honest, taken := 0, 0
	for i := range 60 {
		s := c.servers[i%3]
		if !s.isReady() {
			continue
		}
		honest++
		got, err := newCreation(t, fmt.Sprintf("agents/honest-%d", i)).post(http.DefaultClient, s)
		if err == nil && got.status/100 == 2 {
			taken++
		}
	}
	if honest < 50 || taken < honest*99/100 {
		t.Errorf("%d of %d writes to servers that said they were ready were taken", taken, honest)
	}
	for _, s := range c.servers {
		if n := s.descriptors(); n > 400 {
			t.Errorf("%s has %d descriptors open", s.id, n)
		}
	}
}
