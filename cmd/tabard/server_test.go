package main

import (
	"io"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

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
