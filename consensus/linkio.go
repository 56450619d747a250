package consensus

import (
	"bufio"
	"fmt"
	"time"
)

// write sends what waits, several calls to a write, until the connection fails.
func (c *callConn) write() {
	w := bufio.NewWriterSize(c.nc, 64<<10)
	for {
		select {
		case <-c.wake:
		case <-c.done:
			return
		}
		for batch := c.takeWaiting(); len(batch) > 0; batch = c.takeWaiting() {
			if err := c.send(w, batch); err != nil {
				c.fail(err)
				return
			}
		}
		if err := w.Flush(); err != nil {
			c.fail(err)
			return
		}
	}
}

// takeWaiting moves all waiting calls to pending: from here on they may have been
// sent.
func (c *callConn) takeWaiting() []*pendingCall {
	c.mu.Lock()
	defer c.mu.Unlock()
	batch := c.waiting
	c.waiting, c.bytes = nil, 0
	for _, p := range batch {
		c.pending[p.req.id] = p
	}
	return batch
}

func (c *callConn) send(w *bufio.Writer, batch []*pendingCall) error {
	if err := c.nc.SetWriteDeadline(time.Now().Add(c.link.timeout)); err != nil {
		return err
	}
	for _, p := range batch {
		if err := writeRequest(w, p.req); err != nil {
			return err
		}
	}
	return nil
}

// read delivers answers until the connection fails.
func (c *callConn) read() {
	r := bufio.NewReaderSize(c.nc, 64<<10)
	for {
		a, err := readAnswer(r)
		if err != nil {
			c.fail(err)
			return
		}
		c.mu.Lock()
		p := c.pending[a.id]
		delete(c.pending, a.id)
		c.lastRead = time.Now()
		c.mu.Unlock()
		switch {
		case p == nil: // given up
		case a.status == statusOK:
			p.answer <- callAnswer{payload: a.payload}
		default:
			p.answer <- callAnswer{err: fmt.Errorf("%w: the leader says so", a.status.err())}
		}
	}
}

// fail ends the connection: calls not yet sent surely were not, the others may
// have arrived.
func (c *callConn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = err
	close(c.done)
	_ = c.nc.Close() // it failed already
	for _, p := range c.waiting {
		p.answer <- callAnswer{err: fmt.Errorf("%w: %w", ErrNoLeader, err)}
	}
	for _, p := range c.pending {
		p.answer <- callAnswer{err: fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)}
	}
	c.waiting, c.pending = nil, nil
}
