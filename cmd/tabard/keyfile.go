package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/node/durable"
	"github.com/tabard-id/tabard/node/private"
)

// maxKeyFileBytes bounds a key file.
const maxKeyFileBytes = 64 << 10

// keyFile is a private key and where it was read from.
type keyFile struct {
	path string
	key  multikey.PrivateKey
}

// keyDocument is the content of a key file: a Multikey verification method (Controlled Identifiers
// 1.0, 2.2.2) under the key's own did:key, with its secret.
func keyDocument(key multikey.PrivateKey) jcs.Value {
	return publicDocument(key.Public()).With("secretKeyMultibase", jcs.FromString(key.Multibase()))
}

func publicDocument(key multikey.PublicKey) jcs.Value {
	didKey := "did:key:" + key.String()
	return jcs.Object(
		jcs.Member{Name: "id", Value: jcs.FromString(didKey + "#" + key.String())},
		jcs.Member{Name: "type", Value: jcs.FromString("Multikey")},
		jcs.Member{Name: "controller", Value: jcs.FromString(didKey)},
		jcs.Member{Name: "publicKeyMultibase", Value: jcs.FromString(key.String())},
	)
}

// writeKeyFile stores a key in a new file that only its owner can read, whole or not at all. An existing
// file is kept.
func writeKeyFile(path string, key multikey.PrivateKey) error {
	text, err := encodeIndented(keyDocument(key))
	if err != nil {
		return err
	}
	err = durable.Create(path, text, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fail(exitConflict, "%s exists: a key file is never overwritten", path)
	}
	return err
}

// readKeyFile loads a private key. A file that others have access to is refused.
func readKeyFile(path string) (keyFile, error) {
	data, err := private.Read(path, maxKeyFileBytes)
	if _, secret := multikey.ParsePrivate(path); err != nil && secret == nil {
		return keyFile{}, usage("key file: no file has that name, which is a private key itself: the file that holds it is to be named")
	}
	if err != nil {
		return keyFile{}, usage("key file: %w", err)
	}
	key, err := parseKeyFile(data)
	if err != nil {
		return keyFile{}, usage("key file %s: %w", path, err)
	}
	return keyFile{path, key}, nil
}

func parseKeyFile(data []byte) (multikey.PrivateKey, error) {
	v, err := jcs.Decode(data)
	if err != nil {
		return multikey.PrivateKey{}, err
	}
	if typ, _ := v.GetString("type"); typ != "Multikey" {
		return multikey.PrivateKey{}, errors.New(`its "type" is not "Multikey"`)
	}
	secret, ok := v.GetString("secretKeyMultibase")
	if !ok {
		return multikey.PrivateKey{}, errors.New("it holds no secretKeyMultibase")
	}
	key, err := multikey.ParsePrivate(secret)
	if err != nil {
		return multikey.PrivateKey{}, err
	}
	if public, ok := v.GetString("publicKeyMultibase"); ok && public != key.Public().String() {
		return multikey.PrivateKey{}, errors.New("its public and secret halves differ")
	}
	return key, nil
}

// listKeyFiles reads every key file directly in dir, ordered by path. Other JSON files are passed over.
func listKeyFiles(dir string) ([]keyFile, error) {
	paths, err := filepath.Glob(filepath.Join(globEscape(dir), "*.json"))
	if err != nil {
		return nil, err
	}
	var keys []keyFile
	for _, path := range paths {
		if !looksLikeKeyFile(path) {
			continue
		}
		key, err := readKeyFile(path)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b keyFile) int { return cmp.Compare(a.path, b.path) })
	return keys, nil
}

func looksLikeKeyFile(path string) bool {
	data, err := readBounded(path, maxKeyFileBytes)
	if err != nil {
		return false
	}
	v, err := jcs.Decode(data)
	if err != nil {
		return false
	}
	_, ok := v.GetString("secretKeyMultibase")
	return ok
}

// globEscape makes a path match itself in filepath.Glob.
func globEscape(path string) string {
	if runtime.GOOS == "windows" {
		return path
	}
	var out []rune
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			out = append(out, '\\')
		}
		out = append(out, r)
	}
	return string(out)
}

// newKey makes a key of the named type.
func newKey(typeName string) (multikey.PrivateKey, error) {
	if !slices.Contains(keyTypeNames, typeName) {
		return multikey.PrivateKey{}, usage("key type %q: want one of %v", typeName, keyTypeNames)
	}
	typ, err := multikey.ParseType(typeName)
	if err != nil {
		return multikey.PrivateKey{}, err
	}
	key, err := multikey.Generate(typ)
	if err != nil {
		return multikey.PrivateKey{}, fmt.Errorf("generate a key: %w", err)
	}
	return key, nil
}
