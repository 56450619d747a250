package jcs

import (
	"iter"
	"strconv"
)

// Kind is the type of a JSON value.
type Kind uint8

// The six types of JSON.
const (
	KindNull Kind = iota
	KindBool
	KindNumber
	KindString
	KindArray
	KindObject
)

func (k Kind) String() string {
	switch k {
	case KindNull:
		return "null"
	case KindBool:
		return "boolean"
	case KindNumber:
		return "number"
	case KindString:
		return "string"
	case KindArray:
		return "array"
	default:
		return "object"
	}
}

// Value is one JSON value. It is immutable and may be copied and shared between
// goroutines; a part of a decoded Value keeps the whole text alive. The zero
// Value is null. Compare with Equal, not with ==.
type Value struct {
	// text is the content of a string, unescaped, or the canonical text of a
	// boolean or number; empty for the other kinds.
	text string
	// node holds the parts of an array or object; nil when there are none.
	node *node
	kind Kind
	// plain: text is a string that needs no escapes.
	plain bool
}

// Member is one name and value of an object.
type Member struct {
	Name  string
	Value Value
}

// node is the inside of an array (whose items have no names) or of an object
// (whose items are in canonical order, names distinct).
type node struct {
	items []Member
	// raw is the canonical text of the whole array or object, where the decoded
	// text already was canonical; else empty. Of a number, which only has a node where
	// Inexact finds it, raw is the decoded text.
	raw string
	// plain: no name needs escapes.
	plain bool
}

// maxSafe bounds the integers that binary64 holds exactly (RFC 7493, 2.2).
const maxSafe = 1 << 53

// Kind returns the type of v.
func (v Value) Kind() Kind { return v.kind }

// IsObject reports whether v is an object.
func (v Value) IsObject() bool { return v.kind == KindObject }

// IsArray reports whether v is an array.
func (v Value) IsArray() bool { return v.kind == KindArray }

// IsString reports whether v is a string.
func (v Value) IsString() bool { return v.kind == KindString }

// Str returns the content of a string; false for other kinds.
func (v Value) Str() (string, bool) {
	if v.kind != KindString {
		return "", false
	}
	return v.text, true
}

// Bool returns a boolean; ok is false for other kinds.
func (v Value) Bool() (value, ok bool) {
	return v.kind == KindBool && v.text == textTrue, v.kind == KindBool
}

// Int returns a number that is an integer within ±2^53; false for anything else.
func (v Value) Int() (int64, bool) {
	if v.kind != KindNumber {
		return 0, false
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	if err != nil || n > maxSafe || n < -maxSafe {
		return 0, false
	}
	return n, true
}

// Float returns a number; false for other kinds.
func (v Value) Float() (float64, bool) {
	if v.kind != KindNumber {
		return 0, false
	}
	f, err := strconv.ParseFloat(v.text, 64)
	return f, err == nil
}

// items returns the parts of an array or object. Callers must not modify them.
func (v Value) items() []Member {
	if v.node == nil {
		return nil
	}
	return v.node.items
}

// Len returns the number of elements or members; 0 for scalars.
func (v Value) Len() int { return len(v.items()) }

// At returns element i of an array, and null where there is none.
func (v Value) At(i int) Value {
	if v.kind != KindArray || i < 0 || i >= v.Len() {
		return Value{}
	}
	return v.node.items[i].Value
}

// Get returns the member called name; false if v is no object or lacks it.
func (v Value) Get(name string) (Value, bool) {
	if v.kind != KindObject {
		return Value{}, false
	}
	i, found := find(v.items(), name)
	if !found {
		return Value{}, false
	}
	return v.node.items[i].Value, true
}

// GetString returns the member called name if it is a string.
func (v Value) GetString(name string) (string, bool) {
	m, _ := v.Get(name)
	return m.Str()
}

// Members iterates over an object in canonical order; over nothing for other kinds.
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if v.kind != KindObject {
			return
		}
		for _, m := range v.items() {
			if !yield(m.Name, m.Value) {
				return
			}
		}
	}
}

// Elems iterates over an array; over nothing for other kinds.
func (v Value) Elems() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if v.kind != KindArray {
			return
		}
		for _, m := range v.items() {
			if !yield(m.Value) {
				return
			}
		}
	}
}

// Values counts the scalars, arrays and objects in v, v itself included: what
// Limits.Values bounds.
func (v Value) Values() int {
	n := 1
	for _, m := range v.items() {
		n += m.Value.Values()
	}
	return n
}

// Equal reports whether v and w have the same canonical form.
func (v Value) Equal(w Value) bool {
	if v.kind != w.kind || v.text != w.text || v.Len() != w.Len() {
		return false
	}
	if v.node == w.node {
		return true
	}
	a, b := v.items(), w.items()
	for i := range a {
		if a[i].Name != b[i].Name || !a[i].Value.Equal(b[i].Value) {
			return false
		}
	}
	return true
}
