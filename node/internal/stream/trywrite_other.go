//go:build !unix

package stream

import (
	"errors"
	"net"
	"syscall"
)

// tryWriter is for systems whose sockets are not files: there every write is left
// to a goroutine that may wait.
type tryWriter struct{}

func (*tryWriter) write(syscall.RawConn, []byte) (int, error) {
	return 0, errors.ErrUnsupported
}

func rawOf(net.Conn) syscall.RawConn { return nil }
