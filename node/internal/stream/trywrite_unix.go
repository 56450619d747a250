//go:build unix

package stream

import (
	"errors"
	"net"
	"syscall"
)

// tryWriter writes what a socket takes without waiting. The zero value is ready;
// not safe for concurrent use.
type tryWriter struct {
	buf []byte
	n   int
	err error
	do  func(fd uintptr) // made once, so that a write allocates nothing
}

// write returns how many bytes of buf the socket took; fewer than all, with a nil
// error, when it is full. The caller is the only one who writes, so that the socket
// is but kept from being closed meanwhile: raw.Write would have the poller get ready
// for a wait that never comes.
func (w *tryWriter) write(raw syscall.RawConn, buf []byte) (int, error) {
	if w.do == nil {
		w.do = w.once
	}
	w.buf, w.n, w.err = buf, 0, nil
	if err := raw.Control(w.do); err != nil {
		return 0, err
	}
	return w.n, w.err
}

func (w *tryWriter) once(fd uintptr) {
	for w.n < len(w.buf) {
		n, err := writeNow(int(fd), w.buf[w.n:])
		if n > 0 {
			w.n += n
		}
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			return
		case err != nil:
			w.err = err
			return
		case n == 0:
			return
		}
	}
}

// rawOf returns the socket of a plain TCP connection, and nil for any other, which
// is then written to by goroutines that may wait.
func rawOf(conn net.Conn) syscall.RawConn {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}
