package agent

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"time"

	"github.com/tabard-id/tabard/node/durable"
	"github.com/tabard-id/tabard/node/private"
)

const (
	certLifetime = 397 * 24 * time.Hour
	certRenewal  = 30 * 24 * time.Hour
	clockSkew    = time.Hour
	maxPEM       = 64 << 10
)

// SelfSigned returns a certificate for localhost, loopback and further hosts that vouches
// for itself. Callers may pin tls.pem in the wallet. It is made anew a month before it
// expires or for other hosts.
//
// The key is stored together with the certificate, in one file, so that a crash never
// leaves one without the other; tls.pem is a copy of its public half.
func (w *Wallet) SelfSigned(hosts []string, now time.Time) (tls.Certificate, error) {
	pair, err := w.storedCertificate()
	if err != nil {
		return pair, fmt.Errorf("certificate in %s: %w", w.dir, err)
	}
	if pair.Leaf == nil || !serves(pair.Leaf, hosts, now) {
		certificate, key, err := selfSign(hosts, now)
		if err != nil {
			return pair, err
		}
		if err := durable.Replace(w.path(tlsFile), append(key, certificate...), 0o600); err != nil {
			return pair, err
		}
		if pair, err = tls.X509KeyPair(certificate, key); err != nil {
			return pair, err
		}
	}
	return pair, w.publishCertificate(pair)
}

// storedCertificate is the pair that the wallet has; its Leaf is nil if it has none.
func (w *Wallet) storedCertificate() (tls.Certificate, error) {
	key, err := private.Read(w.path(tlsFile), maxPEM)
	if errors.Is(err, fs.ErrNotExist) {
		return tls.Certificate{}, nil
	}
	if err != nil {
		return tls.Certificate{}, err
	}
	if bytes.Contains(key, []byte("-----BEGIN CERTIFICATE-----")) {
		return tls.X509KeyPair(key, key)
	}
	// Earlier versions had the certificate in the other file alone, of which a crash may
	// have left another one's.
	certificate, err := os.ReadFile(w.path(certFile))
	if errors.Is(err, fs.ErrNotExist) {
		return tls.Certificate{}, nil
	}
	if err != nil {
		return tls.Certificate{}, err
	}
	if block, _ := pem.Decode(key); block == nil {
		return tls.Certificate{}, fmt.Errorf("%s holds no key", tlsFile)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return tls.Certificate{}, nil //nolint:nilerr // the pair is torn, and made anew
	}
	return pair, durable.Replace(w.path(tlsFile), append(key, certificate...), 0o600)
}

// publishCertificate brings tls.pem up to date.
func (w *Wallet) publishCertificate(pair tls.Certificate) error {
	want := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})
	have, err := os.ReadFile(w.path(certFile))
	if err == nil && bytes.Equal(have, want) {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return durable.Replace(w.path(certFile), want, 0o644)
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
