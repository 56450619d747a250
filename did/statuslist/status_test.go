package statuslist_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/statuslist"
)

// encoded is a value in CBOR.
func encoded(tb testing.TB, v any) []byte {
	tb.Helper()
	data, err := cbor.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

type object = map[string]any

func info(idx, uri any) object { return object{"idx": idx, "uri": uri} }

func TestParseStatus(t *testing.T) {
	ref := &statuslist.Reference{Index: 7, URI: tokenURL}
	list := `"status_list":{"idx":7,"uri":"` + tokenURL + `"}`
	for _, c := range []struct {
		json string
		cbor any
		want statuslist.Status
	}{
		{`{` + list + `}`, object{"status_list": info(7, tokenURL)}, statuslist.Status{List: ref}},
		{`{"status_list":{"idx":7,"uri":"` + tokenURL + `","x":1}}`, object{"status_list": object{"idx": 7, "uri": tokenURL, "x": 1}}, statuslist.Status{List: ref}},
		{`{"z":1,"a":{},` + list + `}`, object{"z": 1, "a": object{}, "status_list": info(7, tokenURL)}, statuslist.Status{List: ref, Other: []string{"a", "z"}}},
		{`{"identifier_list":{}}`, object{"identifier_list": object{}}, statuslist.Status{Other: []string{"identifier_list"}}},
	} {
		fromJSON, err1 := statuslist.ParseStatus(decode(t, c.json))
		fromCBOR, err2 := statuslist.ParseStatusCBOR(encoded(t, c.cbor))
		if err := errors.Join(err1, err2); err != nil || !reflect.DeepEqual(fromJSON, c.want) || !reflect.DeepEqual(fromCBOR, c.want) {
			t.Errorf("%s: %+v, %+v, %v", c.json, fromJSON, fromCBOR, err)
		}
	}
}

func TestParseStatusCBORRefusals(t *testing.T) {
	many := object{}
	for i := range 17 {
		many[strings.Repeat("m", i+1)] = 1
	}
	twice := append([]byte{0xa2}, encoded(t, object{"status_list": info(7, tokenURL)})[1:]...)
	twice = append(twice, encoded(t, object{"status_list": info(8, tokenURL)})[1:]...)
	for name, data := range map[string][]byte{
		"nothing":                {},
		"a number":               encoded(t, 1),
		"text":                   encoded(t, "active"),
		"null":                   {0xf6},
		"no mechanism":           {0xa0},
		"a name that is no text": encoded(t, map[int]any{1: 1}),
		"more than are read":     encoded(t, many),
		"a mechanism twice":      twice,
		"cut":                    encoded(t, object{"status_list": info(7, tokenURL)})[:20],
		"a tail":                 append(encoded(t, object{"status_list": info(7, tokenURL)}), 0),
		"list a number":          encoded(t, object{"status_list": 1}),
		"list null":              encoded(t, object{"status_list": nil}),
		"idx missing":            encoded(t, object{"status_list": object{"uri": tokenURL}}),
		"idx negative":           encoded(t, object{"status_list": info(-1, tokenURL)}),
		"idx a float":            encoded(t, object{"status_list": info(7.0, tokenURL)}),
		"idx text":               encoded(t, object{"status_list": info("7", tokenURL)}),
		"idx null":               encoded(t, object{"status_list": info(nil, tokenURL)}),
		"idx a bignum":           encoded(t, object{"status_list": info(cbor.Tag{Number: 2, Content: []byte{1, 0, 0, 0, 0, 0, 0, 0, 0}}, tokenURL)}),
		"uri missing":            encoded(t, object{"status_list": object{"idx": 7}}),
		"uri bytes":              encoded(t, object{"status_list": info(7, []byte(tokenURL))}),
		"uri relative":           encoded(t, object{"status_list": info(7, "/1")}),
		"uri empty":              encoded(t, object{"status_list": info(7, "")}),
	} {
		s, err := statuslist.ParseStatusCBOR(data)
		if code, _ := codeOf(t, err); code != "malformed" || s.List != nil || s.Other != nil {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

// A token is opened whichever form it has, and believed only once it is verified; its
// list takes no more than it may.
func TestOpenToken(t *testing.T) {
	k := testKey(t, multikey.Ed25519, 7)
	claims := revoked(t, 77)
	jwt, err1 := claims.SignJWT("did:example:a#b", k)
	cwt, err2 := claims.SignCWT("did:example:a#b", k)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	for _, data := range [][]byte{[]byte(jwt), cwt} {
		token, err := statuslist.OpenToken(data)
		if err != nil {
			t.Fatal(err)
		}
		times, err := token.Times()
		if err != nil || times.TTL != claims.TTL || times.List != nil || token.Owner() != "did:example:a" {
			t.Errorf("%+v, %v", times, err)
		}
		if _, err := token.Claims(claims.List.Bytes() - 1); err == nil {
			t.Error("a list that takes more than it may")
		}
		if read, err := token.Claims(claims.List.Bytes()); err != nil || read.List.Bytes() != claims.List.Bytes() {
			t.Errorf("%v", err)
		}
		if err := token.Verify(knows(k), nil); err == nil {
			t.Error("a key that nobody knows")
		}
	}
	for _, bad := range []string{"", "\xd2", "a.b.c", "{}"} {
		if token, err := statuslist.OpenToken([]byte(bad)); err == nil {
			t.Errorf("%q: %+v", bad, token)
		}
	}
}

func FuzzStatusCBOR(f *testing.F) {
	f.Add(encoded(f, object{"status_list": info(7, tokenURL), "x": 1}))
	f.Add([]byte{0xa0})
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := statuslist.ParseStatusCBOR(data)
		if err != nil && (s.List != nil || s.Other != nil) || err == nil && s.List == nil && len(s.Other) == 0 {
			t.Errorf("%+v, %v", s, err)
		}
	})
}
