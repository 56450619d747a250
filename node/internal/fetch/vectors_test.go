package fetch

import (
	"encoding/json"
	"errors"
	"net/netip"
	"net/url"
	"testing"

	"github.com/tabard-id/tabard/vectors"
)

func readVectors(t testing.TB, name string, cases any) {
	t.Helper()
	text, err := vectors.FS.ReadFile("fetch/" + name)
	if err != nil {
		t.Fatal(err)
	}
	file := struct{ Cases any }{cases}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
}

type addressCase struct {
	Name, Address string
	Class         Class
}

func TestAddresses(t *testing.T) {
	var cases []addressCase
	readVectors(t, "addresses.json", &cases)
	for _, c := range cases {
		addr, err := netip.ParseAddr(c.Address)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		if got := JudgeAddress(addr); got != c.Class {
			t.Errorf("%s: %s is %q, want %q", c.Name, addr, got, c.Class)
		}
	}
	if got := JudgeAddress(netip.Addr{}); got != Invalid {
		t.Errorf("the zero address is %q", got)
	}
}

// AllowPrivate lets through what a test needs, and nothing of what a cloud tells its own machines.
func TestAllowPrivateIsNarrow(t *testing.T) {
	f, err := New(Config{AllowPrivate: true, Deny: []netip.Prefix{netip.MustParsePrefix("93.184.0.0/16"), netip.MustParsePrefix("127.0.0.9/32")}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var cases []addressCase
	readVectors(t, "addresses.json", &cases)
	for _, c := range cases {
		addr := netip.MustParseAddr(c.Address)
		want := c.Class == "" || c.Class == Loopback || c.Class == Private
		if addr.Is4() && netip.MustParsePrefix("93.184.0.0/16").Contains(addr) {
			want = false
		}
		if got := f.judge(addr); (got == nil) != want || got != nil && !errors.Is(got, ErrBlockedAddress) {
			t.Errorf("%s: %v", c.Name, got)
		}
	}
	if err := f.judge(netip.MustParseAddr("127.0.0.9")); err == nil {
		t.Error("an address that the operator denied passes")
	}
}

func TestURLs(t *testing.T) {
	var cases []struct{ Name, URL, Canonical, Error string }
	readVectors(t, "urls.json", &cases)
	for _, c := range cases {
		got, err := ParseURL(c.URL, Policy{})
		if KindName(err) != "ok" {
			if c.Error != KindName(err) {
				t.Errorf("%s: %q: %v", c.Name, c.URL, err)
			}
			continue
		}
		if c.Error != "" || got.String() != c.Canonical {
			t.Errorf("%s: %q becomes %q, want %q%s", c.Name, c.URL, got, c.Canonical, c.Error)
		}
	}
}

func TestPolicies(t *testing.T) {
	for _, c := range []struct {
		name, url string
		policy    Policy
		ok        bool
	}{
		{"localhost in a test", "https://localhost:9000/", Policy{Local: true}, true},
		{"an address even in a test", "https://127.0.0.1:9000/", Policy{Local: true}, false},
		{"a port on the list", "https://tabard.id:80/", Policy{Ports: []int{80}}, true},
		{"a port off the list", "https://tabard.id/", Policy{Ports: []int{80}}, false},
	} {
		if _, err := ParseURL(c.url, c.policy); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// FuzzURL: what is accepted means the same to net/url, stays what it is, and names no address.
func FuzzURL(f *testing.F) {
	var cases []struct{ URL string }
	readVectors(f, "urls.json", &cases)
	for _, c := range cases {
		f.Add(c.URL)
	}
	f.Fuzz(func(t *testing.T, s string) {
		target, err := ParseURL(s, Policy{})
		if err != nil {
			if !errors.Is(err, ErrURL) {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		again, err := ParseURL(target.String(), Policy{})
		if err != nil || again != target {
			t.Fatalf("%q becomes %q, then %q, %v", s, target, again, err)
		}
		u, err := url.Parse(target.String())
		if err != nil || u.String() != target.String() || u.Scheme != "https" || u.Host != target.Origin() || u.User != nil || u.Fragment != "" {
			t.Fatalf("%q is %+v to net/url, %v", target, u, err)
		}
		if _, err := netip.ParseAddr(u.Hostname()); err == nil {
			t.Fatalf("%q is an address", target)
		}
	})
}

// FuzzAddress: whatever embeds an IPv4 address that is refused is refused too.
func FuzzAddress(f *testing.F) {
	var cases []addressCase
	readVectors(f, "addresses.json", &cases)
	for _, c := range cases {
		b := netip.MustParseAddr(c.Address).As16()
		f.Add(b[:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		addr, ok := netip.AddrFromSlice(b)
		if !ok {
			return
		}
		class := JudgeAddress(addr)
		if class == "" && (addr.IsPrivate() || addr.IsLoopback() || addr.IsMulticast() || addr.IsUnspecified() ||
			addr.IsLinkLocalUnicast() || addr.Is4In6() || !addr.IsGlobalUnicast()) {
			t.Fatalf("%s passes", addr)
		}
		if addr.Is4() && class != "" {
			four := addr.As4()
			for _, prefix := range []string{"::", "::ffff:0:0", "::ffff:0:0:0", "64:ff9b::", "2002::"} {
				six := netip.MustParseAddr(prefix).As16()
				copy(six[12:], four[:])
				if prefix == "2002::" {
					copy(six[2:], four[:])
				}
				if JudgeAddress(netip.AddrFrom16(six)) == "" {
					t.Fatalf("%s passes as %s", addr, netip.AddrFrom16(six))
				}
			}
		}
	})
}
