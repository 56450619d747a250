package node

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/node/private"
)

// Files of a node's directory that hold secrets, mode 0600.
const (
	keyFile    = "node.key"
	secretFile = "cluster.secret"
)

// nodeKey reads the node's signing key, or makes one.
func nodeKey(dir string) (multikey.PrivateKey, error) {
	text, err := secretText(filepath.Join(dir, keyFile), func() (string, error) {
		key, err := multikey.Generate(multikey.Ed25519)
		return key.Multibase(), err
	})
	if err != nil {
		return multikey.PrivateKey{}, fmt.Errorf("node key: %w", err)
	}
	key, err := multikey.ParsePrivate(text)
	if err != nil {
		return multikey.PrivateKey{}, fmt.Errorf("node key in %s: %w", filepath.Join(dir, keyFile), err)
	}
	if key.Public().Type() != multikey.Ed25519 {
		return multikey.PrivateKey{}, fmt.Errorf("node key in %s: not an Ed25519 key", filepath.Join(dir, keyFile))
	}
	return key, nil
}

// clusterSecret reads the secret of a cluster that has all of its nodes under dir,
// or makes one.
func clusterSecret(dir string) ([]byte, error) {
	text, err := secretText(filepath.Join(dir, secretFile), func() (string, error) {
		secret := make([]byte, minSecret)
		_, err := rand.Read(secret)
		return hex.EncodeToString(secret), err
	})
	if err != nil {
		return nil, fmt.Errorf("cluster secret: %w", err)
	}
	return ParseSecret(text)
}

// registryKey is the update key of the registry's DID. It derives from the secret,
// so that every node that may lead has it.
func registryKey(secret []byte) (multikey.PrivateKey, error) {
	seed, err := hkdf.Key(sha256.New, secret, nil, "tabard registry update key v1", 32)
	if err != nil {
		return multikey.PrivateKey{}, fmt.Errorf("registry key: %w", err)
	}
	return multikey.NewPrivate(multikey.Ed25519, seed)
}

// secretText returns the line in a file, which is written first if it is not there.
func secretText(path string, generate func() (string, error)) (string, error) {
	data, err := private.Read(path, maxSecretFile)
	if errors.Is(err, fs.ErrNotExist) {
		text, err := generate()
		if err != nil {
			return "", err
		}
		return text, writeSecret(path, text)
	}
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(data)), nil
}

// writeSecret writes a new file whole, or not at all.
func writeSecret(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.WriteString(text + "\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
