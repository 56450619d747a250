package sd

import (
	"bytes"
	"encoding/base64"
	"errors"
	"slices"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

func decoded(t testing.TB, text string) jcs.Value {
	t.Helper()
	v, err := jcs.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSelect(t *testing.T) {
	const doc = `{"@context":"c","id":"i","type":["A","B"],"a~b/c":1,"list":[{"id":"_:x","n":1},{"type":"T","n":2,"m":[[3],[4,5]]},"s"],"o":{"id":"j","p":{"q":null,"r":false}}}`
	for _, tt := range []struct {
		pointers []string
		want     string
	}{
		{nil, `null`},
		{[]string{""}, doc},
		{[]string{"/o/p/q"}, `{"@context":"c","id":"i","type":["A","B"],"o":{"id":"j","p":{"q":null}}}`},
		{[]string{"/o/p/r", "/o"}, `{"@context":"c","id":"i","type":["A","B"],"o":{"id":"j","p":{"q":null,"r":false}}}`},
		{[]string{"/o", "/o/p/r"}, `{"@context":"c","id":"i","type":["A","B"],"o":{"id":"j","p":{"q":null,"r":false}}}`},
		{[]string{"/list/2", "/list/0/n"}, `{"@context":"c","id":"i","type":["A","B"],"list":[{"id":"_:x","n":1},"s"]}`},
		{[]string{"/list/1/m/1/0"}, `{"@context":"c","id":"i","type":["A","B"],"list":[{"type":"T","m":[[4]]}]}`},
		{[]string{"/type/1"}, `{"@context":"c","id":"i","type":["A","B"]}`},
		{[]string{"/a~0b~1c"}, `{"@context":"c","id":"i","type":["A","B"],"a~b/c":1}`},
	} {
		got, err := Select(decoded(t, doc), tt.pointers)
		if err != nil || !got.Equal(decoded(t, tt.want)) {
			t.Errorf("%q: %s, %v", tt.pointers, got.Canonical(), err)
		}
	}
	for _, pointer := range []string{"list", "/", "/x", "/list/3", "/list/00", "/list/+1", "/list/1e0", "/list/-", "/list/n", "/id/0", "/a~b/c", "/~", "/~01", "/a~0b~1c/0"} {
		if _, err := Select(decoded(t, doc), []string{pointer}); !errors.Is(err, ErrPointer) {
			t.Errorf("%q: %v", pointer, err)
		}
	}
}

func TestRelabel(t *testing.T) {
	names := map[string]string{"c14n0": "uA", "c14n1": "uB"}
	for line, want := range map[string]string{
		"<urn:s> <urn:p> <urn:o> .\n":                          "<urn:s> <urn:p> <urn:o> .\n",
		"_:c14n0 <urn:p> _:c14n1 .\n":                          "_:uA <urn:p> _:uB .\n",
		"_:c14n1 <urn:p> \"_:c14n0 \\\" _:c14n1\" _:c14n0 .\n": "_:uB <urn:p> \"_:c14n0 \\\" _:c14n1\" _:uA .\n",
		"_:c14n0 <urn:p> \"a\\\\\"^^<urn:_:c14n0> .\n":         "_:uA <urn:p> \"a\\\\\"^^<urn:_:c14n0> .\n",
		"_:c14n0 <urn:p> \"_:\"@en .\n":                        "_:uA <urn:p> \"_:\"@en .\n",
	} {
		if got, err := relabel(line, names); err != nil || got != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	if _, err := relabel("_:c14n2 <urn:p> <urn:o> .\n", names); !errors.Is(err, ErrStatements) {
		t.Error(err)
	}
}

// TestTextThatLooksLikeABlankNode must stay what it is: a document with it can be
// signed, unless the text cannot be told from an identifier.
func TestTextThatLooksLikeABlankNode(t *testing.T) {
	const context = `"@context":{"name":"https://example.com/name","knows":{"@id":"https://example.com/knows","@type":"@id"}}`
	key := make([]byte, LabelSize)
	_, err := Open(jsonld.Default(), decoded(t, `{`+context+`,"name":"_:b0","knows":{"name":"x"}}`), key)
	if !errors.Is(err, ErrStatements) {
		t.Error(err)
	}
	d, err := Open(jsonld.Default(), decoded(t, `{`+context+`,"@id":"_:me","name":"a _:b0","knows":["_:me",{"@id":"_:you","knows":"_:me"}]}`), key)
	if err != nil || len(d.Statements()) != 4 {
		t.Errorf("%v, %v", d, err)
	}
}

func TestTooManyStatements(t *testing.T) {
	var b bytes.Buffer
	b.WriteString(`{"@context":{"@vocab":"https://example.com/"},"n":[0`)
	for i := range MaxStatements {
		b.WriteString(`,"` + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)) + `"`)
	}
	b.WriteString(`]}`)
	if _, err := Open(jsonld.Default(), decoded(t, b.String()), make([]byte, LabelSize)); !errors.Is(err, ErrStatements) {
		t.Error(err)
	}
}

func baseValue() Base {
	return Base{
		Signature: make([]byte, SignatureSize), PublicKey: make([]byte, PublicKeySize), HMACKey: make([]byte, LabelSize),
		Signatures: [][]byte{make([]byte, SignatureSize)}, Pointers: []string{"/issuer", ""},
	}
}

func derivedValue() Derived {
	return Derived{
		Signature: make([]byte, SignatureSize), PublicKey: make([]byte, PublicKeySize), Signatures: [][]byte{make([]byte, SignatureSize)},
		Labels: [][]byte{bytes.Repeat([]byte{1}, LabelSize), bytes.Repeat([]byte{2}, LabelSize)}, Mandatory: []int{0, 2},
	}
}

// FuzzValue: a value is of one kind or the other, never both, and what is read of
// it is what is written again.
func FuzzValue(f *testing.F) {
	base, derived := baseValue(), derivedValue()
	for _, encode := range []func() (string, error){base.Encode, derived.Encode} {
		value, err := encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(value)
		f.Add(value[:len(value)/2])
	}
	f.Add("u2V0BhQ")
	f.Fuzz(func(t *testing.T, value string) {
		b, errBase := ParseBase(value)
		d, errDerived := ParseDerived(value)
		for _, err := range []error{errBase, errDerived} {
			if err != nil && !errors.Is(err, ErrValue) && !errors.Is(err, ErrPointer) {
				t.Errorf("%v", err)
			}
		}
		switch {
		case errBase == nil && errDerived == nil:
			t.Error("base and derived at once")
		case errBase == nil:
			again, err := b.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if c, err := ParseBase(again); err != nil || !slices.Equal(c.Pointers, b.Pointers) || len(c.Signatures) != len(b.Signatures) {
				t.Errorf("%+v, %v", c, err)
			}
		case errDerived == nil:
			again, err := d.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if c, err := ParseDerived(again); err != nil || !slices.Equal(c.Mandatory, d.Mandatory) || len(c.Labels) != len(d.Labels) {
				t.Errorf("%+v, %v", c, err)
			}
		}
	})
}

// FuzzSelect: a selection has no member or element that the document has not.
func FuzzSelect(f *testing.F) {
	f.Add([]byte(`{"a":[{"b":1},{"id":"x","b":2}]}`), "/a/1/b")
	f.Add([]byte(`[[]]`), "/0")
	f.Fuzz(func(t *testing.T, data []byte, pointer string) {
		doc, err := jcs.Decode(data)
		if err != nil {
			return
		}
		part, err := Select(doc, []string{pointer})
		if err != nil {
			if !errors.Is(err, ErrPointer) {
				t.Error(err)
			}
			return
		}
		if len(part.Canonical()) > len(doc.Canonical()) {
			t.Errorf("%s of %s", part.Canonical(), doc.Canonical())
		}
	})
}

// TestMalformedValues are refused as such, not only because no signature is right.
func TestMalformedValues(t *testing.T) {
	pack := func(parts ...any) string {
		value, err := encode(headerDerived, parts)
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	sig, public := make([]byte, SignatureSize), make([]byte, PublicKeySize)
	one, two := bytes.Repeat([]byte{1}, LabelSize), bytes.Repeat([]byte{2}, LabelSize)
	labels := func(pairs map[int][]byte) string { return pack(sig, public, [][]byte{sig}, pairs, []int{0}) }
	indexes := func(all ...int) string { return pack(sig, public, [][]byte{sig}, map[int][]byte{0: one}, all) }
	for name, value := range map[string]string{
		"label twice":      labels(map[int][]byte{0: one, 1: one}),
		"label gap":        labels(map[int][]byte{0: one, 2: two}),
		"first label gap":  labels(map[int][]byte{1: one}),
		"label negative":   labels(map[int][]byte{-1: one}),
		"label short":      labels(map[int][]byte{0: one[1:]}),
		"label null":       labels(map[int][]byte{0: nil}),
		"indexes decrease": indexes(1, 0),
		"index twice":      indexes(1, 1),
		"index negative":   indexes(-1),
		"index too large":  indexes(MaxStatements),
		"many signatures":  pack(sig, public, slices.Repeat([][]byte{sig}, MaxStatements+1), map[int][]byte{}, []int{}),
		"tagged":           "u" + base64.RawURLEncoding.EncodeToString(append([]byte(headerDerived+"\x85\xd8\x40"), mustEncode(t, sig)...)),
	} {
		if d, err := ParseDerived(value); !errors.Is(err, ErrValue) {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
	if _, err := ParseDerived(labels(map[int][]byte{0: one, 1: two})); err != nil {
		t.Error(err)
	}
	d := derivedValue()
	d.Mandatory = []int{5}
	doc := decoded(t, `{"@context":{"name":"https://example.com/name","knows":"https://example.com/knows"},"name":"a","knows":{"name":"b"}}`)
	if _, _, err := d.Statements(jsonld.Default(), doc); !errors.Is(err, ErrStatements) {
		t.Error(err)
	}
}

func mustEncode(t *testing.T, sig []byte) []byte {
	t.Helper()
	public, label := make([]byte, PublicKeySize), bytes.Repeat([]byte{1}, LabelSize)
	data, err := deterministic.Marshal([]any{sig, public, [][]byte{sig}, map[int][]byte{0: label}, []int{0}})
	if err != nil {
		t.Fatal(err)
	}
	return data[1:]
}
