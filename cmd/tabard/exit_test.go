package main

import (
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/webvh"
)

// A DID that is none is the caller's mistake; one whose log does not hold is not, whoever found out.
func TestExitStatusOfResolutions(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{&did.Error{Code: did.InvalidDID, Detail: "no SCID"}, exitUsage},
		{&did.Error{Code: did.InvalidDID, Err: &webvh.Error{Rule: webvh.ProofInvalid, Entry: 2}}, exitInvalid},
		{&did.Error{Code: did.NotFound}, exitGone},
		{&did.Error{Code: did.UnsupportedPublicKeyType}, exitOther},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
}
