// Package durable writes small files so that a crash, a full disk or a second process
// never leaves half of one: a file is as it was before or as it was to be, and what is
// returned for written is on the disk, under its name.
package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// temporary names what is being written. A crash leaves it; Sweep removes it.
const temporary = ".tmp-*"

// Replace writes a file of that mode in the place of the one there is, if any.
func Replace(path string, data []byte, mode fs.FileMode) error {
	return write(path, data, mode, os.Rename)
}

// Create is Replace for a file that is not there yet. The error is fs.ErrExist if it is,
// whatever it holds, and it is left alone.
func Create(path string, data []byte, mode fs.FileMode) error {
	return write(path, data, mode, link)
}

// link gives a file its name unless that is taken. Where there are no hard links it looks
// first, and two processes at once need a Lock.
func link(from, to string) error {
	err := os.Link(from, to)
	if err == nil {
		return os.Remove(from)
	}
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("%s: %w", to, fs.ErrExist), err)
	}
	return os.Rename(from, to)
}

func write(path string, data []byte, mode fs.FileMode, name func(from, to string) error) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, temporary)
	if err != nil {
		return err
	}
	named := false
	defer func() {
		if err != nil && !named {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = name(f.Name(), path); err != nil {
		return err
	}
	named = true
	return SyncDir(dir)
}

// SyncDir makes the names in a directory durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(syncNames(d), d.Close())
}

// Sweep removes what crashes have left of files that were being written. Whoever calls
// it holds the directory's Lock.
func Sweep(dir string) error {
	left, err := fs.Glob(os.DirFS(dir), temporary)
	for _, name := range left {
		err = errors.Join(err, os.Remove(filepath.Join(dir, name)))
	}
	return err
}
