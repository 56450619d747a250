package agent

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"filippo.io/age"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/node/durable"
	"github.com/tabard-id/tabard/node/private"
)

// Limits of a store.
const (
	// MaxKeys is how many keys it holds.
	MaxKeys = 256
	// maxStoreBytes bounds the file.
	maxStoreBytes = 1 << 20
	// maxWorkFactor bounds what opening a store that somebody else made may cost:
	// scrypt with N = 2^20, which takes 1 GiB.
	maxWorkFactor = 20
)

// MinPassphrase is the length in bytes that the passphrase of a new store has at least
// (NIST SP 800-63B, 3.1.1.2).
const MinPassphrase = 8

// Errors of a store.
var (
	// ErrPassphrase: the passphrase does not open the store.
	ErrPassphrase = errors.New("the passphrase does not open the key store")
	// ErrShortPassphrase: the passphrase for a new store has less than MinPassphrase bytes.
	ErrShortPassphrase = fmt.Errorf("the passphrase has less than %d characters", MinPassphrase)
	// ErrKeyExists: the store has another key of that name.
	ErrKeyExists = errors.New("the key store has another key of that name")
	// ErrNoKey: the store has no key of that name.
	ErrNoKey = errors.New("the key store has no key of that name")
)

// Store is the file of a wallet with its keys, sealed with a passphrase. Its content is
// {"keys": [Multikey with secretKeyMultibase, …]}. It is safe for concurrent use.
type Store struct {
	path       string
	passphrase string
	workFactor int

	mu   sync.RWMutex
	keys []storedKey
}

type storedKey struct {
	method string
	key    multikey.PrivateKey
}

// CreateStore makes the store of a wallet, with keys that go by their did:key. The error is
// fs.ErrExist if there is one, which is left alone, and ErrKeysMissing if there was one. A
// workFactor of 0 is age's default: N = 2^18, about a second and 256 MiB.
func (w *Wallet) CreateStore(passphrase string, workFactor int, keys ...multikey.PrivateKey) (*Store, error) {
	if len(passphrase) < MinPassphrase {
		return nil, ErrShortPassphrase
	}
	s := &Store{path: w.path(storeFile), passphrase: passphrase, workFactor: workFactor}
	if _, err := os.Lstat(s.path); !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(fmt.Errorf("%s: %w", s.path, fs.ErrExist), err)
	}
	if used, err := w.used(); err != nil || used {
		return nil, errors.Join(fmt.Errorf("%s: %w: put it back from a backup, or begin in another directory", w.dir, ErrKeysMissing), err)
	}
	for _, key := range keys {
		s.keys = append(s.keys, storedKey{didKeyMethod(key.Public()), key})
	}
	sealed, err := s.sealed(s.keys)
	if err != nil {
		return nil, err
	}
	return s, durable.Create(s.path, sealed, 0o600)
}

// OpenStore opens the store of a wallet. The error is fs.ErrNotExist if there is none,
// ErrPassphrase if it is sealed with another passphrase.
func (w *Wallet) OpenStore(passphrase string, workFactor int) (*Store, error) {
	s := &Store{path: w.path(storeFile), passphrase: passphrase, workFactor: workFactor}
	return s, s.load()
}

// ReadKeys returns the keys in the store of a wallet that another process may have open.
func ReadKeys(dir, passphrase string) ([]Key, error) {
	s := &Store{path: filepath.Join(dir, storeFile), passphrase: passphrase}
	if err := s.load(); err != nil {
		return nil, err
	}
	return s.Keys(), nil
}

func (s *Store) load() error {
	sealed, err := private.Read(s.path, maxStoreBytes)
	if err != nil {
		return err
	}
	content, err := s.unseal(bytes.NewReader(sealed))
	if err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	if s.keys, err = parseKeys(content); err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	return nil
}

// Keys returns the keys in the order in which they were added.
func (s *Store) Keys() []Key {
	s.mu.RLock()
	defer s.mu.RUnlock()
	keys := make([]Key, len(s.keys))
	for i, k := range s.keys {
		keys[i] = Key{k.method, k.key}
	}
	return keys
}

func (s *Store) find(method string) int {
	return slices.IndexFunc(s.keys, func(k storedKey) bool { return k.method == method })
}

// Add stores a key under a DID URL; "" names it by its did:key. It returns the name. A key
// that is there is not stored again.
func (s *Store) Add(method string, key multikey.PrivateKey) (string, error) {
	if method == "" {
		method = didKeyMethod(key.Public())
	}
	if err := checkMethod(method, key.Public()); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(method); i >= 0 {
		if s.keys[i].key.Public() == key.Public() {
			return method, nil
		}
		return "", fmt.Errorf("%w: %s", ErrKeyExists, method)
	}
	if len(s.keys) == MaxKeys {
		return "", fmt.Errorf("the key store is full: it holds %d keys", MaxKeys)
	}
	keys := append(slices.Clip(s.keys), storedKey{method, key})
	if err := s.save(keys); err != nil {
		return "", err
	}
	s.keys = keys
	return method, nil
}

// Remove removes the keys of those names for good, all or none of them.
func (s *Store) Remove(methods ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, method := range methods {
		if s.find(method) < 0 {
			return fmt.Errorf("%w: %s", ErrNoKey, method)
		}
	}
	keys := slices.DeleteFunc(slices.Clone(s.keys), func(k storedKey) bool { return slices.Contains(methods, k.method) })
	if err := s.save(keys); err != nil {
		return err
	}
	s.keys = keys
	return nil
}

// checkMethod refuses a name that is no DID URL of a key, or the did:key of another.
func checkMethod(method string, key multikey.PublicKey) error {
	id, fragment, _ := strings.Cut(method, "#")
	parsed, err := did.Parse(id)
	if err != nil || fragment == "" {
		return fmt.Errorf("%q is not the DID URL of a key", method)
	}
	if parsed.Method() == "key" && method != didKeyMethod(key) {
		return fmt.Errorf("%s is not the did:key of this key", method)
	}
	return nil
}

// save replaces the file as a whole: a crash leaves the old or the new.
func (s *Store) save(keys []storedKey) error {
	sealed, err := s.sealed(keys)
	if err != nil {
		return err
	}
	return durable.Replace(s.path, sealed, 0o600)
}

// sealed is the content of the file with those keys.
func (s *Store) sealed(keys []storedKey) ([]byte, error) {
	list := make([]jcs.Value, len(keys))
	for i, k := range keys {
		list[i] = jcs.Object(
			jcs.Member{Name: "id", Value: jcs.FromString(k.method)},
			jcs.Member{Name: "type", Value: jcs.FromString("Multikey")},
			jcs.Member{Name: "secretKeyMultibase", Value: jcs.FromString(k.key.Multibase())},
		)
	}
	content := jcs.Object(jcs.Member{Name: "keys", Value: jcs.Array(list...)}).Canonical()
	var sealed bytes.Buffer
	err := s.seal(&sealed, content)
	return sealed.Bytes(), err
}

func (s *Store) seal(w io.Writer, content []byte) error {
	recipient, err := age.NewScryptRecipient(s.passphrase)
	if err != nil {
		return err
	}
	if s.workFactor > 0 {
		recipient.SetWorkFactor(s.workFactor)
	}
	sealing, err := age.Encrypt(w, recipient)
	if err != nil {
		return err
	}
	if _, err := sealing.Write(content); err != nil {
		return err
	}
	return sealing.Close()
}

func (s *Store) unseal(r io.Reader) ([]byte, error) {
	identity, err := age.NewScryptIdentity(s.passphrase)
	if err != nil {
		return nil, ErrPassphrase
	}
	identity.SetMaxWorkFactor(maxWorkFactor)
	plain, err := age.Decrypt(r, identity)
	var wrong *age.NoIdentityMatchError
	if errors.As(err, &wrong) {
		return nil, ErrPassphrase
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(plain)
}

func parseKeys(content []byte) ([]storedKey, error) {
	v, err := jcs.Decode(content)
	if err != nil {
		return nil, err
	}
	list, _ := v.Get("keys")
	if !list.IsArray() || list.Len() > MaxKeys {
		return nil, errors.New("no list of keys")
	}
	keys := make([]storedKey, 0, list.Len())
	for item := range list.Elems() {
		method, _ := item.GetString("id")
		secret, _ := item.GetString("secretKeyMultibase")
		key, err := multikey.ParsePrivate(secret)
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", method, err)
		}
		if err := checkMethod(method, key.Public()); err != nil {
			return nil, err
		}
		keys = append(keys, storedKey{method, key})
	}
	return keys, nil
}
