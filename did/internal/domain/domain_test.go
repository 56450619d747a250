package domain_test

import (
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/internal/domain"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]string{
		"example.com": "example.com", "Example.COM": "example.com", "localhost": "localhost",
		"example.com%3A8700": "example.com:8700", "example.com%3a8700": "example.com:8700", "example.com%3A08700": "example.com:8700",
		"%65xample.com": "example.com", "b%C3%BCcher.example": "xn--bcher-kva.example", "xn--bcher-kva.example": "xn--bcher-kva.example",
	} {
		got, err := domain.Parse(in)
		if err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", "%3A80", "example.com%3A", "example.com%3A0", "example.com%3A65536", "example.com%3A80%3a81", "127.0.0.1",
		"%31%32%37.0.0.1", "0x7f.1", "2130706433", "a..b", "-a.example", "a_b.example", "a%2Fb.example", "a%4", "a%zz", "é.example",
		strings.Repeat("a", 64) + ".example", strings.Repeat("a.", 127) + "aa",
	} {
		if got, err := domain.Parse(in); err == nil {
			t.Errorf("%s: %q", in, got)
		}
	}
}

// What a spelling is read as has one spelling, which is read as the same.
func FuzzParse(f *testing.F) {
	f.Add("Example.com%3a8700")
	f.Add("b%C3%BCcher.example")
	f.Fuzz(func(t *testing.T, s string) {
		host, err := domain.Parse(s)
		if err != nil {
			return
		}
		if again, err := domain.Parse(domain.Segment(host)); err != nil || again != host {
			t.Errorf("%q is %q, whose spelling %q is %q, %v", s, host, domain.Segment(host), again, err)
		}
	})
}
