package jsonld

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// isIRI reports whether s is an absolute IRI that N-Quads can write as it is
// (RFC 3987, 2.2 for the scheme; RDF 1.1 N-Quads, IRIREF for the rest).
func isIRI(s string) bool {
	n := schemeLen(s)
	return n > 0 && iriChars(s[n+1:])
}

// isIRIRef reports whether s is an absolute IRI by the looser rule of RDF 1.1
// N-Quads, IRIREF, which allows any character beyond ASCII.
func isIRIRef(s string) bool {
	n := schemeLen(s)
	for i := n + 1; i < len(s); i++ {
		if s[i] < utf8.RuneSelf && iriBad[s[i]] {
			return false
		}
	}
	return n > 0 && utf8.ValidString(s)
}

// schemeLen returns the length of the scheme of s without its colon, 0 if s has none.
func schemeLen(s string) int {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
		case i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return i
		default:
			return 0
		}
	}
	return 0
}

// iriForbidden are the ASCII characters that N-Quads does not allow in IRIREF.
const iriForbidden = "<>\"{}|^`\\"

var iriBad = func() (bad [utf8.RuneSelf]bool) {
	for c := range bad {
		bad[c] = c <= ' ' || c == 0x7f || strings.IndexByte(iriForbidden, byte(c)) >= 0
	}
	return bad
}()

// iriChars reports whether s has only characters that may stand in an IRI, and
// at most one fragment.
func iriChars(s string) bool {
	fragment := false
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if iriBad[c] || c == '#' && fragment {
				return false
			}
			fragment = fragment || c == '#'
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if (r == utf8.RuneError && n == 1) || !ucschar(r) {
			return false
		}
		i += n
	}
	return true
}

// ucschar reports whether r may stand in an IRI beyond ASCII: ucschar and
// iprivate of RFC 3987, which leave out controls, surrogates and noncharacters.
func ucschar(r rune) bool {
	switch {
	case unicode.IsSpace(r), r == 0xFEFF:
		return false
	case r < 0xA0, 0xFDD0 <= r && r <= 0xFDEF, 0xFFF0 <= r && r <= 0xFFFF:
		return false
	case r > 0xFFFF:
		return r&0xFFFE != 0xFFFE
	case 0x2028 <= r && r <= 0x202E, r == 0x200E, r == 0x200F:
		return false // line separators and bidirectional controls (RFC 3987, 4.1)
	default:
		return true
	}
}

// isBlank reports whether s has the form of a blank node identifier.
func isBlank(s string) bool { return strings.HasPrefix(s, "_:") }

// isBlankID reports whether s is a well-formed blank node identifier
// (RDF 1.1 N-Quads, BLANK_NODE_LABEL).
func isBlankID(s string) bool { return isBlank(s) && isLabel(s[2:]) }

func isLabel(s string) bool {
	if s == "" || s[len(s)-1] == '.' {
		return false
	}
	for i, r := range s {
		switch {
		case labelStart(r):
		case i > 0 && (r == '-' || r == '.' || r == 0xB7 || 0x300 <= r && r <= 0x36F || r == 0x203F || r == 0x2040):
		default:
			return false
		}
	}
	return true
}

// labelStart: PN_CHARS_U or a digit. N-Quads 1.1 adds the colon.
func labelStart(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '_', r == ':':
		return true
	case r < 0xC0:
		return false
	case r == 0xD7, r == 0xF7, 0x300 <= r && r <= 0x36F, r == 0x37E, r == utf8.RuneError:
		return false
	case r <= 0x1FFF, r == 0x200C, r == 0x200D, 0x2070 <= r && r <= 0x218F,
		0x2C00 <= r && r <= 0x2FEF, 0x3001 <= r && r <= 0xD7FF,
		0xF900 <= r && r <= 0xFDCF, 0xFDF0 <= r && r <= 0xFFFC, 0x10000 <= r && r <= 0xEFFFF:
		return true
	default:
		return false
	}
}

// isLanguage reports whether s has the form of a language tag: subtags of one to
// eight characters, the first of letters only (RDF 1.1 N-Quads, LANGTAG; BCP 47, 2.1).
func isLanguage(s string) bool {
	first, n := true, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z', !first && '0' <= c && c <= '9':
			if n++; n > 8 {
				return false
			}
		case c == '-' && n > 0:
			first, n = false, 0
		default:
			return false
		}
	}
	return n > 0
}

// genDelim reports whether s ends with a gen-delim of RFC 3986, 2.2.
func genDelim(s string) bool {
	return s != "" && strings.IndexByte(":/?#[]@", s[len(s)-1]) >= 0
}

// resolve resolves the reference ref against the absolute IRI base by RFC 3986,
// 5.2, without any normalisation beyond the removal of dot segments.
func resolve(base, ref string) string {
	if schemeLen(ref) > 0 {
		return ref
	}
	b := splitIRI(base)
	if strings.HasPrefix(ref, "//") {
		r := splitIRI("x:" + ref)
		return b.scheme + ":" + r.authority + removeDots(r.path) + r.query + r.fragment
	}
	r := splitIRI(ref)
	switch {
	case r.path == "" && r.query == "":
		return b.scheme + ":" + b.authority + b.path + b.query + r.fragment
	case r.path == "":
		return b.scheme + ":" + b.authority + b.path + r.query + r.fragment
	case r.path[0] == '/':
		return b.scheme + ":" + b.authority + removeDots(r.path) + r.query + r.fragment
	}
	path := b.path[:strings.LastIndexByte(b.path, '/')+1]
	if b.authority != "" && b.path == "" {
		path = "/"
	}
	return b.scheme + ":" + b.authority + removeDots(path+r.path) + r.query + r.fragment
}

// iriParts: the authority with its slashes, query and fragment with their marks.
type iriParts struct{ scheme, authority, path, query, fragment string }

func splitIRI(s string) (p iriParts) {
	if n := schemeLen(s); n > 0 {
		p.scheme, s = s[:n], s[n+1:]
	}
	if i := strings.IndexByte(s, '#'); i >= 0 {
		p.fragment, s = s[i:], s[:i]
	}
	if i := strings.IndexByte(s, '?'); i >= 0 {
		p.query, s = s[i:], s[:i]
	}
	if strings.HasPrefix(s, "//") {
		end := len(s)
		if i := strings.IndexByte(s[2:], '/'); i >= 0 {
			end = i + 2
		}
		p.authority, s = s[:end], s[end:]
	}
	p.path = s
	return p
}

// removeDots is remove_dot_segments of RFC 3986, 5.2.4.
func removeDots(path string) string {
	if !strings.Contains(path, ".") {
		return path
	}
	rooted := strings.HasPrefix(path, "/")
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	out := segments[:0]
	for i, s := range segments {
		last := i == len(segments)-1
		switch s {
		case ".", "..":
			if s == ".." && len(out) > 0 {
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, s)
		}
	}
	joined := strings.Join(out, "/")
	if rooted {
		return "/" + joined
	}
	return joined
}
