package jcs_test

import (
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
)

// TestNumbersThatAreSignedAsOthers: what the canonical form says otherwise is found,
// and what it only writes otherwise is not.
func TestNumbersThatAreSignedAsOthers(t *testing.T) {
	for text, inexact := range map[string]bool{
		"0": false, "-0": false, "-0.0": false, "0e99999999999999999999": false, "1.0": false, "1e0": false, "1E+2": false, "10e-1": false,
		"4.35": false, "-1.50": false, "0.1": false, "0.1e1": false, "1e-7": false, "0.0000001": false, "1e21": false, "1000000000000000000000": false,
		"1e23": false, "100000000000000000000000": false, "5e-324": false, "1.7976931348623157e308": false, "333333333.33333329": false,
		"0.10000000000000001": false, "0.30000000000000004": false, "2.2250738585072014e-308": false, "4.9406564584124654e-324": false,
		"9007199254740991": false, "9007199254740992": false, "-9007199254740992": false, "9007199254740994": false, "9.007199254740992e15": false,
		"295147905179352830000": false, "1000000000000000000": false, "123456789012345680000": false,

		"9007199254740993": true, "-9007199254740993": true, "9007199254740993.0": true, "9007199254740993e0": true, "9.007199254740993e15": true,
		"90071992547409930e-1": true, "9007199254740991.6": true, "4503599627370497.3": true, "1.0000000000000000001": true, "0.99999999999999999": true,
		"18446744073709551615": true, "18446744073709551616": true, "123456789012345678901": true, "295147905179352825856": true,
		"100000000000000000000001": true, "1e-400": true, "-1e-400": true, "1e-99999999999999999999": true, "3.141592653589793238462643383279": true,
		"0.1000000000000000055511151231257827": true, "1.7976931348623158e308": true, "12345678901234567890.5": true,
	} {
		for _, form := range []struct{ before, after, pointer string }{
			{"", "", ""}, {"[1, ", "]", "/1"}, {`{"b": 1, "a/~": [{"": `, `}]}`, "/a~1~0/0/"},
		} {
			v := decode(t, form.before+text+form.after)
			pointer, was, found := v.Inexact()
			if found != inexact || found && (pointer != form.pointer || was != text) {
				t.Errorf("%s%s%s: %v at %q, %q", form.before, text, form.after, found, pointer, was)
			}
			if _, _, found := decode(t, string(v.Canonical())).Inexact(); found {
				t.Errorf("the canonical form of %s is not exact", text)
			}
		}
	}
	v := decode(t, `{"a": 9007199254740993}`)
	if _, _, found := v.With("b", jcs.FromInt(1)).Inexact(); !found {
		t.Error("forgotten when a member is added")
	}
	if _, _, found := v.Without("a").Inexact(); found {
		t.Error("remembered of a member that is gone")
	}
	long := decode(t, "["+strings.Repeat("1", 400_000)[:300]+"."+strings.Repeat("7", 100_000)+"]")
	if _, _, found := long.Inexact(); !found {
		t.Error("a number of a hundred thousand digits counts as exact")
	}
}
