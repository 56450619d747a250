package jcs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
)

func TestTransform(t *testing.T) {
	for in, want := range map[string]string{
		`null`:                          `null`,
		` true `:                        `true`,
		"\t\r\n false":                  `false`,
		`""`:                            `""`,
		`[]`:                            `[]`,
		`[ ]`:                           `[]`,
		`{ }`:                           `{}`,
		`{"b":1,"a":2}`:                 `{"a":2,"b":1}`,
		`{"a":{"d":1,"c":2},"A":[]}`:    `{"A":[],"a":{"c":2,"d":1}}`,
		`[1,[2,{"b":[],"a":{}}], 3 ]`:   `[1,[2,{"a":{},"b":[]}],3]`,
		`{"":0,"a":1}`:                  `{"":0,"a":1}`,
		`{"aa":1,"a":2,"":3}`:           `{"":3,"a":2,"aa":1}`,
		`"\u0041\/\u005c\u0022"`:        `"A/\\\""`,
		`"\b\f\n\r\t\u000B\u001f"`:      `"\b\f\n\r\t\u000b\u001f"`,
		`"\u0000"`:                      `"\u0000"`,
		`"\u007f\u2028<>&"`:             "\"\u007f\u2028<>&\"",
		`"\uD83D\uDE00\ufb33"`:          "\"\U0001F600\uFB33\"",
		`"\uFFFD\uFEFF"`:                "\"\uFFFD\uFEFF\"",
		`{"\uFB33":1,"😀":2,"é":3}`:      `{"é":3,"😀":2,"` + "\uFB33" + `":1}`,
		`{"\u20ac":1,"\r":2,"1":3}`:     `{"\r":2,"1":3,"€":1}`,
		`{"a\u0062":1,"aa":2}`:          `{"aa":2,"ab":1}`,
		`{"a":"x\ny","b":[{"q":"\\"}]}`: `{"a":"x\ny","b":[{"q":"\\"}]}`,
		"{\"a\" :\n1 ,\t\"b\":2}":       `{"a":1,"b":2}`,
	} {
		got, err := jcs.Transform([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s: %s, %v; want %s", in, got, err, want)
		}
	}
}

// TestSlabs: parts of an object outlive the slabs and the stack they came from.
func TestManyMembers(t *testing.T) {
	for _, n := range []int{1, 8, 12, 13, 24, 25, 100, 600, 3000} {
		var in, want []string
		for i := range n {
			name := `"` + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("0", i/26) + `":[` + strings.Repeat("1,", i%5) + `1]`
			in = append(in, name)
		}
		for i := range n {
			want = append(want, in[n-1-i])
		}
		a, err := jcs.Transform([]byte("{" + strings.Join(in, ",") + "}"))
		b, err2 := jcs.Transform([]byte("{ " + strings.Join(want, " , ") + "}"))
		if err != nil || err2 != nil || string(a) != string(b) || len(a) != len(strings.Join(in, ","))+2 {
			t.Fatalf("%d members: %v, %v", n, err, err2)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		in     string
		reason error
		offset int
	}{
		"empty":                            {``, jcs.ErrSyntax, 0},
		"white space only":                 {" \n", jcs.ErrSyntax, 2},
		"byte order mark":                  {"\uFEFF{}", jcs.ErrSyntax, 0},
		"no-break space":                   {"\u00a0{}", jcs.ErrSyntax, 0},
		"form feed as space":               {"\f{}", jcs.ErrSyntax, 0},
		"NUL":                              {"\x00", jcs.ErrSyntax, 0},
		"trailing value":                   {`{}{}`, jcs.ErrSyntax, 2},
		"trailing comma after the value":   {`1,`, jcs.ErrSyntax, 1},
		"trailing NUL":                     {"1\x00", jcs.ErrSyntax, 1},
		"comment":                          {`{}//`, jcs.ErrSyntax, 2},
		"trailing comma in an array":       {`[1,]`, jcs.ErrSyntax, 3},
		"leading comma in an array":        {`[,1]`, jcs.ErrSyntax, 1},
		"trailing comma in an object":      {`{"a":1,}`, jcs.ErrSyntax, 7},
		"missing comma in an array":        {`[1 2]`, jcs.ErrSyntax, 3},
		"missing comma in an object":       {`{"a":1"b":2}`, jcs.ErrSyntax, 6},
		"missing colon":                    {`{"a"1}`, jcs.ErrSyntax, 4},
		"missing value":                    {`{"a":}`, jcs.ErrSyntax, 5},
		"missing name":                     {`{:1}`, jcs.ErrSyntax, 1},
		"name without quotes":              {`{a:1}`, jcs.ErrSyntax, 1},
		"number as name":                   {`{1:1}`, jcs.ErrSyntax, 1},
		"single quotes":                    {`'a'`, jcs.ErrSyntax, 0},
		"open array":                       {`[1`, jcs.ErrSyntax, 2},
		"open object":                      {`{"a":1`, jcs.ErrSyntax, 6},
		"open object after a comma":        {`{"a":1,`, jcs.ErrSyntax, 7},
		"open object after a colon":        {`{"a":`, jcs.ErrSyntax, 5},
		"brackets that do not match":       {`[}`, jcs.ErrSyntax, 1},
		"wrong literal":                    {`nul`, jcs.ErrSyntax, 0},
		"capital literal":                  {`True`, jcs.ErrSyntax, 0},
		"literal run on":                   {`nullx`, jcs.ErrSyntax, 4},
		"NaN":                              {`NaN`, jcs.ErrSyntax, 0},
		"Infinity":                         {`Infinity`, jcs.ErrSyntax, 0},
		"-Infinity":                        {`-Infinity`, jcs.ErrSyntax, 0},
		"minus alone":                      {`-`, jcs.ErrSyntax, 0},
		"plus":                             {`+1`, jcs.ErrSyntax, 0},
		"leading zero":                     {`01`, jcs.ErrSyntax, 0},
		"leading zero, negative":           {`-01`, jcs.ErrSyntax, 0},
		"leading point":                    {`.5`, jcs.ErrSyntax, 0},
		"trailing point":                   {`1.`, jcs.ErrSyntax, 0},
		"point before the exponent":        {`1.e5`, jcs.ErrSyntax, 0},
		"exponent without digits":          {`1e`, jcs.ErrSyntax, 0},
		"exponent with a sign only":        {`1e+`, jcs.ErrSyntax, 0},
		"hexadecimal":                      {`0x10`, jcs.ErrSyntax, 1},
		"digit separator":                  {`1_0`, jcs.ErrSyntax, 1},
		"beyond binary64":                  {`1e309`, jcs.ErrSyntax, 0},
		"beyond binary64, negative":        {`[-1e400]`, jcs.ErrSyntax, 1},
		"open string":                      {`"a`, jcs.ErrSyntax, 2},
		"open string after an escape":      {`"a\n`, jcs.ErrSyntax, 4},
		"backslash at the end":             {`"\`, jcs.ErrSyntax, 1},
		"line end in a string":             {"\"a\nb\"", jcs.ErrSyntax, 2},
		"NUL in a string":                  {"\"\x00\"", jcs.ErrSyntax, 1},
		"tab after an escape":              {"\"\\n\t\"", jcs.ErrSyntax, 3},
		"unknown escape":                   {`"\x41"`, jcs.ErrSyntax, 1},
		"escaped single quote":             {`"\'"`, jcs.ErrSyntax, 1},
		"short unicode escape":             {`"\u12"`, jcs.ErrSyntax, 1},
		"capital U":                        {`"\U0041"`, jcs.ErrSyntax, 1},
		"unicode escape with a sign":       {`"\u+123"`, jcs.ErrSyntax, 1},
		"unicode escape with _":            {`"\u1_23"`, jcs.ErrSyntax, 1},
		"lone high surrogate":              {`"\uD83D"`, jcs.ErrSyntax, 1},
		"lone low surrogate":               {`"\uDE00"`, jcs.ErrSyntax, 1},
		"surrogates the wrong way round":   {`"\uDE00\uD83D"`, jcs.ErrSyntax, 1},
		"two high surrogates":              {`"\uD83D\uD83D"`, jcs.ErrSyntax, 1},
		"high surrogate then a letter":     {`"\uD83DA"`, jcs.ErrSyntax, 1},
		"lone surrogate in a name":         {`{"\uD800":1}`, jcs.ErrSyntax, 2},
		"invalid UTF-8":                    {"\"\xff\"", jcs.ErrSyntax, 1},
		"truncated UTF-8":                  {"\"é\xc3\"", jcs.ErrSyntax, 3},
		"overlong UTF-8":                   {"\"\xc0\x80\"", jcs.ErrSyntax, 1},
		"surrogate in UTF-8":               {"\"\xed\xa0\x80\"", jcs.ErrSyntax, 1},
		"beyond U+10FFFF":                  {"\"\xf4\x90\x80\x80\"", jcs.ErrSyntax, 1},
		"duplicate name":                   {`{"a":1,"a":1}`, jcs.ErrDuplicateName, 0},
		"duplicate name, apart":            {`{"a":1,"b":2,"a":3}`, jcs.ErrDuplicateName, 0},
		"duplicate name, escaped":          {`{"a":1,"\u0061":2}`, jcs.ErrDuplicateName, 0},
		"duplicate empty name":             {`{"":1,"":2}`, jcs.ErrDuplicateName, 0},
		"duplicate name, inside":           {`[{"x":{"a":1,"b":2,"a":1}}]`, jcs.ErrDuplicateName, 6},
		"duplicate name, in a big object":  {`{` + strings.Repeat(" ", 9) + members(40) + `,"m7":1}`, jcs.ErrDuplicateName, 0},
		"33 arrays":                        {strings.Repeat("[", 33) + strings.Repeat("]", 33), jcs.ErrTooDeep, 32},
		"33 objects":                       {strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33), jcs.ErrTooDeep, 160},
		"deep and open":                    {strings.Repeat("[", 1<<19), jcs.ErrTooDeep, 32},
		"more than a mebibyte":             {`"` + strings.Repeat("a", 1<<20) + `"`, jcs.ErrTooLarge, 1 << 20},
		"more than 65,536 values":          {"[" + strings.Repeat("1,", 1<<16) + "1]", jcs.ErrTooLarge, 1<<17 - 1},
		"more than 65,536 values, in part": {"[" + strings.Repeat("[],", 1<<16) + "1]", jcs.ErrTooLarge, 3*(1<<16-1) + 1},
	} {
		v, err := jcs.Decode([]byte(test.in))
		var syntax *jcs.SyntaxError
		if !errors.Is(err, test.reason) || !errors.As(err, &syntax) {
			t.Errorf("%s: %s, %v", name, v.Canonical(), err)
			continue
		}
		if syntax.Offset != test.offset {
			t.Errorf("%s: %v, not at byte %d", name, err, test.offset)
		}
	}
}

// members returns n members m0, m1, …
func members(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"m` + string(rune('0'+i%10)) + strings.Repeat("'", i/10) + `":0`)
	}
	return b.String()
}

func TestLimits(t *testing.T) {
	l := jcs.Limits{Bytes: 10, Depth: 2, Values: 4}
	for in, want := range map[string]error{
		`[1,2,3]`:     nil,
		`[1,2,3,4]`:   jcs.ErrTooLarge,
		`[[1]]`:       nil,
		`[[[]]]`:      jcs.ErrTooDeep,
		`[1,   [2]]`:  nil,
		`[1,    [2]]`: jcs.ErrTooLarge,
	} {
		if _, err := l.Decode([]byte(in)); !errors.Is(err, want) {
			t.Errorf("%s: %v", in, err)
		}
	}
	deep := strings.Repeat("[", 32) + strings.Repeat("]", 32)
	if _, err := (jcs.Limits{}).Decode([]byte(deep)); err != nil {
		t.Errorf("the zero Limits are not the default: %v", err)
	}
}
