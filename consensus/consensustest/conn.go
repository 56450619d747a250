package consensustest

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// conn is one end of a connection in memory.
type conn struct {
	net     *Network
	way     pair // of what is written here
	in, out *flow
}

// flow is one direction of a connection: a bounded buffer whose reader sees only
// what the link has let through.
type flow struct {
	net *Network
	way pair

	mu            sync.Mutex
	chunks        []chunk
	size          int
	err           error // set when closed
	signal        chan struct{}
	readDeadline  time.Time
	writeDeadline time.Time
}

type chunk struct {
	data  []byte
	ready time.Time
}

const flowLimit = 1 << 20

func (n *Network) pipe(way pair) (near, far *conn) {
	back := pair{way.to, way.from}
	there := &flow{net: n, way: way, signal: make(chan struct{})}
	here := &flow{net: n, way: back, signal: make(chan struct{})}
	near = &conn{net: n, way: way, in: here, out: there}
	far = &conn{net: n, way: back, in: there, out: here}
	n.mu.Lock()
	n.conns[near], n.conns[far] = struct{}{}, struct{}{}
	n.mu.Unlock()
	return near, far
}

// notify wakes all who wait on f. The caller holds mu.
func (f *flow) notify() {
	close(f.signal)
	f.signal = make(chan struct{})
}

func (f *flow) close(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil || f.err == io.EOF {
		f.err = err
		f.notify()
	}
}

// wait blocks until something about f or its link changes, or until the earlier
// of deadline and at. It is called, and returns, with mu held.
func (f *flow) wait(changed <-chan struct{}, deadline, at time.Time) {
	if at.IsZero() || !deadline.IsZero() && deadline.Before(at) {
		at = deadline
	}
	var timer <-chan time.Time
	if !at.IsZero() {
		t := time.NewTimer(time.Until(at))
		defer t.Stop()
		timer = t.C
	}
	signal := f.signal
	f.mu.Unlock()
	select {
	case <-signal:
	case <-changed:
	case <-timer:
	}
	f.mu.Lock()
}

func expired(t time.Time) bool { return !t.IsZero() && !time.Now().Before(t) }

func (f *flow) read(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		cut, _, changed := f.net.state(f.way)
		if expired(f.readDeadline) {
			return 0, os.ErrDeadlineExceeded
		}
		var at time.Time
		if len(f.chunks) > 0 && !cut {
			if at = f.chunks[0].ready; expired(at) || f.err != nil && f.err != io.EOF {
				break
			}
		} else if f.err != nil && (!cut || f.err != io.EOF) {
			return 0, f.err
		}
		f.wait(changed, f.readDeadline, at)
	}
	c := &f.chunks[0]
	n := copy(b, c.data)
	c.data = c.data[n:]
	f.size -= n
	if len(c.data) == 0 {
		f.chunks = f.chunks[1:]
	}
	f.notify()
	return n, nil
}

func (f *flow) write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		_, delay, changed := f.net.state(f.way)
		switch {
		case f.err != nil:
			return 0, net.ErrClosed
		case expired(f.writeDeadline):
			return 0, os.ErrDeadlineExceeded
		case f.size < flowLimit:
			f.chunks = append(f.chunks, chunk{append([]byte(nil), b...), time.Now().Add(delay)})
			f.size += len(b)
			f.notify()
			return len(b), nil
		}
		f.wait(changed, f.writeDeadline, time.Time{})
	}
}

func (c *conn) Read(b []byte) (int, error)  { return c.in.read(b) }
func (c *conn) Write(b []byte) (int, error) { return c.out.write(b) }
func (c *conn) LocalAddr() net.Addr         { return addr(c.way.from) }
func (c *conn) RemoteAddr() net.Addr        { return addr(c.way.to) }

func (c *conn) Close() error {
	c.out.close(io.EOF) // the peer reads what is on its way
	c.in.close(net.ErrClosed)
	c.net.mu.Lock()
	delete(c.net.conns, c)
	c.net.mu.Unlock()
	return nil
}

func (c *conn) SetDeadline(t time.Time) error {
	return firstError(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	c.in.readDeadline = t
	c.in.notify()
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	c.out.writeDeadline = t
	c.out.notify()
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
