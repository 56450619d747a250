package consensus

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

const (
	killedFile = "TABARD_TEST_KILLED_FILE" // the file that the child process uses
	killedStep = "TABARD_TEST_KILLED_STEP" // the step of an exchange at which it kills itself, if any
	liveFile   = 60                        // entries kept in it, of modelEntry bytes
)

// TestFileChild is the process that TestFileSurvivesKills kills. It says what it is about to do and what
// is done, a line for each.
func TestFileChild(t *testing.T) {
	path := os.Getenv(killedFile)
	if path == "" {
		t.Skip("is a part of TestFileSurvivesKills")
	}
	say := func(format string, args ...any) { fmt.Fprintf(os.Stdout, "\n> "+format+"\n", args...) }
	step := func(name string) error {
		if name == os.Getenv(killedStep) {
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = self.Kill()
			}
			if err != nil {
				return err
			}
			select {}
		}
		return nil
	}
	f, err := openFile(path, fileOptions{floor: 1 << 20, step: step, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for range f.freed {
			done, err := f.shrink(context.Background())
			say("exchanged %v %v", done, err)
		}
	}()
	first, last, err := bounds(f)
	for err == nil {
		var logs []*raft.Log
		for range 1 + rand.IntN(4) {
			last++
			logs = append(logs, &raft.Log{Index: last, Term: 1, Data: modelData(last, 1)})
		}
		say("storing %d", last)
		if err = f.StoreLogs(logs); err != nil {
			break
		}
		say("stored %d", last)
		if err = f.SetUint64([]byte("CurrentTerm"), last); err != nil {
			break
		}
		say("term %d", last)
		if first = max(first, 1); last-first > 10*liveFile {
			say("forgetting %d", last-liveFile)
			if err = f.DeleteRange(first, last-liveFile-1); err == nil {
				first = last - liveFile
				say("forgot %d", first)
			}
		}
	}
	t.Fatal(err)
}

// said is what a child has said last of each kind.
type said map[string]uint64

// listen takes in what a child says, and calls heard after every line with the exchanges so far.
func (s said) listen(r io.Reader, heard func(exchanges int)) (exchanges int) {
	for lines := bufio.NewScanner(r); lines.Scan(); heard(exchanges) {
		var word string
		var n uint64
		if strings.HasPrefix(lines.Text(), "> exchanged true") {
			exchanges++
		} else if _, err := fmt.Sscanf(lines.Text(), "> %s %d", &word, &n); err == nil {
			s[word] = n
		}
	}
	return exchanges
}

// A process that is killed, in the middle of an exchange of the file or whenever, leaves a file that has
// every entry and value that was stored.
func TestFileSurvivesKills(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "raft.db")
	now, exchanges := said{}, 0
	rounds := append([]string{"", ""}, fileSteps...)
	for i, step := range rounds {
		child := exec.Command(os.Args[0], "-test.run=^TestFileChild$", "-test.count=1")
		child.Env = append(os.Environ(), killedFile+"="+path, killedStep+"="+step)
		out, err := child.StdoutPipe()
		if err == nil {
			err = child.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		begun, lines := time.Now(), 0
		patience := 600 + rand.IntN(800) // lines; whatever the machine's speed
		exchanges += now.listen(out, func(exchanges int) {
			lines++
			due := step == "" && lines >= patience && (i > 0 || exchanges > 0) // the first is to see one succeed
			if due || time.Since(begun) > 2*time.Minute {
				_ = child.Process.Kill() // it may be dead already
			}
		})
		if err := child.Wait(); err == nil || child.ProcessState.ExitCode() != -1 {
			t.Fatalf("the child was not killed: %v", err)
		}
		now.check(t, path, fmt.Sprintf("killed at step %q", step))
	}
	t.Logf("%d entries, %d exchanges", now["stored"], exchanges)
	if exchanges == 0 {
		t.Error("the file was never exchanged")
	}
}

// check demands that the file at path has what the child said that it had stored, whole, and nothing else.
func (s said) check(t *testing.T, path, what string) {
	t.Helper()
	f, err := openFile(path, fileOptions{floor: 1 << 40, step: func(string) error { return nil }, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer f.Close()
	first, last, err := bounds(f)
	if err != nil || last < s["stored"] || last > s["storing"] || first > max(s["forgetting"], 1) || first < s["forgot"] {
		t.Fatalf("%s: entries %d to %d (%v), after %v", what, first, last, err, s)
	}
	for i := first; i <= last; i++ {
		var l raft.Log
		if err := f.GetLog(i, &l); err != nil || l.Index != i || !bytes.Equal(l.Data, modelData(i, 1)) {
			t.Fatalf("%s: entry %d: %v", what, i, err)
		}
	}
	if term, err := f.GetUint64([]byte("CurrentTerm")); err != nil || term < s["term"] || term > last {
		t.Fatalf("%s: term %d (%v), after %v", what, term, err, s)
	}
	s["stored"], s["forgot"] = last, first
}
