package lexical

import (
	"strings"
	"testing"
	"time"
)

func TestTime(t *testing.T) {
	tests := []struct{ in, want string }{
		{"2023-02-24T23:36:38Z", "2023-02-24T23:36:38Z"},
		{"2023-02-24T23:36:38", "2023-02-24T23:36:38Z"},
		{"2023-02-24T23:36:38.5+01:00", "2023-02-24T22:36:38.5Z"},
		{"2023-02-24T23:36:38-14:00", "2023-02-25T13:36:38Z"},
		{"2023-12-31T24:00:00Z", "2024-01-01T00:00:00Z"},
		{"2023-12-31T24:00:00.000Z", "2024-01-01T00:00:00Z"},
		{"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
		{"2023-02-24T23:36:38.123456789999Z", "2023-02-24T23:36:38.123456789Z"},
		{"0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"},
	}
	for _, tt := range tests {
		got, ok := Time(tt.in)
		if !ok || got.Format(time.RFC3339Nano) != tt.want {
			t.Errorf("Time(%q) = %v, %v; want %s", tt.in, got, ok, tt.want)
		}
	}
	for _, year := range []struct {
		in   string
		want int
	}{{"-0044-03-15T00:00:00Z", -44}, {"123456-01-01T00:00:00Z", 123456}} {
		if got, ok := Time(year.in); !ok || got.Year() != year.want {
			t.Errorf("Time(%q) = %v, %v", year.in, got, ok)
		}
	}
}

func TestNotTime(t *testing.T) {
	for _, in := range []string{
		"", "2023", "2023-02-24", "2023-02-24 23:36:38Z", "2023-02-24t23:36:38Z", "2023-02-24T23:36:38z",
		"2023-2-24T23:36:38Z", "2023-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z",
		"2023-00-01T00:00:00Z", "2023-01-00T00:00:00Z", "2023-02-24T25:00:00Z", "2023-02-24T24:00:01Z",
		"2023-02-24T23:60:00Z", "2023-06-30T23:59:60Z", "2023-02-24T23:36:38.Z", "2023-02-24T23:36Z",
		"2023-02-24T23:36:38+1:00", "2023-02-24T23:36:38+0100", "2023-02-24T23:36:38+14:01",
		"2023-02-24T23:36:38+15:00", "2023-02-24T23:36:38+01:60", "2023-02-24T23:36:38ZZ",
		"02023-02-24T23:36:38Z", "1234567-01-01T00:00:00Z", "+2023-02-24T23:36:38Z", " 2023-02-24T23:36:38Z",
		"2023-02-24T23:36:38." + strings.Repeat("0", 60) + "Z",
	} {
		if got, ok := Time(in); ok {
			t.Errorf("Time(%q) = %v", in, got)
		}
	}
}

func TestIsURL(t *testing.T) {
	for _, in := range []string{
		"did:example:1", "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33", "https://vc.example/issuers/5678",
		"did:key:z6Mk#z6Mk", "https://bücher.example/", "a:b",
	} {
		if !IsURL(in) {
			t.Errorf("IsURL(%q) = false", in)
		}
	}
	for _, in := range []string{
		"", ":", "a", "a:", ":a", "1a:b", "/path", "#fragment", "not a url", "did:example:1 2", "did:example:\n",
		"https://vc.example/<script>", "urn:" + strings.Repeat("x", maxURL),
	} {
		if IsURL(in) {
			t.Errorf("IsURL(%q) = true", in)
		}
	}
}

func FuzzTime(f *testing.F) {
	f.Add("2023-02-24T23:36:38.5+01:00")
	f.Add("-0044-12-31T24:00:00Z")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := Time(s)
		if !ok || got.Year() < 1 || got.Year() > 9999 {
			return
		}
		again, ok := Time(got.Format(time.RFC3339Nano))
		if !ok || !again.Equal(got) {
			t.Errorf("Time(%q) = %v, which reads back as %v", s, got, again)
		}
	})
}
