package webvh_test

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
)

// TestLargeLogsOfSmallValuesCostBoundedMemory: 15 MiB of zeros, of which each is a
// JSON value, in a log that is invalid from its second entry on, and in one that is
// valid.
func TestLargeLogsOfSmallValuesCostBoundedMemory(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	signer := key(t, "memory")
	zeros := make([]jcs.Value, 60_000)
	for i := range zeros {
		zeros[i] = jcs.FromInt(0)
	}
	first, err := webvh.Create(webvh.CreateOptions{Domain: "example.com", Time: at}, signer)
	if err != nil {
		t.Fatal(err)
	}
	state, err := webvh.Genesis(first, nil, webvh.Context{Now: at})
	if err != nil {
		t.Fatal(err)
	}
	large := jcs.Object(
		jcs.Member{Name: "id", Value: jcs.FromString(string(state.DID))},
		jcs.Member{Name: "zeros", Value: jcs.Array(zeros...)})
	log := append(first.Value.Canonical(), '\n')
	invalid := bytes.Clone(log)
	for n := range 60 {
		e, err := webvh.Update(state, webvh.UpdateOptions{Document: large, Time: at.Add(time.Duration(n+1) * time.Second)}, signer)
		if err != nil {
			t.Fatal(err)
		}
		if state, err = state.Next(e, nil, webvh.Context{Now: e.Time}); err != nil {
			t.Fatal(err)
		}
		log = append(append(log, e.Value.Canonical()...), '\n')
		if n == 0 {
			line := append(e.Value.With("versionTime", jcs.FromString("2020-01-01T00:00:00Z")).Canonical(), '\n')
			invalid = append(invalid, bytes.Repeat(line, 15<<20/len(line))...)
		}
	}
	for name, test := range map[string]struct {
		log      []byte
		versions int
		rule     webvh.Rule
		kept     int64 // MiB
	}{
		"invalid": {invalid, 1, webvh.VersionTime, 8},
		"valid":   {log, 9, webvh.EntryTooLarge, 64},
	} {
		before := heap()
		log, err := webvh.VerifyLog(test.log, nil, at.Add(time.Hour))
		kept := (heap() - before) >> 20
		if rule, _ := webvh.RuleOf(err); rule != test.rule || len(log.Versions) != test.versions {
			t.Errorf("%s: %d versions, %v", name, len(log.Versions), err)
		}
		if kept > test.kept {
			t.Errorf("%s: a log of %d bytes keeps %d MiB, want at most %d", name, len(test.log), kept, test.kept)
		}
		if _, err := log.Resolve(state.DID, did.Options{VersionNumber: 2}); (err == nil) != (test.versions > 1) {
			t.Errorf("%s: version 2: %v", name, err)
		}
	}
}

// heap is how many bytes are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
