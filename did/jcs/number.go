package jcs

import (
	"math"
	"strconv"
)

// exactDigits is the number of decimal digits that binary64 always keeps.
const exactDigits = 15

// number reads a number at p.pos (RFC 8259, 6).
func (p *parser) number() (Value, error) {
	start := p.pos
	end, integer := scanNumber(p.src, start)
	if end < 0 {
		return Value{}, syntaxError(start, "malformed number")
	}
	p.pos = end
	text := p.src[start:end]
	if integer && len(text) <= exactDigits && text != "-0" {
		return Value{kind: KindNumber, text: text}, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return Value{}, syntaxError(start, "number outside binary64")
	}
	var buf [32]byte
	canonical := appendFloat(buf[:0], f)
	if string(canonical) == text {
		return Value{kind: KindNumber, text: text}, nil
	}
	p.deviations++
	return Value{kind: KindNumber, text: string(canonical)}, nil
}

// scanNumber returns where the number at start ends, or -1 if there is none, and
// whether it has neither fraction nor exponent.
func scanNumber(s string, start int) (end int, integer bool) {
	i := start
	if i < len(s) && s[i] == '-' {
		i++
	}
	first := i
	i = skipDigits(s, i)
	if i == first || (s[first] == '0' && i > first+1) {
		return -1, false
	}
	integer = true
	if i < len(s) && s[i] == '.' {
		integer = false
		first = i + 1
		if i = skipDigits(s, first); i == first {
			return -1, false
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		integer = false
		first = i + 1
		if first < len(s) && (s[first] == '+' || s[first] == '-') {
			first++
		}
		if i = skipDigits(s, first); i == first {
			return -1, false
		}
	}
	return i, integer
}

func skipDigits(s string, i int) int {
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	return i
}

// appendFloat appends a finite f as ECMAScript's Number::toString writes it
// (RFC 8785, 3.2.2.3): shortest digits that round-trip, plain notation from
// 1e-6 up to but not including 1e21, no sign on zero.
func appendFloat(dst []byte, f float64) []byte {
	abs := math.Abs(f)
	if abs == 0 {
		return append(dst, '0')
	}
	if abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	// Two digits at least is what strconv gives an exponent: e-07 is e-7.
	if n := len(dst); n >= 4 && dst[n-4] == 'e' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}
