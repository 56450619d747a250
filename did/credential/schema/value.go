package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

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

// maxDetail bounds what is told of a mismatch.
const maxDetail = 300

// mismatch tells one of the places where an instance does not fit: of all leaves of
// the library's tree, the first in the order of their pointers.
func mismatch(err error) error {
	var tree *jsonschema.ValidationError
	if !errors.As(err, &tree) {
		return stopped(err)
	}
	path, leaf := first(tree)
	if cycle, ok := leaf.ErrorKind.(*kind.RefCycle); ok {
		return fmt.Errorf("%w: references to %.200s go in a circle", ErrInvalid, cycle.URL)
	}
	detail := leaf.ErrorKind.LocalizedString(message.NewPrinter(language.English))
	return &MismatchError{Path: cut(path), Detail: cut(detail)}
}

func first(e *jsonschema.ValidationError) (string, *jsonschema.ValidationError) {
	if len(e.Causes) == 0 {
		return pointer(e.InstanceLocation), e
	}
	path, leaf := first(e.Causes[0])
	for _, cause := range e.Causes[1:] {
		if p, l := first(cause); p < path {
			path, leaf = p, l
		}
	}
	return path, leaf
}

var escape = strings.NewReplacer("~", "~0", "/", "~1")

func pointer(location []string) string {
	var b strings.Builder
	for _, token := range location {
		b.WriteByte('/')
		b.WriteString(escape.Replace(token))
	}
	return b.String()
}

func cut(s string) string {
	if len(s) <= maxDetail {
		return s
	}
	return strings.ToValidUTF8(s[:maxDetail], "") + "…"
}
