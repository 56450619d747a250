package jcs

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

func (p *parser) stringValue() (Value, error) {
	s, plain, err := p.string()
	if err != nil {
		return Value{}, err
	}
	return Value{kind: KindString, text: s, plain: plain}, nil
}

// string reads the string at p.pos, which is its opening quote. Without escapes
// the result is part of the source.
func (p *parser) string() (s string, plain bool, err error) {
	start := p.pos + 1
	i := scanPlain(p.src, start)
	switch {
	case i == len(p.src):
		return "", false, syntaxError(i, "unterminated string")
	case p.src[i] == '"':
		p.pos = i + 1
		return p.src[start:i], true, nil
	case p.src[i] == '\\':
		return p.escapedString(start, i)
	default:
		return "", false, syntaxError(i, "control character in a string")
	}
}

// escapedString reads on from the first backslash, at i, of a string whose
// content begins at start.
func (p *parser) escapedString(start, i int) (string, bool, error) {
	p.deviations++
	buf := append(make([]byte, 0, i-start+64), p.src[start:i]...)
	for i < len(p.src) {
		c := p.src[i]
		switch {
		case c == '"':
			p.pos = i + 1
			s := string(buf)
			return s, isPlain(s), nil
		case c < 0x20:
			return "", false, syntaxError(i, "control character in a string")
		case c != '\\':
			buf = append(buf, c)
			i++
		default:
			r, n := unescape(p.src[i:])
			if n == 0 {
				return "", false, syntaxError(i, "invalid escape")
			}
			buf = utf8.AppendRune(buf, r)
			i += n
		}
	}
	return "", false, syntaxError(len(p.src), "unterminated string")
}

// unescape reads the escape, or the pair that makes up a surrogate pair, at the
// start of s. It returns its length, 0 if it is none or a lone surrogate.
func unescape(s string) (r rune, n int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		return unescapeUnicode(s)
	default:
		return 0, 0
	}
}

const unicodeEscape = len(`\u0000`)

func unescapeUnicode(s string) (r rune, n int) {
	high, ok := codeUnit(s)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(high) {
		return high, unicodeEscape
	}
	low, ok := codeUnit(s[unicodeEscape:])
	if !ok {
		return 0, 0
	}
	if r = utf16.DecodeRune(high, low); r == utf8.RuneError {
		return 0, 0
	}
	return r, 2 * unicodeEscape
}

// codeUnit reads \uXXXX at the start of s.
func codeUnit(s string) (rune, bool) {
	if len(s) < unicodeEscape || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, c := range []byte(s[2:unicodeEscape]) {
		if !isHex(c) {
			return 0, false
		}
	}
	u, err := strconv.ParseUint(s[2:unicodeEscape], 16, 16)
	return rune(u), err == nil
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
