package agent

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tabard-id/tabard/did"
)

func openBook(t *testing.T, w *Wallet) *statusBook {
	t.Helper()
	b, err := openStatusBook(w)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const testIssuer = did.ID("did:example:issuer")

func TestBookRemembers(t *testing.T) {
	w := openWallet(t, t.TempDir())
	b := openBook(t, w)
	entries, err := b.allocate(testIssuer, []string{"revocation", "suspension"}, "urn:uuid:1")
	if err != nil || len(entries) != 2 {
		t.Fatal(entries, err)
	}
	if err := b.mark(entries[1], true); err != nil {
		t.Fatal(err)
	}
	if err := b.named(entries[:1], "aa"); err != nil {
		t.Fatal(err)
	}
	if err := b.close(); err != nil {
		t.Fatal(err)
	}

	// A crash in the middle of a line: it was never relied on.
	path := w.path(bookFile)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(content, `{"set":{"issuer":"did:exam`...), 0o600); err != nil {
		t.Fatal(err)
	}
	b = openBook(t, w)
	defer b.close()
	found := b.find("urn:uuid:1", "revocation")
	if len(found) != 1 || found[0].Index != entries[0].Index || found[0].Digest != "aa" {
		t.Errorf("found %+v", found)
	}
	set, _, ok := b.bits(entries[1].listName)
	if !ok || !slices.Equal(set, []uint64{entries[1].Index}) {
		t.Errorf("bits %v, %v", set, ok)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(content) {
		t.Errorf("the torn line is still there: %v", err)
	}
	if err := b.mark(entries[1], false); err != nil {
		t.Fatal(err)
	}
	if set, changes, _ := b.bits(entries[1].listName); len(set) != 0 || changes != 2 {
		t.Errorf("after clearing: %v, %d changes", set, changes)
	}
}

func TestBookRefusesWhatItDidNotWrite(t *testing.T) {
	for name, content := range map[string]string{
		"another's line":                  "not JSON\n",
		"another's line without an end":   "no newline at end, precious",
		"another's, with a line before":   "{}\nprecious",
		"a line that others can write to": "",
	} {
		t.Run(name, func(t *testing.T) {
			w := openWallet(t, t.TempDir())
			mode := os.FileMode(0o600)
			if content == "" {
				mode = 0o622
			}
			if err := errors.Join(os.WriteFile(w.path(bookFile), []byte(content), mode), os.Chmod(w.path(bookFile), mode)); err != nil {
				t.Fatal(err)
			}
			if _, err := openStatusBook(w); err == nil {
				t.Error("the journal was opened")
			}
			if after, err := os.ReadFile(w.path(bookFile)); err != nil || string(after) != content {
				t.Errorf("the file was changed: %q, %v", after, err)
			}
		})
	}
}

// A journal that stands for a file elsewhere would have that one cut.
func TestBookIsAFileOfItsOwn(t *testing.T) {
	w := openWallet(t, t.TempDir())
	elsewhere := filepath.Join(t.TempDir(), "precious")
	if err := errors.Join(os.WriteFile(elsewhere, []byte("{precious"), 0o600), os.Symlink(elsewhere, w.path(bookFile))); err != nil {
		t.Fatal(err)
	}
	if _, err := openStatusBook(w); err == nil {
		t.Error("the journal was opened")
	}
	if after, err := os.ReadFile(elsewhere); err != nil || string(after) != "{precious" {
		t.Errorf("%q, %v", after, err)
	}
}

// failing is a journal's file on a disk that fills up, or fails, in the middle of a line.
type failing struct {
	appendFile
	write, sync, cut error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.write != nil {
		n, err := f.appendFile.Write(p[:len(p)/2])
		return n, errors.Join(f.write, err)
	}
	return f.appendFile.Write(p)
}

func (f *failing) Sync() error {
	if f.sync != nil {
		return f.sync
	}
	return f.appendFile.Sync()
}

func (f *failing) Truncate(size int64) error {
	if f.cut != nil {
		return f.cut
	}
	return f.appendFile.Truncate(size)
}

// After a failed write the journal goes on as soon as the disk does, with neither half a line nor what
// was refused, and says so until then.
func TestBookGoesOnAfterAFailedWrite(t *testing.T) {
	full := errors.New("no space left on device")
	for name, fail := range map[string]func(*failing){
		"write": func(f *failing) { f.write = full },
		"sync":  func(f *failing) { f.sync = full },
		"cut":   func(f *failing) { f.write, f.cut = full, full },
	} {
		t.Run(name, func(t *testing.T) {
			w := openWallet(t, t.TempDir())
			b := openBook(t, w)
			entries, err := b.allocate(testIssuer, []string{"revocation"}, "urn:x:1")
			if err != nil {
				t.Fatal(err)
			}
			disk := &failing{appendFile: b.file}
			b.file = disk
			fail(disk)
			for range 2 {
				if err := b.mark(entries[0], true); !errors.Is(err, full) || !errors.Is(b.health(), full) {
					t.Fatalf("on a full disk: %v, %v", err, b.health())
				}
			}
			if set, _, _ := b.bits(entries[0].listName); len(set) > 0 {
				t.Error("what was not written is published")
			}
			*disk = failing{appendFile: disk.appendFile}
			again, err := b.allocate(testIssuer, []string{"suspension"}, "urn:x:2")
			if err != nil || b.health() != nil {
				t.Fatalf("with room again: %v, %v", err, b.health())
			}
			if err := b.mark(again[0], true); err != nil {
				t.Fatal(err)
			}
			if err := b.close(); err != nil {
				t.Fatal(err)
			}
			b = openBook(t, w)
			defer b.close()
			if set, _, _ := b.bits(again[0].listName); !slices.Equal(set, []uint64{again[0].Index}) {
				t.Errorf("after a restart: %v", set)
			}
			if set, _, _ := b.bits(entries[0].listName); len(set) > 0 {
				t.Errorf("what was refused came back: %v", set)
			}
		})
	}
}

func TestIndexesAreNeverGivenTwice(t *testing.T) {
	b := openBook(t, openWallet(t, t.TempDir()))
	defer b.close()
	seen := map[entry]bool{}
	for range 300 {
		entries, err := b.allocate(testIssuer, []string{"revocation"}, "")
		if err != nil {
			t.Fatal(err)
		}
		if seen[entries[0]] {
			t.Fatalf("index %d was given twice", entries[0].Index)
		}
		seen[entries[0]] = true
	}
}
