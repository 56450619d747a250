package jcs

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// FromString returns a string value. Bytes that are not UTF-8 become U+FFFD, so
// that every Value can be written as JSON.
func FromString(s string) Value {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return Value{kind: KindString, text: s, plain: isPlain(s)}
}

// FromInt returns a number. Beyond ±2^53 it is the nearest binary64.
func FromInt(n int64) Value {
	if n <= maxSafe && n >= -maxSafe {
		return Value{kind: KindNumber, text: strconv.FormatInt(n, 10)}
	}
	return Value{kind: KindNumber, text: string(appendFloat(nil, float64(n)))}
}

// FromBool returns a boolean.
func FromBool(b bool) Value {
	if b {
		return Value{kind: KindBool, text: textTrue}
	}
	return Value{kind: KindBool, text: textFalse}
}

// Object returns an object of the given members, in any order. It panics if two
// have the same name, which is a programmer's error: names that come from
// outside are added by With.
func Object(members ...Member) Value {
	items := make([]Member, len(members))
	for i, m := range members {
		items[i] = Member{Name: strings.ToValidUTF8(m.Name, "\uFFFD"), Value: m.Value}
	}
	sortItems(items)
	if name, dup := firstDuplicate(items); dup {
		panic(fmt.Sprintf("jcs: duplicate member %q", name))
	}
	return object(items)
}

// object makes an object of members that are sorted and distinct; it owns items.
func object(items []Member) Value {
	if len(items) == 0 {
		return Value{kind: KindObject}
	}
	plain := true
	for i := range items {
		plain = plain && isPlain(items[i].Name)
	}
	return Value{kind: KindObject, node: &node{items: items, plain: plain}}
}

// Array returns an array of the given elements.
func Array(elems ...Value) Value {
	if len(elems) == 0 {
		return Value{kind: KindArray}
	}
	items := make([]Member, len(elems))
	for i, e := range elems {
		items[i].Value = e
	}
	return Value{kind: KindArray, node: &node{items: items}}
}

// With returns v with the member name set to x. A v that is not an object
// counts as the empty one. v is not modified.
func (v Value) With(name string, x Value) Value {
	name = strings.ToValidUTF8(name, "\uFFFD")
	var old []Member
	if v.kind == KindObject {
		old = v.items()
	}
	i, found := find(old, name)
	rest := i
	if found {
		rest++
	}
	items := make([]Member, 0, len(old)+1)
	items = append(items, old[:i]...)
	items = append(items, Member{Name: name, Value: x})
	items = append(items, old[rest:]...)
	if v.node != nil && v.kind == KindObject {
		plain := v.node.plain && isPlain(name)
		return Value{kind: KindObject, node: &node{items: items, plain: plain}}
	}
	return object(items)
}

// Without returns v without the members of those names. v is not modified, and
// returned as it is when it has none of them.
func (v Value) Without(names ...string) Value {
	if v.kind != KindObject || v.node == nil {
		return v
	}
	drop := 0
	for _, name := range names {
		if _, found := find(v.node.items, name); found {
			drop++
		}
	}
	if drop == 0 {
		return v
	}
	items := make([]Member, 0, len(v.node.items))
	for _, m := range v.node.items {
		if !contains(names, m.Name) {
			items = append(items, m)
		}
	}
	if len(items) == 0 {
		return Value{kind: KindObject}
	}
	return Value{kind: KindObject, node: &node{items: items, plain: v.node.plain}}
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

// MarshalJSON returns the canonical form. Note that json.Marshal then escapes
// <, > and & in it; what is hashed or signed comes from Canonical or Append.
func (v Value) MarshalJSON() ([]byte, error) { return v.Canonical(), nil }

// UnmarshalJSON decodes strictly, under DefaultLimits.
func (v *Value) UnmarshalJSON(data []byte) error {
	decoded, err := Decode(data)
	if err != nil {
		return err
	}
	*v = decoded
	return nil
}

// Marshal returns the canonical form of what encoding/json makes of x.
func Marshal(x any) ([]byte, error) {
	if v, ok := x.(Value); ok {
		return v.Canonical(), nil
	}
	data, err := json.Marshal(x)
	if err != nil {
		return nil, fmt.Errorf("marshal %T: %w", x, err)
	}
	return Transform(data)
}

// Transform returns the canonical form of a strict JSON text, under DefaultLimits.
func Transform(data []byte) ([]byte, error) {
	v, err := Decode(data)
	if err != nil {
		return nil, err
	}
	return v.Canonical(), nil
}
