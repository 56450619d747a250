package statuslist_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/cose"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/statuslist"
)

var errStranger = errors.New("no such key")

func testKey(tb testing.TB, t multikey.Type, last byte) multikey.PrivateKey {
	tb.Helper()
	seed := make([]byte, 32)
	if t == multikey.P384 {
		seed = make([]byte, 48)
	}
	seed[len(seed)-1] = last
	private, err := multikey.NewPrivate(t, seed)
	if err != nil {
		tb.Fatal(err)
	}
	return private
}

// knows finds one key by the kid that did:key gives it.
func knows(k multikey.PrivateKey) statuslist.KeyFunc {
	return func(kid string) (multikey.PublicKey, error) {
		if kid != key.MethodID(k.Public()) {
			return multikey.PublicKey{}, errStranger
		}
		return k.Public(), nil
	}
}

func revoked(tb testing.TB, index uint64) statuslist.Claims {
	tb.Helper()
	list, err := statuslist.NewTokenList(1, 1000)
	if err == nil {
		err = list.Set(index, statuslist.TokenInvalid)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return statuslist.Claims{Subject: tokenURL, IssuedAt: time.Unix(1780000000, 0).UTC(), TTL: time.Hour, List: list}
}

func TestTokensOfEveryKeyType(t *testing.T) {
	for _, typ := range []multikey.Type{multikey.Ed25519, multikey.P256, multikey.P384} {
		k := testKey(t, typ, 7)
		claims := revoked(t, 77)
		claims.Issuer = string(key.FromPublic(k.Public()))
		token, err1 := claims.SignJWT(key.MethodID(k.Public()), k)
		message, err2 := claims.SignCWT(key.MethodID(k.Public()), k)
		fromJWT, err3 := statuslist.VerifyJWT([]byte(token), knows(k), nil)
		fromCWT, err4 := statuslist.VerifyCWT(message, knows(k), nil)
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			t.Fatalf("%v: %v", typ, err)
		}
		for _, got := range []statuslist.Claims{fromJWT, fromCWT} {
			status, err := got.Status(statuslist.Reference{Index: 77, URI: tokenURL}, got.IssuedAt, 0)
			if err != nil || status != statuslist.TokenInvalid {
				t.Errorf("%v: status %d, %v", typ, status, err)
			}
		}
	}
}

// securedVector is a signed token, a JWT (text) or a CWT (hexadecimal), of which no
// claim may be believed; the only key is that of the did:key.
type securedVector struct {
	Name   string `json:"name"`
	Source string `json:"source"`
	DID    string `json:"did"`
	JWT    string `json:"jwt,omitempty"`
	CWT    string `json:"cwt,omitempty"`
	Code   string `json:"code,omitempty"`
}

func TestSecuredTokenVectors(t *testing.T) {
	k := testKey(t, multikey.Ed25519, 7)
	cases := vectors(t, "secured-tokens.json", vectorFile[securedVector]{
		Description: "Signed status list tokens, as JWT (text) or CWT (hexadecimal), where the one key known is that of the DID: code is absent for one that verifies, else verification.",
		Source:      "made by go test ./did/statuslist -update from fixed keys; each case names the clause of IETF Token Status List (draft 17) it is about",
		Cases:       securedTokens(t, k),
	}, func(v securedVector) string { return v.Name })
	for _, v := range cases {
		t.Run(v.Name, func(t *testing.T) {
			verify, data := statuslist.VerifyJWT, []byte(v.JWT)
			if v.CWT != "" {
				var err error
				if data, err = hex.DecodeString(v.CWT); err != nil {
					t.Fatal(err)
				}
				verify = statuslist.VerifyCWT
			}
			if v.DID != string(key.FromPublic(k.Public())) {
				t.Fatalf("a vector of %s", v.DID)
			}
			_, err := verify(data, knows(k), nil)
			if code, _ := codeOf(t, err); code != v.Code {
				t.Errorf("%q: %v", code, err)
			}
		})
	}
}

// securedTokens are two that verify, and the others.
func securedTokens(t *testing.T, k multikey.PrivateKey) (cases []securedVector) {
	other := testKey(t, multikey.Ed25519, 8)
	kid := key.MethodID(k.Public())
	claims := revoked(t, 77)
	token, err1 := claims.SignJWT(kid, k)
	message, err2 := claims.SignCWT(kid, k)
	payload, err3 := claims.JWT()
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	resign := func(header string, by multikey.PrivateKey) []byte {
		signed, err := jose.Sign(decode(t, header), payload, by)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(signed)
	}
	reseal := func(h cose.Header) []byte {
		payload, err := claims.CWT()
		if err != nil {
			t.Fatal(err)
		}
		signed, err := cose.Sign(h, payload, k)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	claims.Issuer = "did:example:stranger"
	stranger, err1 := claims.SignJWT(kid, k)
	strangerCWT, err2 := claims.SignCWT(kid, k)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	none := strings.Replace(token, strings.Split(token, ".")[0], base64url([]byte(`{"alg":"none","typ":"statuslist+jwt"}`)), 1)
	flipped := bytes.Clone(message)
	flipped[len(flipped)-1] ^= 1
	for _, c := range []struct {
		name, source string
		data         []byte
		cwt          bool
	}{
		{"jwt", "5.1", []byte(token), false},
		{"jwt-typ-as-a-whole-media-type", "RFC 7515, 4.1.9", resign(`{"typ":"application/statuslist+jwt","kid":"`+kid+`"}`, k), false},
		{"cwt", "5.2", message, true},
		{"typ-of-an-ordinary-jwt", "5.1", resign(`{"typ":"JWT","kid":"`+kid+`"}`, k), false},
		{"typ-missing", "5.1", resign(`{"kid":"`+kid+`"}`, k), false},
		{"typ-of-a-credential", "5.1", resign(`{"typ":"vc+jwt","kid":"`+kid+`"}`, k), false},
		{"kid-missing", "10.3", resign(`{"typ":"statuslist+jwt"}`, k), false},
		{"kid-of-a-stranger", "10.3", resign(`{"typ":"statuslist+jwt","kid":"did:example:x#y"}`, k), false},
		{"signed-by-a-stranger", "5.1", resign(`{"typ":"statuslist+jwt","kid":"`+kid+`"}`, other), false},
		{"iss-is-not-the-key's", "RFC 8725, 3.8", []byte(stranger), false},
		{"alg-none", "RFC 8725, 3.1", []byte(none), false},
		{"not-a-token", "5.1", payload, false},
		{"payload-of-another", "5.1", []byte(strings.Replace(token, "."+base64url(payload)+".", "."+base64url([]byte(`{}`))+".", 1)), false},
		{"cwt-in-place-of-a-jwt", "5.2", message, false},
		{"jwt-in-place-of-a-cwt", "5.2", []byte(token), true},
		{"cwt-untagged", "5.2", message[1:], true},
		{"cwt-in-the-tag-of-cwt", "5.2", append([]byte{0xd8, 0x3d}, message...), true},
		{"cwt-signature-flipped", "5.2", flipped, true},
		{"cwt-type-missing", "5.2", reseal(cose.Header{KeyID: []byte(kid)}), true},
		{"cwt-type-of-a-jwt", "5.2", reseal(cose.Header{KeyID: []byte(kid), Typ: statuslist.MediaJWT}), true},
		{"cwt-kid-missing", "5.2", reseal(cose.Header{Typ: statuslist.MediaCWT}), true},
		{"cwt-kid-of-a-stranger", "5.2", reseal(cose.Header{Typ: statuslist.MediaCWT, KeyID: []byte("did:example:x#y")}), true},
		{"cwt-iss-is-not-the-key's", "5.2", strangerCWT, true},
	} {
		v := securedVector{Name: c.name, Source: c.source, DID: string(key.FromPublic(k.Public())), Code: "verification"}
		if len(cases) < 3 {
			v.Code = ""
		}
		if c.cwt {
			v.CWT = hex.EncodeToString(c.data)
		} else {
			v.JWT = string(c.data)
		}
		cases = append(cases, v)
	}
	return cases
}
