// Package private reads files that hold secrets: keys, passphrases, the secret of a cluster.
package private

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxKeyBytes bounds a private key in PEM, and a certificate with its chain.
const maxKeyBytes = 1 << 20

// Read returns the content of a file, of at most so many bytes. A file that others can read is refused, by
// PostgreSQL's rule for keys: this process's own may be for its owner only, one of root also for the group
// by which this process, not being root, reads it. What is no file on a disk, such as a pipe, has no readers.
func Read(path string, limit int64) (data []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := Check(f); err != nil {
		return nil, err
	}
	data, err = io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, err
}

// Check refuses an open file that others can read.
func Check(f *os.File) error {
	info, err := f.Stat() // of what is read, whatever the name stands for by now
	if err != nil {
		return err
	}
	if most := mostMode(info); info.Mode().IsRegular() && info.Mode().Perm()&^most&0o077 != 0 {
		return fmt.Errorf("%s has mode %04o: others can read it; run chmod %o %s", f.Name(), info.Mode().Perm(), most, f.Name())
	}
	return nil
}

// KeyPair reads a certificate and its private key, in PEM.
func KeyPair(certFile, keyFile string) (tls.Certificate, error) {
	certificate, err := os.ReadFile(certFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := Read(keyFile, maxKeyBytes)
	if err != nil {
		return tls.Certificate{}, err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return pair, fmt.Errorf("%s and %s: %w", certFile, keyFile, err)
	}
	return pair, nil
}

// WithoutPath is an error of a file without the file's name: whoever took a name for the content, or the
// other way round, does not find a secret in a log.
func WithoutPath(err error) error {
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
