package private

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("twelve bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	if data, err := Read(path, 12); err != nil || string(data) != "twelve bytes" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := Read(path, 11); err == nil {
		t.Error("a file over the limit was read")
	}
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o660, 0o610, 0o644} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		data, err := Read(path, 12)
		if err == nil || data != nil || !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("mode %o: %q, %v", mode, data, err)
		}
	}
}

func TestErrorsWithoutPath(t *testing.T) {
	_, err := Read(filepath.Join(t.TempDir(), "hunter2"), 12)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if err := WithoutPath(err); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}
