package jcs_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"github.com/tabard-id/tabard/did/jcs"
)

// checkDecoded re-proves what holds for every text that Decode accepts: it is
// JSON to encoding/json too and means the same; its canonical form is a fixed
// point that decodes to an equal value, however it was spaced; members are in
// canonical order; and its size is what was reserved, within escapes.
func checkDecoded(t interface{ Fatalf(string, ...any) }, data []byte, v jcs.Value) {
	canonical := v.Canonical()
	var a, b any
	if err := json.Unmarshal(data, &a); err != nil {
		t.Fatalf("encoding/json refuses %q: %v", data, err)
	}
	if err := json.Unmarshal(canonical, &b); err != nil || !reflect.DeepEqual(a, b) {
		t.Fatalf("%q means something else than %q: %v", canonical, data, err)
	}
	again, err := jcs.Decode(canonical)
	if err != nil || !again.Equal(v) || !v.Equal(again) {
		t.Fatalf("%q does not decode to the value of %q: %v", canonical, data, err)
	}
	if second := again.Canonical(); !bytes.Equal(second, canonical) {
		t.Fatalf("%q is no fixed point: %q", canonical, second)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, canonical, "", " "); err != nil {
		t.Fatalf("%q: %v", canonical, err)
	}
	if spaced, err := jcs.Transform(indented.Bytes()); err != nil || !bytes.Equal(spaced, canonical) {
		t.Fatalf("%q with space becomes %q, %v", canonical, spaced, err)
	}
	checkTree(t, v)
}

func checkTree(t interface{ Fatalf(string, ...any) }, v jcs.Value) {
	var last []uint16
	first := true
	for name, member := range v.Members() {
		units := utf16.Encode([]rune(name))
		if !first && slices.Compare(last, units) >= 0 {
			t.Fatalf("%q is out of order", name)
		}
		got, ok := v.Get(name)
		if !ok || !got.Equal(member) {
			t.Fatalf("Get(%q) misses it", name)
		}
		last, first = units, false
		checkTree(t, member)
	}
	for e := range v.Elems() {
		checkTree(t, e)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,2.5,-0,1e21,{"b":null,"a":true}],"\u00e9":"\ud83d\ude00\n"}`, `[1e309]`, `{"a":1,"a":2}`, `"\ud800"`, "\ufeff1",
		`{"\ue000":1,"😀":2,"x":"\u0000\u001f\u007f"}`, `[[[[]]]]`, ` {"b" : 1 , "a" : [ ] } `, "\"\xff\"", `123456789012345678901234567890`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := jcs.Decode(data)
		if err == nil {
			checkDecoded(t, data, v)
			return
		}
		// What encoding/json takes and Decode does not, is refused for a reason
		// that encoding/json does not know.
		var x any
		if json.Unmarshal(data, &x) != nil {
			return
		}
		for _, reason := range []string{"duplicate", "UTF-8", "escape", "deep", "large"} {
			if strings.Contains(err.Error(), reason) {
				return
			}
		}
		t.Fatalf("%q: %v", data, err)
	})
}

func TestAnyValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue(4).Draw(t, "value")
		checkDecoded(t, v.Canonical(), v)
	})
}

// TestWithAndWithout compares a sequence of changes with a map.
func TestWithAndWithout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, model := jcs.Object(), map[string]any{}
		for range rapid.IntRange(0, 40).Draw(t, "changes") {
			name := rapid.StringOfN(rapid.RuneFrom([]rune("ab\"\u00e9\uFB33😀")), 0, 2, -1).Draw(t, "name")
			if rapid.Bool().Draw(t, "drop") {
				v = v.Without(name)
				delete(model, name)
				continue
			}
			n := rapid.Int64Range(-9, 9).Draw(t, "n")
			v, model[name] = v.With(name, jcs.FromInt(n)), n
		}
		want, err := jcs.Marshal(model)
		if err != nil || !bytes.Equal(v.Canonical(), want) {
			t.Fatalf("%s, not %s, %v", v.Canonical(), want, err)
		}
		checkTree(t, v)
	})
}

// anyValue generates values of at most that depth.
func anyValue(depth int) *rapid.Generator[jcs.Value] {
	scalars := []*rapid.Generator[jcs.Value]{
		rapid.Just(jcs.Value{}),
		rapid.Map(rapid.Bool(), jcs.FromBool),
		rapid.Map(rapid.Int64(), jcs.FromInt),
		rapid.Map(rapid.String(), jcs.FromString),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) jcs.Value { return jcs.FromString(string(b)) }),
	}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	elems := rapid.SliceOfN(rapid.Deferred(func() *rapid.Generator[jcs.Value] { return anyValue(depth - 1) }), 0, 6)
	return rapid.OneOf(append(scalars,
		rapid.Map(elems, func(list []jcs.Value) jcs.Value { return jcs.Array(list...) }),
		rapid.Custom(func(t *rapid.T) jcs.Value {
			v := jcs.Object()
			for _, e := range elems.Draw(t, "members") {
				v = v.With(rapid.String().Draw(t, "name"), e)
			}
			return v
		}))...)
}
