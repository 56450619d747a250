//go:build unix

package node

import (
	"math"
	"syscall"
)

// raiseFileLimit raises the soft limit on open files to the hard one, and returns what it then is. Go does
// so when it starts, unless it was told otherwise.
func raiseFileLimit() (int, error) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, err
	}
	if l.Cur < l.Max {
		raised := syscall.Rlimit{Cur: l.Max, Max: l.Max}
		if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised) == nil { // some systems have a lower bound of their own
			l = raised
		}
	}
	return int(min(uint64(l.Cur), math.MaxInt32)), nil
}
