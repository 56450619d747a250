package sdjwt_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/multikey"
)

var update = flag.Bool("update", false, "write the vectors anew")

const folder = "../../vectors/jose"

// now is the time at which the tests and vectors take place.
var now = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func testKey(tb testing.TB, t multikey.Type, last byte) multikey.PrivateKey {
	tb.Helper()
	seed := make([]byte, 32)
	seed[len(seed)-1] = last
	private, err := multikey.NewPrivate(t, seed)
	if err != nil {
		tb.Fatal(err)
	}
	return private
}

func decode(tb testing.TB, text string) jcs.Value {
	tb.Helper()
	v, err := jcs.Decode([]byte(text))
	if err != nil {
		tb.Fatalf("%v in %s", err, text)
	}
	return v
}

// counter stands in for randomness.
type counter struct{ n byte }

func (c *counter) Read(p []byte) (int, error) {
	for i := range p {
		c.n++
		p[i] = c.n
	}
	return len(p), nil
}

// compact signs two parts whatever they say.
func compact(tb testing.TB, header, payload string, key multikey.PrivateKey) string {
	tb.Helper()
	signed := jose.Encode64([]byte(header)) + "." + jose.Encode64([]byte(payload))
	sig, err := key.Sign([]byte(signed))
	if err != nil {
		tb.Fatal(err)
	}
	return signed + "." + jose.Encode64(sig)
}

// vectorsInto makes sure that the file holds what was made, and reads it.
func vectorsInto(t *testing.T, name string, made, into any) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(made); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, name)
	if *update {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, b.Bytes()) {
		t.Errorf("%s is not what its makers make", file)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}
