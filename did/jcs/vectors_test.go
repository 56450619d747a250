package jcs_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
)

// TestPublishedVectors runs the inputs and outputs published with RFC 8785.
func TestPublishedVectors(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "vectors", "jcs")
	inputs, err := filepath.Glob(filepath.Join(root, "input", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(inputs) == 0 {
		t.Skip("no ../shared/vectors/jcs beside the checkout")
	}
	for _, input := range inputs {
		name := strings.TrimSuffix(filepath.Base(input), ".json")
		t.Run(name, func(t *testing.T) {
			got, err := jcs.Transform(read(t, input))
			if err != nil {
				t.Fatal(err)
			}
			want := read(t, filepath.Join(root, "output", name+".json"))
			if !bytes.Equal(got, want) {
				t.Errorf("canonical form:\n got %s\nwant %s", got, want)
			}
			fields := strings.Fields(string(read(t, filepath.Join(root, "outhex", name+".txt"))))
			if h := hex.EncodeToString(got); h != strings.Join(fields, "") {
				t.Errorf("bytes: got %s", h)
			}
		})
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
