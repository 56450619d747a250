package durable

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestReplaceAndCreate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := Create(path, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Create(path, []byte("two"), 0o600); !errors.Is(err, fs.ErrExist) || content(t, path) != "one" {
		t.Errorf("a file was made twice: %v", err)
	}
	if err := Replace(path, []byte("three"), 0o644); err != nil || content(t, path) != "three" {
		t.Errorf("replace: %v", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// What crashed writers leave is not taken for a file, and is swept.
func TestSweepRemovesWhatCrashesLeft(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".tmp-123", "keys.age"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Sweep(dir); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 || left[0].Name() != "keys.age" {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestOfManyCreatorsOneWins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	var wg sync.WaitGroup
	won := make(chan string, 20)
	for i := range 20 {
		wg.Go(func() {
			text := string(rune('a' + i))
			if err := Create(path, []byte(text), 0o600); err == nil {
				won <- text
			} else if !errors.Is(err, fs.ErrExist) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	close(won)
	if winner := <-won; winner != content(t, path) || len(won) != 0 {
		t.Errorf("%q won, the file holds %q, and %d more won", winner, content(t, path), len(won))
	}
}

func TestLockIsOfOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := TryLock(path); !errors.Is(err, ErrLocked) {
		t.Fatalf("a lock was given twice: %v", err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := AwaitLock(over, path); !errors.Is(err, ErrLocked) {
		t.Errorf("waited for too long: %v", err)
	}
	waiting := make(chan error, 1)
	go func() {
		l, err := AwaitLock(t.Context(), path)
		if err == nil {
			err = l.Unlock()
		}
		waiting <- err
	}()
	if err := first.Unlock(); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; err != nil {
		t.Errorf("after the first: %v", err)
	}
}

// A lock whose file was removed and made anew is another one.
func TestLockHoldsForTheNameNotTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if same, err := stillNamed(f, path); err != nil || !same {
		t.Errorf("%v, %v", same, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if same, err := stillNamed(f, path); err != nil || same {
		t.Errorf("removed: %v, %v", same, err)
	}
}
