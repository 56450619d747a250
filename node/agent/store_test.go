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

// openWallet opens a wallet for as long as the test runs, if it does not close it before.
func openWallet(t *testing.T, dir string) *Wallet {
	t.Helper()
	w, err := OpenWallet(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	})
	return w
}

func newStore(t *testing.T) (*Store, *Wallet) {
	t.Helper()
	w := openWallet(t, filepath.Join(t.TempDir(), "agent"))
	s, err := w.CreateStore(testPassphrase, cheap)
	if err != nil {
		t.Fatal(err)
	}
	return s, w
}

func TestStoreBeginsWithKeys(t *testing.T) {
	w, key := openWallet(t, t.TempDir()), generate(t, multikey.P256)
	made, err := w.CreateStore(testPassphrase, cheap, key)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := w.OpenStore(testPassphrase, cheap)
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
	s, w := newStore(t)
	var secrets, methods []string
	for _, kind := range []multikey.Type{multikey.Ed25519, multikey.P256, multikey.P384} {
		key := generate(t, kind)
		method, err := s.Add("", key)
		if err != nil {
			t.Fatal(err)
		}
		secrets, methods = append(secrets, key.Multibase()), append(methods, method)
	}
	again, err := w.OpenStore(testPassphrase, cheap)
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
	content, err := os.ReadFile(w.path(storeFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets {
		if bytes.Contains(content, []byte(secret)) {
			t.Error("the file holds a secret in the clear")
		}
	}
	if info, err := os.Stat(w.path(storeFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the store: %v, %v", info.Mode(), err)
	}
	left, err := os.ReadDir(w.dir)
	if err != nil || len(left) != 2 { // and the lock
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
}

func TestStoreRefuses(t *testing.T) {
	s, w := newStore(t)
	key := generate(t, multikey.Ed25519)
	if _, err := s.Add("did:example:a#k", key); err != nil {
		t.Fatal(err)
	}
	sealed, err := os.ReadFile(w.path(storeFile))
	if err != nil {
		t.Fatal(err)
	}
	// with opens a store whose file has that content and mode.
	with := func(content []byte, mode fs.FileMode) error {
		t.Helper()
		w := openWallet(t, t.TempDir())
		path := w.path(storeFile)
		if err := errors.Join(os.WriteFile(path, content, mode), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		_, err := w.OpenStore(testPassphrase, cheap)
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
		"another passphrase":         {func() error { _, err := w.OpenStore("wrong passphrase", cheap); return err }, ErrPassphrase},
		"no passphrase":              {func() error { _, err := w.OpenStore("", cheap); return err }, ErrPassphrase},
		"a directory without store":  {func() error { _, err := openWallet(t, t.TempDir()).OpenStore(testPassphrase, cheap); return err }, fs.ErrNotExist},
		"a second store":             {func() error { _, err := w.CreateStore(testPassphrase, cheap); return err }, fs.ErrExist},
		"a store without passphrase": {func() error { _, err := openWallet(t, t.TempDir()).CreateStore("", cheap); return err }, ErrShortPassphrase},
		"a passphrase of one letter": {func() error { _, err := openWallet(t, t.TempDir()).CreateStore("a", cheap); return err }, ErrShortPassphrase},
		"removing what is not there": {func() error { return s.Remove("did:example:a#k", "did:example:a#other") }, ErrNoKey},
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

// What is removed is gone, also from the file; all of what was named or nothing.
func TestRemovedKeysAreGone(t *testing.T) {
	s, w := newStore(t)
	var methods []string
	for range 3 {
		method, err := s.Add("", generate(t, multikey.Ed25519))
		if err != nil {
			t.Fatal(err)
		}
		methods = append(methods, method)
	}
	if err := s.Remove(methods[0], "did:example:nobody#k"); !errors.Is(err, ErrNoKey) || len(s.Keys()) != 3 {
		t.Errorf("%v, %d keys are left", err, len(s.Keys()))
	}
	if err := s.Remove(methods[0], methods[2]); err != nil {
		t.Fatal(err)
	}
	read, err := ReadKeys(w.dir, testPassphrase)
	if err != nil || len(read) != 1 || read[0].Method != methods[1] {
		t.Errorf("left: %v, %v", read, err)
	}
}

// The same key again is no other key, and is not written again; another of its name would be lost.
func TestImportIsNotLostUnderATakenName(t *testing.T) {
	s, _ := newStore(t)
	key := generate(t, multikey.Ed25519)
	for range 2 {
		if name, err := s.Add("did:example:a#k", key); err != nil || name != "did:example:a#k" {
			t.Errorf("%q, %v", name, err)
		}
	}
	if len(s.Keys()) != 1 {
		t.Errorf("%d keys", len(s.Keys()))
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
