package dereference

import "strings"

// reference is a URI reference taken apart (RFC 3986, appendix B). The booleans tell
// an empty component from none.
type reference struct {
	scheme, authority, path, query, fragment string
	hasAuthority, hasQuery, hasFragment      bool
}

// split takes apart any text; it judges nothing.
func split(s string) reference {
	var r reference
	if i := schemeEnd(s); i > 0 {
		r.scheme, s = s[:i], s[i+1:]
	}
	s, r.fragment, r.hasFragment = strings.Cut(s, "#")
	s, r.query, r.hasQuery = strings.Cut(s, "?")
	if rest, ok := strings.CutPrefix(s, "//"); ok {
		r.hasAuthority = true
		end := strings.IndexByte(rest, '/')
		if end < 0 {
			end = len(rest)
		}
		r.authority, s = rest[:end], rest[end:]
	}
	r.path = s
	return r
}

// schemeEnd is the index of the colon after a scheme, 0 if s has none.
func schemeEnd(s string) int {
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return i
		default:
			return 0
		}
	}
	return 0
}

// String puts a reference together (RFC 3986, 5.3).
func (r reference) String() string {
	var b strings.Builder
	if r.scheme != "" {
		b.WriteString(r.scheme)
		b.WriteByte(':')
	}
	if r.hasAuthority {
		b.WriteString("//")
		b.WriteString(r.authority)
	}
	b.WriteString(r.path)
	if r.hasQuery {
		b.WriteByte('?')
		b.WriteString(r.query)
	}
	if r.hasFragment {
		b.WriteByte('#')
		b.WriteString(r.fragment)
	}
	return b.String()
}

// resolve finds what a reference without scheme and authority means at a base that
// has both (RFC 3986, 5.2.2).
func resolve(base, ref reference) reference {
	out := base
	out.fragment, out.hasFragment = ref.fragment, ref.hasFragment
	if ref.path == "" {
		if ref.hasQuery {
			out.query, out.hasQuery = ref.query, true
		}
		return out
	}
	out.query, out.hasQuery = ref.query, ref.hasQuery
	switch {
	case ref.path[0] == '/':
		out.path = removeDots(ref.path)
	case base.path == "":
		out.path = removeDots("/" + ref.path)
	default:
		out.path = removeDots(base.path[:strings.LastIndexByte(base.path, '/')+1] + ref.path)
	}
	return out
}

// removeDots removes the segments "." and ".." of an absolute path (RFC 3986,
// 5.2.4); it does not climb above the root.
func removeDots(path string) string {
	var out []string
	segments := strings.Split(path, "/")[1:]
	for i, segment := range segments {
		last := i == len(segments)-1
		switch segment {
		case ".":
		case "..":
			if len(out) > 0 {
				out = out[:len(out)-1]
			}
		default:
			out = append(out, segment)
			continue
		}
		if last {
			out = append(out, "")
		}
	}
	return "/" + strings.Join(out, "/")
}

// checkRelative judges a relativeRef: a relative reference of RFC 3986, 4.2, without
// an authority, for that would lead away from the endpoint it is relative to. An
// empty segment at its beginning would be read as an authority, by some if not by
// all, and so would a backslash, which no URI has.
func checkRelative(s string) error {
	ref := split(s)
	switch {
	case ref.scheme != "":
		return invalidOptions("relativeRef has a scheme: it is not relative")
	case ref.hasAuthority:
		return invalidOptions("relativeRef names another host")
	case !validURI(s):
		return invalidOptions("relativeRef is not a URI reference")
	case ref.hasFragment:
		return invalidOptions("relativeRef has a fragment: that belongs to the DID URL")
	}
	if first, _, _ := strings.Cut(ref.path, "/"); strings.Contains(first, ":") {
		return invalidOptions("relativeRef has a colon in its first segment") // RFC 3986, 4.2: path-noscheme
	}
	return nil
}

// validURI reports whether s has only characters that a URI may have, and
// percent-encodes well (RFC 3986, 2).
func validURI(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case strings.IndexByte("-._~:/?#[]@!$&'()*+,;=", c) >= 0:
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
		default:
			return false
		}
	}
	return strings.Count(s, "#") <= 1
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
