package did_test

import (
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did"
)

func TestParse(t *testing.T) {
	for s, want := range map[string][2]string{
		"did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH": {"key", "z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"},
		"did:web:example.com%3A3000:user:alice":                    {"web", "example.com%3A3000:user:alice"},
		"did:a:b":                                                  {"a", "b"},
		"did:0:_":                                                  {"0", "_"},
		"did:m::x":                                                 {"m", ":x"},
		"did:m:a::b":                                               {"m", "a::b"},
		"did:m:%00%ff":                                             {"m", "%00%ff"},
		"did:m:did:m:x":                                            {"m", "did:m:x"},
		"did:m:" + strings.Repeat("a", did.MaxLength-6): {"m", strings.Repeat("a", did.MaxLength-6)},
	} {
		id, err := did.Parse(s)
		if err != nil || id.Method() != want[0] || id.Suffix() != want[1] || id.String() != s {
			t.Errorf("%.80s: %s, %s, %v", s, id.Method(), id.Suffix(), err)
		}
		if u, err := did.ParseURL(s); err != nil || u != (did.URL{DID: id}) || u.String() != s {
			t.Errorf("%.80s as URL: %+v, %v", s, u, err)
		}
	}
}

// notDIDs are refused by Parse and, bare, by ParseURL.
var notDIDs = map[string]string{
	"empty":                       "",
	"scheme only":                 "did:",
	"no method":                   "did::x",
	"no identifier":               "did:m",
	"empty identifier":            "did:m:",
	"colon at the end":            "did:m:x:",
	"colons only":                 "did:m::",
	"capital scheme":              "DID:m:x",
	"capital in the method":       "did:Key:x",
	"hyphen in the method":        "did:a-b:x",
	"percent in the method":       "did:%61:x",
	"another scheme":              "urn:m:x",
	"https":                       "https://example.com",
	"space before":                " did:m:x",
	"space after":                 "did:m:x ",
	"line end after":              "did:m:x\n",
	"NUL":                         "did:m:x\x00",
	"tilde":                       "did:m:~x",
	"at sign":                     "did:m:a@b",
	"plus sign":                   "did:m:a+b",
	"brackets":                    "did:m:[::1]",
	"not ASCII":                   "did:m:é",
	"not UTF-8":                   "did:m:\xff",
	"percent at the end":          "did:m:x%",
	"one hexadecimal digit":       "did:m:x%4",
	"not hexadecimal":             "did:m:x%4G",
	"sign in percent-encoding":    "did:m:x%+4",
	"two percent signs":           "did:m:%%41",
	"longer than the limit":       "did:m:" + strings.Repeat("a", did.MaxLength-5),
	"unfinished scheme":           "di",
	"backslash":                   `did:m:a\b`,
	"quotation mark":              `did:m:"a"`,
	"angle brackets":              "did:m:<a>",
	"template":                    "did:m:{SCID}",
	"semicolon of old parameters": "did:m:x;service=a",
}

func TestParseRefuses(t *testing.T) {
	for name, s := range notDIDs {
		if id, err := did.Parse(s); did.CodeOf(err) != did.InvalidDID || id != "" {
			t.Errorf("%s: %q, %v", name, id, err)
		}
		if u, err := did.ParseURL(s); did.CodeOf(err) != did.InvalidDID || u != (did.URL{}) {
			t.Errorf("%s, as URL: %+v, %v", name, u, err)
		}
	}
	for name, s := range map[string]string{
		"path": "did:m:x/a", "query": "did:m:x?a", "fragment": "did:m:x#a", "empty fragment": "did:m:x#",
	} {
		if _, err := did.Parse(s); did.CodeOf(err) != did.InvalidDID {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMethodOfUnparsed: an ID that was never parsed has no parts, and no panic.
func TestMethodOfUnparsed(t *testing.T) {
	for _, id := range []did.ID{"", "did", "did:", ":", "x"} {
		if id.Method() == "key" || strings.Contains(id.Suffix(), ":") {
			t.Errorf("%q: %q, %q", id, id.Method(), id.Suffix())
		}
	}
}

func TestParseURL(t *testing.T) {
	for s, want := range map[string]did.URL{
		"did:m:x#key-1":                 {DID: "did:m:x", Fragment: "key-1"},
		"did:m:x/a/b?c=d&e#f":           {DID: "did:m:x", Path: "/a/b", Query: "c=d&e", Fragment: "f"},
		"did:m:x?versionId=1-Qm":        {DID: "did:m:x", Query: "versionId=1-Qm"},
		"did:m:x?a=b/c?d":               {DID: "did:m:x", Query: "a=b/c?d"},
		"did:m:x#a?b/c":                 {DID: "did:m:x", Fragment: "a?b/c"},
		"did:m:x/":                      {DID: "did:m:x", Path: "/"},
		"did:m:x//a":                    {DID: "did:m:x", Path: "//a"},
		"did:m:x/%2F;=@:!$&'()*+,~?%23": {DID: "did:m:x", Path: "/%2F;=@:!$&'()*+,~", Query: "%23"},
	} {
		u, err := did.ParseURL(s)
		if err != nil || u != want || u.String() != s {
			t.Errorf("%s: %+v, %v", s, u, err)
		}
	}
	for s, want := range map[string]string{"did:m:x?": "did:m:x", "did:m:x#": "did:m:x", "did:m:x/?#": "did:m:x/"} {
		if u, err := did.ParseURL(s); err != nil || u.String() != want {
			t.Errorf("%s: %s, %v", s, u, err)
		}
	}
}

func TestParseURLRefuses(t *testing.T) {
	for name, s := range map[string]string{
		"space in the path":         "did:m:x/a b",
		"brackets in the path":      "did:m:x/[a]",
		"bad encoding in the path":  "did:m:x/%zz",
		"quote in the query":        `did:m:x?a="b"`,
		"caret in the query":        "did:m:x?a^b",
		"bad encoding in the query": "did:m:x?%1",
		"two fragments":             "did:m:x#a#b",
		"space in the fragment":     "did:m:x#a b",
		"not ASCII in the fragment": "did:m:x#é",
		"percent in the fragment":   "did:m:x#%",
		"line end in the fragment":  "did:m:x#a\n",
		"longer than the limit":     "did:m:x#" + strings.Repeat("a", 2*did.MaxLength),
	} {
		if u, err := did.ParseURL(s); did.CodeOf(err) != did.InvalidDIDURL || u != (did.URL{}) {
			t.Errorf("%s: %+v, %v", name, u, err)
		}
	}
}

// FuzzParseURL: what is read is written again as it was, but for empty parts, and
// its DID is one that Parse takes.
func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"did:m:x", "did:m:x/a?b#c", "did:m:x?#", "did:m:%41:", "did:m:a#b#c", "did:m:a:/b"} {
		f.Add(s)
	}
	for _, s := range notDIDs {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := did.ParseURL(s)
		if err != nil {
			if _, err := did.Parse(s); err == nil {
				t.Fatalf("%q is a DID but no DID URL", s)
			}
			return
		}
		id, err := did.Parse(string(u.DID))
		if err != nil || id != u.DID || "did:"+id.Method()+":"+id.Suffix() != string(id) {
			t.Fatalf("%q: %q, %v", s, id, err)
		}
		again, err := did.ParseURL(u.String())
		if err != nil || again != u {
			t.Fatalf("%q: %+v becomes %+v, %v", s, u, again, err)
		}
		if len(u.String()) < len(s)-2 || strings.Trim(s, "?#") != strings.Trim(u.String(), "?#") && !strings.Contains(s, "?#") {
			t.Fatalf("%q is written %q", s, u)
		}
	})
}

// Of single bytes, each part of a DID URL takes the letters, the digits and its own marks.
func TestBytesOfEachPart(t *testing.T) {
	const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for name, part := range map[string]struct{ before, marks string }{
		"identifier": {"did:x:a", ".-_:"},
		"path":       {"did:x:a/", "-._~!$&'()*+,;=:@/"},
		"query":      {"did:x:a?q", "-._~!$&'()*+,;=:@/?"},
		"fragment":   {"did:x:a#f", "-._~!$&'()*+,;=:@/?"},
	} {
		ends := map[string]string{"identifier": "/?#", "path": "?#", "query": "#"}[name] // what follows is another part
		for c := range 256 {
			s := part.before + string([]byte{byte(c)}) + "z"
			want := strings.ContainsRune(alphanumeric+part.marks+ends, rune(c))
			if _, err := did.ParseURL(s); (err == nil) != want {
				t.Errorf("%s: %q: %v", name, s, err)
			}
		}
	}
}
