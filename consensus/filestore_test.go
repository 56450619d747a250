package consensus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hashicorp/raft"
)

// fileModel is what a file must hold.
type fileModel struct {
	t           *testing.T
	file        *fileStore
	first, last uint64
	term        uint64 // of what is appended; also its content
	stable      map[string]uint64
	terms       map[uint64]uint64
}

const modelEntry = 64 << 10

func newFileModel(t *testing.T, path string, step func(string) error) *fileModel {
	t.Helper()
	if step == nil {
		step = func(string) error { return nil }
	}
	f, err := openFile(path, fileOptions{floor: 1 << 20, step: step, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return &fileModel{t: t, file: f, term: 1, stable: map[string]uint64{}, terms: map[uint64]uint64{}}
}

func modelData(index, term uint64) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%08d %06d ", index, term), modelEntry/16)
}

// append stores n entries after the last.
func (m *fileModel) append(n int) {
	m.t.Helper()
	for range n {
		m.last++
		m.first = max(m.first, 1)
		l := &raft.Log{Index: m.last, Term: m.term, Data: modelData(m.last, m.term)}
		if err := m.file.StoreLogs([]*raft.Log{l}); err != nil {
			m.t.Fatal(err)
		}
		m.terms[m.last] = m.term
	}
	m.stable["CurrentTerm"] = m.term
	m.stable[fmt.Sprint("key ", m.last)] = m.last
	for _, key := range []string{"CurrentTerm", fmt.Sprint("key ", m.last)} {
		if err := m.file.SetUint64([]byte(key), m.stable[key]); err != nil {
			m.t.Fatal(err)
		}
	}
}

// forget deletes all entries before index.
func (m *fileModel) forget(index uint64) {
	m.t.Helper()
	if err := m.file.DeleteRange(m.first, index-1); err != nil {
		m.t.Fatal(err)
	}
	m.first = index
}

// cut deletes all entries from index on, and goes on in a new term.
func (m *fileModel) cut(index uint64) {
	m.t.Helper()
	if err := m.file.DeleteRange(index, m.last); err != nil {
		m.t.Fatal(err)
	}
	m.last, m.term = index-1, m.term+1
}

// check proves that s has what the model says, no more and no less.
func (m *fileModel) check(what string, s entryStore) {
	m.t.Helper()
	first, last, err := bounds(s)
	if err != nil || first != m.first || last != m.last {
		m.t.Fatalf("%s: entries %d to %d (%v), want %d to %d", what, first, last, err, m.first, m.last)
	}
	for i := first; i <= last; i++ {
		var l raft.Log
		if err := s.GetLog(i, &l); err != nil || l.Index != i || l.Term != m.terms[i] || !bytes.Equal(l.Data, modelData(i, m.terms[i])) {
			m.t.Fatalf("%s: entry %d of term %d: %v, want that of term %d", what, l.Index, l.Term, err, m.terms[i])
		}
	}
	for key, want := range m.stable {
		if got, err := s.GetUint64([]byte(key)); err != nil || got != want {
			m.t.Fatalf("%s: %s is %d (%v), want %d", what, key, got, err, want)
		}
	}
}

// fill makes the file mostly free.
func (m *fileModel) fill() {
	m.append(50)
	m.forget(40)
}

func (m *fileModel) size() int64 {
	m.t.Helper()
	info, err := os.Stat(m.file.path)
	if err != nil {
		m.t.Fatal(err)
	}
	return info.Size()
}

func copyFiles(t *testing.T, from, to string) {
	t.Helper()
	names, err := filepath.Glob(from + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		in, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		out, err := os.Create(to + name[len(from):])
		if err == nil {
			_, err = io.Copy(out, in)
		}
		if err = errors.Join(err, in.Close(), out.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

var fileSteps = []string{"most copied", "copied", "renamed", "directory synced"}

// A crash between any two steps of an exchange leaves a file that has everything,
// however Raft used the log meanwhile.
func TestFileExchangeCrashes(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(*fileModel){
		"nothing":                func(*fileModel) {},
		"entries are stored":     func(m *fileModel) { m.append(7) },
		"entries are forgotten":  func(m *fileModel) { m.forget(m.first + 5) },
		"both, over what is new": func(m *fileModel) { m.append(30); m.forget(m.last - 3) },
	} {
		t.Run(name, func(t *testing.T) {
			var m *fileModel
			var steps []string
			image := filepath.Join(t.TempDir(), "image.db")
			m = newFileModel(t, filepath.Join(t.TempDir(), "raft.db"), func(step string) error {
				if step == "most copied" && !slices.Contains(steps, step) {
					meanwhile(m)
				}
				steps = append(steps, step)
				at := fmt.Sprint(image, ".", len(steps))
				copyFiles(t, m.file.path, at)
				crashed := newFileModel(t, at, nil)
				m.check("after a crash at "+step, crashed.file)
				if err := crashed.file.Close(); err != nil {
					t.Fatal(err)
				}
				return nil
			})
			m.fill()
			before := m.size()
			if done, err := m.file.shrink(context.Background()); err != nil || !done {
				t.Fatal(done, err)
			}
			if got := slices.Compact(steps); !slices.Equal(got, fileSteps) {
				t.Errorf("steps %v, want %v", got, fileSteps)
			}
			if after := m.size(); after > before/2 {
				t.Errorf("the file had %d bytes and has %d", before, after)
			}
			m.check("afterwards", m.file)
			m.append(5)
			m.check("with more", m.file)
			if err := m.file.Close(); err != nil {
				t.Fatal(err)
			}
			again := newFileModel(t, m.file.path, nil)
			m.check("opened again", again.file)
			if err := again.file.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A step that fails leaves the file in use as it was, or, once the copy may have its
// name, out of use: what would be stored then could be lost.
func TestFileExchangeFails(t *testing.T) {
	t.Parallel()
	for i, failing := range fileSteps {
		t.Run(failing, func(t *testing.T) {
			broken := errors.New("input/output error")
			m := newFileModel(t, filepath.Join(t.TempDir(), "raft.db"), func(step string) error {
				if step == failing {
					return broken
				}
				return nil
			})
			m.fill()
			if done, err := m.file.shrink(context.Background()); done || !errors.Is(err, broken) {
				t.Fatal(done, err)
			}
			if i < slices.Index(fileSteps, "renamed") {
				m.append(3)
				m.check("in use", m.file)
			} else if err := m.file.StoreLogs([]*raft.Log{{Index: m.last + 1}}); !errors.Is(err, broken) {
				t.Errorf("an entry stored in a file that may have no name: %v", err)
			}
			if err := m.file.Close(); err != nil {
				t.Fatal(err)
			}
			again := newFileModel(t, m.file.path, nil)
			m.check("opened again", again.file)
			if err := again.file.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A copy that holds entries which were cut off is not used: others came in their place.
func TestFileExchangeGivenUpWhenTheLogIsCut(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]func(*fileModel){
		"the end":       func(m *fileModel) { m.cut(m.last - 2); m.append(3) },
		"the whole log": func(m *fileModel) { m.cut(m.first); m.append(12) },
	} {
		t.Run(name, func(t *testing.T) {
			var m *fileModel
			once := false
			m = newFileModel(t, filepath.Join(t.TempDir(), "raft.db"), func(step string) error {
				if step == "most copied" && !once {
					once = true
					cut(m)
				}
				return nil
			})
			m.fill()
			if done, err := m.file.shrink(context.Background()); done || !errors.Is(err, errCut) {
				t.Fatal(done, err)
			}
			m.check("after the attempt", m.file)
			if done, err := m.file.shrink(context.Background()); !done || err != nil {
				t.Fatal(done, err)
			}
			m.check("after the next", m.file)
			if err := m.file.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A file that is mostly free is made smaller when it is opened.
func TestFileIsMadeSmallerWhenOpened(t *testing.T) {
	t.Parallel()
	m := newFileModel(t, filepath.Join(t.TempDir(), "raft.db"), nil)
	m.fill()
	before := m.size()
	if err := m.file.Close(); err != nil {
		t.Fatal(err)
	}
	again := newFileModel(t, m.file.path, nil)
	if after := again.size(); after > before/2 {
		t.Errorf("the file had %d bytes and has %d", before, after)
	}
	m.check("opened again", again.file)
	m.file = again.file
	m.append(5)
	m.check("with more", m.file)
	if done, err := m.file.shrink(context.Background()); done || err != nil {
		t.Errorf("exchanged without need: %v, %v", done, err)
	}
	if err := m.file.Close(); err != nil {
		t.Fatal(err)
	}
}

// bytesWritten is what this process has written so far.
func bytesWritten(t *testing.T) (n float64) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Skip("needs /proc/self/io: ", err)
	}
	if _, err := fmt.Sscanf(string(text[bytes.Index(text, []byte("wchar:")):]), "wchar: %f", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A free list that is written along with every commit costs eight bytes for each free
// page, for ever: a bulk load leaves a hundred thousand of them.
func TestHazardFreePagesCostEveryWrite(t *testing.T) {
	m := newFileModel(t, filepath.Join(t.TempDir(), "raft.db"), nil)
	cost := func() float64 {
		const writes = 50
		before := bytesWritten(t)
		for range writes {
			m.last++
			if err := m.file.StoreLogs([]*raft.Log{{Index: m.last, Term: 1, Data: make([]byte, 100)}}); err != nil {
				t.Fatal(err)
			}
		}
		return (bytesWritten(t) - before) / writes
	}
	cost()
	small := cost()
	m.first = 1
	m.append(300)
	m.forget(m.last)
	cost()
	large, free := cost(), m.file.bolt.Stats().FreePageN
	t.Logf("a write costs %.0f bytes, and %.0f beside %d free pages", small, large, free)
	if list := float64(8 * free); list < small || large > small+list/4 {
		t.Errorf("a write costs %.0f bytes, and %.0f beside %d free pages", small, large, free)
	}
	if err := m.file.Close(); err != nil {
		t.Fatal(err)
	}
}
