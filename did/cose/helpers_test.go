package cose_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/tabard-id/tabard/did/multikey"
)

var update = flag.Bool("update", false, "write the vectors anew")

const folder = "../../vectors/jose"

func testKey(tb testing.TB, t multikey.Type) multikey.PrivateKey {
	tb.Helper()
	seed := make([]byte, 32)
	if t == multikey.P384 {
		seed = make([]byte, 48)
	}
	seed[len(seed)-1] = 7
	private, err := multikey.NewPrivate(t, seed)
	if err != nil {
		tb.Fatal(err)
	}
	return private
}

func unhex(tb testing.TB, text string) []byte {
	tb.Helper()
	data, err := hex.DecodeString(text)
	if err != nil {
		tb.Fatal(err)
	}
	return data
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
