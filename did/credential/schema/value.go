package schema

import (
	"encoding/json"

	"github.com/tabard-id/tabard/did/jcs"
)

// plain returns a value as the library wants it. Numbers stay exact decimals.
func plain(v jcs.Value) any {
	switch v.Kind() {
	case jcs.KindBool:
		b, _ := v.Bool()
		return b
	case jcs.KindNumber:
		return json.Number(v.Canonical())
	case jcs.KindString:
		s, _ := v.Str()
		return s
	case jcs.KindArray:
		list := make([]any, 0, v.Len())
		for item := range v.Elems() {
			list = append(list, plain(item))
		}
		return list
	case jcs.KindObject:
		object := make(map[string]any, v.Len())
		for name, member := range v.Members() {
			object[name] = plain(member)
		}
		return object
	default:
		return nil
	}
}

// countValues counts values up to one more than limit.
func countValues(v jcs.Value, limit int) int {
	n := 1
	for item := range v.Elems() {
		if n > limit {
			return n
		}
		n += countValues(item, limit-n)
	}
	for _, member := range v.Members() {
		if n > limit {
			return n
		}
		n += countValues(member, limit-n)
	}
	return n
}
