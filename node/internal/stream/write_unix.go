//go:build unix && !linux

package stream

import "syscall"

// writeNow is write(2) to a socket that does not wait.
func writeNow(fd int, p []byte) (int, error) { return syscall.Write(fd, p) }
