package statuslist_test

import (
	"bytes"
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
			status, err := got.Status(statuslist.Reference{Index: 77, URI: tokenURL}, got.IssuedAt)
			if err != nil || status != statuslist.TokenInvalid {
				t.Errorf("%v: status %d, %v", typ, status, err)
			}
		}
	}
}

func TestTokensThatDoNotVerify(t *testing.T) {
	k, other := testKey(t, multikey.Ed25519, 7), testKey(t, multikey.Ed25519, 8)
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
	for name, c := range map[string]struct {
		data []byte
		cwt  bool
	}{
		"typ-of-an-ordinary-jwt":   {resign(`{"typ":"JWT","kid":"`+kid+`"}`, k), false},
		"typ-missing":              {resign(`{"kid":"`+kid+`"}`, k), false},
		"typ-of-a-credential":      {resign(`{"typ":"vc+jwt","kid":"`+kid+`"}`, k), false},
		"kid-missing":              {resign(`{"typ":"statuslist+jwt"}`, k), false},
		"kid-of-a-stranger":        {resign(`{"typ":"statuslist+jwt","kid":"did:example:x#y"}`, k), false},
		"signed-by-a-stranger":     {resign(`{"typ":"statuslist+jwt","kid":"`+kid+`"}`, other), false},
		"iss-is-not-the-key's":     {[]byte(stranger), false},
		"alg-none":                 {[]byte(none), false},
		"not-a-token":              {payload, false},
		"payload-of-another":       {[]byte(strings.Replace(token, "."+base64url(payload)+".", "."+base64url([]byte(`{}`))+".", 1)), false},
		"cwt-in-place-of-a-jwt":    {message, false},
		"jwt-in-place-of-a-cwt":    {[]byte(token), true},
		"cwt-untagged":             {message[1:], true},
		"cwt-in-the-tag-of-cwt":    {append([]byte{0xd8, 0x3d}, message...), true},
		"cwt-signature-flipped":    {flipped, true},
		"cwt-type-missing":         {reseal(cose.Header{KeyID: []byte(kid)}), true},
		"cwt-type-of-a-jwt":        {reseal(cose.Header{KeyID: []byte(kid), Typ: statuslist.MediaJWT}), true},
		"cwt-kid-missing":          {reseal(cose.Header{Typ: statuslist.MediaCWT}), true},
		"cwt-kid-of-a-stranger":    {reseal(cose.Header{Typ: statuslist.MediaCWT, KeyID: []byte("did:example:x#y")}), true},
		"cwt-iss-is-not-the-key's": {strangerCWT, true},
	} {
		t.Run(name, func(t *testing.T) {
			verify := statuslist.VerifyJWT
			if c.cwt {
				verify = statuslist.VerifyCWT
			}
			_, err := verify(c.data, knows(k), nil)
			if code, _ := codeOf(t, err); code != "verification" {
				t.Errorf("%q: %v", code, err)
			}
		})
	}
	if _, err := statuslist.VerifyJWT(resign(`{"typ":"application/statuslist+jwt","kid":"`+kid+`"}`, k), knows(k), nil); err != nil {
		t.Errorf("typ as a whole media type: %v", err)
	}
}
