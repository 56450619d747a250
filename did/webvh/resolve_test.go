package webvh_test

import (
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/webvh"
)

// Metadata tell times in whole seconds, however finely a log dates its versions, and a version is found
// by the time that its metadata tell.
func TestMetadataTimesAreWholeSeconds(t *testing.T) {
	f := forge(t, draft{parameters: genesisParameters, at: `"2026-01-01T00:00:00.250Z"`},
		draft{at: `"2026-01-01T00:00:00.750+00:00"`}, draft{at: `"2026-01-01T00:00:07.999999Z"`})
	log, err := webvh.VerifyLog([]byte(f.log()), nil, day(1))
	if err != nil {
		t.Fatal(err)
	}
	id := log.Versions[0].State.DID
	const first, last = "2026-01-01T00:00:00Z", "2026-01-01T00:00:07Z"
	for number, want := range map[int]string{1: first, 2: first, 3: last} {
		res, err := log.Resolve(id, did.Options{VersionNumber: number})
		if err != nil {
			t.Fatal(err)
		}
		m := res.Metadata
		if m.Created != first || m.Updated != want || m.VersionTime != want {
			t.Errorf("version %d: created %s, updated %s, versionTime %s", number, m.Created, m.Updated, m.VersionTime)
		}
	}
	for at, want := range map[string]int{first: 2, "2026-01-01T00:00:06Z": 2, last: 3} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if res, err := log.Resolve(id, did.Options{VersionTime: when}); err != nil || res.Metadata.VersionNumber != want {
			t.Errorf("versionTime=%s: version %d, %v; want %d", at, res.Metadata.VersionNumber, err, want)
		}
	}
}

// The entry after one with a fraction of a second has a time of its own, too.
func TestNextTime(t *testing.T) {
	for in, want := range map[string]string{
		"2026-01-01T00:00:00Z": "2026-01-01T00:00:01Z", "2026-01-01T00:00:00.001Z": "2026-01-01T00:00:01Z",
		"2026-01-01T00:00:00.999+00:00": "2026-01-01T00:00:01Z",
	} {
		if got := (webvh.State{VersionTime: in}).NextTime().Format(time.RFC3339Nano); got != want {
			t.Errorf("after %s: %s, want %s", in, got, want)
		}
	}
}

// A log that verifies is refused for any DID but its own, by the rule that it breaks.
func TestLogOfAnotherDID(t *testing.T) {
	f := forge(t, draft{parameters: genesisParameters})
	log, err := webvh.VerifyLog([]byte(f.log()), nil, day(1))
	if err != nil {
		t.Fatal(err)
	}
	other := log.Versions[0].State.DID + ":elsewhere"
	_, err = log.Resolve(other, did.Options{})
	if rule, _ := webvh.RuleOf(err); did.CodeOf(err) != did.InvalidDID || rule != webvh.StateID || log.Has(other) {
		t.Errorf("%v", err)
	}
}

// The metadata of an earlier version are its own where they tell the version, and the last valid entry's where they
// tell the DID, also if an entry after that does not verify.
func TestMetadataOfAnEarlierVersion(t *testing.T) {
	f := forge(t, draft{}, draft{parameters: `{"ttl":60}`}, draft{parameters: `{"ttl":20,"watchers":["https://watcher.example"]}`},
		draft{parameters: `{"ttl":10,"deactivated":true,"updateKeys":[]}`, signer: "b"})
	log, err := webvh.VerifyLog([]byte(f.log()), nil, day(9))
	if err == nil || len(log.Versions) != 3 {
		t.Fatalf("%d versions, %v", len(log.Versions), err)
	}
	for n := range 3 {
		v := log.Versions[n]
		res, err := log.Resolve(v.State.DID, did.Options{VersionNumber: n + 1})
		if err != nil {
			t.Fatal(err)
		}
		m, own := res.Metadata, v.Entry.Time.Format(time.RFC3339)
		if m.VersionNumber != n+1 || m.VersionID != v.Entry.VersionID || m.VersionTime != own || m.Updated != own {
			t.Errorf("version %d: %+v", n+1, m)
		}
		if first := log.Versions[0].Entry.Time.Format(time.RFC3339); m.Created != first || m.TTL != "20" || len(m.Watchers) != 1 || m.Deactivated {
			t.Errorf("version %d: created %s, ttl %s, watchers %v, deactivated %v", n+1, m.Created, m.TTL, m.Watchers, m.Deactivated)
		}
	}
}
