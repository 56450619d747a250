package schema_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/credential/schema"
	"github.com/tabard-id/tabard/did/jcs"
)

const (
	url   = "https://example.com/schema.json"
	d2020 = "https://json-schema.org/draft/2020-12/schema"
)

func decode(t testing.TB, s string) jcs.Value {
	t.Helper()
	v, err := jcs.Decode([]byte(s))
	if err != nil {
		t.Fatalf("%v in %s", err, s)
	}
	return v
}

func TestValidate(t *testing.T) {
	email := `"properties":{"credentialSubject":{"type":"object","properties":{"email":{"type":"string","format":"email"}},"required":["email"]}}`
	for _, tt := range []struct{ name, schema, instance, path string }{
		{"2020-12", `{"$schema":"` + d2020 + `",` + email + `}`, `{"credentialSubject":{"email":"a@example.com"}}`, "ok"},
		{"format is an annotation", `{"$schema":"` + d2020 + `",` + email + `}`, `{"credentialSubject":{"email":"not an email"}}`, "ok"},
		{"required", `{"$schema":"` + d2020 + `",` + email + `}`, `{"credentialSubject":{}}`, "/credentialSubject"},
		{"2019-09", `{"$schema":"https://json-schema.org/draft/2019-09/schema",` + email + `}`, `{"credentialSubject":{"email":1}}`, "/credentialSubject/email"},
		{"format is an annotation in 2019-09", `{"$schema":"https://json-schema.org/draft/2019-09/schema",` + email + `}`, `{"credentialSubject":{"email":"x"}}`, "ok"},
		{"draft-07 with fragment", `{"$schema":"http://json-schema.org/draft-07/schema#",` + email + `}`, `{"credentialSubject":{"email":"x"}}`, "/credentialSubject/email"},
		{"id of its own", `{"$id":"name-schema","$schema":"` + d2020 + `","type":"object"}`, `{}`, "ok"},
		{"reference to itself", `{"$id":"https://other.example/s","$schema":"` + d2020 + `","properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"type":"string"}}}`, `{"a":1}`, "/a"},
		{"dynamic reference", `{"$id":"https://o.example/tree","$schema":"` + d2020 + `","$dynamicAnchor":"node","type":"object","properties":{"data":true,"children":{"type":"array","items":{"$dynamicRef":"#node"}}}}`, `{"children":[{"children":[1]}]}`, "/children/0/children/0"},
		{"pattern", `{"$schema":"` + d2020 + `","properties":{"a":{"pattern":"^a{3}$"}}}`, `{"a":"aa"}`, "/a"},
		{"number", `{"$schema":"` + d2020 + `","properties":{"a":{"multipleOf":0.01}}}`, `{"a":0.29}`, "ok"},
		{"false", `{"$schema":"` + d2020 + `","properties":{"a":false}}`, `{"a":0.29}`, "/a"},
		{"unevaluated", `{"$schema":"` + d2020 + `","allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false}`, `{"a":1,"b":2}`, "/b"},
		{"format is asserted in draft-07", `{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"format":"date-time"}}}`, `{"a":"2024-01-01T00:00:00"}`, "/a"},
		{"byte order mark", "\ufeff" + `{"$schema":"` + d2020 + `","properties":{"a":{"type":"string"}}}`, `{"a":1}`, "/a"},
		{"regex format", `{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"format":"regex"}}}`, `{"a":"("}`, "/a"},
		{"escaped pointer", `{"$schema":"` + d2020 + `","properties":{"a/b":{"type":"string"}}}`, `{"a/b":1}`, "/a~1b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := schema.Compile(url, []byte(tt.schema))
			if err != nil {
				t.Fatal(err)
			}
			err = s.Validate(decode(t, tt.instance))
			var m *schema.MismatchError
			switch {
			case tt.path == "ok" && err != nil:
				t.Error(err)
			case tt.path != "ok" && (!errors.As(err, &m) || m.Path != tt.path || m.Detail == ""):
				t.Errorf("%v, want a mismatch at %s", err, tt.path)
			}
		})
	}
}

// TestAssertFormats: where asked for, a format holds in every draft; that of another
// schema remembered is not taken for it.
func TestAssertFormats(t *testing.T) {
	text := []byte(`{"$schema":"` + d2020 + `","properties":{"a":{"format":"date-time"}}}`)
	instance := decode(t, `{"a":"2024-01-01T00:00:00"}`)
	cache := schema.NewCache(2)
	for range 2 {
		annotated, err := cache.Compile(url, text, schema.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := annotated.Validate(instance); err != nil {
			t.Errorf("an annotation: %v", err)
		}
		asserted, err := cache.Compile(url, text, schema.Options{AssertFormats: true})
		if err != nil {
			t.Fatal(err)
		}
		var m *schema.MismatchError
		if err := asserted.Validate(instance); !errors.As(err, &m) || m.Path != "/a" || m.Keyword != "format" {
			t.Errorf("asserted: %v", err)
		}
	}
}

// TestErrorsNameTheCulprit: in one line, the path, the keyword and what is wrong, and
// nothing of the library's insides.
func TestErrorsNameTheCulprit(t *testing.T) {
	head := `{"$schema":"` + d2020 + `",`
	nested := head + `"properties":{"credentialSubject":{"properties":{"t":%s}}}}`
	for _, tt := range []struct{ name, schema, instance, want string }{
		{"required", head + `"properties":{"a":{"required":["b"]}}}`, `{"a":{}}`, "/a: required: missing property 'b'"},
		{"length", head + `"properties":{"a":{"minLength":3}}}`, `{"a":"x"}`, "/a: minLength: got 1, want 3"},
		{"false", head + `"properties":{"a":false}}`, `{"a":1}`, "/a: nothing is allowed here"},
		{"line ends", head + `"properties":{"a":{"const":"x\ny"}}}`, `{"a":"1\n2"}`, "/a: const: "},
		{"pattern", fmt.Sprintf(nested, `{"pattern":"^(?!did:)[a-z]+$"}`), "", "unsupported JSON Schema: /properties/credentialSubject/properties/t/pattern: "},
		{"pattern that is none", fmt.Sprintf(nested, `{"pattern":"("}`), "", "not a usable JSON Schema: /properties/credentialSubject/properties/t/pattern: "},
		{"type", fmt.Sprintf(nested, `{"type":"banana"}`), "", "not a usable JSON Schema: /properties/credentialSubject/properties/t/type: "},
		{"property name", head + `"patternProperties":{"(?=a)":true}}`, "", "unsupported JSON Schema: "},
		{"reference", fmt.Sprintf(nested, `{"$ref":"https://example.com/other.json"}`), "", "it refers to \"https://example.com/other.json\""},
		{"root", head + `"type":1}`, "", "not a usable JSON Schema: /type: "},
	} {
		s, err := schema.Compile(url, []byte(tt.schema))
		if err == nil && tt.instance != "" {
			err = s.Validate(decode(t, tt.instance))
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "urn:") || strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, schema string
		want         error
	}{
		{"not JSON", `{`, schema.ErrInvalid},
		{"duplicate member", `{"$schema":"` + d2020 + `","type":"object","type":"string"}`, schema.ErrInvalid},
		{"no $schema", `{"type":"object"}`, schema.ErrInvalid},
		{"$schema not a string", `{"$schema":1}`, schema.ErrInvalid},
		{"array", `[]`, schema.ErrInvalid},
		{"unknown version", `{"$schema":"https://json-schema.org/draft/2030-01/schema"}`, schema.ErrUnsupported},
		{"draft-04", `{"$schema":"http://json-schema.org/draft-04/schema#"}`, schema.ErrUnsupported},
		{"own metaschema", `{"$schema":"https://example.com/meta"}`, schema.ErrUnsupported},
		{"keyword of the wrong type", `{"$schema":"` + d2020 + `","type":"banana"}`, schema.ErrInvalid},
		{"reference over the network", `{"$schema":"` + d2020 + `","$ref":"https://example.com/other.json"}`, schema.ErrInvalid},
		{"reference to a file", `{"$schema":"` + d2020 + `","$ref":"file:///etc/passwd"}`, schema.ErrInvalid},
		{"reference to nowhere", `{"$schema":"` + d2020 + `","$ref":"#/$defs/none"}`, schema.ErrInvalid},
		{"expression does not parse", `{"$schema":"` + d2020 + `","pattern":"("}`, schema.ErrInvalid},
		{"expression with lookahead", `{"$schema":"` + d2020 + `","pattern":"(?=a)"}`, schema.ErrUnsupported},
		{"expression with lookbehind", `{"$schema":"` + d2020 + `","pattern":"(?<!a)b"}`, schema.ErrUnsupported},
		{"expression with a back-reference", `{"$schema":"` + d2020 + `","patternProperties":{"(a)\\1":true}}`, schema.ErrUnsupported},
		{"expression too large", `{"$schema":"` + d2020 + `","pattern":"(a{100}){10}(a{100}){10}(a{100}){10}"}`, schema.ErrInvalid},
		{"too large", `{"$schema":"` + d2020 + `","description":"` + strings.Repeat("x", schema.MaxBytes) + `"}`, schema.ErrInvalid},
		{"too many values", `{"$schema":"` + d2020 + `","enum":[` + strings.Repeat("1,", 9000) + `1]}`, schema.ErrInvalid},
		{"too deep", `{"$schema":"` + d2020 + `","not":` + strings.Repeat(`{"not":`, 40) + `true` + strings.Repeat(`}`, 40) + `}`, schema.ErrInvalid},
		{"pretends to be a metaschema", `{"$id":"` + d2020 + `","$schema":"` + d2020 + `","$ref":"https://example.com/x"}`, schema.ErrInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := schema.Compile(url, []byte(tt.schema)); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

// hostile are schemas made to take time.
func hostile() map[string]string {
	var doubling, chain, wide, patterns strings.Builder
	for i := range 30 {
		fmt.Fprintf(&doubling, `"d%d":{"%s":[{"$ref":"#/$defs/d%d"},{"$ref":"#/$defs/d%d"}]},`, i, []string{"allOf", "anyOf", "oneOf"}[i%3], i+1, i+1)
	}
	for i := range 1500 {
		fmt.Fprintf(&chain, `"d%d":{"$ref":"#/$defs/d%d"},`, i, i+1)
	}
	for i := range 15 {
		fmt.Fprintf(&patterns, `"(a|b|aa|ab){%d}$":true,`, 100+i)
	}
	for i := range 900 {
		fmt.Fprintf(&wide, `{"properties":{"p%d":{"type":"string"}}},`, i)
	}
	all := `"allOf":[{"$ref":"#/$defs/d0"}],`
	return map[string]string{
		"doubling references":       all + `"$defs":{` + doubling.String() + `"d30":{"type":"object"}}`,
		"doubling that fails":       all + `"$defs":{` + doubling.String() + `"d30":{"type":"string"}}`,
		"doubling of false":         all + `"$defs":{` + doubling.String() + `"d30":false}`,
		"doubling with unevaluated": all + `"unevaluatedProperties":{"type":"string"},"$defs":{` + doubling.String() + `"d30":{"properties":{"a":true}}}`,
		"chain then doubling":       `"$ref":"#/$defs/d0","$defs":{` + chain.String() + `"d1500":{"allOf":[{"$ref":"#/$defs/e0"}]},` + strings.ReplaceAll(doubling.String(), `d`, `e`)[0:0] + strings.NewReplacer(`"d`, `"e`, `/d`, `/e`).Replace(doubling.String()) + `"e30":true}`,
		"chain":                     `"$ref":"#/$defs/d0","$defs":{` + chain.String() + `"d1500":true}`,
		"cycle":                     `"$ref":"#"`,
		"cycle of two":              `"allOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"allOf":[{"$ref":"#"},{"$ref":"#"}]}}`,
		"every member anew":         `"additionalProperties":{"anyOf":[{"$ref":"#"},{"$ref":"#"},{"$ref":"#"}]},"items":{"allOf":[{"$ref":"#"},{"$ref":"#"}]}`,
		"expressions":               `"additionalProperties":{"type":"string","pattern":"^(a|aa)+$"},"patternProperties":{` + strings.TrimSuffix(patterns.String(), ",") + `}`,
		"wide allOf":                `"allOf":[` + strings.TrimSuffix(wide.String(), ",") + `],"additionalProperties":{"$ref":"#"}`,
		"unique large items":        `"properties":{"u":{"allOf":[` + strings.Repeat(`{"uniqueItems":true},`, 2000) + `true]}}`,
		"unique items":              `"additionalProperties":{"uniqueItems":true}`,
		"dynamic doubling":          `"$id":"https://h.example/","$dynamicAnchor":"n","additionalProperties":{"allOf":[{"$dynamicRef":"#n"},{"$dynamicRef":"#n"},{"$dynamicRef":"#n"}]}`,
	}
}

// TestNoFiles: a schema that lies on this machine is as far away as any other.
func TestNoFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "schema.json")
	if err := os.WriteFile(file, []byte(`{"$schema":"`+d2020+`","type":"object"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{"file://" + file, file} {
		if _, err := schema.Compile("file:///schema.json", []byte(`{"$schema":"`+d2020+`","$ref":"`+ref+`"}`)); !errors.Is(err, schema.ErrInvalid) {
			t.Errorf("%s: %v", ref, err)
		}
	}
}

// patience is far above what the worst should take, a tenth of a second, and far below
// what it takes where nothing bounds it.
const patience = time.Minute

// TestHostile: whatever a schema asks for, it is answered or refused quickly.
func TestHostile(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 28) + `"x"` + strings.Repeat(`}`, 28)
	large := `{"s":"` + strings.Repeat("ab", 20000) + `","l":[` + strings.Repeat(`{"x":1},`, 3000) + `1]}`
	var alike string // items that differ in their last value only
	for i := range 19 {
		alike += `,[` + strings.Repeat("1e300,", 3000) + fmt.Sprint(i) + `]`
	}
	alike = `{"u":[` + alike[1:] + `]}`
	for name, body := range hostile() {
		text := `{"$schema":"` + d2020 + `",` + body + `}`
		begin := time.Now()
		s, err := schema.Compile(url, []byte(text))
		compiling := time.Since(begin)
		if err != nil {
			t.Logf("%s (%d bytes): %v after %v", name, len(text), err, compiling)
			if compiling > patience {
				t.Errorf("%s: compiling takes %v", name, compiling)
			}
			continue
		}
		for _, instance := range []string{deep, large, alike} {
			begin = time.Now()
			err = s.Validate(decode(t, instance))
			took := time.Since(begin)
			t.Logf("%s (%d bytes): compiled in %v, %v in %v", name, len(text), compiling, err, took)
			if compiling > patience || took > patience {
				t.Errorf("%s takes %v and %v", name, compiling, took)
			}
		}
	}
}

// TestUniqueItemsAreCounted: a few small ones are fine, and large ones are compared as
// often as the work allows and no more.
func TestUniqueItemsAreCounted(t *testing.T) {
	s, err := schema.Compile(url, []byte(`{"$schema":"`+d2020+`","uniqueItems":true}`))
	if err != nil {
		t.Fatal(err)
	}
	items := func(n, size int, value string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = "[" + strings.Repeat(value+",", size) + fmt.Sprint(i) + "]"
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	for _, tt := range []struct {
		name, instance string
		want           error
	}{
		{"few small ones", items(19, 100, "0"), nil},
		{"many small ones", items(3000, 10, "0"), nil},
		{"few large ones", items(19, 3000, "0"), schema.ErrWork},
		{"large exponents", items(60, 200, "1e-300"), schema.ErrWork},
	} {
		if err := s.Validate(decode(t, tt.instance)); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, body := range hostile() {
		f.Add(`{"$schema":"`+d2020+`",`+body+`}`, `{"a":{"a":["x",1]}}`)
	}
	f.Add(`{"$schema":"http://json-schema.org/draft-07/schema#","dependencies":{"a":["b"]},"items":[true,false]}`, `{"a":[1,2]}`)
	f.Fuzz(func(t *testing.T, text, instance string) {
		v, err := jcs.Decode([]byte(instance))
		if err != nil {
			return
		}
		s, err := schema.Compile(url, []byte(text))
		if err != nil {
			if !errors.Is(err, schema.ErrInvalid) && !errors.Is(err, schema.ErrUnsupported) {
				t.Errorf("%v", err)
			}
			return
		}
		first := s.Validate(v)
		if second := s.Validate(v); (first == nil) != (second == nil) {
			t.Errorf("%v, then %v", first, second)
		}
	})
}
