package statuslist_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/statuslist"
)

func newList(tb testing.TB, purpose string, size int) *statuslist.List {
	tb.Helper()
	l, err := statuslist.NewList(statuslist.List{ID: listURL, Issuer: "did:example:issuer", Purposes: []string{purpose}, Size: size}, 0)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// What an issuer sets is what a verifier reads, for every size and nowhere else.
func TestSetIsWhatStatusReads(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for size := 1; size <= statuslist.MaxSize; size++ {
		l := newList(t, statuslist.Message, size)
		l.Messages = map[uint64]string{}
		want := map[uint64]uint64{0: 1, statuslist.MinEntries - 1: 1<<size - 1}
		for range 500 {
			want[random.Uint64N(statuslist.MinEntries)] = random.Uint64N(1 << size)
		}
		for index, value := range want {
			if err := l.Set(index, value); err != nil {
				t.Fatal(err)
			}
		}
		v, err := l.Credential()
		if err != nil {
			t.Fatal(err)
		}
		back, err := statuslist.ParseList(v)
		if err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
		for index := range uint64(statuslist.MinEntries) {
			got, err := back.Status(statuslist.Entry{Purpose: statuslist.Message, ListURL: listURL, Index: index, Size: size})
			if err != nil || got.Value != want[index] {
				t.Fatalf("size %d, entry %d: %d, %v; want %d", size, index, got.Value, err, want[index])
			}
		}
	}
}

func TestFirstAndEighthBitAreTheEndsOfTheFirstByte(t *testing.T) {
	l := newList(t, statuslist.Suspension, 0)
	for _, index := range []uint64{0, 7} {
		if err := l.Set(index, 1); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.Bits()[0]; got != 0x81 || statuslist.Count(l.Bits()) != 2 {
		t.Errorf("entries 0 and 7 make the first byte %#x", got)
	}
}

func TestRevocationIsFinal(t *testing.T) {
	for purpose, want := range map[string]error{
		statuslist.Revocation: statuslist.ErrFinal, statuslist.Refresh: statuslist.ErrFinal,
		statuslist.Suspension: nil, statuslist.Message: nil,
	} {
		l := newList(t, purpose, 0)
		if err := errors.Join(l.Set(5, 1), l.Set(5, 1)); err != nil {
			t.Fatal(err)
		}
		if err := l.Set(5, 0); !errors.Is(err, want) {
			t.Errorf("%s: taking back gives %v, want %v", purpose, err, want)
		}
	}
}

func TestListsThatCannotBeMade(t *testing.T) {
	for name, err := range map[string]error{
		"no-purpose": second(statuslist.NewList(statuslist.List{}, 0)),
		"size-nine":  second(statuslist.NewList(statuslist.List{Purposes: []string{"message"}, Size: 9}, 0)),
		"too-long":   second(statuslist.NewList(statuslist.List{Purposes: []string{"message"}}, statuslist.MaxBytes*8+1)),
		"short-bits": second(statuslist.OfBits(statuslist.List{Purposes: []string{"message"}}, make([]byte, 10))),
		"short":      second(statuslist.Encode(make([]byte, 10))),
		"long":       second(statuslist.Encode(make([]byte, statuslist.MaxBytes+1))),
		"index":      newList(t, "message", 0).Set(statuslist.MinEntries, 1),
		"value":      newList(t, "message", 2).Set(1, 4),
		"three-bits": second(statuslist.NewTokenList(3, 1)),
		"no-entries": second(statuslist.NewTokenList(1, 0)),
	} {
		if err == nil {
			t.Errorf("%s was made", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestDiff(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for size := 1; size <= statuslist.MaxSize; size++ {
		old, next := make([]byte, 1024), make([]byte, 1024+128*(size%3))
		for range 40 {
			old[random.IntN(len(old))] = byte(random.Uint32())
			next[random.IntN(len(next))] = byte(random.Uint32())
		}
		copy(next[:512], old[:512])
		flips, total := statuslist.Diff(old, next, size, 1<<20)
		if len(flips) != total || total == 0 {
			t.Fatalf("size %d: %d of %d flips", size, len(flips), total)
		}
		if !slices.IsSortedFunc(flips, func(a, b statuslist.Flip) int { return int(a.Index) - int(b.Index) }) {
			t.Errorf("size %d: flips out of order", size)
		}
		a := ofBits(t, append(slices.Clone(old), make([]byte, statuslist.MinBytes)...), size)
		b := ofBits(t, append(slices.Clone(next), make([]byte, statuslist.MinBytes)...), size)
		for _, f := range flips {
			if f.Old == f.New || a(f.Index) != f.Old || b(f.Index) != f.New {
				t.Errorf("size %d: flip %+v, but %d and %d", size, f, a(f.Index), b(f.Index))
			}
		}
		few, same := statuslist.Diff(old, next, size, 3)
		if same != total || !slices.Equal(few, flips[:3]) {
			t.Errorf("size %d: the first flips are %v of %d", size, few, same)
		}
		if none, n := statuslist.Diff(next, next, size, 10); n != 0 || none != nil {
			t.Errorf("size %d: a list differs from itself", size)
		}
	}
}

// ofBits reads entries of any size bit by bit.
func ofBits(_ testing.TB, data []byte, size int) func(uint64) uint64 {
	return func(index uint64) (value uint64) {
		for i := int(index) * size; i < int(index+1)*size; i++ {
			value = value*2 + uint64(data[i/8]>>(7-i%8)&1)
		}
		return value
	}
}

func TestTokenViewHasTheSameIndexes(t *testing.T) {
	data := bitstring(statuslist.MinBytes, 0, 9, 77, 94567, 131071)
	for purpose, want := range map[string]byte{
		statuslist.Revocation: statuslist.TokenInvalid, statuslist.Suspension: statuslist.TokenSuspended,
	} {
		l := statuslist.TokenView(data, purpose)
		if l.Entries() != statuslist.MinEntries {
			t.Errorf("%s: %d entries", purpose, l.Entries())
		}
		for i := range uint64(statuslist.MinEntries) {
			got, err := l.Get(i)
			set := data[i/8]>>(7-i%8)&1 == 1
			if err != nil || set != (got == want) || !set && got != statuslist.TokenValid {
				t.Fatalf("%s: entry %d is %d, %v", purpose, i, got, err)
			}
		}
	}
}

func TestTokenClaimsComeBack(t *testing.T) {
	list, err := statuslist.NewTokenList(4, 100)
	if err == nil {
		err = list.Set(99, 0xc)
	}
	if err != nil {
		t.Fatal(err)
	}
	list.AggregationURI = "https://issuer.example/all"
	claims := statuslist.Claims{Subject: tokenURL, Issuer: "did:example:issuer", IssuedAt: time.Unix(1780000000, 0).UTC(),
		ExpiresAt: time.Unix(1790000000, 0).UTC(), TTL: time.Hour, List: list}
	jwtBytes, err1 := claims.JWT()
	cwtBytes, err2 := claims.CWT()
	fromJWT, err3 := statuslist.ParseJWT(jwtBytes)
	fromCWT, err4 := statuslist.ParseCWT(cwtBytes)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	for _, got := range []statuslist.Claims{fromJWT, fromCWT} {
		value, err := got.List.Get(99)
		if err != nil || value != 0xc || got.List.AggregationURI != list.AggregationURI {
			t.Errorf("entry 99 is %d, %v", value, err)
		}
		got.List = list
		if got != claims {
			t.Errorf("%+v became %+v", claims, got)
		}
	}
}

func TestFreshness(t *testing.T) {
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	l := statuslist.List{}
	if got := l.FreshUntil(at, time.Minute); !got.Equal(at.Add(time.Minute)) {
		t.Errorf("without ttl: %v", got)
	}
	l.TTL = time.Hour
	if got := l.FreshUntil(at, time.Minute); !got.Equal(at.Add(time.Hour)) {
		t.Errorf("with ttl: %v", got)
	}
	l.ValidUntil = at.Add(time.Second)
	if got := l.FreshUntil(at, time.Minute); !got.Equal(l.ValidUntil) {
		t.Errorf("with validUntil: %v", got)
	}
	c := statuslist.Claims{TTL: time.Hour, ExpiresAt: at.Add(time.Second)}
	if got := c.FreshUntil(at, time.Minute); !got.Equal(c.ExpiresAt) {
		t.Errorf("token: %v", got)
	}
}

// A bomb is refused before it takes more memory than the largest list.
func TestBombsTakeNoMemory(t *testing.T) {
	bomb := gzipped(t, make([]byte, 64<<20))
	encoded := "u" + base64url(bomb)
	got := testing.AllocsPerRun(1, func() {
		if _, err := statuslist.Decode(encoded); err == nil {
			t.Error("a bomb was decoded")
		}
	})
	if got > 20 {
		t.Errorf("%v allocations", got)
	}
}

func FuzzList(f *testing.F) {
	for _, c := range slices.Concat(goodLists(f), badLists(f), badMatches(f)) {
		f.Add(c.List.Canonical(), c.Entry.Canonical())
	}
	f.Fuzz(func(t *testing.T, list, entry []byte) {
		v, err := jcs.Decode(list)
		if err != nil {
			return
		}
		l, err := statuslist.ParseList(v)
		codeOf(t, err)
		if err != nil {
			return
		}
		w, err := jcs.Decode(entry)
		if err != nil {
			return
		}
		e, err := statuslist.ParseEntry(w)
		codeOf(t, err)
		if err != nil {
			return
		}
		r, err := l.Status(e)
		codeOf(t, err)
		if err == nil && (r.Value>>e.Size != 0 || r.Set != (r.Value != 0)) {
			t.Errorf("%+v of %d bits", r, e.Size)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, c := range badEncodings(f) {
		subject, _ := c.List.Get("credentialSubject")
		if s, ok := subject.GetString("encodedList"); ok && len(s) < 4096 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		bits, err := statuslist.Decode(s)
		codeOf(t, err)
		if err != nil {
			return
		}
		again, err := statuslist.Encode(bits)
		if err != nil || !strings.HasPrefix(again, "u") {
			t.Fatal(err)
		}
		back, err := statuslist.Decode(again)
		if err != nil || !bytes.Equal(back, bits) {
			t.Errorf("the bits changed on the way: %v", err)
		}
	})
}

func FuzzToken(f *testing.F) {
	for _, c := range slices.Concat(goodTokens(f), badJWTs(f)) {
		if len(c.JWT) < 4096 {
			f.Add([]byte(c.JWT), uint64(3))
		}
	}
	f.Add(cwtOf(f, nil, nil), uint64(1))
	f.Fuzz(func(t *testing.T, payload []byte, index uint64) {
		for _, parse := range []func([]byte) (statuslist.Claims, error){statuslist.ParseJWT, statuslist.ParseCWT} {
			c, err := parse(payload)
			codeOf(t, err)
			if err != nil {
				continue
			}
			ref := statuslist.Reference{Index: index, URI: c.Subject}
			value, err := c.Status(ref, c.IssuedAt, 0)
			codeOf(t, err)
			if err == nil && int(value)>>c.List.Bits != 0 {
				t.Errorf("status %d of %d bits", value, c.List.Bits)
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	for name, set := range map[string]int{"empty": 0, "thousand": 1000, "half": 65536} {
		random := rand.New(rand.NewPCG(5, 6))
		l := newList(b, statuslist.Revocation, 0)
		for range set {
			if err := l.Set(random.Uint64N(statuslist.MinEntries), 1); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				encoded, err := statuslist.Encode(l.Bits())
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(encoded)), "bytes")
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	encoded, err := statuslist.Encode(bitstring(statuslist.MinBytes, 1, 1000, 99999))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := statuslist.Decode(encoded); err != nil {
			b.Fatal(err)
		}
	}
}
