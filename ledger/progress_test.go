package ledger

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestProgressIsLogged: a restoration is logged when it begins, now and then, and when it
// ends, each time with the records that are there, rising, and those that there will be.
func TestProgressIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var p progress
		p.begin(100, 10_000, slog.New(slog.NewTextHandler(&out, nil)))
		p.reach(600) // too soon for another line
		time.Sleep(sayEvery)
		p.reach(2_600)
		p.reach(2_700)
		time.Sleep(sayEvery)
		p.reach(7_100)
		if now, active := p.get(); !active || now != (Progress{Done: 7_100, Total: 10_000, Rate: 700}) {
			t.Errorf("%+v, %v", now, active)
		}
		p.reach(10_000)
		p.end()
		p.end()
		if _, active := p.get(); active {
			t.Error("it goes on for ever")
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		want := []string{
			`msg="restoring a snapshot" records=10000 present=100`,
			`msg="restoring a snapshot" records=10000 present=2600 rate=500`,
			`msg="restoring a snapshot" records=10000 present=7100 rate=700`,
			`msg="restoration ended" records=10000 present=10000 rate=990`,
		}
		if len(lines) != len(want) {
			t.Fatalf("%d lines:\n%s", len(lines), out.String())
		}
		for i, line := range lines {
			if !strings.HasSuffix(line, want[i]) {
				t.Errorf("line %d is %s", i, line)
			}
		}
	})
}
