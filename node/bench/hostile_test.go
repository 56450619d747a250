package bench

import (
	"context"
	"testing"
)

// TestHostileInputs: each is refused or accepted as it has to be. That none takes long is for
// `tabard bench hostile` to say; that the work on each is counted shows in those that are refused.
func TestHostileInputs(t *testing.T) {
	if raceDetector {
		t.Skip("one goroutine's work, which the race detector makes many times as long; it runs without")
	}
	target, err := newTarget(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := target.close(); err != nil {
			t.Error(err)
		}
	})
	all, err := target.attacks()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, a := range all {
		if names[a.parser+a.name] {
			t.Errorf("two inputs are called %s: %s", a.parser, a.name)
		}
		names[a.parser+a.name] = true
		if a.parser == "http" && names["credential"+a.name] {
			continue // the library has had it
		}
		t.Run(a.parser+"/"+a.name, func(t *testing.T) {
			if a.parser != "http" && a.parser != "ledger" { // each has state of its own
				t.Parallel()
			}
			size, run, err := a.prepare(context.WithValue(t.Context(), frugal{}, true))
			if err != nil {
				t.Fatal(err)
			}
			if err := run(); (err != nil) != a.refused || size == 0 {
				t.Errorf("%d bytes, refused has to be %v: %v", size, a.refused, err)
			}
		})
	}
}

func TestHostileMeasures(t *testing.T) {
	rows, err := Hostile(t.Context(), HostileOptions{Parser: "jcs"})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 {
		t.Fatal("no rows")
	}
	for _, r := range rows {
		if r.Parser != "jcs" || r.Input == "" || r.Bytes <= 0 || r.CPU < 0 || r.Allocated < 0 || r.Peak < 0 || r.Refused != (r.Detail != "") {
			t.Errorf("%+v", r)
		}
	}
	if _, err := Hostile(t.Context(), HostileOptions{Parser: "none"}); err == nil {
		t.Error("rows for a parser that there is not")
	}
}
