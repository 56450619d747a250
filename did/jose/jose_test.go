package jose_test

import (
	"errors"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"

	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/multikey"
)

func decode(tb testing.TB, text string) jcs.Value {
	tb.Helper()
	v, err := jcs.Decode([]byte(text))
	if err != nil {
		tb.Fatalf("%v in %s", err, text)
	}
	return v
}

func TestSign(t *testing.T) {
	for _, typ := range []multikey.Type{multikey.Ed25519, multikey.P256, multikey.P384} {
		key := testKey(t, typ)
		compact, err := jose.Sign(decode(t, `{"kid":"did:example:1#k","typ":"vc+jwt"}`), []byte(claims), key)
		if err != nil {
			t.Fatal(err)
		}
		token, err := jose.Parse([]byte(compact))
		if err != nil {
			t.Fatal(err)
		}
		if token.Alg != jose.AlgFor(typ) || token.KeyID != "did:example:1#k" || token.Typ != "vc+jwt" || string(token.Payload) != claims {
			t.Errorf("%+v", token)
		}
		if err := token.Verify(key.Public(), nil); err != nil {
			t.Error(err)
		}
	}
	for name, header := range map[string]string{
		"another alg": `{"alg":"ES256"}`, "crit": `{"crit":["x"],"x":1}`, "kid": `{"kid":1}`,
	} {
		if _, err := jose.Sign(decode(t, header), []byte(claims), testKey(t, multikey.Ed25519)); !errors.Is(err, jose.ErrSign) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := jose.Sign(jcs.Object(), []byte(claims), testKey(t, multikey.X25519)); !errors.Is(err, jose.ErrSign) {
		t.Errorf("X25519: %v", err)
	}
	if _, err := jose.Sign(jcs.Object(), nil, testKey(t, multikey.Ed25519)); !errors.Is(err, jose.ErrSign) {
		t.Errorf("no payload: %v", err)
	}
}

// foreignKey makes a key of the standard library for go-jose, and ours.
func foreignKey(t *testing.T, alg gojose.SignatureAlgorithm) (private, public any, ours multikey.PublicKey) {
	t.Helper()
	if alg == gojose.EdDSA {
		pub, priv, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		private, public = priv, pub
	} else {
		curve := elliptic.P256()
		if alg == gojose.ES384 {
			curve = elliptic.P384()
		}
		priv, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		private, public = priv, priv.Public()
	}
	text, err := (&gojose.JSONWebKey{Key: public}).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	ours, err = multikey.PublicFromJWK(decode(t, string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return private, public, ours
}

// go-jose and this package read each other's tokens.
func TestForeign(t *testing.T) {
	for _, alg := range []gojose.SignatureAlgorithm{gojose.EdDSA, gojose.ES256, gojose.ES384} {
		private, _, public := foreignKey(t, alg)
		signer, err := gojose.NewSigner(gojose.SigningKey{Algorithm: alg, Key: private}, (&gojose.SignerOptions{}).WithType("vc+jwt"))
		if err != nil {
			t.Fatal(err)
		}
		signed, err := signer.Sign([]byte(claims))
		if err != nil {
			t.Fatal(err)
		}
		compact, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		token, err := jose.Parse([]byte(compact))
		if err == nil {
			err = token.Verify(public, nil)
		}
		if err != nil {
			t.Errorf("%s by go-jose: %v", alg, err)
		}
	}
	for _, typ := range []multikey.Type{multikey.Ed25519, multikey.P256, multikey.P384} {
		key := testKey(t, typ)
		compact, err := jose.Sign(jcs.Object(), []byte(claims), key)
		if err != nil {
			t.Fatal(err)
		}
		var jwk gojose.JSONWebKey
		if err := jwk.UnmarshalJSON(key.Public().JWK().Canonical()); err != nil {
			t.Fatal(err)
		}
		parsed, err := gojose.ParseSignedCompact(compact, []gojose.SignatureAlgorithm{gojose.SignatureAlgorithm(jose.AlgFor(typ))})
		if err != nil {
			t.Fatal(err)
		}
		if payload, err := parsed.Verify(jwk.Key.(crypto.PublicKey)); err != nil || string(payload) != claims {
			t.Errorf("%s: go-jose says %v", typ, err)
		}
	}
}

func TestClaims(t *testing.T) {
	c, err := jose.ParseClaims(decode(t, `{"iss":"a:b","sub":"c","jti":"d","nonce":"e","aud":["f","g"],"exp":1.5,"nbf":0,"iat":-1,"x":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	if c.Issuer != "a:b" || c.Subject != "c" || c.ID != "d" || c.Nonce != "e" || len(c.Audience) != 2 || c.Audience[1] != "g" {
		t.Errorf("%+v", c)
	}
	if !c.Expires.Equal(time.Unix(1, 5e8)) || !c.NotBefore.Equal(time.Unix(0, 0)) || c.NotBefore.IsZero() || !c.IssuedAt.Equal(time.Unix(-1, 0)) {
		t.Errorf("%+v", c)
	}
	for _, bad := range []string{
		`[]`, `"x"`, `null`, `{"iss":1}`, `{"iss":""}`, `{"sub":null}`, `{"jti":[]}`, `{"nonce":7}`, `{"aud":1}`, `{"aud":["a",1]}`, `{"aud":{}}`,
		`{"exp":"1"}`, `{"exp":null}`, `{"exp":1e300}`, `{"exp":253402300800}`, `{"nbf":true}`, `{"iat":"2026-01-01T00:00:00Z"}`, `{"exp":-62135596800}`,
		`{"aud":["","","","","","","","","","","","","","","","",""]}`,
	} {
		if _, err := jose.ParseClaims(decode(t, bad)); !errors.Is(err, jose.ErrClaims) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestMediaType(t *testing.T) {
	for short, long := range map[string]string{
		"": "", "vc+jwt": "application/vc+jwt", "VC+JWT": "application/vc+jwt", "application/vc+jwt": "application/vc+jwt", "text/Plain": "text/plain",
	} {
		if got := jose.MediaType(short); got != long {
			t.Errorf("%q is %q", short, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, v := range newMaker(f).vectors() {
		f.Add([]byte(v.Token))
	}
	key := testKey(f, multikey.Ed25519).Public()
	f.Fuzz(func(t *testing.T, compact []byte) {
		token, err := jose.Parse(compact)
		if err != nil {
			var e *jose.Error
			if !errors.As(err, &e) {
				t.Fatalf("%v is no *jose.Error", err)
			}
			return
		}
		if err := token.Verify(key, nil); err != nil && !errors.Is(err, jose.ErrSignature) && !errors.Is(err, jose.ErrKeyType) {
			t.Fatal(err)
		}
		if len(compact) > jose.MaxToken || token.Header.Len() == 0 {
			t.Fatal("read what it should not")
		}
	})
}

func FuzzClaims(f *testing.F) {
	f.Add([]byte(`{"iss":"a:b","aud":["f"],"exp":1.5}`))
	f.Add([]byte(`{"exp":-62135596800}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := jcs.Decode(text)
		if err != nil {
			return
		}
		if c, err := jose.ParseClaims(v); err == nil {
			if _, present := v.Get("exp"); present == c.Expires.IsZero() {
				t.Fatalf("exp present %v, read as %v", present, c.Expires)
			}
		}
	})
}
