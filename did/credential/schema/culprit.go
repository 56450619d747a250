package schema

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// maxDetail bounds what is told of a failure, and each part of it.
const maxDetail = 300

// culprit puts into one line what does not fit: where, by which keyword and why.
func culprit(path, keyword, detail string) string {
	parts := make([]string, 0, 3)
	for _, part := range []string{path, keyword} {
		if part != "" {
			parts = append(parts, cut(part))
		}
	}
	// The library begins some of its sentences with the keyword.
	detail = strings.TrimPrefix(detail, keyword+": ")
	return strings.Join(append(parts, cut(detail)), ": ")
}

// mismatch tells one of the places where an instance does not fit: of all leaves of
// the library's tree, the first in the order of their pointers.
func mismatch(err error) error {
	var tree *jsonschema.ValidationError
	if !errors.As(err, &tree) {
		return stopped(err)
	}
	path, leaf := first(tree)
	if cycle, ok := leaf.ErrorKind.(*kind.RefCycle); ok {
		return fmt.Errorf("%w: references to %.200s go in a circle", ErrInvalid, oneLine(cycle.URL))
	}
	keyword, detail := told(leaf)
	return &MismatchError{Path: cut(path), Keyword: keyword, Detail: cut(detail)}
}

// unusable tells in one line why a schema does not compile. path is one in the schema.
func unusable(err error) error {
	var invalid *jsonschema.SchemaValidationError
	var tree *jsonschema.ValidationError
	var expression *jsonschema.InvalidRegexError
	var elsewhere *jsonschema.LoadURLError
	switch {
	case errors.As(err, &invalid) && errors.As(invalid.Err, &tree):
		path, leaf := first(tree)
		keyword, detail := told(leaf)
		if format, ok := leaf.ErrorKind.(*kind.Format); ok && format.Want == "regex" {
			return fmt.Errorf("%w: %s", reasonOf(format.Err), culprit(path, "", detail))
		}
		return fmt.Errorf("%w: %s", ErrInvalid, culprit(path, keyword, detail))
	case errors.As(err, &expression):
		return fmt.Errorf("%w: the regular expression %q: %s", reasonOf(expression.Err), cut(expression.Regex), cut(expression.Err.Error()))
	case errors.As(err, &elsewhere):
		return fmt.Errorf("%w: it refers to %q, and nothing is loaded for it", ErrInvalid, cut(elsewhere.URL))
	}
	return fmt.Errorf("%w: %s", ErrInvalid, cut(err.Error()))
}

// reasonOf tells expressions that are none from those of ECMA-262 that take more than
// linear time to match, or that Go spells otherwise: lookaround and back-references.
func reasonOf(err error) error {
	var failed *syntax.Error
	if errors.As(err, &failed) {
		switch failed.Code {
		case syntax.ErrInvalidPerlOp, syntax.ErrInvalidEscape, syntax.ErrInvalidRepeatSize:
			return ErrUnsupported
		case syntax.ErrInvalidNamedCapture: // what Go takes lookbehind for
			if strings.HasPrefix(failed.Expr, "(?<=") || strings.HasPrefix(failed.Expr, "(?<!") {
				return ErrUnsupported
			}
		}
	}
	return ErrInvalid
}

// told is the keyword that a leaf is about, and what it says.
func told(leaf *jsonschema.ValidationError) (keyword, detail string) {
	if path := leaf.ErrorKind.KeywordPath(); len(path) > 0 {
		keyword = path[0]
	}
	detail = leaf.ErrorKind.LocalizedString(message.NewPrinter(language.English))
	switch what := leaf.ErrorKind.(type) {
	case *kind.FalseSchema:
		detail = "nothing is allowed here"
	case *kind.Schema, *kind.Group, *kind.Reference:
		detail = "does not fit" // the library names its own metaschema
	case *kind.Format:
		if failed := new(syntax.Error); errors.As(what.Err, &failed) {
			detail = fmt.Sprintf("not a regular expression that can be evaluated here: %v", what.Err)
		}
	}
	return keyword, oneLine(detail)
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

// oneLine takes line ends and other control characters out of what a stranger wrote.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
}

func cut(s string) string {
	s = oneLine(s)
	if len(s) <= maxDetail {
		return s
	}
	return strings.ToValidUTF8(s[:maxDetail], "") + "…"
}
