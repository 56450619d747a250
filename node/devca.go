package node

import (
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
	"path/filepath"
	"strings"
	"time"

	"github.com/tabard-id/tabard/node/durable"
)

// Files of the development authority. Whoever trusts ca.pem trusts the holder of
// ca-key.pem, for names of this machine only.
const (
	caCertFile = "ca.pem"
	caKeyFile  = "ca-key.pem" // mode 0600
)

const (
	caLifetime   = 10 * 365 * 24 * time.Hour
	leafLifetime = 90 * 24 * time.Hour
	clockSkew    = time.Hour
)

// authority is a certificate authority for a development cluster.
type authority struct {
	path string // of its certificate
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// openAuthority reads the authority in dir, or makes one. It can certify only
// localhost, names below it, the given host, and loopback addresses.
func openAuthority(dir, host string) (*authority, error) {
	a := &authority{path: filepath.Join(dir, caCertFile)}
	text, err := secretText(filepath.Join(dir, caKeyFile), func() (string, error) {
		return a.create(host)
	})
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	if err := a.read(text); err != nil {
		return nil, fmt.Errorf("certificate authority in %s: %w", dir, err)
	}
	return a, nil
}

// create writes the certificate and returns the key. The key is written after it,
// so a crash between leaves a certificate that the next start replaces.
func (a *authority) create(host string) (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	serial, err := serialNumber()
	if err != nil {
		return "", err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "Tabard development authority"},
		NotBefore:    now.Add(-clockSkew), NotAfter: now.Add(caLifetime),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage:                    x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         permitted(host),
		PermittedIPRanges: []*net.IPNet{
			{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)},
			{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
		},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := durable.Replace(a.path, certificate, 0o644); err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})), nil
}

func permitted(host string) []string {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return []string{"localhost"}
	}
	return []string{"localhost", host}
}

func (a *authority) read(key string) error {
	certificate, err := os.ReadFile(a.path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there without %s: remove it", caKeyFile, caCertFile)
	}
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(certificate, []byte(key))
	if err != nil {
		return err
	}
	private, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return errors.New("its key is not an ECDSA key")
	}
	a.key = private
	a.cert, err = x509.ParseCertificate(pair.Certificate[0])
	return err
}

// issue makes a certificate for the local names and host. Its key is in memory only.
func (a *authority) issue(host string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := serialNumber()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "Tabard development node"},
		NotBefore:    now.Add(-clockSkew), NotAfter: now.Add(leafLifetime),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"registry.localhost", "localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if host != "registry.localhost" && host != "localhost" {
		template.DNSNames = append(template.DNSNames, host)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("issue a certificate: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key}, nil
}

func serialNumber() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
}
