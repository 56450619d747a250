package jcs

import (
	"math"
	"strconv"
	"strings"
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
	v := Value{kind: KindNumber, text: string(canonical)}
	if !says(text, v.text, f) {
		v.node = &node{raw: text}
	}
	return v, nil
}

// doubleDigits is how many significant digits tell any two binary64 apart.
const doubleDigits = 17

// says reports whether the canonical text of f says the number that text said. Of
// what was and is a fraction the digits that binary64 provides are enough: some
// write 0.1 as 0.10000000000000001.
func says(text, canonical string, f float64) bool {
	was, is := decimalOf(text), decimalOf(canonical)
	if was == is {
		return true
	}
	return was.exponent < 0 && f != math.Trunc(f) && len(was.digits) <= doubleDigits
}

// decimal is the number ±digits × 10^exponent, of which the digits begin and end
// with none that is 0. Zero has none.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

// decimalOf reads a number as scanNumber takes it. An exponent that is beyond counting
// stays what it is: no canonical text has one.
func decimalOf(text string) decimal {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	d := decimal{negative: negative, digits: strings.TrimLeft(whole+fraction, "0")}
	if d.digits == "" {
		return decimal{}
	}
	if exponent != "" {
		n, err := strconv.Atoi(exponent)
		if err != nil || n > maxExponent || n < -maxExponent {
			n = maxExponent
		}
		d.exponent = n
	}
	trimmed := strings.TrimRight(d.digits, "0")
	d.exponent += len(d.digits) - len(trimmed) - len(fraction)
	d.digits = trimmed
	return d
}

// maxExponent is beyond those of texts that Limits let through and binary64 holds.
const maxExponent = 1 << 30

// Inexact returns where in v, as a JSON Pointer, the first number stands that was
// decoded from a text that says another number, and that text. The canonical form,
// which is what is signed, does not have it: a reader who counts exactly would be
// shown one number and another would be signed. Integers are the numbers to mind;
// of a fraction the digits that binary64 provides are enough. found is false where
// all numbers are what they were written as, and for what was not decoded.
func (v Value) Inexact() (pointer, text string, found bool) {
	if v.node == nil || v.kind != KindNumber && v.node.raw != "" {
		return "", "", false
	}
	if v.kind == KindNumber {
		return "", v.node.raw, true
	}
	for i, m := range v.node.items {
		if rest, text, found := m.Value.Inexact(); found {
			name := m.Name
			if v.kind == KindArray {
				name = strconv.Itoa(i)
			}
			return "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name) + rest, text, true
		}
	}
	return "", "", false
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
