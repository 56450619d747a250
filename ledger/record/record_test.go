package record

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tabard-id/tabard/did/jcs"
)

func TestRecordOfExactlyTheLimit(t *testing.T) {
	make := func(n int) Record {
		return Record{Kind: KindDID, Time: 1, Body: jcs.Object(member("entry", jcs.FromString(strings.Repeat("x", n))))}
	}
	empty, err := make(0).Encode()
	if err != nil {
		t.Fatal(err)
	}
	room := MaxRecord - len(empty)
	data, err := make(room).Encode()
	if err != nil || len(data) != MaxRecord {
		t.Fatalf("%d bytes, %v", len(data), err)
	}
	if _, err := Decode(data); err != nil {
		t.Error(err)
	}
	if _, err := make(room + 1).Encode(); !errors.Is(err, ErrTooLarge) {
		t.Errorf("one byte more: %v", err)
	}
	if _, err := Decode(append(data, ' ')); !errors.Is(err, ErrTooLarge) {
		t.Errorf("one byte more: %v", err)
	}
}

func TestDecodeTakesOnlyTheCanonicalForm(t *testing.T) {
	const good = `{"body":{"a":1},"kind":"status","time":"2026-01-02T03:04:05.678Z"}`
	r, err := Decode([]byte(good))
	if err != nil || r.Kind != KindStatus || r.Time != TimeOf(time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)) {
		t.Fatalf("%+v, %v", r, err)
	}
	for name, test := range map[string]struct {
		text string
		want error
	}{
		"space":              {strings.Replace(good, ":1", ": 1", 1), ErrRecord},
		"order":              {`{"kind":"status","body":{"a":1},"time":"2026-01-02T03:04:05.678Z"}`, ErrRecord},
		"number":             {strings.Replace(good, ":1", ":1.0", 1), ErrRecord},
		"unknown kind":       {strings.Replace(good, "status", "erasure", 1), ErrUnknownKind},
		"no kind":            {strings.Replace(good, "status", "", 1), ErrRecord},
		"more members":       {strings.Replace(good, `,"time"`, `,"more":1,"time"`, 1), ErrRecord},
		"fewer members":      {`{"body":{"a":1},"kind":"status"}`, ErrRecord},
		"body not an object": {strings.Replace(good, `{"a":1}`, `[]`, 1), ErrRecord},
		"two digits":         {strings.Replace(good, ".678Z", ".67Z", 1), ErrRecord},
		"no digits":          {strings.Replace(good, ".678Z", "Z", 1), ErrRecord},
		"offset":             {strings.Replace(good, ".678Z", ".678+00:00", 1), ErrRecord},
		"comma":              {strings.Replace(good, ".678Z", ",678Z", 1), ErrRecord},
		"no such day":        {strings.Replace(good, "01-02", "02-30", 1), ErrRecord},
		"duplicate":          {strings.Replace(good, `"a":1`, `"a":1,"a":1`, 1), ErrRecord},
		"not JSON":           {"record", ErrRecord},
	} {
		if _, err := Decode([]byte(test.text)); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

func TestTimesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Time(rapid.Int64Range(0, int64(MaxTime)).Draw(t, "ms"))
		got, err := ParseTime(want.String())
		if err != nil || got != want {
			t.Fatalf("%s: %d, %v", want, got, err)
		}
	})
}

func TestStamps(t *testing.T) {
	for text, ok := range map[string]bool{
		"2026-01-02T03:04:05Z":            true,
		"2026-01-02T03:04:05.1Z":          true,
		"2026-01-02T03:04:05.123456789Z":  true,
		"2026-01-02T03:04:05.1234567890Z": false,
		"2026-01-02T03:04:05,1Z":          false,
		"2026-01-02T3:04:05Z":             false,
		"2026-01-02T3:04:05.1Z":           false,
		"2026-01-02T03:04:05":             false,
		"2026-01-02T03:04:05+00:00":       false,
		"2026-01-02t03:04:05z":            false,
		"2026-02-30T03:04:05Z":            false,
		"2026-01-02T24:00:00Z":            false,
		"":                                false,
		"Z":                               false,
	} {
		if _, err := ParseStamp(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestHashes(t *testing.T) {
	text := strings.Repeat("0a", 32)
	h, err := ParseHash(text)
	if err != nil || h.String() != text {
		t.Errorf("%s, %v", h, err)
	}
	for _, bad := range []string{"", text[2:], text + "00", strings.ToUpper(text), "zz" + text[2:]} {
		if _, err := ParseHash(bad); !errors.Is(err, ErrHash) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestOutcomesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Outcome{
			Code: Code(rapid.Uint16().Draw(t, "code")), Seq: Seq(rapid.Uint64().Draw(t, "seq")),
			Count: int(rapid.Uint32().Draw(t, "count")), Time: Time(rapid.Int64().Draw(t, "time")),
			Leaf:      Hash(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "leaf")),
			Head:      rapid.StringN(0, 64, maxHead).Draw(t, "head"),
			Completes: Seq(rapid.SampledFrom([]uint64{0, 0, 1, 1<<64 - 1}).Draw(t, "completes")),
		}
		encoded := want.Encode()
		got, err := DecodeOutcome(encoded)
		if err != nil || got != want {
			t.Fatalf("%+v, %v, want %+v", got, err, want)
		}
		for _, bad := range [][]byte{encoded[:len(encoded)-1], append(encoded[:len(encoded):len(encoded)], 0), nil, {2}} {
			if _, err := DecodeOutcome(bad); !errors.Is(err, ErrOutcome) {
				t.Fatalf("%x: %v", bad, err)
			}
		}
	})
}

// TestOutcomeOfWhatCompletes has bytes that never change.
func TestOutcomeOfWhatCompletes(t *testing.T) {
	o := Outcome{Code: Accepted, Seq: 9, Count: 1, Time: 1767323045678, Leaf: LeafHash([]byte("record")), Completes: 7}
	const want = "02" + "0000" + "0000000000000009" + "00000001" + "0000019b7ca98f2e" +
		"e610a112edd75ddb57ea4d2ed191a086bc913ce590bb8f2b6db95d3cc3fe2e0e" + "0000" + "0000000000000007"
	if got := hex.EncodeToString(o.Encode()); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	zero := o.Encode()
	zero[len(zero)-1] = 0
	if _, err := DecodeOutcome(zero); !errors.Is(err, ErrOutcome) {
		t.Errorf("one that completes record 0: %v", err)
	}
}

// TestCredentialBodyThatCompletes names a record.
func TestCredentialBodyThatCompletes(t *testing.T) {
	b := CredentialBody{Digest: Hash{1}, Issuer: "did:example:i", Proof: jcs.Object(), Content: true, Completes: 7}
	got, err := ParseCredentialBody(b.Value())
	if err != nil || got.Completes != 7 || !got.Value().Equal(b.Value()) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []jcs.Value{jcs.FromInt(0), jcs.FromInt(-1), jcs.FromString("7"), jcs.FromBool(true)} {
		if _, err := ParseCredentialBody(b.Value().With("completes", bad)); !errors.Is(err, ErrRecord) {
			t.Errorf("%s: %v", bad.Canonical(), err)
		}
	}
}

func TestCodesHaveNames(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range Codes() {
		name := c.String()
		if again, ok := ParseCode(name); !ok || again != c || seen[name] {
			t.Errorf("code %d, %q: read back as %d, %v", c, name, again, ok)
		}
		seen[name] = true
	}
	if len(seen) != len(codeNames) {
		t.Errorf("%d codes of %d", len(seen), len(codeNames))
	}
	if Code(9999).Known() || Code(9999).String() != "code-9999" {
		t.Error("an unknown code is known")
	}
}
