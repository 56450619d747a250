package jcs_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
)

func decode(t testing.TB, s string) jcs.Value {
	t.Helper()
	v, err := jcs.Decode([]byte(s))
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return v
}

func TestAccessors(t *testing.T) {
	v := decode(t, `{"s":"x","n":-7,"f":1.5,"b":true,"z":null,"a":[1,"two"],"o":{"k":"v"}}`)
	if s, ok := v.GetString("s"); s != "x" || !ok {
		t.Error(s, ok)
	}
	n, _ := v.Get("n")
	if i, ok := n.Int(); i != -7 || !ok {
		t.Error(i, ok)
	}
	if f, ok := n.Float(); f != -7 || !ok {
		t.Error(f, ok)
	}
	f, _ := v.Get("f")
	if x, ok := f.Float(); x != 1.5 || !ok {
		t.Error(x, ok)
	}
	b, _ := v.Get("b")
	if x, ok := b.Bool(); !x || !ok {
		t.Error(x, ok)
	}
	if z, ok := v.Get("z"); z.Kind() != jcs.KindNull || !ok {
		t.Error(z, ok)
	}
	a, _ := v.Get("a")
	if s, ok := a.At(1).Str(); s != "two" || !ok || a.Len() != 2 || !a.IsArray() {
		t.Error(s, ok)
	}
	o, _ := v.Get("o")
	if s, ok := o.GetString("k"); s != "v" || !ok || !o.IsObject() {
		t.Error(s, ok)
	}
	var names []string
	for name := range v.Members() {
		names = append(names, name)
	}
	if !slices.Equal(names, []string{"a", "b", "f", "n", "o", "s", "z"}) {
		t.Error(names)
	}
	for e := range a.Elems() {
		if i, ok := e.Int(); i != 1 || !ok {
			t.Error(i, ok)
		}
		break
	}
}

// TestAccessorsOfOtherKinds: every accessor is safe on every kind.
func TestAccessorsOfOtherKinds(t *testing.T) {
	for _, text := range []string{`null`, `true`, `1`, `"1"`, `[1]`, `{"a":1}`, `[]`, `{}`} {
		v := decode(t, text)
		if _, ok := v.Str(); ok != (v.Kind() == jcs.KindString) {
			t.Errorf("Str of %s", text)
		}
		if _, ok := v.Int(); ok != (v.Kind() == jcs.KindNumber) {
			t.Errorf("Int of %s", text)
		}
		if _, ok := v.Float(); ok != (v.Kind() == jcs.KindNumber) {
			t.Errorf("Float of %s", text)
		}
		if _, ok := v.Bool(); ok != (v.Kind() == jcs.KindBool) {
			t.Errorf("Bool of %s", text)
		}
		if _, ok := v.Get("a"); ok != (text == `{"a":1}`) {
			t.Errorf("Get of %s", text)
		}
		for _, i := range []int{-1, 1, math.MaxInt} {
			if x := v.At(i); x.Kind() != jcs.KindNull {
				t.Errorf("At(%d) of %s", i, text)
			}
		}
		for range v.Elems() {
			if !v.IsArray() {
				t.Errorf("Elems of %s", text)
			}
		}
		for range v.Members() {
			if !v.IsObject() {
				t.Errorf("Members of %s", text)
			}
		}
		if got := string(v.Without("b").Canonical()); got != text {
			t.Errorf("Without of %s: %s", text, got)
		}
	}
}

func TestInt(t *testing.T) {
	for in, want := range map[string]bool{
		`0`: true, `-0`: true, `9007199254740992`: true, `-9007199254740992`: true, `1e3`: true, `1.0`: true,
		`9007199254740994`: false, `-9007199254740994`: false, `1.5`: false, `1e22`: false, `1e300`: false, `-1e-7`: false,
	} {
		if n, ok := decode(t, in).Int(); ok != want {
			t.Errorf("%s: %d, %v", in, n, ok)
		}
	}
}

func TestBuild(t *testing.T) {
	v := jcs.Object(
		jcs.Member{Name: "z", Value: jcs.FromInt(-5)},
		jcs.Member{Name: "a", Value: jcs.Array(jcs.FromBool(true), jcs.FromBool(false), jcs.Value{})},
		jcs.Member{Name: "\n", Value: jcs.FromString("\x01\"\\é\xff")},
		jcs.Member{Name: "e", Value: jcs.Object()},
		jcs.Member{Name: "f", Value: jcs.Array()},
	)
	want := `{"\n":"\u0001\"\\é` + "\uFFFD" + `","a":[true,false,null],"e":{},"f":[],"z":-5}`
	if got := string(v.Canonical()); got != want {
		t.Errorf("%s", got)
	}
	if !decode(t, want).Equal(v) {
		t.Error("not equal to what it decodes to")
	}
	for n, want := range map[int64]string{
		math.MaxInt64: "9223372036854776000", math.MinInt64: "-9223372036854776000", 1 << 53: "9007199254740992", 1<<53 + 1: "9007199254740992",
	} {
		if got := string(jcs.FromInt(n).Canonical()); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

func TestObjectPanicsOnDuplicates(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	jcs.Object(jcs.Member{Name: "a"}, jcs.Member{Name: "b"}, jcs.Member{Name: "a"})
}

// TestCopyOnWrite: With and Without change what they return, and only that, also
// where the decoded text had been kept as canonical.
func TestCopyOnWrite(t *testing.T) {
	const text = `{"a":{"b":1},"c":[1],"d":"x"}`
	v := decode(t, text)
	for name, test := range map[string]struct {
		got  jcs.Value
		want string
	}{
		"replace":         {v.With("c", jcs.FromInt(2)), `{"a":{"b":1},"c":2,"d":"x"}`},
		"insert first":    {v.With("", jcs.FromInt(2)), `{"":2,"a":{"b":1},"c":[1],"d":"x"}`},
		"insert between":  {v.With("b", jcs.Value{}), `{"a":{"b":1},"b":null,"c":[1],"d":"x"}`},
		"insert last":     {v.With("\"", jcs.FromInt(2)).With("é", jcs.FromInt(3)), `{"\"":2,"a":{"b":1},"c":[1],"d":"x","é":3}`},
		"drop":            {v.Without("c"), `{"a":{"b":1},"d":"x"}`},
		"drop two":        {v.Without("d", "a", "q"), `{"c":[1]}`},
		"drop all":        {v.Without("d", "a", "c"), `{}`},
		"drop none":       {v.Without("q"), text},
		"drop nothing":    {v.Without(), text},
		"to null":         {jcs.Value{}.With("a", jcs.FromInt(1)), `{"a":1}`},
		"to an array":     {jcs.Array(v).With("a", jcs.FromInt(1)), `{"a":1}`},
		"to empty":        {jcs.Object().With("\n", jcs.FromInt(1)), `{"\n":1}`},
		"back and forth":  {v.With("e", v).Without("e"), text},
		"name is not UTF": {jcs.Object().With("\xff", v), "{\"\uFFFD\":" + text + "}"},
	} {
		if got := string(test.got.Canonical()); got != test.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := string(v.Canonical()); got != text {
		t.Errorf("the original became %s", got)
	}
}

func TestEqual(t *testing.T) {
	same := [][2]string{
		{`{"a":1,"b":[1,2]}`, `{ "b":[1.0,2e0], "a":1 }`}, {`"\u0041"`, `"A"`}, {`-0`, `0`}, {`[]`, `[ ]`}, {`{}`, `{ }`},
	}
	for _, pair := range same {
		if !decode(t, pair[0]).Equal(decode(t, pair[1])) {
			t.Errorf("%s differs from %s", pair[0], pair[1])
		}
	}
	different := []string{`null`, `false`, `0`, `"0"`, `"null"`, `[]`, `{}`, `[null]`, `[[]]`, `{"a":null}`, `{"b":null}`, `{"a":1}`, `[0]`}
	for i, a := range different {
		for j, b := range different {
			if decode(t, a).Equal(decode(t, b)) != (i == j) {
				t.Errorf("%s and %s", a, b)
			}
		}
	}
}

func TestEncodingJSON(t *testing.T) {
	var x struct {
		V jcs.Value `json:"v"`
	}
	if err := json.Unmarshal([]byte(`{"v":{"b":"<","a":1}}`), &x); err != nil {
		t.Fatal(err)
	}
	if got := string(x.V.Canonical()); got != `{"a":1,"b":"<"}` {
		t.Error(got)
	}
	if got, err := json.Marshal(x); err != nil || string(got) != `{"v":{"a":1,"b":"\u003c"}}` {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := jcs.Marshal(x); err != nil || string(got) != `{"v":{"a":1,"b":"<"}}` {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := jcs.Marshal(x.V); err != nil || string(got) != `{"a":1,"b":"<"}` {
		t.Errorf("%s, %v", got, err)
	}
	if err := json.Unmarshal([]byte(`{"v":{"a":1,"a":1}}`), &x); err == nil {
		t.Error("duplicate names accepted")
	}
	for _, bad := range []any{func() {}, math.NaN(), map[string]any{"a": make(chan int)}} {
		if got, err := jcs.Marshal(bad); err == nil {
			t.Errorf("%T gives %s", bad, got)
		}
	}
}

func TestKindString(t *testing.T) {
	var got []string
	for _, text := range []string{`null`, `true`, `1`, `""`, `[]`, `{}`} {
		got = append(got, decode(t, text).Kind().String())
	}
	if s := strings.Join(got, " "); s != "null boolean number string array object" {
		t.Error(s)
	}
}

func ExampleTransform() {
	out, err := jcs.Transform([]byte(`{"b": 1e2, "a": "\u20ac"}`))
	fmt.Println(string(out), err)
	// Output: {"a":"€","b":100} <nil>
}
