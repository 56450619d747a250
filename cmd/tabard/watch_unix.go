//go:build unix

package main

import (
	"context"
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// whileRead ends with the reader of a pipe: a command that may have nothing to write for hours would not
// learn before then that nobody reads it (tabard watch | head -1).
func whileRead(ctx context.Context, out io.Writer) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(ctx)
	f, ok := out.(*os.File)
	if !ok {
		return ctx, stop
	}
	if info, err := f.Stat(); err != nil || info.Mode()&(os.ModeNamedPipe|os.ModeSocket) == 0 {
		return ctx, stop
	}
	fd := int32(f.Fd()) //nolint:gosec // a descriptor is an int of C
	go func() {
		for ctx.Err() == nil {
			const period = 500 // milliseconds, after which the end of ctx is noticed
			fds := []unix.PollFd{{Fd: fd}}
			n, err := unix.Poll(fds, period)
			if err != nil && !errors.Is(err, unix.EINTR) {
				return
			}
			if n > 0 && fds[0].Revents&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0 {
				stop()
			}
		}
	}()
	return ctx, stop
}
