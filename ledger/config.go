package ledger

import (
	"errors"
	"log/slog"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/ledger/internal/store"
)

// Config of a Ledger. Only Dir is required.
type Config struct {
	// Dir is the ledger's own directory; it is made if it is not there.
	Dir string
	// Logger gets what the storage engine does at debug level; nil discards.
	Logger *slog.Logger
	// Verify checks signatures; nil is a cache over PublicKey.Verify. One that
	// caches should be shared with those who check before proposing.
	Verify multikey.VerifyFunc
	// Metrics are counted in, unless nil.
	Metrics *Metrics
	// CacheBytes and MemTableBytes size the storage engine: 16 MiB for blocks, and
	// 8 MiB for each of at most four memtables, if zero.
	CacheBytes, MemTableBytes int64
	// OpenFiles bounds the files that the storage engine keeps open, twice while a
	// snapshot is restored; 512 if zero.
	OpenFiles int
	// Workers is how many operations are judged at a time; 0 is GOMAXPROCS.
	Workers int

	// fs replaces the disk in tests.
	fs vfs.FS
}

// signatures is how many successful checks a ledger remembers by itself.
const signatures = 8192

func (c *Config) validate() error {
	if c.Dir == "" {
		return errors.New("ledger: no directory")
	}
	if c.CacheBytes < 0 || c.MemTableBytes < 0 || c.OpenFiles < 0 || c.Workers < 0 {
		return errors.New("ledger: a size in the configuration is negative")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Verify == nil {
		c.Verify = multikey.NewCache(signatures).Verify
	}
	return nil
}

func (c *Config) store() store.Options {
	return store.Options{FS: c.fs, Logger: c.Logger, CacheBytes: c.CacheBytes, MemTableBytes: c.MemTableBytes, OpenFiles: c.OpenFiles}
}

var (
	// ErrClosed says that the ledger has been closed.
	ErrClosed = errors.New("ledger closed")
	// ErrNotFound says that there is no such record or DID.
	ErrNotFound = store.ErrNotFound
	// ErrSnapshot says that a snapshot is not one, or not whole.
	ErrSnapshot = errors.New("invalid snapshot")
)

// IsCorruption reports whether err is that stored bytes are not those written.
func IsCorruption(err error) bool { return isCorruption(err) }
