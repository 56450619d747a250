package consensus

import (
	"bufio"
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"time"
)

// handler answers the calls of peers. Each method answers through to, at once or
// later, once, and must not block.
type handler interface {
	propose(command []byte, deadline time.Time, to replier)
	readIndex(to func(index uint64, err error))
	hello() []byte
	ask(question []byte) []byte
	state() ([]byte, error)
	admit(to func(answer []byte, err error))
}

// server reads calls from one connection and writes their answers.
type server struct {
	nc         net.Conn
	h          handler
	maxPayload int
	maxCalls   int
	timeout    time.Duration

	wake chan struct{} // capacity 1: there is something to write
	done chan struct{}

	mu      sync.Mutex
	answers []answer
	open    int // calls without a written answer
	closed  bool
}

// serveCalls serves nc until it fails or is closed.
func serveCalls(nc net.Conn, h handler, c *Config) {
	s := &server{
		nc: nc, h: h, maxPayload: c.MaxCommandBytes + frameOverhead, maxCalls: 2 * c.QueueCommands, timeout: c.RPCTimeout,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	var writing sync.WaitGroup
	writing.Go(s.write)
	err := s.read()
	s.mu.Lock()
	s.closed, s.answers = true, nil
	s.mu.Unlock()
	close(s.done)
	if cerr := nc.Close(); err == nil {
		err = cerr
	}
	c.Logger.Debug("calls of a peer ended", "remote", nc.RemoteAddr(), "error", err)
	writing.Wait()
}

func (s *server) read() error {
	r := bufio.NewReaderSize(s.nc, 64<<10)
	for {
		req, err := readRequest(r, s.maxPayload)
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.open++
		over := s.open > s.maxCalls
		s.mu.Unlock()
		if over {
			return ErrOverloaded // the peer does not keep to its own bound
		}
		if err := s.handle(req); err != nil {
			return err
		}
	}
}

func (s *server) handle(req request) error {
	switch req.kind {
	case callPropose:
		var deadline time.Time
		if req.millis > 0 {
			deadline = time.Now().Add(time.Duration(req.millis) * time.Millisecond)
		}
		s.h.propose(req.payload, deadline, remoteReply{s, req.id})
	case callReadIndex:
		s.h.readIndex(func(index uint64, err error) {
			s.answer(req.id, binary.BigEndian.AppendUint64(nil, index), err)
		})
	case callHello:
		s.answer(req.id, s.h.hello(), nil)
	case callAsk:
		if len(req.payload) > maxQuestion {
			s.answer(req.id, nil, ErrTooLarge)
			return nil
		}
		s.answer(req.id, s.h.ask(req.payload), nil)
	case callState:
		b, err := s.h.state()
		s.answer(req.id, b, err)
	case callAdmit:
		s.h.admit(func(b []byte, err error) { s.answer(req.id, b, err) })
	default:
		return ErrUnknownVersion
	}
	return nil
}

type remoteReply struct {
	s  *server
	id uint64
}

func (r remoteReply) reply(result []byte, err error) { r.s.answer(r.id, result, err) }

func (s *server) answer(id uint64, payload []byte, err error) {
	a := answer{id: id, status: statusOf(err)}
	if a.status == statusOK {
		a.payload = payload
		if len(payload) > maxAnswer {
			a = answer{id: id, status: statusUnknown}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.answers = append(s.answers, a)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func statusOf(err error) callStatus {
	switch {
	case err == nil:
		return statusOK
	case errors.Is(err, ErrOutcomeUnknown):
		return statusUnknown
	case errors.Is(err, ErrNoLeader):
		return statusNoLeader
	case errors.Is(err, ErrOverloaded):
		return statusOverloaded
	case errors.Is(err, ErrClosed):
		return statusClosed
	case errors.Is(err, ErrTooLarge):
		return statusTooLarge
	}
	return statusUnknown
}

// write sends answers, several to a write, until the connection ends.
func (s *server) write() {
	w := bufio.NewWriterSize(s.nc, 64<<10)
	for {
		select {
		case <-s.wake:
		case <-s.done:
			return
		}
		s.mu.Lock()
		batch := s.answers
		s.answers = nil
		s.open -= len(batch)
		s.mu.Unlock()
		if err := s.send(w, batch); err != nil {
			_ = s.nc.Close() // ends the reader, which reports
			return
		}
	}
}

func (s *server) send(w *bufio.Writer, batch []answer) error {
	if err := s.nc.SetWriteDeadline(time.Now().Add(s.timeout)); err != nil {
		return err
	}
	for _, a := range batch {
		if err := writeAnswer(w, a); err != nil {
			return err
		}
	}
	return w.Flush()
}
