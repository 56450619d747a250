package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tabard-id/tabard/node/durable"
)

// Files of a wallet.
const (
	lockFile  = "lock"
	storeFile = "keys.age" // an age file (age-encryption.org/v1, scrypt recipient), which the age tool can open
	bookFile  = "status.jsonl"
	tokenFile = "token"
	certFile  = "tls.pem"     // certificate; callers trust this file
	tlsFile   = "tls-key.pem" // its key, and the certificate again
	homeFile  = "registry.json"
)

// Errors of a wallet.
var (
	// ErrInUse: another process has the wallet open.
	ErrInUse = errors.New("another agent uses it")
	// ErrKeysMissing: the wallet has been used, and its keys are gone.
	ErrKeysMissing = errors.New("it has been used, and its " + storeFile + " is gone")
	// ErrOthersWrite: others than the wallet's owner can put files there.
	ErrOthersWrite = errors.New("others can write to it")
)

// Wallet is the directory of one agent: keys, token, certificate, and the journal of its
// status lists. It is open in one process at a time, and whatever reads it in order to
// write to it has it open: it is locked before anything is looked at, and until Close or
// the end of the process.
type Wallet struct {
	dir  string
	lock *durable.Lock
}

// OpenWallet opens the wallet in a directory, which is made if it is not there. The error
// is ErrInUse if another process has it open.
func OpenWallet(dir string) (*Wallet, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := ownDirectory(dir); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	lock, err := durable.TryLock(filepath.Join(dir, lockFile))
	if errors.Is(err, durable.ErrLocked) {
		return nil, fmt.Errorf("%s: %w", dir, ErrInUse)
	}
	if err != nil {
		return nil, err
	}
	if err := durable.Sweep(dir); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return &Wallet{dir, lock}, nil
}

// Close lets other processes open the wallet.
func (w *Wallet) Close() error { return w.lock.Unlock() }

func (w *Wallet) path(file string) string { return filepath.Join(w.dir, file) }

// used reports whether anything is there that an agent writes once it has keys.
func (w *Wallet) used() (bool, error) {
	for _, file := range []string{bookFile, tokenFile, certFile, tlsFile, homeFile} {
		_, err := os.Lstat(w.path(file))
		if !errors.Is(err, fs.ErrNotExist) {
			return err == nil, err
		}
	}
	return false, nil
}
