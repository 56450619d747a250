package agent

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/multikey"
)

const (
	testPassphrase = "correct horse battery staple"
	cheap          = 10 // scrypt work factor of tests
)

func newStore(t *testing.T) (*Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "agent")
	s, err := CreateStore(dir, testPassphrase, cheap)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func TestStoreBeginsWithKeys(t *testing.T) {
	dir, key := t.TempDir(), generate(t, multikey.P256)
	made, err := CreateStore(dir, testPassphrase, cheap, key)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := OpenStore(dir, testPassphrase, cheap)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Store{made, opened} {
		if keys := s.Keys(); len(keys) != 1 || keys[0].Method != didKeyMethod(key.Public()) {
			t.Errorf("%v", keys)
		}
	}
}

func generate(t *testing.T, kind multikey.Type) multikey.PrivateKey {
	t.Helper()
	key, err := multikey.Generate(kind)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestStoreKeepsKeysSealed(t *testing.T) {
	s, dir := newStore(t)
	var secrets, methods []string
	for _, kind := range []multikey.Type{multikey.Ed25519, multikey.P256, multikey.P384} {
		key := generate(t, kind)
		method, err := s.Add("", key)
		if err != nil {
			t.Fatal(err)
		}
		secrets, methods = append(secrets, key.Multibase()), append(methods, method)
	}
	again, err := OpenStore(dir, testPassphrase, cheap)
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range again.Keys() {
		if k.Method != methods[i] || k.Signer.(multikey.PrivateKey).Multibase() != secrets[i] {
			t.Errorf("key %d is %s, want %s", i, k.Method, methods[i])
		}
	}
	if n := len(again.Keys()); n != 3 {
		t.Errorf("%d keys came back, want 3", n)
	}
	content, err := os.ReadFile(filepath.Join(dir, storeFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets {
		if bytes.Contains(content, []byte(secret)) {
			t.Error("the file holds a secret in the clear")
		}
	}
	if info, err := os.Stat(filepath.Join(dir, storeFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the store: %v, %v", info.Mode(), err)
	}
	left, err := filepath.Glob(filepath.Join(dir, storeFile+".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
}

func TestStoreRefuses(t *testing.T) {
	s, dir := newStore(t)
	key := generate(t, multikey.Ed25519)
	if _, err := s.Add("did:example:a#k", key); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, storeFile)
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// with opens a store whose file has that content and mode.
	with := func(content []byte, mode fs.FileMode) error {
		t.Helper()
		dir := t.TempDir()
		path := filepath.Join(dir, storeFile)
		if err := errors.Join(os.WriteFile(path, content, mode), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		_, err := OpenStore(dir, testPassphrase, cheap)
		return err
	}
	if err := with(sealed, 0o600); err != nil {
		t.Fatalf("a copy of the store does not open: %v", err)
	}
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	other := generate(t, multikey.Ed25519)
	for name, tt := range map[string]struct {
		try  func() error
		want error
	}{
		"another passphrase":         {func() error { _, err := OpenStore(dir, "wrong", cheap); return err }, ErrPassphrase},
		"no passphrase":              {func() error { _, err := OpenStore(dir, "", cheap); return err }, ErrPassphrase},
		"a directory without store":  {func() error { _, err := OpenStore(t.TempDir(), testPassphrase, cheap); return err }, fs.ErrNotExist},
		"a second store":             {func() error { _, err := CreateStore(dir, testPassphrase, cheap); return err }, fs.ErrExist},
		"a store without passphrase": {func() error { _, err := CreateStore(t.TempDir(), "", cheap); return err }, nil},
		"the same name again":        {func() error { _, err := s.Add("did:example:a#k", other); return err }, ErrKeyExists},
		"a name that is no DID URL":  {func() error { _, err := s.Add("key-1", other); return err }, nil},
		"a DID without fragment":     {func() error { _, err := s.Add("did:example:a", other); return err }, nil},
		"the did:key of another":     {func() error { _, err := s.Add(didKeyMethod(key.Public()), other); return err }, nil},
		"others may read the file":   {func() error { return with(sealed, 0o644) }, nil},
		"a flipped bit":              {func() error { return with(flipped, 0o600) }, nil},
		"a truncated file":           {func() error { return with(sealed[:len(sealed)-20], 0o600) }, nil},
		"an empty file":              {func() error { return with(nil, 0o600) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			err := tt.try()
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), key.Multibase()) {
				t.Error("the error tells the secret")
			}
		})
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(`{"keys":[]}`))
	f.Add([]byte(`{"keys":[{"id":"did:example:a#k","secretKeyMultibase":"z3u2en7t5LR2WtQH5PfFqMqwVHgeXouLzo6haApm8XHqvjxq"}]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		keys, err := parseKeys(content)
		if err != nil {
			return
		}
		for _, k := range keys {
			if checkMethod(k.method, k.key.Public()) != nil {
				t.Errorf("accepted the name %q", k.method)
			}
		}
	})
}
