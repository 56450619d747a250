package main

import (
	"net"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tabard": main})
}

// TestScripts drives the real binary, in processes of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"freeports": freePorts,
			"exits":     exits,
			"mode":      mode,
			"grab":      grab,
			"truncate":  truncate,
			"untilgrep": untilGrep,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("NO_COLOR", "1")
			e.Setenv("HOME", e.WorkDir)
			return nil
		},
	})
}

// freeConsecutive finds n ports in a row that nobody listens on.
func freeConsecutive(n int) (int, error) {
	const attempts = 50
	var last error
	for range attempts {
		base, err := tryConsecutive(n)
		if err == nil {
			return base, nil
		}
		last = err
	}
	return 0, last
}

func tryConsecutive(n int) (base int, err error) {
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	held := []net.Listener{first}
	defer func() {
		for _, l := range held {
			l.Close()
		}
	}()
	base = first.Addr().(*net.TCPAddr).Port
	for i := 1; i < n; i++ {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(base+i)))
		if err != nil {
			return 0, err
		}
		held = append(held, l)
	}
	return base, nil
}
