package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os/signal"
	"strconv"
	"syscall"
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
			"keypair":   keyPair,
		},
		Condition: func(name string) (bool, error) {
			if name != "hangups" {
				return false, fmt.Errorf("no condition %q", name)
			}
			return !signal.Ignored(syscall.SIGHUP), nil // they are under nohup, which its children inherit
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("NO_COLOR", "1")
			e.Setenv("HOME", e.WorkDir)
			return nil
		},
	})
}

// freeConsecutive finds n ports in a row that nobody listens on. They lie below the range that systems
// take outgoing ports from, so that a node which is restarted finds its port as it left it.
func freeConsecutive(n int) (int, error) {
	const lowest, highest, attempts = 15000, 31000, 50
	var last error
	for range attempts {
		base := lowest + rand.IntN(highest-lowest-n)
		if last = tryConsecutive(base, n); last == nil {
			return base, nil
		}
	}
	return 0, last
}

func tryConsecutive(base, n int) error {
	for i := range n {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(base+i)))
		if err != nil {
			return err
		}
		if err := l.Close(); err != nil {
			return err
		}
	}
	return nil
}
