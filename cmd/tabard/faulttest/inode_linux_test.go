package faulttest

import (
	"io/fs"
	"syscall"
)

// inode tells files apart, however many names they have.
func inode(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Ino
	}
	return 0
}
