package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// freePorts sets each named variable to a free port; the ports follow each other.
//
//	freeports P1 P2 P3
func freePorts(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: freeports VAR...")
	}
	base, err := freeConsecutive(len(args))
	ts.Check(err)
	for i, name := range args {
		ts.Setenv(name, strconv.Itoa(base+i))
	}
}

// exits runs a command that must end with the exit status given. Its output goes to the files stdout
// and stderr of the script's directory.
//
//	exits 3 tabard did verify bad.jsonl
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// mode checks the permissions of files.
//
//	mode 600 FILE...
func mode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: mode OCTAL FILE...")
	}
	want, err := strconv.ParseUint(args[0], 8, 32)
	ts.Check(err)
	for _, file := range args[1:] {
		info, err := os.Stat(ts.MkAbs(file))
		ts.Check(err)
		if got := uint64(info.Mode().Perm()); got != want {
			ts.Fatalf("%s has mode %03o, want %03o", file, got, want)
		}
	}
}

// grab sets a variable to a member of the JSON in a file; the member is a path with dots.
//
//	grab VAR FILE didDocument.id
func grab(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: grab VAR FILE MEMBER")
	}
	var v any
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile(args[1])))
	dec.UseNumber()
	ts.Check(dec.Decode(&v))
	for name := range strings.SplitSeq(args[2], ".") {
		object, ok := v.(map[string]any)
		if !ok {
			ts.Fatalf("%s: no object around %q", args[1], name)
		}
		if v, ok = object[name]; !ok {
			ts.Fatalf("%s: no member %q", args[1], name)
		}
	}
	ts.Setenv(args[0], fmt.Sprint(v))
}

// truncate cuts a file down to so many lines.
//
//	truncate FILE LINES
func truncate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: truncate FILE LINES")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	lines := bytes.SplitAfter([]byte(ts.ReadFile(args[0])), []byte("\n"))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), bytes.Join(lines[:min(n, len(lines))], nil), 0o600))
}

// untilGrep waits until a file, which another process may be writing, matches.
//
//	untilgrep REGEXP FILE
func untilGrep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: untilgrep REGEXP FILE")
	}
	re, err := regexp.Compile(args[0])
	ts.Check(err)
	const patience = 2 * time.Minute
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		data, err := os.ReadFile(ts.MkAbs(args[1]))
		if err == nil && re.Match(data) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			ts.Fatalf("%s does not match %q after %v:\n%s", args[1], args[0], patience, data)
		}
	}
}
