package faulttest

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var (
	binary    = flag.String("tabard", "", "`PATH` of the tabard to test; built from this tree if not given")
	before    = flag.String("before", "", "`PATH` of an earlier tabard, whose directories the one under test has to open")
	runFaults = flag.Bool("faults", false, "run the tests that break servers for minutes")
	busyLoops = flag.Int("busy", 8, "how many processes want all of the machine in TestBulkOnABusyMachineWithOneServerDown")
	runLoads  = flag.Bool("loads", false, "run the tests that load servers for minutes")
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

// run builds the binary, unless one was named, and runs the tests.
func run(m *testing.M) int {
	if *binary != "" {
		path, err := filepath.Abs(*binary)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
		*binary = path
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "faulttest")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	defer os.RemoveAll(dir)
	*binary = filepath.Join(dir, "tabard")
	if out, err := exec.Command("go", "build", "-o", *binary, "github.com/tabard-id/tabard/cmd/tabard").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build tabard: %v\n%s", err, out)
		return 2
	}
	return m.Run()
}

// faults skips a test that takes minutes, unless -faults is given.
func faults(t *testing.T) {
	t.Helper()
	if !*runFaults {
		t.Skip("breaks servers for a while: run with -faults")
	}
}

// loads skips a test that takes minutes, unless -loads is given.
func loads(t *testing.T) {
	t.Helper()
	if !*runLoads {
		t.Skip("loads servers for a while: run with -loads")
	}
}
