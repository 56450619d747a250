//go:build unix

package private

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe has no readers but this process: a shell's <(command) may bring a passphrase.
func TestReadOfAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o644); err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error, 1)
	go func() { wrote <- os.WriteFile(path, []byte("x"), 0) }()
	if data, err := Read(path, 12); err != nil || string(data) != "x" {
		t.Errorf("%q, %v", data, err)
	}
	if err := <-wrote; err != nil {
		t.Error(err)
	}
}
