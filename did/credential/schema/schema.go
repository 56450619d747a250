package schema

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/tabard-id/tabard/did/jcs"
)

// Limits on what is compiled and evaluated.
const (
	// MaxBytes is the longest text of a schema.
	MaxBytes = 64 << 10
	// maxValues is how many JSON values a schema has.
	maxValues = 8192
	// maxSubschemas is how many of them may be schemas: each costs time with each
	// other one when they are compiled.
	maxSubschemas = 4096
	// MaxWork is how many units one evaluation may take. A unit is about one keyword
	// looked at, or one member or item of the instance.
	MaxWork = 100_000
)

// Reasons for which there is no answer, to be compared with errors.Is.
var (
	// ErrInvalid: the schema is none, or too large, or refers to what it does not hold.
	ErrInvalid = errors.New("not a usable JSON Schema")
	// ErrUnsupported: the schema is of a version that is not supported here, or has
	// regular expressions that are not. VC JSON Schema calls the outcome indeterminate.
	ErrUnsupported = errors.New("unsupported JSON Schema")
	// ErrWork: evaluating the schema takes more work than is allowed.
	ErrWork = errors.New("the schema takes too much work")
)

// MismatchError says where an instance is not what the schema demands.
type MismatchError struct {
	// Path is a JSON Pointer (RFC 6901), "" for the whole.
	Path string
	// Keyword is the one of the schema that the instance does not satisfy; "" where a
	// subschema is false.
	Keyword string
	Detail  string
}

// Error is one line: the path, the keyword and what is wrong.
func (e *MismatchError) Error() string { return culprit(e.Path, e.Keyword, e.Detail) }

// Options say how schemas are read.
type Options struct {
	// AssertFormats holds instances to format in 2019-09 and 2020-12 as well, where it is
	// an annotation (JSON Schema Validation 2020-12, 7.2.1). In draft 7 it always asserts.
	AssertFormats bool
}

// Schema is a compiled JSON Schema. Safe for concurrent use; evaluations take turns.
type Schema struct {
	mu       sync.Mutex
	compiled *jsonschema.Schema
	meter    *meter
}

// versions are the values of $schema that are supported, without the empty fragment
// and the scheme.
var versions = map[string]*jsonschema.Draft{
	"json-schema.org/draft/2020-12/schema": jsonschema.Draft2020,
	"json-schema.org/draft/2019-09/schema": jsonschema.Draft2019,
	"json-schema.org/draft-07/schema":      jsonschema.Draft7,
}

// Compile reads the schema found at url, strict JSON of at most MaxBytes. A schema
// without $schema is none (VC JSON Schema, 4). Errors wrap ErrInvalid or
// ErrUnsupported.
func Compile(url string, data []byte) (*Schema, error) { return Options{}.Compile(url, data) }

// Compile is the function of that name, with options.
func (o Options) Compile(url string, data []byte) (*Schema, error) {
	v, err := jcs.Limits{Bytes: MaxBytes, Values: maxValues}.Decode(jcs.TrimBOM(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return o.CompileValue(url, v)
}

// CompileValue is Compile for a schema that was decoded as part of something larger.
func (o Options) CompileValue(url string, v jcs.Value) (*Schema, error) {
	if n := countValues(v, maxValues); n > maxValues {
		return nil, fmt.Errorf("%w: it has too many values", ErrInvalid)
	}
	if err := checkVersion(v); err != nil {
		return nil, err
	}
	return o.compile(url, v)
}

// checkVersion reads $schema.
func checkVersion(v jcs.Value) error {
	version, ok := v.GetString("$schema")
	if !ok {
		return fmt.Errorf("%w: it has no $schema", ErrInvalid)
	}
	name := strings.TrimSuffix(version, "#")
	name = strings.TrimPrefix(strings.TrimPrefix(name, "http://"), "https://")
	if versions[name] == nil {
		return fmt.Errorf("%w: $schema is %.100s", ErrUnsupported, version)
	}
	return nil
}

// compile hands the schema to the library, which panics on some schemas that its
// checks let through.
func (o Options) compile(url string, v jcs.Value) (s *Schema, err error) {
	defer func() {
		if r := recover(); r != nil {
			s, err = nil, stopped(r)
		}
	}()
	m := &meter{}
	c := jsonschema.NewCompiler()
	c.UseLoader(nil)
	if o.AssertFormats {
		c.AssertFormat()
	}
	c.AssertVocabs()
	c.UseRegexpEngine(m.compileRegexp)
	c.RegisterVocabulary(&jsonschema.Vocabulary{URL: meterVocabulary, Compile: m.collect})
	if err := c.AddResource(url, plain(v)); err != nil {
		return nil, unusable(err)
	}
	compiled, err := c.Compile(url)
	if err != nil {
		return nil, unusable(err)
	}
	m.install()
	return &Schema{compiled: compiled, meter: m}, nil
}

// Validate evaluates the schema on an instance. Errors are a *MismatchError, or wrap
// ErrWork, or ErrInvalid where it turns out only now that the schema is none.
func (s *Schema) Validate(instance jcs.Value) error {
	_, err := s.ValidateWithin(instance, MaxWork)
	return err
}

// ValidateWithin is Validate with no more than work units, and at most MaxWork. It
// returns how many it took.
func (s *Schema) ValidateWithin(instance jcs.Value, work int) (took int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	work = min(work, MaxWork)
	s.meter.left = work
	defer func() {
		if r := recover(); r != nil {
			err = stopped(r)
		}
		took = work - max(s.meter.left, 0)
	}()
	if failure := s.compiled.Validate(plain(instance)); failure != nil {
		return 0, mismatch(failure)
	}
	return 0, nil
}

// stopped makes an error of a panic: our own, or one of the library's.
func stopped(r any) error {
	if err, ok := r.(error); ok && errors.Is(err, ErrWork) {
		return err
	}
	return fmt.Errorf("%w: %.200v", ErrInvalid, r)
}
