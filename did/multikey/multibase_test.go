package multikey

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/multiformats/go-multibase"
	"pgregory.net/rapid"
)

// TestPublishedMultibase: of the published encodings base58btc is read, and every
// other refused.
func TestPublishedMultibase(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "vectors", "multibase", "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("no ../shared/vectors/multibase beside the checkout")
	}
	read := 0
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows := csv.NewReader(f)
		rows.LazyQuotes, rows.TrimLeadingSpace, rows.FieldsPerRecord = true, true, -1
		records, err := rows.ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := unquote(records[0][1])
		for _, row := range records[1:] {
			got, err := decode(row[1], 64)
			switch {
			case row[0] == "base58btc":
				read++
				if err != nil || string(got) != want {
					t.Errorf("%s: %q, %v, not %q", name, got, err, want)
				}
			case err == nil:
				t.Errorf("%s: %s accepted", name, row[0])
			}
		}
	}
	if read == 0 {
		t.Error("no base58btc among them")
	}
}

// unquote reads the escape that the published files write a zero byte with.
func unquote(s string) string { return strings.ReplaceAll(s, `\x00`, "\x00") }

// TestDecodeLength: whatever fits in the bytes allowed is read, whatever its
// leading zeros.
func TestDecodeLength(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 1, 98).Draw(t, "data")
		zeros := rapid.IntRange(0, len(data)).Draw(t, "zeros")
		clear(data[:zeros])
		s, err := multibase.Encode(multibase.Base58BTC, data)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode(s, len(data))
		if err != nil || string(got) != string(data) {
			t.Fatalf("%s: %x, %v", s, got, err)
		}
	})
}
