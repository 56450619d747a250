package agent

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/tabard-id/tabard/node/private"
)

// Files of an agent's directory besides the key store and the journal.
const (
	tokenFile = "token"       // mode 0600
	certFile  = "tls.pem"     // certificate; callers trust this file
	tlsFile   = "tls-key.pem" // mode 0600
)

// Bounds of the listener.
const (
	maxHeader     = 16 << 10
	headerTimeout = 5 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = time.Minute
	idleTimeout   = 2 * time.Minute
	stopTimeout   = 5 * time.Second
)

const (
	certLifetime = 397 * 24 * time.Hour
	certRenewal  = 30 * 24 * time.Hour
	clockSkew    = time.Hour
)

// Token returns the bearer token of the agent in dir, which is made first if there
// is none.
func Token(dir string) (string, error) {
	path := filepath.Join(dir, tokenFile)
	text, err := private.Read(path, maxToken)
	if err == nil {
		token := strings.TrimSpace(string(text))
		if len(token) < 32 {
			return "", fmt.Errorf("%s: a token has at least 32 characters", path)
		}
		return token, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	var random [32]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", err
	}
	token := base64.RawURLEncoding.EncodeToString(random[:])
	return token, replaceFile(path, []byte(token+"\n"))
}

// maxToken bounds the file of a token, in bytes.
const maxToken = 4 << 10

// SelfSigned returns a certificate for localhost, loopback and further hosts that
// vouches for itself. It is kept in dir, so that callers may pin tls.pem, and made
// anew a month before it expires or for other hosts.
func SelfSigned(dir string, hosts []string, now time.Time) (tls.Certificate, error) {
	cert, err := private.KeyPair(filepath.Join(dir, certFile), filepath.Join(dir, tlsFile))
	if err == nil && serves(cert.Leaf, hosts, now) {
		return cert, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cert, fmt.Errorf("certificate in %s: %w", dir, err)
	}
	certificate, key, err := selfSign(hosts, now)
	if err != nil {
		return cert, err
	}
	if err := replaceFile(filepath.Join(dir, tlsFile), key); err != nil {
		return cert, err
	}
	if err := replaceFile(filepath.Join(dir, certFile), certificate); err != nil {
		return cert, err
	}
	return tls.X509KeyPair(certificate, key)
}

func serves(leaf *x509.Certificate, hosts []string, now time.Time) bool {
	if now.Add(certRenewal).After(leaf.NotAfter) {
		return false
	}
	for _, host := range append([]string{"localhost", "127.0.0.1"}, hosts...) {
		if leaf.VerifyHostname(host) != nil {
			return false
		}
	}
	return true
}

func selfSign(hosts []string, now time.Time) (certificate, private []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Tabard agent"},
		NotBefore: now.Add(-clockSkew), NotAfter: now.Add(certLifetime),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return certificate, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), nil
}

// Serve answers on the listener until ctx ends, then finishes what it has begun.
func (a *Agent) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: a.handler, MaxHeaderBytes: maxHeader, ReadHeaderTimeout: headerTimeout,
		ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	err := server.Shutdown(stopping)
	if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
