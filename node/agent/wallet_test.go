package agent

import (
	"bytes"
	"crypto/x509"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}

// A second start on a wallet in use has changed nothing by the time it finds out.
func TestWalletIsLockedBeforeItIsLookedAt(t *testing.T) {
	store, w := newStore(t)
	if _, err := w.SelfSigned(nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	before := files(t, w.dir)
	if _, err := OpenWallet(w.dir); !errors.Is(err, ErrInUse) {
		t.Fatalf("a wallet was opened twice: %v", err)
	}
	if after := files(t, w.dir); len(after) != len(before) || !bytes.Equal(after[certFile], before[certFile]) {
		t.Errorf("the second start left %d files of %d", len(after), len(before))
	}
	if len(store.Keys()) != 0 {
		t.Error("keys appeared")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	openWallet(t, w.dir)
}

func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if all[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// Keys that are gone from a wallet that has been used are an error, and no reason for new ones: what the
// old ones issued would have another issuer from then on.
func TestMissingKeysAreNotMadeAnew(t *testing.T) {
	for _, file := range []string{bookFile, tokenFile, certFile, tlsFile, homeFile} {
		w := openWallet(t, t.TempDir())
		if err := os.WriteFile(w.path(file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := w.CreateStore(testPassphrase, cheap); !errors.Is(err, ErrKeysMissing) {
			t.Errorf("with %s there: %v", file, err)
		}
		if _, err := os.Lstat(w.path(storeFile)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("with %s there: keys were made: %v", file, err)
		}
	}
}

func TestWalletInWhichOthersCanPutFiles(t *testing.T) {
	dir := t.TempDir()
	for mode, refused := range map[fs.FileMode]bool{0o777: true, 0o770: true, 0o702: true, 0o755: false, 0o700: false} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		w, err := OpenWallet(dir)
		if errors.Is(err, ErrOthersWrite) != refused || !refused && err != nil {
			t.Errorf("mode %o: %v", mode, err)
		}
		if err == nil {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// Whatever a crash leaves of the two files of a certificate, the next start serves a pair, and tells
// callers which.
func TestCertificateIsNeverTorn(t *testing.T) {
	now := time.Now()
	w := openWallet(t, t.TempDir())
	old, err := w.SelfSigned(nil, now)
	if err != nil {
		t.Fatal(err)
	}
	before := files(t, w.dir)
	renewed, err := w.SelfSigned([]string{"agent.local"}, now)
	if err != nil || bytes.Equal(renewed.Certificate[0], old.Certificate[0]) {
		t.Fatal("not renewed for another host:", err)
	}
	after := files(t, w.dir)
	key := func(pem []byte) []byte { // as earlier versions wrote it
		return pem[:bytes.Index(pem, []byte("-----BEGIN CERTIFICATE"))]
	}
	for name, left := range map[string][2][]byte{
		"the new pair with the old certificate published": {after[tlsFile], before[certFile]},
		"the new pair with none":                          {after[tlsFile], nil},
		"of an earlier version":                           {key(before[tlsFile]), before[certFile]},
		"of an earlier version, torn":                     {key(after[tlsFile]), before[certFile]},
		"of an earlier version, the key alone":            {key(after[tlsFile]), nil},
		"a certificate alone":                             {nil, before[certFile]},
	} {
		t.Run(name, func(t *testing.T) {
			w := openWallet(t, t.TempDir())
			for file, data := range map[string][]byte{tlsFile: left[0], certFile: left[1]} {
				if data == nil {
					continue
				}
				if err := os.WriteFile(w.path(file), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			pair, err := w.SelfSigned(nil, now)
			if err != nil {
				t.Fatal(err)
			}
			again, err := w.SelfSigned(nil, now)
			if err != nil || !bytes.Equal(again.Certificate[0], pair.Certificate[0]) {
				t.Error("another one at the next start:", err)
			}
			roots := x509.NewCertPool()
			if published := files(t, w.dir)[certFile]; !roots.AppendCertsFromPEM(published) {
				t.Fatalf("published: %s", published)
			}
			for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
				if _, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots}); err != nil {
					t.Errorf("callers that trust %s: %s: %v", certFile, host, err)
				}
			}
		})
	}
	if err := os.WriteFile(w.path(tlsFile), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SelfSigned(nil, now); err == nil {
		t.Error("a damaged key was made anew, silently")
	}
}
