package statuslist_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/statuslist"
)

var update = flag.Bool("update", false, "write the vectors anew")

const folder = "../../vectors/statuslist"

// codes are the words of the vectors for the types of problems.
var codes = map[string]string{
	statuslist.MalformedValueError: "malformed",
	statuslist.RangeError:          "range",
	statuslist.VerificationError:   "verification",
	statuslist.LengthError:         "length",
}

// codeOf is the word for an error: "" for none.
func codeOf(t testing.TB, err error) (code, path string) {
	t.Helper()
	if err == nil {
		return "", ""
	}
	var e *statuslist.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is not an *Error", err)
	}
	if codes[e.Type] == "" || e.Error() == "" {
		t.Fatalf("%q has the type %q", err, e.Type)
	}
	return codes[e.Type], e.Path
}

func decode(tb testing.TB, text string) jcs.Value {
	tb.Helper()
	v, err := jcs.Decode([]byte(text))
	if err != nil {
		tb.Fatalf("%v in %.200s", err, text)
	}
	return v
}

func text(s string) jcs.Value { return jcs.FromString(s) }

// with returns v with what is found under the dotted path set to x.
func with(v jcs.Value, path string, x jcs.Value) jcs.Value {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		return v.With(name, x)
	}
	inner, _ := v.Get(name)
	return v.With(name, with(inner, rest, x))
}

func without(v jcs.Value, path string) jcs.Value {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		return v.Without(name)
	}
	inner, _ := v.Get(name)
	return v.With(name, without(inner, rest))
}

func pack(tb testing.TB, w io.WriteCloser, buf *bytes.Buffer, data []byte) []byte {
	tb.Helper()
	_, err := w.Write(data)
	if err = errors.Join(err, w.Close()); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

func gzipped(tb testing.TB, data []byte) []byte {
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		tb.Fatal(err)
	}
	return pack(tb, w, &buf, data)
}

func zlibbed(tb testing.TB, data []byte) []byte {
	var buf bytes.Buffer
	w, err := zlib.NewWriterLevel(&buf, zlib.BestCompression)
	if err != nil {
		tb.Fatal(err)
	}
	return pack(tb, w, &buf, data)
}

func multibase(data []byte) jcs.Value { return text("u" + base64url(data)) }

func base64url(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// bitstring has bits set at the indexes given.
func bitstring(bytes int, set ...int) []byte {
	data := make([]byte, bytes)
	for _, i := range set {
		data[i/8] |= 0x80 >> (i % 8)
	}
	return data
}

type vectorFile[V any] struct {
	Description string `json:"description"`
	Source      string `json:"source"`
	Cases       []V    `json:"cases"`
}

// vectors reads a file, which it writes first with -update. What is compressed in it
// may differ from one compressor to another, so that only the cases' names are
// compared with those made here.
func vectors[V any](t *testing.T, name string, made vectorFile[V], nameOf func(V) string) []V {
	t.Helper()
	path := filepath.Join(folder, name)
	if *update {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		if err := enc.Encode(made); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.MkdirAll(folder, 0o755), os.WriteFile(path, b.Bytes(), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file vectorFile[V]
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	names := func(cases []V) (list []string) {
		for _, c := range cases {
			list = append(list, nameOf(c))
		}
		return list
	}
	if !slices.Equal(names(file.Cases), names(made.Cases)) {
		t.Errorf("%s has not the cases that its makers make: run with -update", path)
	}
	return file.Cases
}
