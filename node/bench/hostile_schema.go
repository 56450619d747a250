package bench

import (
	"context"
	"fmt"
	"strings"

	"github.com/tabard-id/tabard/did/credential/schema"
	"github.com/tabard-id/tabard/did/jcs"
)

// doubled refers twice to what refers twice, and so on.
func doubled(end string, more string) string {
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, `"d%d":{"%s":[{"$ref":"#/$defs/d%d"},{"$ref":"#/$defs/d%d"}]},`, i, []string{"allOf", "anyOf", "oneOf"}[i%3], i+1, i+1)
	}
	return `"allOf":[{"$ref":"#/$defs/d0"}],` + more + `"$defs":{` + b.String() + `"d30":` + end + `}`
}

func schemaAttacks() []attack {
	deep := nest(28, `{"a":`, `"x"`, `}`)
	objects := `{"l":[` + each(16000, `{"x":#,"y":0}`) + `]}`
	alike := func(n int) string { return `{"l":[` + each(n, `[`+strings.Repeat(`0,`, 60000/n)+`#]`) + `]}` }
	numbers := `{"l":[` + each(60000, `1.7e308`) + `]}`
	long := `{"l":"` + strings.Repeat("ab", 400000) + `"}`
	words := `{"l":[` + each(8000, `"`+strings.Repeat("a", 100)+`"`) + `]}`
	members := `{"l":{` + each(30000, `"a#":1`) + `}}`
	inside := func(s string) string { return `"properties":{"l":` + s + `}` }
	var list []attack
	for _, s := range []struct {
		name             string
		refused          bool
		schema, instance string
	}{
		{"doubling", true, doubled(`{"type":"object"}`, ""), deep},
		{"doubling that fails", true, doubled(`{"type":"string"}`, ""), deep},
		{"doubling with unevaluated", true, doubled(`{"properties":{"a":true}}`, `"unevaluatedProperties":{"type":"string"},`), deep},
		{"cycle", true, `"$ref":"#"`, deep},
		{"every member anew", false, `"additionalProperties":{"anyOf":[{"$ref":"#"},{"$ref":"#"},{"$ref":"#"}]}`, deep},
		{"dynamic references", true, `"$id":"https://h.example/","$dynamicAnchor":"n","additionalProperties":{"allOf":[` + each(20, `{"$dynamicRef":"#n"}`) + `]}`, deep},
		{"1,000 subschemas that fail on a large value", true, `"allOf":[` + each(1000, `{"properties":{"l":{"items":{"type":"string"}}}}`) + `]`, objects},
		{"anyOf of 2,000 that fail", true, inside(`{"items":{"anyOf":[` + each(2000, `{"const":"#"}`) + `]}}`), objects},
		{"16,000 errors", true, inside(`{"items":{"type":"string"}}`), objects},
		{"unique among 16,000 objects", false, inside(`{"uniqueItems":true}`), objects},
		{"unique among 19 large ones, 2,500 times", true, inside(`{"allOf":[` + each(2500, `{"uniqueItems":true}`) + `]}`), alike(19)},
		{"unique among 60 large ones, 2,500 times", true, inside(`{"allOf":[` + each(2500, `{"uniqueItems":true}`) + `]}`), alike(60)},
		{"contains in 16,000", false, inside(`{"contains":{"required":["z"]},"minContains":0}`), objects},
		{"multiple of the least number", true, inside(`{"items":{"multipleOf":4.9e-324}}`), numbers},
		{"multiple of 0.1, allOf 3", true, inside(`{"items":{"allOf":[{"multipleOf":1e-300},{"maximum":1e300},{"minimum":1e-308}]}}`), numbers},
		{"expression over 800 KiB", true, inside(`{"pattern":"^(a|b|ab|ba|aba){1,200}$"}`), long},
		{"expressions over 8,000 words", true, inside(`{"items":{"pattern":"(a|aa|aaa){100}b"}}`), words},
		{"patternProperties over 30,000", true, inside(`{"patternProperties":{` + each(40, `"(a|b|c#){60}":false`) + `}}`), members},
		{"propertyNames over 30,000", true, inside(`{"propertyNames":{"format":"uri"}}`), members},
		{"enum of 8,000", true, inside(`{"items":{"enum":[` + each(8000, `#`) + `]}}`), words},
		{"formats over 8,000 words", true, inside(`{"items":{"anyOf":[{"format":"idn-email"},{"format":"iri"},{"format":"uri-template"},{"format":"ipv6"},{"format":"hostname"},{"format":"duration"}],"type":"number"}}`), words},
		{"format over 800 KiB", true, inside(`{"anyOf":[{"format":"idn-email"},{"format":"iri"},{"format":"uri-template"},{"format":"ipv6"},{"format":"hostname"},{"format":"duration"},{"format":"date-time"},{"format":"json-pointer"}],"type":"number"}`), long},
		{"dependent schemas", true, inside(`{"dependentSchemas":{` + each(1500, `"a#":{"required":["z#"]}`) + `}}`), members},
		{"1,600 subschemas", false, `"anyOf":[` + each(1600, `{"required":["b"]}`) + `,{"required":["a"]}` + `]`, deep},
		{"1,500 references in a row", true, `"$ref":"#/$defs/d0","$defs":{` + each(1500, `"d#":{"$ref":"#/$defs/e#"}`) + `}`, deep},
		{"900 anchors", false, `"$defs":{` + each(900, `"d#":{"$anchor":"a#","$id":"https://h.example/d#"}`) + `}`, deep},
		{"one large expression", true, `"pattern":"((((a{10}){10}){10}){10}){10}"`, deep},
	} {
		list = append(list, attack{"json schema", s.name, s.refused, func(context.Context) (int, func() error, error) {
			text := []byte(`{"$schema":"` + draftOf(s.schema) + `",` + s.schema + `}`)
			v, err := jcs.Decode([]byte(s.instance))
			return len(text) + len(s.instance), func() error {
				compiled, err := schema.Compile("https://h.example/schema.json", text)
				if err != nil {
					return err
				}
				return compiled.Validate(v)
			}, err
		}})
	}
	return list
}

// draftOf is the newest draft in which everything in a schema asserts something: format does until draft 7.
func draftOf(schema string) string {
	if strings.Contains(schema, `"format"`) {
		return "http://json-schema.org/draft-07/schema#"
	}
	return "https://json-schema.org/draft/2020-12/schema"
}
