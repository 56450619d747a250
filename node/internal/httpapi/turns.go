package httpapi

import (
	"container/list"
	"context"
	"net/netip"
	"sync"
)

// turns bounds how many checks run at once, and has those that wait take turns by client: one that has
// hundreds under way delays another's next by no more than one of its own. Safe for concurrent use.
type turns struct {
	mu      sync.Mutex
	free    int
	clients map[netip.Addr]*list.Element // of *waiters, those with any
	ring    *list.List                   // whose turn is next comes first
}

// waiters are one client's, in their order; each channel has room for one token.
type waiters struct {
	addr netip.Addr
	list *list.List // of chan struct{}
}

func newTurns(running int) *turns {
	return &turns{free: max(1, running), clients: map[netip.Addr]*list.Element{}, ring: list.New()}
}

// enter waits for a place until ctx ends. leave gives it up, once.
func (t *turns) enter(ctx context.Context, addr netip.Addr) (leave func(), err error) {
	t.mu.Lock()
	if t.free > 0 {
		t.free--
		t.mu.Unlock()
		return t.leave, nil
	}
	ready, place := make(chan struct{}, 1), t.wait(addr)
	place.Value = ready
	t.mu.Unlock()
	select {
	case <-ready:
		return t.leave, nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	withdrawn := t.withdraw(addr, place)
	t.mu.Unlock()
	if !withdrawn { // the place came just now, and is for the next
		t.leave()
	}
	return nil, ctx.Err()
}

// wait adds a place to the client's; the caller holds mu.
func (t *turns) wait(addr netip.Addr) *list.Element {
	client, ok := t.clients[addr]
	if !ok {
		client = t.ring.PushBack(&waiters{addr, list.New()})
		t.clients[addr] = client
	}
	return client.Value.(*waiters).list.PushBack(nil)
}

// withdraw takes a place back, if it has not been given out; the caller holds mu.
func (t *turns) withdraw(addr netip.Addr, place *list.Element) bool {
	client, ok := t.clients[addr]
	if !ok {
		return false
	}
	w := client.Value.(*waiters)
	before := w.list.Len()
	w.list.Remove(place) // nothing if it is not in the list any more
	if w.list.Len() == before {
		return false
	}
	t.settle(client)
	return true
}

// settle forgets a client with nobody waiting; the caller holds mu.
func (t *turns) settle(client *list.Element) {
	if w := client.Value.(*waiters); w.list.Len() == 0 {
		t.ring.Remove(client)
		delete(t.clients, w.addr)
	}
}

// leave gives the place to the client whose turn it is.
func (t *turns) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	client := t.ring.Front()
	if client == nil {
		t.free++
		return
	}
	w := client.Value.(*waiters)
	w.list.Remove(w.list.Front()).(chan struct{}) <- struct{}{}
	t.ring.MoveToBack(client)
	t.settle(client)
}
