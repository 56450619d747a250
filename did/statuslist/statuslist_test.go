package statuslist

import (
	"bytes"
	"testing"
)

func TestLeftmostBitIsFirst(t *testing.T) {
	l, err := NewList(List{Purposes: []string{Suspension}, Issuer: "did:example:1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range []uint64{0, 7} {
		if err := l.Set(index, 1); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.Bits()[0]; got != 0x81 {
		t.Errorf("bits 0 and 7 give %#x", got)
	}
	v, err := l.Credential()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseList(v)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(back.Bits(), l.Bits()) {
		t.Error("the bits changed on the way")
	}
}
