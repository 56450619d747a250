package jcs

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// TestNumberSamples is RFC 8785, appendix B: the bits of a binary64 and its text.
func TestNumberSamples(t *testing.T) {
	for bits, want := range map[uint64]string{
		0x0000000000000000: "0",
		0x8000000000000000: "0",
		0x0000000000000001: "5e-324",
		0x8000000000000001: "-5e-324",
		0x7fefffffffffffff: "1.7976931348623157e+308",
		0xffefffffffffffff: "-1.7976931348623157e+308",
		0x4340000000000000: "9007199254740992",
		0xc340000000000000: "-9007199254740992",
		0x4430000000000000: "295147905179352830000",
		0x44b52d02c7e14af5: "9.999999999999997e+22",
		0x44b52d02c7e14af6: "1e+23",
		0x44b52d02c7e14af7: "1.0000000000000001e+23",
		0x444b1ae4d6e2ef4e: "999999999999999700000",
		0x444b1ae4d6e2ef4f: "999999999999999900000",
		0x444b1ae4d6e2ef50: "1e+21",
		0x3eb0c6f7a0b5ed8c: "9.999999999999997e-7",
		0x3eb0c6f7a0b5ed8d: "0.000001",
		0x41b3de4355555553: "333333333.3333332",
		0x41b3de4355555554: "333333333.33333325",
		0x41b3de4355555555: "333333333.3333333",
		0x41b3de4355555556: "333333333.3333334",
		0x41b3de4355555557: "333333333.33333343",
		0xbecbf647612f3696: "-0.0000033333333333333333",
		0x43143ff3c1cb0959: "1424953923781206.2",
	} {
		if got := string(appendFloat(nil, math.Float64frombits(bits))); got != want {
			t.Errorf("%016x: %s, not %s", bits, got, want)
		}
	}
}

func TestNumberForms(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "-0.0": "0", "0e9": "0", "-0E-9": "0",
		"1.0": "1", "1e0": "1", "1E+2": "100", "10e-1": "1", "-1.50": "-1.5",
		"1e20": "100000000000000000000", "1e21": "1e+21", "123456789012345678901": "123456789012345680000",
		"1e-6": "0.000001", "1e-7": "1e-7", "1.5e-10": "1.5e-10", "1e-100": "1e-100", "0.1e-6": "1e-7",
		"999999999999999": "999999999999999", "-99999999999999": "-99999999999999",
		"9007199254740993": "9007199254740992", "1e-400": "0", "-1e-400": "0",
		"1.7976931348623158e308": "1.7976931348623157e+308", "4.35": "4.35", "2.2250738585072014e-308": "2.2250738585072014e-308",
	} {
		if got, err := Transform([]byte(in)); err != nil || string(got) != want {
			t.Errorf("%s: %s, %v, not %s", in, got, err, want)
		}
	}
}

// TestNumbersRoundTrip: the text of any binary64 reads as that binary64, is as
// short as any that does, and is a fixed point.
func TestNumbersRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		if math.IsNaN(f) || math.IsInf(f, 0) {
			t.Skip("no JSON number")
		}
		text := string(appendFloat(nil, f))
		if back, err := strconv.ParseFloat(text, 64); err != nil || back != f {
			t.Fatalf("%x: %s reads as %v, %v", math.Float64bits(f), text, back, err)
		}
		got, err := Transform([]byte(text))
		if err != nil || string(got) != text {
			t.Fatalf("%s becomes %s, %v", text, got, err)
		}
	})
}
