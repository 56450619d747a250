package schema

import (
	"encoding/json"
	"errors"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// meterVocabulary names the vocabulary through which every subschema is seen while it
// is compiled. It defines no keyword.
const meterVocabulary = "https://tabard.id/schema/meter"

// meter counts the work of one evaluation. The library has no bound of its own, so
// that every compiled subschema is given a format that counts before anything else
// is looked at, and gives up by a panic: no way out of an evaluation is shorter.
type meter struct {
	left     int
	patterns int
	counted  []counted
}

// counted is a compiled subschema and what one look at it costs.
type counted struct {
	schema *jsonschema.Schema
	weight int
}

// collect remembers a subschema while it is being compiled.
func (m *meter) collect(ctx *jsonschema.CompilerContext, obj map[string]any) (jsonschema.SchemaExt, error) {
	if len(m.counted) >= maxSubschemas {
		return nil, errors.New("too many subschemas")
	}
	m.counted = append(m.counted, counted{ctx.Enqueue(nil), weigh(obj)})
	return nil, nil
}

// weigh estimates the cost of looking at a subschema, those below it apart: one for
// each keyword and for each item of a keyword's value; all of what is compared whole.
func weigh(obj map[string]any) int {
	weight := 1
	for keyword, value := range obj {
		switch keyword {
		case "const", "enum":
			weight += size(value)
			continue
		}
		weight++
		switch value := value.(type) {
		case map[string]any:
			weight += len(value)
		case []any:
			weight += len(value)
		}
	}
	return weight
}

func size(value any) int {
	n := 1
	switch value := value.(type) {
	case string:
		n += len(value) / bytesPerUnit
	case json.Number:
		n += exponent(value) / tensPerUnit
	case map[string]any:
		for _, v := range value {
			n += size(v)
		}
	case []any:
		for _, v := range value {
			n += size(v)
		}
	}
	return n
}

// bytesPerUnit is how much of a string costs one unit to read; tensPerUnit how many
// powers of ten, since numbers are compared as fractions.
const (
	bytesPerUnit = 64
	tensPerUnit  = 32
)

// exponent is the size of a number's exponent.
func exponent(n json.Number) int {
	_, digits, ok := strings.Cut(string(n), "e")
	if !ok {
		return 0
	}
	power, err := strconv.Atoi(digits)
	if err != nil {
		return 0 // out of the question: the number is canonical
	}
	return max(power, -power)
}

// distinctness is what it costs to find out whether items are unique: each of a few is
// compared with each other one, many are hashed; either way with all that is in them.
func distinctness(items []any) int {
	const few = 20
	n := size(items)
	if len(items) <= few {
		n *= max(len(items)-1, 1)
	}
	return n
}

// install puts the counting format into every subschema.
func (m *meter) install() {
	for _, c := range m.counted {
		original := c.schema.Format
		name := ""
		if original != nil {
			name = original.Name
		}
		c.schema.Format = &jsonschema.Format{Name: name, Validate: func(v any) error {
			m.spend(c.weight + width(v))
			if items, ok := v.([]any); ok && c.schema.UniqueItems {
				m.spend(distinctness(items))
			}
			switch {
			case original == nil:
				return nil
			case name == "regex":
				return m.checkRegexp(v)
			}
			return original.Validate(v)
		}}
	}
	m.counted = nil
}

// width is what the members, items or bytes of an instance cost.
func width(v any) int {
	switch v := v.(type) {
	case string:
		return len(v) / bytesPerUnit
	case map[string]any:
		return len(v)
	case []any:
		return len(v)
	}
	return 0
}

func (m *meter) spend(units int) {
	if m.left -= units; m.left < 0 {
		panic(ErrWork)
	}
}

// Limits on regular expressions: the states of one, and of all in a schema.
const (
	maxPattern  = 1024
	maxStates   = 2048
	maxPatterns = 16384
)

// bounded is a regular expression whose matching is counted. Go's take time in the
// length of the text times the number of states.
type bounded struct {
	*regexp.Regexp
	meter  *meter
	states int
}

func (b bounded) MatchString(s string) bool {
	b.meter.spend(1 + len(s)*b.states/(bytesPerUnit*4))
	return b.Regexp.MatchString(s)
}

// compileRegexp refuses expressions of too many states before they are built.
func (m *meter) compileRegexp(pattern string) (jsonschema.Regexp, error) {
	n, err := states(pattern)
	if err != nil {
		return nil, err
	}
	if m.patterns += n; m.patterns > maxPatterns {
		return nil, errors.New("the regular expressions of the schema are too large")
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	return bounded{re, m, n}, nil
}

// checkRegexp is the format "regex".
func (m *meter) checkRegexp(v any) error {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	_, err := states(s)
	return err
}

// states parses an expression and counts the states it unfolds to.
func states(pattern string) (int, error) {
	if len(pattern) > maxPattern {
		return 0, errors.New("the regular expression is too long")
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0, err
	}
	n := unfolded(re)
	if n > maxStates {
		return 0, errors.New("the regular expression is too large")
	}
	return n, nil
}

func unfolded(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		n = min(n+unfolded(sub), maxStates+1)
	}
	if re.Op == syntax.OpRepeat {
		n = min(n*max(re.Min, re.Max, 1), maxStates+1)
	}
	return n
}
