package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node"
)

// commands runs this test's binary as tabard, in a directory.
type commands struct {
	t      *testing.T
	dir    string
	server string
}

// newCommands has a registry of one node.
func newCommands(t *testing.T) commands {
	t.Helper()
	dev, err := node.StartDev(t.Context(), node.DevConfig{HTTP: "127.0.0.1:0", Nodes: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	})
	return commands{t, t.TempDir(), dev.URLs[0]}
}

func (c commands) command(ctx context.Context, args ...string) *exec.Cmd {
	c.t.Helper()
	cmd := exec.CommandContext(ctx, filepath.Join(binDir(c.t), "tabard"), args...)
	cmd.Dir, cmd.Env = c.dir, append(os.Environ(), "TABARD_SERVER="+c.server)
	return cmd
}

func (c commands) run(args ...string) (string, error) {
	c.t.Helper()
	out, err := c.command(c.t.Context(), args...).CombinedOutput()
	return string(out), err
}

func (c commands) must(args ...string) string {
	c.t.Helper()
	out, err := c.run(args...)
	if err != nil {
		c.t.Fatalf("tabard %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// kill runs a command and kills it after a while, unless it ends before.
func (c commands) kill(after time.Duration, args ...string) {
	c.t.Helper()
	ctx, stop := context.WithTimeout(c.t.Context(), after) // the command is killed with it
	defer stop()
	_ = c.command(ctx, args...).Run() // whichever way it ends
}

func (c commands) versions(dir string) int {
	c.t.Helper()
	log, err := os.ReadFile(filepath.Join(c.dir, dir, logFile))
	if err != nil {
		c.t.Fatal(err)
	}
	verified, err := webvh.VerifyLog(log, nil, time.Now().Add(time.Minute))
	if err != nil {
		c.t.Fatalf("the log of %s: %v", dir, err)
	}
	return len(verified.Versions)
}

// However early or late the creation of a DID is killed, its owner gets it: by `did publish` where an
// entry is pending, and by creating it where there is none.
func TestCreateKilledAtAnyTime(t *testing.T) {
	c := newCommands(t)
	begun := time.Now()
	c.must("did", "create", "agents/first", "--did-dir", "first")
	whole := time.Since(begun)
	const steps = 12
	for i := range steps {
		name := fmt.Sprintf("bot%d", i)
		create := []string{"did", "create", "agents/" + name, "--did-dir", name}
		c.kill(whole*time.Duration(i+1)/(steps-2), create...)
		switch pending, log := filepath.Join(c.dir, name, pendingFile), filepath.Join(c.dir, name, logFile); {
		case exists(pending):
			if !exists(log) {
				if out, err := c.run(create...); err == nil || !strings.Contains(out, "did publish") || !exists(pending) {
					t.Errorf("%s: created again over a pending entry: %v\n%s", name, err, out)
				}
			}
			c.must("did", "publish", "-d", name)
		case !exists(log):
			c.must(create...)
		}
		c.must("did", "update", "-d", name, "--also-known-as", "https://bot.example")
		if n := c.versions(name); n != 2 {
			t.Errorf("%s has %d versions", name, n)
		}
	}
}

// An entry that the registry accepted, and of which the answer never came, is published, not dropped;
// one that it refuses is kept under another name, and said.
func TestPendingEntryIsNeverDroppedSilently(t *testing.T) {
	c := newCommands(t)
	c.must("did", "create", "agents/carol", "--did-dir", "carol")
	log, err := os.ReadFile(filepath.Join(c.dir, "carol", logFile))
	if err != nil {
		t.Fatal(err)
	}
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(filepath.Join(c.dir, from), filepath.Join(c.dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	move("carol/did.jsonl", "carol/pending.jsonl")
	if err := os.WriteFile(filepath.Join(c.dir, "carol", keysDir, ".tmp-1"), []byte("half a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := c.run("did", "create", "agents/carol", "--did-dir", "carol"); err == nil || !strings.Contains(out, "tabard did publish -d carol") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := c.run("did", "rotate", "-d", "carol"); err == nil || !strings.Contains(out, "tabard did publish -d carol") {
		t.Errorf("%v\n%s", err, out)
	}
	c.must("did", "publish", "-d", "carol")
	if exists(filepath.Join(c.dir, "carol", keysDir, ".tmp-1")) {
		t.Error("what a crash left of a key is still there")
	}
	if again, err := os.ReadFile(filepath.Join(c.dir, "carol", logFile)); err != nil || !bytes.Equal(again, log) {
		t.Errorf("%s, %v", again, err)
	}
	// The log is there, with more, and so is the entry.
	if err := os.WriteFile(filepath.Join(c.dir, "carol", pendingFile), log, 0o600); err != nil {
		t.Fatal(err)
	}
	c.must("did", "publish", "-d", "carol")
	c.must("did", "rotate", "-d", "carol")

	out, err := c.run("did", "create", "agents/carol", "--did-dir", "thief")
	refused, globErr := filepath.Glob(filepath.Join(c.dir, "thief", "refused-1-*.jsonl"))
	if err == nil || globErr != nil || len(refused) != 1 || !strings.Contains(out, filepath.Base(refused[0])) || exists(filepath.Join(c.dir, "thief", pendingFile)) {
		t.Errorf("%v, %v, %v\n%s", err, refused, globErr, out)
	}
	c.must("did", "create", "agents/dave", "--did-dir", "thief")
}

// Of updates at the same time each that says it was made is in the log.
func TestConcurrentUpdatesWithoutSubmission(t *testing.T) {
	c := newCommands(t)
	c.must("did", "create", "x/off", "--domain", "example.com", "--no-submit", "--did-dir", "off")
	var wg sync.WaitGroup
	made := make(chan bool, 4)
	for i := range cap(made) {
		wg.Go(func() {
			out, err := c.run("did", "update", "-d", "off", "--no-submit", "--also-known-as", fmt.Sprintf("https://x.example/%d", i))
			if err != nil {
				t.Logf("%v\n%s", err, out)
			}
			made <- err == nil
		})
	}
	wg.Wait()
	close(made)
	want := 1
	for ok := range made {
		if ok {
			want++
		}
	}
	if got := c.versions("off"); got != want || want < 2 {
		t.Errorf("%d versions, %d were made", got, want)
	}
}

// A file of a key's name that a full disk has left empty does not count as the key.
func TestEmptyKeyFileIsNoKey(t *testing.T) {
	key, err := newKey("Ed25519")
	if err != nil {
		t.Fatal(err)
	}
	d := &didDir{path: t.TempDir()}
	if err := os.Mkdir(filepath.Join(d.path, keysDir), 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(d.path, keysDir, key.Public().String()+".json")
	for _, content := range []string{"", `{"type":"Mult`} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := d.addKey(key); err != nil {
			t.Fatal(err)
		}
		if file, err := readKeyFile(path); err != nil || file.key.Public() != key.Public() {
			t.Errorf("%q was left: %v", content, err)
		}
	}
	if err := writeKeyFile(path, key); exitCode(err) != exitConflict {
		t.Errorf("a key file was overwritten: %v", err)
	}
}
