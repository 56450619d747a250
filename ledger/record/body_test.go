package record

import (
	"bytes"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
)

// The entry of a record is the same whether it is read or cut out, and is cut out only where nothing
// follows it.
func TestEntryText(t *testing.T) {
	entries := []string{
		`{}`, `{"a":{"b":[{}]}}`,
		`{"state":{"comment":"},\"kind\":\"did\",\"time\":\""},"versionId":"1-x"}`,
		`{"kind":"did","time":"}"}`, `{"witness":[{"a":1}]}`,
	}
	for _, text := range entries {
		entry, err := jcs.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := Record{Kind: KindDID, Time: 1, Body: DIDBody{Entry: entry}.Value()}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := EntryText(plain); !ok || !bytes.Equal(got, entry.Canonical()) {
			t.Errorf("of %s: %s, %v", plain, got, ok)
		}
		proof := jcs.Object(jcs.Member{Name: "versionId", Value: jcs.FromString("1-x")})
		witnessed, err := Record{Kind: KindDID, Time: 1, Body: DIDBody{Entry: entry, Witness: []jcs.Value{proof}}.Value()}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := EntryText(witnessed); ok {
			t.Errorf("of %s, which has witness proofs: %s", witnessed, got)
		}
	}
	for _, other := range []string{"", `{"body":{"entry":`, `{"body":{"entry":},"kind":"did","time":"`, `{"body":{"digest":"x"},"kind":"credential","time":"x"}`, `{"body":{"entry":{}},"kind":"status","time":"x"}`} {
		if got, ok := EntryText([]byte(other)); ok {
			t.Errorf("of %s: %s", other, got)
		}
	}
}
