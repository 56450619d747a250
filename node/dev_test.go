package node

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }

func startDev(t *testing.T, cfg DevConfig) *Dev {
	t.Helper()
	if cfg.HTTP == "" {
		cfg.HTTP = "127.0.0.1:0"
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	d, err := StartDev(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestDevIsReadySoon(t *testing.T) {
	t.Parallel()
	var d *Dev
	eventually(t, "a development cluster is ready within 3 s of its start", func() bool {
		start := time.Now()
		d = startDev(t, DevConfig{})
		elapsed := time.Since(start)
		t.Logf("ready after %v", elapsed)
		if elapsed > 3*time.Second && !testing.Short() { // the machine may have been busy
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			return false
		}
		return true
	})
	for i, at := range d.URLs {
		if code, body := get(t, at+"/readyz"); code != http.StatusOK {
			t.Errorf("node %d: %d %s", i+1, code, body)
		}
	}
	s := state(t, d.URLs[2])
	if len(s.Peers) != 3 || s.Domain != d.Domain || !strings.HasPrefix(d.Domain, "registry.localhost:") {
		t.Errorf("cluster %+v, domain %s", s, d.Domain)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(d.Dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the temporary directory is left: %v", err)
	}
	if err := d.Wait(); err != nil {
		t.Error(err)
	}
}

func TestDevKeepsItsDirectory(t *testing.T) {
	t.Parallel()
	cfg := DevConfig{Dir: filepath.Join(t.TempDir(), "cluster"), Domain: testDomain}
	d := startDev(t, cfg)
	first := state(t, d.URLs[0]).Ledger
	register(t, d.URLs[1], "kept")
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = startDev(t, cfg)
	again := state(t, d.URLs[2])
	if again.Ledger != first {
		t.Errorf("ledger %s became %s", first, again.Ledger)
	}
	if code, body := get(t, d.URLs[0]+"/kept/did.jsonl?min-seq=1"); code != http.StatusOK {
		t.Errorf("what was registered: %d %s", code, body)
	}
}

func TestDevListensInARow(t *testing.T) {
	t.Parallel()
	at := freePort(t)
	d := startDev(t, DevConfig{HTTP: at, Nodes: 1})
	if d.URLs[0] != "http://"+at {
		t.Errorf("node 1 is at %s, want %s", d.URLs[0], at)
	}
}

func TestDevRefusals(t *testing.T) {
	t.Parallel()
	for _, cfg := range []DevConfig{
		{HTTP: "0.0.0.0:8700"}, {HTTP: ":8700"}, {HTTP: "192.0.2.1:8700"}, {HTTP: "[::]:8700"}, {HTTP: "example.com:8700"},
		{HTTP: "127.0.0.1"}, {HTTP: "127.0.0.1:x"}, {HTTP: "127.0.0.1:65535"}, {HTTP: "127.0.0.1:-1"},
		{HTTP: "127.0.0.1:0", Nodes: -1}, {HTTP: "127.0.0.1:0", Nodes: 100}, {HTTP: "127.0.0.1:0", Domain: "127.0.0.1"},
	} {
		d, err := StartDev(context.Background(), cfg)
		if err == nil {
			d.Close()
			t.Errorf("%+v started", cfg)
		} else if !errors.Is(err, ErrConfig) {
			t.Errorf("%+v: %v is not ErrConfig", cfg, err)
		}
	}
}

func TestDevTLS(t *testing.T) {
	t.Parallel()
	cfg := DevConfig{Nodes: 1, TLS: true, Dir: t.TempDir()}
	d := startDev(t, cfg)
	if info, err := os.Stat(filepath.Join(d.Dir, caKeyFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the authority's key: %v %v", info, err)
	}
	ca, err := os.ReadFile(d.CA)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		t.Fatal("no certificate in " + d.CA)
	}
	at := strings.TrimPrefix(d.URLs[0], "https://")
	for _, name := range []string{"registry.localhost", "localhost", "127.0.0.1", "::1"} {
		conn, err := tls.Dial("tcp", at, &tls.Config{RootCAs: roots, ServerName: name})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		conn.Close()
	}
	if conn, err := tls.Dial("tcp", at, &tls.Config{RootCAs: roots, ServerName: "example.com"}); err == nil {
		conn.Close()
		t.Error("valid for example.com")
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	resp, err := client.Get(d.URLs[0] + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	if body := readAll(t, resp); resp.StatusCode != http.StatusOK {
		t.Errorf("readyz: %d %s", resp.StatusCode, body)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	cfg.Domain = d.Domain
	startDev(t, cfg)
	if again, err := os.ReadFile(d.CA); err != nil || string(again) != string(ca) {
		t.Errorf("the authority changed: %v", err)
	}
}
