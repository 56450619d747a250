package node

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// keyPair makes a certificate for localhost with that serial number, and its key.
func keyPair(t *testing.T, serial int64) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

// logged is a log that a test reads while it is written.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), text)
}

// A renewed certificate is served without a restart, and nothing is served that is not whole.
func TestCertificateFollowsItsFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "tls.pem"), filepath.Join(dir, "tls.key")
	write := func(path string, data []byte) {
		t.Helper()
		if err := os.WriteFile(path+".new", data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	oldCert, oldKey := keyPair(t, 1)
	newCert, newKey := keyPair(t, 2)
	write(cert, oldCert)
	write(key, oldKey)
	var log logged
	n, err := Start(context.Background(), Config{Dir: filepath.Join(dir, "node"), Domain: testDomain, HTTP: "127.0.0.1:0",
		TLSCert: cert, TLSKey: key, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	serves := func(serial int64) {
		t.Helper()
		conn, err := tls.Dial("tcp", n.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if got := conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64(); got != serial {
			t.Errorf("certificate %d is served, want %d", got, serial)
		}
	}
	look := func() { n.certificates.reload(false) }
	serves(1)
	look()
	if log.count("reloaded") != 0 {
		t.Error("reloaded though nothing has changed")
	}

	write(cert, newCert) // the key is still the old one's
	look()
	look()
	serves(1)
	if got := log.count("certificate not reloaded"); got != 1 {
		t.Errorf("said %d times that the pair is torn, want once", got)
	}
	write(key, newKey)
	look()
	serves(2)
	if log.count("certificate reloaded") != 1 {
		t.Error("not said that the certificate was reloaded")
	}

	for _, spoil := range []func() error{
		func() error { return os.WriteFile(cert, newCert[:len(newCert)/2], 0o600) },
		func() error { return os.Remove(cert) },
		func() error { return os.Chmod(key, 0o644) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		n.Reload()
		serves(2)
	}
	if got := log.count("certificate not reloaded"); got < 4 { // more if the node looked by itself meanwhile
		t.Errorf("said %d times that nothing was reloaded, want 4", got)
	}
	write(cert, oldCert)
	write(key, oldKey)
	n.Reload()
	serves(1)
}

// Who is not told looks by itself.
func TestCertificateIsLookedAtInTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "tls.pem"), filepath.Join(dir, "tls.key")
	first, firstKey := keyPair(t, 1)
	second, secondKey := keyPair(t, 2)
	replace := func(certificate, private []byte) {
		for path, data := range map[string][]byte{cert: certificate, key: private} {
			if err := errors.Join(os.WriteFile(path+".new", data, 0o600), os.Rename(path+".new", path)); err != nil {
				t.Fatal(err)
			}
		}
	}
	replace(first, firstKey)
	synctest.Test(t, func(t *testing.T) {
		c, err := loadCertificates(Config{TLSCert: cert, TLSKey: key}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		go c.follow(ctx)
		replace(second, secondKey)
		time.Sleep(certificateEvery)
		synctest.Wait()
		if got := c.current.Load().Leaf.SerialNumber.Int64(); got != 2 {
			t.Errorf("certificate %d after %v, want 2", got, certificateEvery)
		}
	})
}
