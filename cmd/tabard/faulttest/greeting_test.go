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

// greetAndSayNothing keeps twenty connections to a peer port open from each of several addresses, and says
// nothing on them. What the server closes is opened again.
func greetAndSayNothing(ctx context.Context, port string, addresses int) (opened *atomic.Int64, wait func()) {
	const each = 20
	opened = new(atomic.Int64)
	var group sync.WaitGroup
	for a := range addresses {
		dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(2+a))}, Timeout: 10 * time.Second}
		places := make(chan struct{}, each)
		group.Go(func() {
			var held sync.WaitGroup
			defer held.Wait()
			tick := time.NewTicker(2 * time.Millisecond)
			defer tick.Stop()
			for ctx.Err() == nil {
				select {
				case <-tick.C:
				case <-ctx.Done():
					return
				}
				select {
				case places <- struct{}{}:
				case <-ctx.Done():
					return
				}
				c, err := dialer.DialContext(ctx, "tcp", port)
				if err != nil {
					<-places
					continue
				}
				opened.Add(1)
				held.Go(func() {
					defer context.AfterFunc(ctx, func() { c.Close() })()
					_, _ = c.Read(make([]byte, 1)) // returns when the server, or the test, closes it
					c.Close()
					<-places
				})
			}
		})
	}
	return opened, group.Wait
}

// Strangers keep the peer port of every server full of connections that say nothing. Nodes that start
// meanwhile find each other all the same, and writes sent to any of them reach the leader.
func TestStrangersAtThePeerPort(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	ctx, cancel := context.WithCancel(context.Background())
	var waits []func()
	var counts []*atomic.Int64
	for _, s := range c.servers {
		opened, wait := greetAndSayNothing(ctx, s.peer, 10)
		counts, waits = append(counts, opened), append(waits, wait)
	}
	defer func() {
		cancel()
		for _, wait := range waits {
			wait()
		}
	}()
	for i := range counts {
		eventually(t, "strangers hold the port", func() bool { return counts[i].Load() >= 100 })
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
		eventually(t, s.id+" is ready", s.isReady)
		honest++
		got, err := newCreation(t, fmt.Sprintf("agents/honest-%d", i)).post(http.DefaultClient, s)
		if err == nil && got.status/100 == 2 {
			taken++
		}
	}
	if taken < honest*99/100 {
		t.Errorf("%d of %d writes to servers that said they were ready were taken", taken, honest)
	}
	for _, s := range c.servers {
		if n := s.descriptors(); n > 400 {
			t.Errorf("%s has %d descriptors open", s.id, n)
		}
	}
}
