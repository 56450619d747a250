package node

import (
	"context"
	"crypto/tls"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tabard-id/tabard/node/private"
)

// certificateEvery is how often a node looks whether the files of its certificate have
// changed.
const certificateEvery = 5 * time.Second

// certificates has the certificate of the public listener, and follows its files: who
// renews it need not restart the node. Until both files are whole and belong together
// the old one is served. Safe for concurrent use.
type certificates struct {
	cert, key string // files; "" if the certificate never changes
	log       *slog.Logger
	current   atomic.Pointer[tls.Certificate]

	mu     sync.Mutex
	seen   [2]fs.FileInfo // as the current pair was read
	failed string         // why the newest pair was not; said once
}

// loadCertificates reads the configured certificate; nil if there is none.
func loadCertificates(cfg Config, log *slog.Logger) (*certificates, error) {
	c := &certificates{cert: cfg.TLSCert, key: cfg.TLSKey, log: log}
	if cfg.certificate != nil {
		c.cert, c.key = "", ""
		c.current.Store(cfg.certificate)
		return c, nil
	}
	if c.cert == "" {
		return nil, nil
	}
	if err := c.read(); err != nil {
		return nil, fmt.Errorf("public listener: %w", err)
	}
	return c, nil
}

// get is for tls.Config.
func (c *certificates) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Load(), nil
}

// read takes over what the files hold now.
func (c *certificates) read() error {
	seen, err := c.look() // before the files are read: what changes then is read again
	if err != nil {
		return err
	}
	pair, err := private.KeyPair(c.cert, c.key)
	if err != nil {
		return err
	}
	c.current.Store(&pair)
	c.seen, c.failed = seen, ""
	return nil
}

func (c *certificates) look() (seen [2]fs.FileInfo, err error) {
	for i, path := range []string{c.cert, c.key} {
		if seen[i], err = os.Stat(path); err != nil {
			return seen, err
		}
	}
	return seen, nil
}

// changed reports whether the files are not those that were read.
func (c *certificates) changed() bool {
	seen, err := c.look()
	if err != nil {
		return true
	}
	for i, now := range seen {
		was := c.seen[i]
		if !os.SameFile(was, now) || !was.ModTime().Equal(now.ModTime()) || was.Size() != now.Size() {
			return true
		}
	}
	return false
}

// reload reads the files again, if they have changed or it is told to, and logs what
// came of it. A pair that cannot be used is tried again at every call.
func (c *certificates) reload(told bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cert == "" || !told && !c.changed() {
		return
	}
	if err := c.read(); err != nil {
		if told || err.Error() != c.failed {
			c.log.Error("certificate not reloaded: the old one is served", "error", err, "until", c.current.Load().Leaf.NotAfter)
		}
		c.failed = err.Error()
		return
	}
	c.log.Info("certificate reloaded", "until", c.current.Load().Leaf.NotAfter)
}

// follow reloads until ctx ends.
func (c *certificates) follow(ctx context.Context) {
	if c.cert == "" {
		return
	}
	ticker := time.NewTicker(certificateEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			c.reload(false)
		case <-ctx.Done():
			return
		}
	}
}

// Reload has the node read its certificate again now. It looks by itself whenever the
// files change.
func (n *Node) Reload() {
	if n.certificates == nil {
		n.log.Info("nothing to reload: the public listener has no certificate of its own")
		return
	}
	n.certificates.reload(true)
}
