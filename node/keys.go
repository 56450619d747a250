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

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/node/durable"
	"github.com/tabard-id/tabard/node/private"
)

// Files of a node's directory that hold secrets, mode 0600.
const (
	keyFile    = "node.key"
	secretFile = "cluster.secret"
)

// An identity file is a line: its text, and a checksum over it. A flipped bit makes
// another key that looks as good, so files from before there were checksums get one.
const checksumMark = " sha256:"

func checksum(text string) string {
	sum := sha256.Sum256([]byte("tabard identity file v1\n" + text))
	return hex.EncodeToString(sum[:8])
}

// withChecksum is the line of a text.
func withChecksum(text string) string { return text + checksumMark + checksum(text) }

// withoutChecksum checks a line, and returns its text; checked is false of a line
// without a checksum.
func withoutChecksum(line string) (text string, checked bool, err error) {
	text, sum, found := strings.Cut(line, checksumMark)
	if found && sum != checksum(text) {
		return "", false, errors.New("it does not match its checksum: put it back from a backup")
	}
	return text, found, nil
}

// identityText returns the text in a file. In a directory that nothing was ever kept in
// it is made; in any other one, that it is missing is an error: what is there would
// belong to somebody else from then on.
func identityText(path string, used bool, generate func() (string, error)) (string, error) {
	line, err := secretText(path, func() (string, error) {
		if used {
			return "", dataError{fmt.Errorf("%s is missing, though the node has run before: put it back from a backup", path)}
		}
		text, err := generate()
		return withChecksum(text), err
	})
	if err != nil {
		return "", err
	}
	text, checked, err := withoutChecksum(line)
	if err != nil {
		return "", dataError{fmt.Errorf("%s: %w", path, err)}
	}
	if !checked && text != newKeyWord {
		err = writeSecret(path, withChecksum(text))
	}
	return text, err
}

// newKeyWord stands behind a key that the registry's document does not have yet. As the
// whole of node.key it asks for a new key.
const newKeyWord = "new"

// nodeIdentity is a node's signing key.
type nodeIdentity struct {
	key multikey.PrivateKey
	// fresh: the registry's document is to have it in place of another.
	fresh bool
}

func newNodeKey() (string, error) {
	key, err := multikey.Generate(multikey.Ed25519)
	return key.Multibase() + " " + newKeyWord, err
}

// nodeKey reads the node's signing key, or makes one.
func nodeKey(dir string) (id nodeIdentity, err error) {
	path := filepath.Join(dir, keyFile)
	text, err := identityText(path, used(dir), newNodeKey)
	if err == nil && text == newKeyWord {
		if text, err = newNodeKey(); err == nil {
			err = writeSecret(path, withChecksum(text))
		}
	}
	if err != nil && !errors.Is(err, ErrData) {
		return id, fmt.Errorf("node key: %w", err)
	}
	if err != nil {
		return id, fmt.Errorf("node key: %w; if it is lost for good, write the word %s into the file, with mode 0600, and the node makes another", err, newKeyWord)
	}
	text, id.fresh = strings.CutSuffix(text, " "+newKeyWord)
	if id.key, err = multikey.ParsePrivate(text); err != nil {
		return id, fmt.Errorf("node key in %s: %w", path, err)
	}
	if id.key.Public().Type() != multikey.Ed25519 {
		return id, fmt.Errorf("node key in %s: not an Ed25519 key", path)
	}
	return id, nil
}

// used reports whether a node has kept something in its directory.
func used(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "ledger"))
	return err == nil || consensus.Exists(filepath.Join(dir, "raft"))
}

// clusterSecret reads the secret of a cluster that has all of its nodes under dir,
// or makes one.
func clusterSecret(dir string) ([]byte, error) {
	nodes, err := filepath.Glob(filepath.Join(dir, "node*", "ledger")) // of a development cluster
	if err != nil {
		return nil, fmt.Errorf("cluster secret: %w", err)
	}
	text, err := identityText(filepath.Join(dir, secretFile), used(dir) || len(nodes) > 0, func() (string, error) {
		secret := make([]byte, minSecret)
		_, err := rand.Read(secret)
		return hex.EncodeToString(secret), err
	})
	if err != nil {
		return nil, fmt.Errorf("cluster secret: %w, or give the secret that the node was started with", err)
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
	return durable.Replace(path, []byte(text+"\n"), 0o600)
}
