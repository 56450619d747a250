package durable

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrLocked: another process has the lock.
var ErrLocked = errors.New("it is in use by another process")

// Lock is the right of one process to change what is in a directory. It ends with
// Unlock, or with the process.
type Lock struct{ file *os.File }

// TryLock takes the lock that the file at path stands for, which is made if it is not
// there and never removed. The error is ErrLocked if another process has it.
func TryLock(path string) (*Lock, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		if err := lockFile(f); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
		}
		if same, err := stillNamed(f, path); err != nil || same {
			return &Lock{f}, err
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
}

// stillNamed reports whether the name still stands for the file that was locked: somebody
// may have removed it meanwhile, and a third process locked another of that name.
func stillNamed(f *os.File, path string) (bool, error) {
	locked, err := f.Stat()
	if err != nil {
		return false, errors.Join(err, f.Close())
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(locked, named), nil
}

// retryLock is how soon a lock that is taken is tried again.
const retryLock = 20 * time.Millisecond

// AwaitLock is TryLock that waits for another process to end, for as long as ctx lets it.
func AwaitLock(ctx context.Context, path string) (*Lock, error) {
	retry := time.NewTicker(retryLock)
	defer retry.Stop()
	for {
		l, err := TryLock(path)
		if !errors.Is(err, ErrLocked) {
			return l, err
		}
		select {
		case <-retry.C:
		case <-ctx.Done():
			return nil, err
		}
	}
}

// Unlock lets other processes in.
func (l *Lock) Unlock() error { return l.file.Close() }
