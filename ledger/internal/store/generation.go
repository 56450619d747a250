package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A ledger's directory holds one store in use, named by the file CURRENT. Another
// is filled beside it when a snapshot is restored, and takes over by the rename of
// CURRENT: a crash leaves one or the other in use, whole.
const (
	currentFile = "CURRENT"
	prefix      = "store-"
)

// Generations are the stores of one directory.
type Generations struct {
	fs  vfs.FS
	dir string
}

// NewGenerations returns those of dir, which is made if it is not there. A nil fs
// is the disk.
func NewGenerations(fsys vfs.FS, dir string) (*Generations, error) {
	if fsys == nil {
		fsys = vfs.Default
	}
	if err := fsys.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("ledger directory: %w", err)
	}
	g := &Generations{fs: fsys, dir: dir}
	// A directory that its own parent forgets is lost with all that was synced in it.
	if err := g.sync(fsys.PathDir(dir)); err != nil {
		return nil, err
	}
	return g, nil
}

// Path returns the directory of a generation.
func (g *Generations) Path(n uint64) string {
	return g.fs.PathJoin(g.dir, prefix+strconv.FormatUint(n, 10))
}

// Current returns the generation in use, and false if there is none yet.
func (g *Generations) Current() (n uint64, ok bool, err error) {
	path := g.fs.PathJoin(g.dir, currentFile)
	f, err := g.fs.Open(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, os.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("read %s: %w", path, err)
	}
	text, err := io.ReadAll(io.LimitReader(f, 64))
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, false, fmt.Errorf("read %s: %w", path, err)
	}
	digits, hasPrefix := strings.CutPrefix(strings.TrimSuffix(string(text), "\n"), prefix)
	n, err = strconv.ParseUint(digits, 10, 64)
	if !hasPrefix || err != nil {
		return 0, false, fmt.Errorf("%s does not name a store: %q", path, text)
	}
	return n, true, nil
}

// Use makes n the generation in use. Its store must be durable.
func (g *Generations) Use(n uint64) error {
	temporary := g.fs.PathJoin(g.dir, currentFile+".new")
	f, err := g.fs.Create(temporary, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("use store %d: %w", n, err)
	}
	_, err = f.Write([]byte(prefix + strconv.FormatUint(n, 10) + "\n"))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("use store %d: %w", n, err)
	}
	if err := g.fs.Rename(temporary, g.fs.PathJoin(g.dir, currentFile)); err != nil {
		return fmt.Errorf("use store %d: %w", n, err)
	}
	return g.sync(g.dir)
}

func (g *Generations) sync(dir string) error {
	d, err := g.fs.OpenDir(dir)
	if err != nil {
		return fmt.Errorf("ledger directory: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("ledger directory: %w", err)
	}
	return nil
}

// Remove deletes a generation that is not in use.
func (g *Generations) Remove(n uint64) error {
	if err := g.fs.RemoveAll(g.Path(n)); err != nil {
		return fmt.Errorf("remove store %d: %w", n, err)
	}
	return nil
}

// RemoveOthers deletes what restorations that did not end, or ended, left behind.
func (g *Generations) RemoveOthers(current uint64) error {
	names, err := g.fs.List(g.dir)
	if err != nil {
		return fmt.Errorf("ledger directory: %w", err)
	}
	for _, name := range names {
		digits, ok := strings.CutPrefix(name, prefix)
		n, err := strconv.ParseUint(digits, 10, 64)
		if !ok || err != nil || n == current {
			continue
		}
		if err := g.Remove(n); err != nil {
			return err
		}
	}
	return nil
}
