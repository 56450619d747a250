// Package lexical reads the lexical forms that DID documents, proofs and
// credentials share: absolute URLs and the dateTimeStamp of XML Schema. It is
// pure and does bounded work.
package lexical

// maxURL bounds an identifier. Longer ones name nothing that a record could hold.
const maxURL = 8192

// IsURL reports whether s looks like an absolute URL: a scheme (RFC 3986, 3.1),
// a colon, and at least one character, none of them a control, a space or one
// that no URI may contain unencoded. Characters outside ASCII are allowed, as in
// an IRI. What the scheme demands of the rest is not checked.
func IsURL(s string) bool {
	colon := schemeEnd(s)
	if colon < 1 || colon == len(s)-1 || len(s) > maxURL {
		return false
	}
	for i := colon + 1; i < len(s); i++ {
		switch c := s[i]; {
		case c <= ' ' || c == 0x7f:
			return false
		case c == '<' || c == '>' || c == '"' || c == '{' || c == '}' || c == '|' || c == '\\' || c == '^' || c == '`':
			return false
		}
	}
	return true
}

// schemeEnd returns the index of the colon after the scheme, or -1.
func schemeEnd(s string) int {
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return i
		default:
			return -1
		}
	}
	return -1
}
