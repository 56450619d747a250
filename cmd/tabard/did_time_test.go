package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tabard-id/tabard/did/webvh"
)

// Versions made as fast as can be are each later than the one before, and none is dated ahead.
func TestVersionsAreNotDatedAhead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "x")
	for _, line := range []string{
		"did create agents/x --domain example.com --no-submit", "did update --no-submit --ttl 5",
		"did rotate --no-submit", "did deactivate --no-submit",
	} {
		if code := run(append([]string{"tabard"}, append(strings.Fields(line), "-d", dir)...), strings.NewReader(""), io.Discard, os.Stderr); code != 0 {
			t.Fatalf("%s: exit status %d", line, code)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, logFile))
	if err != nil {
		t.Fatal(err)
	}
	var last time.Time
	for line := range strings.Lines(string(data)) {
		var entry struct{ VersionTime time.Time }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if !entry.VersionTime.After(last) {
			t.Errorf("%s does not follow %s", entry.VersionTime, last)
		}
		last = entry.VersionTime
	}
	if now := time.Now(); last.After(now) {
		t.Errorf("the newest version is dated %s, it is %s", last, now)
	}
}

// What is dated ahead of this clock is waited for, with a word, or refused where there is no time.
func TestNextTimeWaits(t *testing.T) {
	for _, c := range []struct {
		name         string
		ahead, allow time.Duration
		say, refused bool
	}{
		{"long past", -time.Hour, time.Second, false, false},
		{"this second", 0, time.Minute, false, false},
		{"a clock ahead", 7 * time.Second, time.Minute, true, false},
		{"further than is waited", 7 * time.Second, 5 * time.Second, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithTimeout(context.Background(), c.allow)
				defer stop()
				s := webvh.State{Number: 3, VersionTime: time.Now().Add(c.ahead).UTC().Format(time.RFC3339)}
				said := false
				at, err := nextTime(ctx, s, func(time.Time) { said = true })
				if said != c.say || (err != nil) != c.refused {
					t.Fatalf("said %t, %v", said, err)
				}
				if err == nil && (at.Before(s.NextTime()) || at.After(time.Now())) {
					t.Errorf("%s after %s, now %s", at, s.VersionTime, time.Now())
				}
			})
		})
	}
}
