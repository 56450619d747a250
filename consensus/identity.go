package consensus

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"time"
)

// identity holds what a node proves itself with: a certificate of its own key,
// made anew at every start, signed by an authority that is a function of the
// shared secret. Whoever knows the secret can be any node; nobody else any.
type identity struct {
	client, server *tls.Config
}

// serverSuffix makes node ids DNS names, for the standard verification.
const serverSuffix = ".node.tabard.internal"

// Certificates carry no meaningful validity: the secret is what is trusted, and a
// node whose clock is wrong must still reach the others.
var (
	validFrom  = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	validUntil = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
)

// newIdentity derives the authority from secret and issues a certificate to id. Who has
// one is heard, and told if it is no member.
func newIdentity(secret []byte, id string) (*identity, error) {
	seed, err := hkdf.Key(sha256.New, secret, nil, "tabard consensus v1: certificate authority", ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	caKey := ed25519.NewKeyFromSeed(seed)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tabard consensus"},
		NotBefore: validFrom, NotAfter: validUntil,
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		return nil, err
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	leaf, err := issue(root, caKey, id)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	named := func(s tls.ConnectionState) error {
		if peerID(s) == "" {
			return errors.New("certificate without a node's name")
		}
		return nil
	}
	base := &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{leaf},
		RootCAs: pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
		VerifyConnection: named, SessionTicketsDisabled: true,
	}
	return &identity{client: base.Clone(), server: base}, nil
}

func issue(root *x509.Certificate, caKey ed25519.PrivateKey, id string) (tls.Certificate, error) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return tls.Certificate{}, err
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)), Subject: pkix.Name{CommonName: id}, DNSNames: []string{id + serverSuffix},
		NotBefore: validFrom, NotAfter: validUntil, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}, root, pub, caKey)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// peerID returns the node id in the certificate of a connection, "" if none.
func peerID(s tls.ConnectionState) string {
	if len(s.PeerCertificates) == 0 || len(s.PeerCertificates[0].DNSNames) != 1 {
		return ""
	}
	name := s.PeerCertificates[0].DNSNames[0]
	if len(name) <= len(serverSuffix) || name[len(name)-len(serverSuffix):] != serverSuffix {
		return ""
	}
	return name[:len(name)-len(serverSuffix)]
}
