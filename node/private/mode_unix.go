//go:build unix

package private

import (
	"io/fs"
	"os"
	"syscall"
)

// mostMode is the widest mode that a file of secrets may have. A process that is not root, as in a
// container, may be handed files of root that it reads as one of their group.
func mostMode(info fs.FileInfo) fs.FileMode {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if ok && stat.Uid == 0 && os.Geteuid() != 0 {
		return 0o640
	}
	return 0o600
}
