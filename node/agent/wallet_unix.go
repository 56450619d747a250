//go:build unix

package agent

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// ownDirectory refuses a directory in which others could put files of theirs in the place
// of keys, token and certificate.
func ownDirectory(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.New("the system does not tell whose it is")
	}
	if me := os.Geteuid(); me != 0 && stat.Uid != 0 && int(stat.Uid) != me {
		return fmt.Errorf("%w: it belongs to user %d", ErrOthersWrite, stat.Uid)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%w: it has mode %04o; run chmod go-w %s", ErrOthersWrite, info.Mode().Perm(), dir)
	}
	return nil
}

var errAddressInUse error = syscall.EADDRINUSE
