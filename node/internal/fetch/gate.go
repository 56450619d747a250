package fetch

import (
	"context"
	"sync"
)

// gate bounds the requests under way, in all and to one host, and those waiting.
type gate struct {
	places  chan struct{}
	perHost int
	maxWait int

	mu      sync.Mutex
	waiting int
	hosts   map[string]*hostGate
}

type hostGate struct {
	places chan struct{}
	users  int // in it or waiting for it
}

func newGate(all, perHost int) *gate {
	return &gate{places: make(chan struct{}, all), perHost: perHost, maxWait: 2 * all, hosts: map[string]*hostGate{}}
}

// enter waits for a place, at most as long as ctx, and returns what gives it back.
func (g *gate) enter(ctx context.Context, host string) (func(), error) {
	h, err := g.queue(host)
	if err != nil {
		return nil, err
	}
	busy := func() (func(), error) {
		g.dequeue(host, h)
		return nil, &Error{Kind: ErrBusy, Err: context.Cause(ctx)}
	}
	select {
	case h.places <- struct{}{}:
	case <-ctx.Done():
		return busy()
	}
	select {
	case g.places <- struct{}{}:
	case <-ctx.Done():
		<-h.places
		return busy()
	}
	return func() {
		<-g.places
		<-h.places
		g.dequeue(host, h)
	}, nil
}

// queue counts one more who waits or is inside.
func (g *gate) queue(host string) (*hostGate, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.waiting >= g.maxWait {
		return nil, &Error{Kind: ErrBusy, Detail: "too many requests are waiting"}
	}
	h := g.hosts[host]
	if h == nil {
		h = &hostGate{places: make(chan struct{}, g.perHost)}
		g.hosts[host] = h
	}
	// One host may fill no more than half of the queue.
	if h.users >= max(g.perHost, g.maxWait/2) {
		return nil, &Error{Kind: ErrBusy, Detail: "too many requests to this host are waiting"}
	}
	h.users++
	g.waiting++
	return h, nil
}

func (g *gate) dequeue(host string, h *hostGate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting--
	h.users--
	if h.users == 0 {
		delete(g.hosts, host)
	}
}
