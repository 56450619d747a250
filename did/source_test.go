package did_test

import (
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

func TestSourceMembers(t *testing.T) {
	at := time.Date(2026, 1, 31, 12, 0, 0, 999, time.FixedZone("", 3600))
	for name, c := range map[string]struct {
		source *did.Source
		want   string
	}{
		"own":                         {nil, `{}`},
		"cached":                      {&did.Source{Fetched: at, Age: 61500 * time.Millisecond}, `{"age":"61","fetched":"2026-01-31T11:00:00Z"}`},
		"a clock that went backwards": {&did.Source{Fetched: at, Age: -time.Hour}, `{"age":"0","fetched":"2026-01-31T11:00:00Z"}`},
		"observed": {&did.Source{Fetched: at, Age: time.Hour, Observation: &did.Observed{Seq: 7, Node: "did:x:y#n1", Digest: "ab", Rewritten: true, Reason: "the host is down"}},
			`{"age":"3600","fetched":"2026-01-31T11:00:00Z","observation":{"age":"3600","digest":"ab","fetched":"2026-01-31T11:00:00Z","node":"did:x:y#n1","reason":"the host is down","rewritten":true,"seq":"7"}}`},
	} {
		if got := string(jcs.Object(c.source.Members()...).Canonical()); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
