package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
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

// Mark is what CURRENT says: which generation is in use, and the last index that has
// been made durable in it. A store that has less has lost something.
type Mark struct {
	Generation, Flushed uint64
}

// encode writes a line that ends with its own checksum.
func (m Mark) encode() string {
	text := prefix + strconv.FormatUint(m.Generation, 10) + " " + strconv.FormatUint(m.Flushed, 10)
	sum := sha256.Sum256([]byte(text))
	return text + " " + hex.EncodeToString(sum[:8]) + "\n"
}

func parseMark(line string) (Mark, bool) {
	var m Mark
	var sum string
	if _, err := fmt.Sscanf(line, prefix+"%d %d %s\n", &m.Generation, &m.Flushed, &sum); err != nil {
		return Mark{}, false
	}
	return m, m.encode() == line
}

// Current reads CURRENT, and returns false if there is none yet.
func (g *Generations) Current() (m Mark, ok bool, err error) {
	path := g.fs.PathJoin(g.dir, currentFile)
	f, err := g.fs.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Mark{}, false, nil
	}
	if err != nil {
		return Mark{}, false, fmt.Errorf("read %s: %w", path, err)
	}
	text, err := io.ReadAll(io.LimitReader(f, 256))
	if err = errors.Join(err, f.Close()); err != nil {
		return Mark{}, false, fmt.Errorf("read %s: %w", path, err)
	}
	if m, ok = parseMark(string(text)); !ok {
		return Mark{}, false, fmt.Errorf("%w: %s: %q does not match its checksum", ErrCorrupt, path, text)
	}
	return m, true, nil
}

// Use writes CURRENT. What it says must be durable.
func (g *Generations) Use(m Mark) error {
	temporary := g.fs.PathJoin(g.dir, currentFile+".new")
	f, err := g.fs.Create(temporary, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("use store %d: %w", m.Generation, err)
	}
	_, err = f.Write([]byte(m.encode()))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("use store %d: %w", m.Generation, err)
	}
	if err := g.fs.Rename(temporary, g.fs.PathJoin(g.dir, currentFile)); err != nil {
		return fmt.Errorf("use store %d: %w", m.Generation, err)
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

// Has reports whether there is a generation of that number.
func (g *Generations) Has(n uint64) (bool, error) {
	_, err := g.fs.Stat(g.Path(n))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("ledger directory: %w", err)
	}
	return true, nil
}

// RemoveOthers deletes all generations but two: the one in use, and the next, in which
// a restoration may have been interrupted.
func (g *Generations) RemoveOthers(current uint64) error {
	names, err := g.fs.List(g.dir)
	if err != nil {
		return fmt.Errorf("ledger directory: %w", err)
	}
	for _, name := range names {
		digits, ok := strings.CutPrefix(name, prefix)
		n, err := strconv.ParseUint(digits, 10, 64)
		if !ok || err != nil || n == current || n == current+1 {
			continue
		}
		if err := g.Remove(n); err != nil {
			return err
		}
	}
	return nil
}

// corruptFile, in a store's directory, says that the store was found to be damaged.
const corruptFile = "CORRUPT"

// maxDamage bounds what is kept of a description.
const maxDamage = 4 << 10

// SetDamaged notes on disk that a generation is damaged, for as long as it is there.
func (g *Generations) SetDamaged(n uint64, what string) error {
	what = what[:min(len(what), maxDamage)]
	f, err := g.fs.Create(g.fs.PathJoin(g.Path(n), corruptFile), vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("mark store %d: %w", n, err)
	}
	_, err = f.Write([]byte(what + "\n"))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("mark store %d: %w", n, err)
	}
	return g.sync(g.Path(n))
}

// Damaged returns what SetDamaged noted, "" for a generation that is not known to be
// damaged.
func (g *Generations) Damaged(n uint64) (string, error) {
	f, err := g.fs.Open(g.fs.PathJoin(g.Path(n), corruptFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the mark of store %d: %w", n, err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxDamage))
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("read the mark of store %d: %w", n, err)
	}
	if what := strings.TrimSpace(string(text)); what != "" {
		return what, nil
	}
	return "damage of which nothing is written", nil
}
