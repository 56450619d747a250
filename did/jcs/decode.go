package jcs

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits bound the work of decoding. A field that is zero stands for the one in
// DefaultLimits.
type Limits struct {
	// Bytes is the longest text accepted.
	Bytes int
	// Depth is how far arrays and objects may nest; a scalar has depth 0.
	Depth int
	// Values is how many values (scalars, arrays and objects) there may be.
	Values int
}

// DefaultLimits are those of Decode: 1 MiB, 32 levels, 65,536 values.
var DefaultLimits = Limits{Bytes: 1 << 20, Depth: 32, Values: 1 << 16}

// Decode reads one strict JSON text under DefaultLimits. Callers must not modify
// data as long as the Value is in use. Errors are *SyntaxError.
func Decode(data []byte) (Value, error) { return DefaultLimits.Decode(data) }

// Decode reads one strict JSON text under l. See Decode, the function.
func (l Limits) Decode(data []byte) (Value, error) {
	l = l.orDefault()
	if len(data) > l.Bytes {
		return Value{}, &SyntaxError{Offset: l.Bytes, Err: fmt.Errorf("%w: more than %d bytes", ErrTooLarge, l.Bytes)}
	}
	if !utf8.Valid(data) {
		return Value{}, syntaxError(invalidUTF8(data), "invalid UTF-8")
	}
	p := newParser(string(data), l)
	defer p.release()
	return p.text()
}

// TrimBOM returns data without the byte order mark that it may begin with. A JSON text
// must not have one, and readers may ignore it (RFC 8259, 8.1): those of what others
// serve or edit do, Decode does not.
func TrimBOM(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\ufeff")) }

func (l Limits) orDefault() Limits {
	if l.Bytes == 0 {
		l.Bytes = DefaultLimits.Bytes
	}
	if l.Depth == 0 {
		l.Depth = DefaultLimits.Depth
	}
	if l.Values == 0 {
		l.Values = DefaultLimits.Values
	}
	return l
}

func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(data)
}

// text reads the one value and nothing after it (RFC 8259, 2).
func (p *parser) text() (Value, error) {
	if strings.HasPrefix(p.src, "\uFEFF") {
		return Value{}, syntaxError(0, "byte order mark")
	}
	p.space()
	v, err := p.value(0)
	if err != nil {
		return Value{}, err
	}
	p.space()
	if p.pos != len(p.src) {
		return Value{}, syntaxError(p.pos, "data after the value")
	}
	return v, nil
}

// value reads the value at p.pos, which lies within depth arrays and objects.
func (p *parser) value(depth int) (Value, error) {
	if p.values++; p.values > p.limits.Values {
		return Value{}, &SyntaxError{Offset: p.pos, Err: fmt.Errorf("%w: more than %d values", ErrTooLarge, p.limits.Values)}
	}
	if p.pos >= len(p.src) {
		return Value{}, syntaxError(p.pos, "unexpected end")
	}
	switch c := p.src[p.pos]; {
	case c == '"':
		return p.stringValue()
	case c == '{':
		return p.object(depth + 1)
	case c == '[':
		return p.array(depth + 1)
	case c == '-' || ('0' <= c && c <= '9'):
		return p.number()
	default:
		return p.literal()
	}
}

func (p *parser) literal() (Value, error) {
	rest := p.src[p.pos:]
	switch {
	case strings.HasPrefix(rest, textTrue):
		p.pos += len(textTrue)
		return FromBool(true), nil
	case strings.HasPrefix(rest, textFalse):
		p.pos += len(textFalse)
		return FromBool(false), nil
	case strings.HasPrefix(rest, textNull):
		p.pos += len(textNull)
		return Value{}, nil
	default:
		return Value{}, syntaxError(p.pos, "no value here")
	}
}

// array reads an array, the depth-th level of nesting.
func (p *parser) array(depth int) (Value, error) {
	start, base, deviations := p.pos, len(p.stack), p.deviations
	if err := p.open(depth); err != nil {
		return Value{}, err
	}
	if p.accept(']') {
		return Value{kind: KindArray}, nil
	}
	for {
		v, err := p.value(depth)
		if err != nil {
			return Value{}, err
		}
		p.stack = append(p.stack, Member{Value: v})
		p.space()
		if p.accept(']') {
			break
		}
		if !p.accept(',') {
			return Value{}, syntaxError(p.pos, "expected , or ]")
		}
		p.space()
	}
	n := p.node(base)
	if p.deviations == deviations {
		n.raw = p.src[start:p.pos]
	}
	return Value{kind: KindArray, node: n}, nil
}

// object reads an object, the depth-th level of nesting.
func (p *parser) object(depth int) (Value, error) {
	start, base, deviations := p.pos, len(p.stack), p.deviations
	if err := p.open(depth); err != nil {
		return Value{}, err
	}
	if p.accept('}') {
		return Value{kind: KindObject}, nil
	}
	plain := true
	for {
		nameIsPlain, err := p.member(depth)
		if err != nil {
			return Value{}, err
		}
		plain = plain && nameIsPlain
		if p.accept('}') {
			break
		}
		if !p.accept(',') {
			return Value{}, syntaxError(p.pos, "expected , or }")
		}
		p.space()
	}
	if !sortItems(p.stack[base:]) {
		p.deviations++
	}
	if name, dup := firstDuplicate(p.stack[base:]); dup {
		return Value{}, &SyntaxError{Offset: start, Err: fmt.Errorf("%w %.64q in the object", ErrDuplicateName, name)}
	}
	n := p.node(base)
	n.plain = plain
	if p.deviations == deviations {
		n.raw = p.src[start:p.pos]
	}
	return Value{kind: KindObject, node: n}, nil
}

// member reads one name and value onto the stack, and the space after them.
func (p *parser) member(depth int) (plain bool, err error) {
	if p.pos >= len(p.src) || p.src[p.pos] != '"' {
		return false, syntaxError(p.pos, "expected a member name")
	}
	name, plain, err := p.string()
	if err != nil {
		return false, err
	}
	p.space()
	if !p.accept(':') {
		return false, syntaxError(p.pos, "expected :")
	}
	p.space()
	v, err := p.value(depth)
	if err != nil {
		return false, err
	}
	p.stack = append(p.stack, Member{Name: name, Value: v})
	p.space()
	return plain, nil
}
