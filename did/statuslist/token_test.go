package statuslist_test

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/statuslist"
)

// tokenVector is the payload of a status list token, of a JWT (text) or of a CWT
// (hexadecimal), and the status claim of a token that refers to it.
type tokenVector struct {
	Name   string    `json:"name"`
	Source string    `json:"source"`
	Now    string    `json:"now"`
	Status jcs.Value `json:"status"`
	JWT    string    `json:"jwt,omitempty"`
	CWT    string    `json:"cwt,omitempty"`
	Code   string    `json:"code,omitempty"`
	Path   string    `json:"path,omitempty"`
	Value  byte      `json:"value"`
}

const tokenURL = "https://issuer.example/statuslists/1"

func TestTokenVectors(t *testing.T) {
	cases := vectors(t, "tokens.json", vectorFile[tokenVector]{
		Description: "Payloads of status list tokens, as JWT (text) or CWT (hexadecimal), the status claim of a referenced token and the time: value is the status type, or code one of malformed, range and verification, with the claim at fault.",
		Source:      "made by go test ./did/statuslist -update; each case names the clause of IETF Token Status List (draft 17) it is about",
		Cases:       slices.Concat(goodTokens(t), badReferences(t), badJWTs(t), badCWTs(t)),
	}, func(v tokenVector) string { return v.Name })
	for _, v := range cases {
		t.Run(v.Name, func(t *testing.T) {
			value, err := tokenStatus(t, v)
			if code, path := codeOf(t, err); code != v.Code || path != v.Path {
				t.Fatalf("%s at %q, want %s at %q: %v", code, path, v.Code, v.Path, err)
			}
			if err == nil && value != v.Value {
				t.Errorf("status type %d, want %d", value, v.Value)
			}
		})
	}
}

func tokenStatus(t *testing.T, v tokenVector) (byte, error) {
	at, err := time.Parse(time.RFC3339, v.Now)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := statuslist.ParseReference(v.Status)
	if err != nil {
		return 0, err
	}
	var claims statuslist.Claims
	if v.CWT != "" {
		payload, err := hex.DecodeString(v.CWT)
		if err != nil {
			t.Fatal(err)
		}
		if claims, err = statuslist.ParseCWT(payload); err != nil {
			return 0, err
		}
	} else if claims, err = statuslist.ParseJWT([]byte(v.JWT)); err != nil {
		return 0, err
	}
	return claims.Status(ref, at, 5*time.Second)
}

func reference(index int64) jcs.Value {
	return jcs.Object(jcs.Member{Name: "status_list", Value: jcs.Object(
		jcs.Member{Name: "idx", Value: jcs.FromInt(index)}, jcs.Member{Name: "uri", Value: text(tokenURL)})})
}

// lst of one bit: entries 0, 3, 4, 5, 7, 8, 9, 13, 15 are set.
func oneBit(tb testing.TB) string { return base64url(zlibbed(tb, []byte{0xb9, 0xa3})) }

// lst of two bits: 1 2 0 3 0 1 0 1 1 2 3 3.
func twoBits(tb testing.TB) string { return base64url(zlibbed(tb, []byte{0xc9, 0x44, 0xf9})) }

func jwtOf(tb testing.TB, bits int, lst string) jcs.Value {
	return decode(tb, fmt.Sprintf(`{"sub":%q,"iat":1780000000,"exp":1790000000,"ttl":43200,"status_list":{"bits":%d,"lst":%q}}`, tokenURL, bits, lst))
}

func jwt(name, source string, status, payload jcs.Value, value byte) tokenVector {
	return tokenVector{Name: name, Source: source, Now: now, Status: status, JWT: string(payload.Canonical()), Value: value}
}

func goodTokens(tb testing.TB) (cases []tokenVector) {
	one, two := jwtOf(tb, 1, oneBit(tb)), jwtOf(tb, 2, twoBits(tb))
	for i, want := range []byte{1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1} {
		cases = append(cases, jwt(fmt.Sprintf("one-bit-entry-%d", i), "4.1", reference(int64(i)), one, want))
	}
	for i, want := range []byte{1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3} {
		cases = append(cases, jwt(fmt.Sprintf("two-bits-entry-%d", i), "4.1", reference(int64(i)), two, want))
	}
	four := jwtOf(tb, 4, base64url(zlibbed(tb, []byte{0x21, 0x0f})))
	eight := jwtOf(tb, 8, base64url(zlibbed(tb, []byte{0, 255})))
	cases = append(cases,
		jwt("four-bits-low-nibble-first", "4.1", reference(0), four, 1), jwt("four-bits-high-nibble-second", "4.1", reference(1), four, 2),
		jwt("four-bits-last", "4.1", reference(3), four, 0), jwt("eight-bits", "4.1", reference(1), eight, 255),
		jwt("without-exp-and-ttl", "5.1", reference(0), one.Without("exp", "ttl"), 1),
		jwt("with-aggregation-uri", "4.2", reference(0), with(one, "status_list.aggregation_uri", text("https://issuer.example/all")), 1),
		jwt("issued-within-the-clock-tolerance", "8.3; clocks may differ by 5 s", reference(0), one.With("iat", jcs.FromInt(1780272005)), 1),
		jwt("claims-of-others", "5.1", reference(0), one.With("nbf", jcs.FromInt(0)), 1),
	)
	for name, width := range map[string]int{"cwt-one-bit": 1, "cwt-suspended": 2} {
		list, err := statuslist.NewTokenList(width, 100)
		value := byte(width)
		if err == nil {
			err = list.Set(77, value)
		}
		if err != nil {
			tb.Fatal(err)
		}
		cases = append(cases, tokenVector{Name: name, Source: "5.2", Now: now, Status: reference(77), Value: value,
			CWT: hex.EncodeToString(cwtOf(tb, nil, list))})
	}
	definite := cwtOf(tb, nil, nil)
	cases = append(cases, tokenVector{Name: "cwt-of-indefinite-length", Source: "RFC 8949, 3.2", Now: now, Status: reference(0),
		CWT: "bf" + hex.EncodeToString(definite[1:]) + "ff"})
	slices.SortStableFunc(cases, func(a, b tokenVector) int { return strings.Compare(a.CWT, b.CWT) })
	return cases
}

// cwtOf makes claims, of which change replaces or adds some.
func cwtOf(tb testing.TB, change map[any]any, list *statuslist.TokenList) []byte {
	tb.Helper()
	if list == nil {
		var err error
		if list, err = statuslist.NewTokenList(1, 100); err != nil {
			tb.Fatal(err)
		}
	}
	payload, err := statuslist.Claims{Subject: tokenURL, IssuedAt: time.Unix(1780000000, 0), ExpiresAt: time.Unix(1790000000, 0),
		TTL: 12 * time.Hour, List: list}.CWT()
	if err != nil {
		tb.Fatal(err)
	}
	if change == nil {
		return payload
	}
	var claims map[any]any
	if err := cbor.Unmarshal(payload, &claims); err != nil {
		tb.Fatal(err)
	}
	for k, v := range change {
		if delete(claims, k); v != nil {
			claims[k] = v
		}
	}
	enc, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		tb.Fatal(err)
	}
	if payload, err = enc.Marshal(claims); err != nil {
		tb.Fatal(err)
	}
	return payload
}

func badReferences(tb testing.TB) []tokenVector {
	one := jwtOf(tb, 1, oneBit(tb))
	claim := func(name, status, code, path string) tokenVector {
		v := jwt(name, "6.1", decode(tb, status), one, 0)
		v.Code, v.Path = code, path
		return v
	}
	const at = "status.status_list."
	return []tokenVector{
		claim("status-claim-not-an-object", `"valid"`, "malformed", "status"),
		claim("status-claim-empty", `{}`, "malformed", "status"),
		claim("idx-missing", `{"status_list":{"uri":"`+tokenURL+`"}}`, "malformed", at+"idx"),
		claim("idx-string", `{"status_list":{"idx":"0","uri":"`+tokenURL+`"}}`, "malformed", at+"idx"),
		claim("idx-negative", `{"status_list":{"idx":-1,"uri":"`+tokenURL+`"}}`, "malformed", at+"idx"),
		claim("idx-fraction", `{"status_list":{"idx":0.5,"uri":"`+tokenURL+`"}}`, "malformed", at+"idx"),
		claim("idx-not-exact", `{"status_list":{"idx":1e300,"uri":"`+tokenURL+`"}}`, "malformed", at+"idx"),
		claim("idx-out-of-bounds", `{"status_list":{"idx":16,"uri":"`+tokenURL+`"}}`, "range", "idx"),
		claim("uri-missing", `{"status_list":{"idx":0}}`, "malformed", at+"uri"),
		claim("uri-relative", `{"status_list":{"idx":0,"uri":"/statuslists/1"}}`, "malformed", at+"uri"),
		claim("uri-of-another-token", `{"status_list":{"idx":0,"uri":"https://issuer.example/statuslists/2"}}`, "verification", "sub"),
	}
}

func badJWTs(tb testing.TB) []tokenVector {
	v := jwtOf(tb, 1, oneBit(tb))
	packed := zlibbed(tb, []byte{0xb9, 0xa3})
	bad := func(name, source string, payload jcs.Value, code, path string) tokenVector {
		c := jwt(name, source, reference(0), payload, 0)
		c.Code, c.Path = code, path
		return c
	}
	raw := func(name, payload, path string) tokenVector {
		return tokenVector{Name: name, Source: "5.1", Now: now, Status: reference(0), JWT: payload, Code: "malformed", Path: path}
	}
	lst := func(name string, data []byte) tokenVector {
		return bad(name, "4.1", with(v, "status_list.lst", text(base64url(data))), "malformed", "status_list.lst")
	}
	checksum := slices.Clone(packed)
	checksum[len(checksum)-1] ^= 1
	return []tokenVector{
		raw("jwt-not-json", "lst", ""), raw("jwt-claim-twice", `{"sub":"a:b","sub":"a:b"}`, ""), raw("jwt-not-an-object", `[]`, "sub"),
		bad("sub-missing", "5.1", v.Without("sub"), "malformed", "sub"),
		bad("sub-not-a-uri", "5.1", v.With("sub", text("1")), "malformed", "sub"),
		bad("iss-not-a-string", "5.1", v.With("iss", jcs.FromInt(1)), "malformed", "iss"),
		bad("iat-missing", "5.1", v.Without("iat"), "malformed", "iat"),
		bad("iat-string", "5.1", v.With("iat", text("1780000000")), "malformed", "iat"),
		bad("iat-beyond-the-clock-tolerance", "8.3", v.With("iat", jcs.FromInt(1780272006)), "verification", "iat"),
		bad("iat-in-the-future", "8.3", v.With("iat", jcs.FromInt(1785000000)), "verification", "iat"),
		bad("exp-string", "5.1", v.With("exp", text("1790000000")), "malformed", "exp"),
		bad("exp-negative", "5.1", v.With("exp", jcs.FromInt(-1)), "malformed", "exp"),
		bad("exp-passed", "8.3", v.With("exp", jcs.FromInt(1780000001)), "verification", "exp"),
		bad("exp-is-now", "RFC 7519, 4.1.4", v.With("exp", jcs.FromInt(1780272000)), "verification", "exp"),
		bad("exp-passed-within-ttl", "8.3", v.With("exp", jcs.FromInt(1780000001)).With("ttl", jcs.FromInt(1<<30)), "verification", "exp"),
		bad("nbf-to-come", "RFC 7519, 4.1.5", v.With("nbf", jcs.FromInt(1785000000)), "verification", "nbf"),
		bad("nbf-string", "RFC 7519, 4.1.5", v.With("nbf", text("0")), "malformed", "nbf"),
		bad("aud-of-others", "RFC 7519, 4.1.3", v.With("aud", text("https://verifier.example")), "verification", "aud"),
		bad("ttl-zero", "5.1", v.With("ttl", jcs.FromInt(0)), "malformed", "ttl"),
		bad("ttl-string", "5.1", v.With("ttl", text("43200")), "malformed", "ttl"),
		bad("status-list-missing", "5.1", v.Without("status_list"), "malformed", "status_list"),
		bad("bits-missing", "4.2", without(v, "status_list.bits"), "malformed", "status_list.bits"),
		bad("bits-zero", "4.2", with(v, "status_list.bits", jcs.FromInt(0)), "malformed", "status_list.bits"),
		bad("bits-three", "4.2", with(v, "status_list.bits", jcs.FromInt(3)), "malformed", "status_list.bits"),
		bad("bits-sixteen", "4.2", with(v, "status_list.bits", jcs.FromInt(16)), "malformed", "status_list.bits"),
		bad("bits-negative", "4.2", with(v, "status_list.bits", jcs.FromInt(-1)), "malformed", "status_list.bits"),
		bad("bits-string", "4.2", with(v, "status_list.bits", text("1")), "malformed", "status_list.bits"),
		bad("lst-missing", "4.2", without(v, "status_list.lst"), "malformed", "status_list.lst"),
		bad("lst-padded", "4.2", with(v, "status_list.lst", text(oneBit(tb)+"==")), "malformed", "status_list.lst"),
		bad("lst-with-multibase-header", "4.2", with(v, "status_list.lst", text("u"+oneBit(tb))), "malformed", "status_list.lst"),
		bad("aggregation-uri-not-a-uri", "4.2", with(v, "status_list.aggregation_uri", text("all")), "malformed", "status_list.aggregation_uri"),
		lst("lst-compressed-with-gzip", gzipped(tb, []byte{0xb9, 0xa3})), lst("lst-raw-deflate", packed[2:len(packed)-4]),
		lst("lst-not-compressed", []byte{0xb9, 0xa3}), lst("lst-empty", zlibbed(tb, nil)), lst("lst-cut-short", packed[:len(packed)-1]),
		lst("lst-checksum-wrong", checksum), lst("lst-garbage-behind", append(slices.Clone(packed), 0)),
		lst("lst-bomb", zlibbed(tb, make([]byte, statuslist.MaxBytes+1))),
	}
}

func badCWTs(tb testing.TB) []tokenVector {
	list := func(change map[string]any) map[any]any {
		l := map[string]any{"bits": 1, "lst": zlibbed(tb, []byte{0xb9})}
		for k, v := range change {
			if delete(l, k); v != nil {
				l[k] = v
			}
		}
		return map[any]any{uint64(65533): l}
	}
	claim := func(key uint64, v any) map[any]any { return map[any]any{key: v} }
	bad := func(name, source string, change map[any]any, code, path string) tokenVector {
		return tokenVector{Name: name, Source: source, Now: now, Status: reference(0), CWT: hex.EncodeToString(cwtOf(tb, change, nil)), Code: code, Path: path}
	}
	raw := func(name, payload string) tokenVector {
		return tokenVector{Name: name, Source: "RFC 8949", Now: now, Status: reference(0), CWT: payload, Code: "malformed"}
	}
	good := hex.EncodeToString(cwtOf(tb, nil, nil))
	return []tokenVector{
		raw("cwt-not-cbor", "ff"), raw("cwt-cut-short", good[:len(good)-2]), raw("cwt-garbage-behind", good+"00"), raw("cwt-not-a-map", "80"),
		raw("cwt-claim-twice", "a2"+strings.Repeat("026161", 2)), raw("cwt-without-an-end", "bf"), raw("cwt-claim-twice-of-indefinite-length", "bf"+strings.Repeat("026161", 2)+"ff"),
		bad("cwt-sub-missing", "5.2", claim(2, nil), "malformed", "2"),
		bad("cwt-sub-bytes", "5.2", claim(2, []byte(tokenURL)), "malformed", ""),
		bad("cwt-sub-of-another-token", "8.3", claim(2, tokenURL+"0"), "verification", "sub"),
		bad("cwt-iat-missing", "5.2", claim(6, nil), "malformed", "iat"),
		bad("cwt-iat-tagged", "RFC 8392, 2", claim(6, cbor.Tag{Number: 1, Content: 1780000000}), "malformed", "iat"),
		bad("cwt-iat-text", "5.2", claim(6, "1780000000"), "malformed", "iat"),
		bad("cwt-iat-not-a-number", "5.2", claim(6, cbor.RawMessage{0xf9, 0x7e, 0x00}), "malformed", "iat"),
		bad("cwt-exp-passed", "8.3", claim(4, 1780000001), "verification", "exp"),
		bad("cwt-exp-infinite", "5.2", claim(4, cbor.RawMessage{0xf9, 0x7c, 0x00}), "malformed", "exp"),
		bad("cwt-exp-null", "5.2", claim(4, cbor.RawMessage{0xf6}), "malformed", "exp"),
		bad("cwt-nbf-to-come", "RFC 8392, 3.1.5", claim(5, 1785000000), "verification", "nbf"),
		bad("cwt-aud-of-others", "RFC 8392, 3.1.3", claim(3, "https://verifier.example"), "verification", "aud"),
		bad("cwt-ttl-zero", "5.2", claim(65534, 0), "malformed", "ttl"),
		bad("cwt-ttl-negative", "5.2", claim(65534, -1), "malformed", "ttl"),
		bad("cwt-ttl-floating", "5.2", claim(65534, 43200.5), "malformed", "ttl"),
		bad("cwt-list-missing", "5.2", claim(65533, nil), "malformed", "65533"),
		bad("cwt-list-not-a-map", "4.3", claim(65533, "lst"), "malformed", "65533"),
		bad("cwt-bits-missing", "4.3", list(map[string]any{"bits": nil}), "malformed", "status_list.bits"),
		bad("cwt-bits-three", "4.3", list(map[string]any{"bits": 3}), "malformed", "status_list.bits"),
		bad("cwt-bits-floating", "4.3", list(map[string]any{"bits": 1.5}), "malformed", "65533"),
		bad("cwt-bits-wrap-to-one", "4.3", list(map[string]any{"bits": uint64(1<<32 + 1)}), "malformed", "status_list.bits"),
		bad("cwt-lst-missing", "4.3", list(map[string]any{"lst": nil}), "malformed", "status_list.lst"),
		bad("cwt-lst-text", "4.3", list(map[string]any{"lst": oneBit(tb)}), "malformed", "status_list.lst"),
		bad("cwt-lst-array-of-numbers", "4.3", list(map[string]any{"lst": []int{120, 218}}), "malformed", "status_list.lst"),
		bad("cwt-lst-not-compressed", "4.3", list(map[string]any{"lst": []byte{0xb9}}), "malformed", "status_list.lst"),
		bad("cwt-aggregation-uri-not-a-uri", "4.3", list(map[string]any{"aggregation_uri": "all"}), "malformed", "status_list.aggregation_uri"),
	}
}
