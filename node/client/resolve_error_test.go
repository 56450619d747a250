package client

import (
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
)

// What a node says of a log that does not hold is not lost on the way: code, detail, rule and entry.
func TestResolutionErrorKeepsTheRule(t *testing.T) {
	meta, err := jcs.Decode([]byte(`{"error":{"type":"https://www.w3.org/ns/did#INVALID_DID","detail":"the log does not verify: entry 2: version-time: late","rule":"version-time","entry":2}}`))
	if err != nil {
		t.Fatal(err)
	}
	got := resolutionError(400, meta)
	if rule, ok := webvh.RuleOf(got); !ok || rule != webvh.VersionTime {
		t.Errorf("rule of %v", got)
	}
	const want = "INVALID_DID: the log does not verify: entry 2: version-time: late"
	if did.CodeOf(got) != did.InvalidDID || got.Error() != want {
		t.Errorf("%v", got)
	}
}
