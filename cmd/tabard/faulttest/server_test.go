package faulttest

import (
	"bytes"
	"cmp"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is one node: its settings, its directory, and the process that runs it now, if one does.
type server struct {
	t    *testing.T
	id   string
	dir  string   // its data
	url  string   // of its public listener
	peer string   // its address for the others
	args []string // what it is always started with
	run  []string // the command that runs the binary, if it is not run directly
	exe  string   // another binary than the one under test, if not empty

	cmd    *exec.Cmd
	ended  chan struct{} // closed when the process has ended and been waited for
	output *output       // of every process that ran this server
}

// output collects what is written to it. Safe for concurrent use.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start runs the server, with more settings if any are given. It does not wait until it is ready.
func (s *server) start(more ...string) {
	s.t.Helper()
	if s.running() {
		s.t.Fatalf("%s runs already", s.id)
	}
	command := slices.Concat(s.run, []string{cmp.Or(s.exe, *binary), "server"}, s.args, more)
	s.cmd = exec.Command(command[0], command[1:]...)
	s.cmd.Env = environment()
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) {
		defer close(ended)
		_ = cmd.Wait() // its status is in cmd.ProcessState
	}(s.cmd, s.ended)
}

// environment is that of this process, less the settings of tabard.
func environment() (env []string) {
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TABARD_") {
			env = append(env, variable)
		}
	}
	return env
}

func (s *server) running() bool {
	if s.cmd == nil {
		return false
	}
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

func (s *server) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Fatalf("%s: %v", s.id, err)
	}
}

// kill ends the process at once, as a crash would.
func (s *server) kill() {
	s.t.Helper()
	if s.running() {
		s.signal(syscall.SIGKILL)
		<-s.ended
	}
}

// stop ends the process as an operator does and demands that it ends well.
func (s *server) stop() {
	s.t.Helper()
	s.signal(syscall.SIGTERM)
	if code := s.exit(); code != 0 {
		s.t.Fatalf("%s ended with status %d\n%s", s.id, code, s.tail())
	}
}

// pause stops the process from running without ending it; resume lets it go on.
func (s *server) pause()  { s.t.Helper(); s.signal(syscall.SIGSTOP) }
func (s *server) resume() { s.t.Helper(); s.signal(syscall.SIGCONT) }

// exit waits until the process has ended and returns its status, -1 after a signal.
func (s *server) exit() int {
	s.t.Helper()
	select {
	case <-s.ended:
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		s.t.Fatalf("%s does not end\n%s", s.id, s.tail())
		return 0
	}
}

// log is everything the server has written since the test began.
func (s *server) log() string { return s.output.String() }

// tail is the end of the log, for messages.
func (s *server) tail() string {
	const most = 4000
	text := s.log()
	return text[max(0, len(text)-most):]
}

// waitLog waits until the log has the text.
func (s *server) waitLog(text string) {
	s.t.Helper()
	eventually(s.t, s.id+" logs "+strconv.Quote(text), func() bool { return strings.Contains(s.log(), text) })
}

// cpu is the processor time that the running process has used.
func (s *server) cpu() time.Duration {
	s.t.Helper()
	const ticksPerSecond = 100 // USER_HZ, the same on every Linux
	text := s.proc("stat")
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	var ticks int64
	for _, field := range fields[11:13] { // utime and stime, proc(5)
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			s.t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond
}

// memory is how many bytes of the running process are in main memory.
func (s *server) memory() int64 {
	s.t.Helper()
	for line := range strings.Lines(s.proc("status")) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			if err != nil {
				s.t.Fatal(err)
			}
			return kib << 10
		}
	}
	s.t.Fatalf("%s: no VmRSS", s.id)
	return 0
}

// descriptors is how many file descriptors the running process has open.
func (s *server) descriptors() int {
	s.t.Helper()
	entries, err := os.ReadDir(s.procPath("fd"))
	if err != nil {
		s.t.Fatal(err)
	}
	return len(entries)
}

func (s *server) procPath(name string) string {
	return filepath.Join("/proc", strconv.Itoa(s.cmd.Process.Pid), name)
}

func (s *server) proc(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(s.procPath(name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}
