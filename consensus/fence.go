package consensus

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
)

// fence lets a leader make way whose own disk is stuck. Raft's main goroutine
// waits for that disk and cannot step down, while its heartbeats, which need no
// disk, keep the others from electing another. So when an append takes longer than
// limit, what this node's Raft says to the others is held back, and the node
// names no leader, until Raft has seen that it leads no more: its lease runs out
// as soon as the disk answers, if nobody else was elected before.
type fence struct {
	limit   time.Duration
	changed func(closed bool)         // told of each change, in order
	raft    atomic.Pointer[raft.Raft] // nil: there is nobody to make way for, or not yet
	closed  atomic.Bool

	mu sync.Mutex // serialises changes
}

var errDiskStuck = errors.New("own disk is stuck")

// watch runs op, an append, and closes the fence while it takes too long.
func (f *fence) watch(op func() error) error {
	if f == nil {
		return op()
	}
	timer := time.AfterFunc(f.limit, f.shut)
	defer timer.Stop()
	return op()
}

func (f *fence) shut() { f.set(true, true) }

// open lifts the fence if this node does not lead any more.
func (f *fence) open() { f.set(false, false) }

// set closes or opens the fence if this node leads as said.
func (f *fence) set(closed, leading bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.raft.Load()
	if r == nil || f.closed.Load() == closed || (r.State() == raft.Leader) != leading {
		return
	}
	f.closed.Store(closed)
	f.changed(closed)
}

// fencedConn is a connection to a peer's Raft that carries nothing while the fence
// is closed.
type fencedConn struct {
	net.Conn
	fence *fence
}

func (c fencedConn) Write(b []byte) (int, error) {
	if c.fence.closed.Load() {
		return 0, errDiskStuck
	}
	return c.Conn.Write(b)
}

// fencedStream is the stream layer of a Raft behind a fence.
type fencedStream struct {
	raft.StreamLayer
	fence *fence
}

// Dial implements raft.StreamLayer.
func (s fencedStream) Dial(address raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	if s.fence.closed.Load() {
		return nil, errDiskStuck
	}
	c, err := s.StreamLayer.Dial(address, timeout)
	if err != nil {
		return nil, err
	}
	return fencedConn{c, s.fence}, nil
}
