package statuslist_test

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/statuslist"
)

// packWith compresses a list of the least length, half of it of random bits.
func packWith(t *testing.T, open func(io.Writer) (io.WriteCloser, error)) string {
	t.Helper()
	bits := make([]byte, statuslist.MinBytes)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range bits[:len(bits)/2] {
		bits[i] = byte(random.Uint32())
	}
	var buf bytes.Buffer
	w, err := open(&buf)
	if err == nil {
		_, err = w.Write(bits)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return "u" + base64.RawURLEncoding.EncodeToString(buf.Bytes())
}

// TestListInAnotherFormIsNotTooLarge: the last four bytes say how long a gzip list gets;
// those of a list in another form, or of a part of one, say nothing.
func TestListInAnotherFormIsNotTooLarge(t *testing.T) {
	whole, err := statuslist.Encode(append(bytes.Repeat([]byte{0xff, 0x00, 0x0f}, 20000), 1))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ encoded, want string }{
		"zlib":    {packWith(t, func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil }), "not gzip but zlib"},
		"DEFLATE": {packWith(t, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 6) }), "not gzip: raw DEFLATE"},
		"bits":    {"u" + base64.RawURLEncoding.EncodeToString(make([]byte, statuslist.MinBytes)), "not gzip: raw DEFLATE, or not compressed"},
		"header":  {"u" + base64.RawURLEncoding.EncodeToString([]byte{0x1f, 0x8b, 8}), "cut short"},
	} {
		if _, err := statuslist.Decode(tt.encoded); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "expands to more") {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	packed, err := base64.RawURLEncoding.DecodeString(whole[1:])
	if err != nil {
		t.Fatal(err)
	}
	for n := 18; n < len(packed); n++ {
		_, err := statuslist.Decode("u" + base64.RawURLEncoding.EncodeToString(packed[:n]))
		if err == nil || !strings.Contains(err.Error(), "cut short") {
			t.Errorf("%d of %d bytes: %v", n, len(packed), err)
		}
	}
}
