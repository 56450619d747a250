package node

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/multikey"
)

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// No bit of an identity file can be flipped so that another identity is read from it.
func TestFlippedBitIsNoNewIdentity(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	id, err := nodeKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := clusterSecret(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, same := range map[string]func() (bool, error){
		keyFile:    func() (bool, error) { got, err := nodeKey(dir); return got.key.Multibase() == id.key.Multibase(), err },
		secretFile: func() (bool, error) { got, err := clusterSecret(dir); return string(got) == string(secret), err },
	} {
		path := filepath.Join(dir, name)
		whole := readText(t, path)
		refused := 0
		for bit := range len(whole) * 8 {
			flipped := []byte(whole)
			flipped[bit/8] ^= 1 << (bit % 8)
			writeFile(t, path, string(flipped))
			if ok, err := same(); err != nil {
				refused++
				if strings.Contains(err.Error(), "checksum") && !errors.Is(err, ErrData) {
					t.Errorf("%s: bit %d: %v is not told from other errors", name, bit, err)
				}
			} else if !ok {
				t.Errorf("%s: bit %d makes another identity", name, bit)
			}
		}
		if refused < len(whole)*7 {
			t.Errorf("%s: %d flipped bits are noticed, of %d", name, refused, len(whole)*8)
		}
		writeFile(t, path, whole)
	}
}

// A file from before there were checksums is read, and has one from then on.
func TestIdentityFileGetsAChecksum(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, keyFile)
	writeFile(t, path, key.Multibase()+"\n")
	for range 2 {
		id, err := nodeKey(dir)
		if err != nil || id.key.Public() != key.Public() || id.fresh {
			t.Fatalf("%v, fresh %v", err, id.fresh)
		}
	}
	if text := readText(t, path); text != withChecksum(key.Multibase())+"\n" {
		t.Errorf("the file has %d bytes, no checksum among them", len(text))
	}
}

// In a directory that is in use, a missing file is an error that says so.
func TestMissingIdentityIsNoNewOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := func() error {
		n, err := Start(context.Background(), Config{Dir: dir, HTTP: "127.0.0.1:0", Domain: testDomain})
		if err != nil {
			return err
		}
		return errors.Join(n.Ready(context.Background()), n.Close())
	}
	if err := run(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{keyFile, secretFile} {
		path := filepath.Join(dir, name)
		whole := readText(t, path)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := run(); !errors.Is(err, ErrData) || !strings.Contains(err.Error(), path+" is missing") {
			t.Errorf("without %s: %v", name, err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s was made anew", name)
		}
		writeFile(t, path, whole)
	}
	if err := run(); err != nil {
		t.Errorf("with both back: %v", err)
	}
}

// A file of another node or cluster is no identity of this one, unless a new key is asked
// for, which the registry's document then has.
func TestChangedIdentityIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start := func() (*Node, error) {
		return Start(context.Background(), Config{Dir: dir, HTTP: "127.0.0.1:0", Domain: testDomain})
	}
	runs := func() *Node {
		t.Helper()
		n, err := start()
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Ready(context.Background()); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the key is recorded", func() bool { return n.checkIdentity() == nil && !n.fresh.Load() })
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
		return n
	}
	first := runs()
	other := t.TempDir()
	if _, err := nodeKey(other); err != nil {
		t.Fatal(err)
	}
	if _, err := clusterSecret(other); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{keyFile, secretFile} {
		path := filepath.Join(dir, name)
		whole := readText(t, path)
		writeFile(t, path, strings.Replace(readText(t, filepath.Join(other, name)), " "+newKeyWord, "", 1))
		if name == keyFile { // the same line without the word has another checksum
			text, _, _ := strings.Cut(readText(t, path), checksumMark)
			writeFile(t, path, withChecksum(text)+"\n")
		}
		if n, err := start(); !errors.Is(err, ErrConfig) {
			t.Errorf("with another's %s: %v", name, err)
			if err == nil {
				t.Error(n.Close())
			}
		}
		writeFile(t, path, whole)
	}
	writeFile(t, filepath.Join(dir, keyFile), newKeyWord+"\n")
	second := runs()
	if second.key.Public() == first.key.Public() {
		t.Error("the old key, though a new one was asked for")
	}
	if runs().key.Public() != second.key.Public() {
		t.Error("a third key")
	}
}

// The remedy for a lost key would give a node another one's log and votes.
func TestDirectoryOfAnotherNode(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3)
	c.start(0, 1, 2)
	c.ready(0, 1, 2)
	eventually(t, "all keys are recorded", func() bool {
		return !c.nodes[0].fresh.Load() && !c.nodes[1].fresh.Load() && !c.nodes[2].fresh.Load()
	})
	c.stop(1, 2)
	n, err := Start(context.Background(), Config{
		NodeID: c.peers[2].ID, Dir: c.path(1), Domain: testDomain, HTTP: "127.0.0.1:0", Peers: c.peers, Secret: c.secret,
	})
	if err == nil {
		t.Fatal("started", n.Close())
	}
	if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "is the directory of "+c.peers[1].ID+", not of "+c.peers[2].ID) {
		t.Error(err)
	}
}
