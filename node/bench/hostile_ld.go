package bench

import (
	"fmt"
	"strings"
)

// each joins n copies of s, in which # stands for the number of the copy.
func each(n int, s string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strings.ReplaceAll(s, "#", fmt.Sprint(i))
	}
	return strings.Join(parts, ",")
}

const credentialsV2 = `"https://www.w3.org/ns/credentials/v2"`

// chainOfTerms makes each term depend on the next.
func chainOfTerms(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"t%d":"t%d:y",`, i, i+1)
	}
	return `{"@context":{` + b.String() + fmt.Sprintf(`"t%d":"urn:y"},"t0":1}`, n)
}

// nestedScopes nests contexts of terms, each of which holds two others.
func nestedScopes(depth int) string {
	c := `{"x":"urn:x"}`
	for range depth {
		c = `{"a":{"@id":"urn:a","@context":` + c + `},"b":{"@id":"urn:b","@context":` + c + `}}`
	}
	return `{"@context":` + c + `,"a":{"a":{"a":{"a":1}}}}`
}

func nest(n int, open, inside, end string) string {
	return strings.Repeat(open, n) + inside + strings.Repeat(end, n)
}

func ldAttacks() []attack {
	long := strings.Repeat("x", 400<<10)
	terms := func(n int) string { return each(n, `"t#":"urn:t#"`) }
	var list []attack
	for _, d := range []struct {
		name    string
		refused bool
		make    func() string
	}{
		{"prefix of 400 KiB", true, func() string { return `{"@context":{"p":"urn:` + long + `:"},` + each(40000, `"p:#":1`) + `}` }},
		{"vocabulary of 400 KiB", true, func() string { return `{"@context":{"@vocab":"urn:` + long + `"},` + each(40000, `"p#":1`) + `}` }},
		{"subject of 400 KiB", true, func() string { return `{"@id":"urn:` + long + `",` + each(30000, `"urn:p#":1`) + `}` }},
		{"name of a graph of 400 KiB", true, func() string { return `{"@id":"urn:` + long + `","@graph":[` + each(10000, `{"urn:p#":1}`) + `]}` }},
		{"30,000 terms", true, func() string { return `{"@context":{` + terms(30000) + `},"t0":1}` }},
		{"4,000 terms, 10,000 contexts inside", true, func() string {
			return `{"@context":{` + terms(4000) + `},"t0":[` + each(10000, `{"@context":{"x":"urn:x#"},"x":1}`) + `]}`
		}},
		{"100 terms, 8,000 contexts inside", false, func() string {
			return `{"@context":{` + terms(100) + `},"t0":[` + each(8000, `{"@context":{"x":"urn:x#"},"x":1}`) + `]}`
		}},
		{"3,000 terms on one another", true, func() string { return chainOfTerms(3000) }},
		{"3,000 terms with contexts", true, func() string {
			return `{"@context":{` + each(3000, `"t#":{"@id":"urn:t#","@context":{"a":"urn:a"}}`) + `},"t0":1}`
		}},
		{"contexts of terms, 10 levels", false, func() string { return nestedScopes(10) }},
		{"one context 25,000 times", true, func() string {
			return `{"@context":[` + strings.TrimSuffix(strings.Repeat(credentialsV2+",", 25000), ",") + `],"id":"urn:x"}`
		}},
		{"protected terms defined anew 10,000 times", false, func() string {
			return `{"@context":[` + credentialsV2 + `,` + each(10000, `{"@protected":true,"t":{"@id":"urn:t"}}`) + `],"id":"urn:x","t":1}`
		}},
		{"no propagation, 12,000 times", true, func() string {
			return `{"@context":{` + terms(500) + `},"t0":[` + each(12000, `{"@context":{"@propagate":false,"x":"urn:#"},"x":{"t1":#}}`) + `]}`
		}},
		{"200 types with contexts, 200 times", true, func() string {
			return `{"@context":{` + each(500, `"T#":{"@id":"urn:T#","@context":{"a#":"urn:a"}}`) + `},"@graph":[` +
				strings.TrimSuffix(strings.Repeat(`{"@type":[`+each(200, `"T#"`)+`],"urn:p":1},`, 200), ",") + `]}`
		}},
		{"4,000 terms imported", false, func() string {
			return `{"@context":{"@import":` + credentialsV2 + `,` + terms(4000) + `},"id":"urn:x","t0":1}`
		}},
		{"list of 16,000", false, func() string { return `{"urn:p":{"@list":[` + each(16000, `#`) + `]}}` }},
		{"list of 16,000 ones", true, func() string { return `{"urn:p":{"@list":[` + each(16000, `1`) + `]}}` }},
		{"list of lists of lists", false, func() string {
			return `{"@context":{"p":{"@id":"urn:p","@container":"@list"}},"p":` + nest(29, "[", "[],[],[]", "]") + `}`
		}},
		{"30 levels of graphs", false, func() string { return nest(15, `{"@graph":[`, "{\"urn:p\":1}", "]}") }},
		{"65,000 objects", true, func() string { return `{"urn:p":[` + each(65000, `{}`) + `]}` }},
		{"12,000 different objects", false, func() string { return `{"urn:p":[` + each(12000, `{"urn:q":#}`) + `]}` }},
		{"13 pairs of pairs", false, func() string { return `{"urn:p":[` + each(13, `{"urn:q":[{"urn:q":{}},{"urn:q":{}}]}`) + `]}` }},
		{"clique of 12", true, func() string { return `{"@graph":[` + cliqueObjects(12) + `]}` }},
		{"clique of 12, predicate of 60 KiB", true, func() string {
			return `{"@context":{"k":{"@id":"urn:` + long[:60<<10] + `","@type":"@id"}},"@graph":[` + strings.ReplaceAll(cliqueObjects(12), `"urn:p"`, `"k"`) + `]}`
		}},
		{"JSON literal of 1 MiB", false, func() string {
			return `{"@context":{"j":{"@id":"urn:j","@type":"@json"}},"@id":"urn:x","j":[` + each(65000, `"\u0007\""`) + `]}`
		}},
		{"languages", false, func() string {
			return `{"@context":{"l":{"@id":"urn:l","@container":"@language"}},"@id":"urn:x","l":{` + each(30000, `"x-#":"a"`) + `}}`
		}},
	} {
		list = append(list, text("json-ld", d.name, d.refused, d.make, expand))
	}
	return list
}

func cliqueObjects(n int) string {
	all := each(n, `{"@id":"_:n#"}`)
	return strings.ReplaceAll(each(n, `{"@id":"_:n#","urn:p":[!]}`), "!", all)
}
