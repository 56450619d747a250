package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/node"
)

// configOf is the configuration that a command line of `tabard server` makes.
func configOf(t *testing.T, args ...string) (cfg node.Config) {
	t.Helper()
	app := newApp(strings.NewReader(""), io.Discard, io.Discard)
	app.Command("server").Action = func(c *cli.Context) (err error) {
		cfg, err = serverConfig(c)
		return err
	}
	if err := app.Run(append([]string{"tabard", "server"}, args...)); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// A server that was told nothing about rates has some: it may be within the reach of anybody.
func TestServerRates(t *testing.T) {
	a := configOf(t).Admission
	for name, c := range map[string]struct{ got, want node.Rate }{
		"reads":         {a.Reads, node.Rate{PerSecond: 2000, Burst: 8000}},
		"writes":        {a.Writes, node.Rate{PerSecond: 50, Burst: 200}},
		"verifications": {a.Verifications, node.Rate{PerSecond: 500, Burst: 2000}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %+v, want %+v", name, c.got, c.want)
		}
	}
	a = configOf(t, "--write-rate", "0", "--read-rate", "0.1", "--verify-rate", "1e9").Admission
	if a.Writes.PerSecond != 0 {
		t.Errorf("0 is no limit, not %+v", a.Writes)
	}
	if a.Reads.Burst != 1 {
		t.Errorf("a rate of 0.1 lets %d in at once, want 1", a.Reads.Burst)
	}
	if a.Verifications.Burst <= 0 {
		t.Errorf("a rate of 1e9 lets %d in at once", a.Verifications.Burst)
	}
}

// Whose status lists are trusted, how short they may be and whether formats assert are
// settings; by default the specifications decide.
func TestServerVerdicts(t *testing.T) {
	if got := configOf(t).Verdicts; len(got.ListIssuers) != 0 || got.MinListEntries != statuslist.MinEntries || got.AssertFormats {
		t.Errorf("by default: %+v", got)
	}
	got := configOf(t, "--list-issuer", "did:web:lists.example", "--list-issuer", "did:web:a.example=did:web:b.example",
		"--min-list-entries", "1024", "--assert-formats").Verdicts
	want := []credential.ListIssuer{{List: "did:web:lists.example"}, {List: "did:web:a.example", Of: "did:web:b.example"}}
	if !slices.Equal(got.ListIssuers, want) || got.MinListEntries != 1024 || !got.AssertFormats {
		t.Errorf("%+v", got)
	}
	for _, args := range [][]string{{"--list-issuer", "lists.example"}, {"--list-issuer", "did:web:a.example="}, {"--min-list-entries", "0"}, {"--min-list-entries", "131073"}} {
		for _, command := range []string{"server", "dev", "agent"} {
			app := newApp(strings.NewReader(""), io.Discard, io.Discard)
			app.Command(command).Action = func(c *cli.Context) error {
				_, err := verdictsFromFlags(c)
				return err
			}
			if err := app.Run(append([]string{"tabard", command}, args...)); exitCode(err) != exitUsage {
				t.Errorf("%s %v: %v", command, args, err)
			}
		}
	}
}

// The times that nodes expect of each other are settings, and what is not set is for consensus to choose.
func TestServerTiming(t *testing.T) {
	if got := configOf(t).Timing; got != (node.Timing{}) {
		t.Errorf("by default: %+v", got)
	}
	got := configOf(t, "--heartbeat-timeout", "2s", "--election-timeout", "3s", "--leader-lease", "1s", "--leader-wait", "7s",
		"--append-timeout", "900ms").Timing
	want := node.Timing{Heartbeat: 2 * time.Second, Election: 3 * time.Second, Lease: time.Second, LeaderWait: 7 * time.Second,
		Append: 900 * time.Millisecond}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// How much log is kept for others is a setting.
func TestServerRetainLog(t *testing.T) {
	if got := configOf(t).RetainLog; got != 256<<20 {
		t.Errorf("by default %d bytes", got)
	}
	if got := configOf(t, "--retain-log", "7").RetainLog; got != 7<<20 {
		t.Errorf("%d bytes, want 7 MiB", got)
	}
}

func TestServerTimingRefused(t *testing.T) {
	for _, args := range [][]string{
		{"--heartbeat-timeout", "0"}, {"--leader-wait", "-1s"}, {"--append-timeout", "2m"}, {"--heartbeat-timeout", "1ms"},
		{"--leader-lease", "3s"}, {"--election-timeout", "20ms", "--heartbeat-timeout", "1s"}, {"--leader-wait", "soon"},
		{"--retain-log", "0"}, {"--retain-log", "9999999"},
	} {
		line := append([]string{"tabard", "server", "--dir", t.TempDir(), "--domain", "registry.example", "--http", "127.0.0.1:0",
			"--peers", "node1=127.0.0.1:0,node2=127.0.0.1:1", "--secret-file", secretFile(t)}, args...)
		var stderr strings.Builder
		if code := run(line, strings.NewReader(""), io.Discard, &stderr); code != exitUsage {
			t.Errorf("%v: status %d, %s", args, code, stderr.String())
		}
	}
}

func secretFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(strings.Repeat("5a", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// An error about a node's own data has a status of its own: whoever supervises the process should not
// start it again as if nothing were.
func TestExitOfDamagedData(t *testing.T) {
	if code := exitCode(fmt.Errorf("start: %w", node.ErrData)); code != exitData {
		t.Errorf("status %d, want %d", code, exitData)
	}
}
