package ledger

import (
	"errors"
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
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
	// VerifyRestored checks the signatures in snapshots. Each is met once, so that it need not
	// remember any; nil is Verify, or PublicKey.Verify if that is nil too.
	VerifyRestored multikey.VerifyFunc
	// Metrics are counted in, unless nil.
	Metrics *Metrics
	// Corrupt is called when stored bytes turn out not to be those written, once until
	// they are replaced: Damage tells so too. It must not block; nil logs it.
	Corrupt func(error)
	// CacheBytes and MemTableBytes size the storage engine: 32 MiB for blocks, and
	// 32 MiB for each of at most three memtables, if zero.
	CacheBytes, MemTableBytes int64
	// OpenFiles bounds the files that the storage engine keeps open, twice while a
	// snapshot is restored; 512 if zero.
	OpenFiles int
	// SyncEvery is the time after which what was applied is durable, whoever asks for it:
	// what the machine's failure takes away has to be applied anew. 1 s if zero.
	SyncEvery time.Duration
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
	if c.CacheBytes < 0 || c.MemTableBytes < 0 || c.OpenFiles < 0 || c.Workers < 0 || c.SyncEvery < 0 {
		return errors.New("ledger: a size in the configuration is negative")
	}
	if c.SyncEvery == 0 {
		c.SyncEvery = time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Corrupt == nil {
		c.Corrupt = func(err error) { c.Logger.Error("the ledger is damaged", "error", err) }
	}
	if c.VerifyRestored == nil {
		c.VerifyRestored = multikey.PublicKey.Verify
		if c.Verify != nil {
			c.VerifyRestored = c.Verify
		}
	}
	if c.Verify == nil {
		c.Verify = multikey.NewCache(signatures).Verify
	}
	return nil
}

func (c *Config) store(corrupt func(error)) store.Options {
	return store.Options{
		FS: c.fs, Logger: c.Logger, Corrupt: corrupt, Rising: view.RecordKey(0)[0],
		CacheBytes: c.CacheBytes, MemTableBytes: c.MemTableBytes, OpenFiles: c.OpenFiles,
	}
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
func IsCorruption(err error) bool { return store.IsCorruption(err) }
