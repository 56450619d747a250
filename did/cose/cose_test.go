package cose_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"testing"
	"time"

	gocose "github.com/veraison/go-cose"

	"github.com/tabard-id/tabard/did/cose"
	"github.com/tabard-id/tabard/did/multikey"
)

var header = cose.Header{KeyID: []byte("did:example:1#key"), ContentType: "application/vc", Typ: "application/vc+cose"}

func TestSign(t *testing.T) {
	for _, typ := range []multikey.Type{multikey.Ed25519, multikey.P256, multikey.P384} {
		key := testKey(t, typ)
		data, err := cose.Sign(header, []byte(text), key)
		if err != nil {
			t.Fatal(err)
		}
		m, err := cose.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if m.KeyURL() != "did:example:1#key" || m.ContentType != header.ContentType || m.Typ != header.Typ || m.Alg != cose.AlgFor(typ) || string(m.Payload) != text {
			t.Errorf("%+v", m)
		}
		if err := m.Verify(key.Public(), nil); err != nil {
			t.Error(err)
		}
	}
	if _, err := cose.Sign(header, []byte(text), testKey(t, multikey.X25519)); !errors.Is(err, cose.ErrSign) {
		t.Errorf("X25519: %v", err)
	}
	if _, err := cose.Sign(header, nil, testKey(t, multikey.Ed25519)); !errors.Is(err, cose.ErrSign) {
		t.Errorf("no payload: %v", err)
	}
	if _, err := cose.Sign(cose.Header{Claims: []byte{0x80}}, []byte(text), testKey(t, multikey.Ed25519)); !errors.Is(err, cose.ErrSign) {
		t.Errorf("claims not a map: %v", err)
	}
	if url := (cose.Header{KeyID: []byte{0xff}}).KeyURL(); url != "" {
		t.Errorf("%q", url)
	}
}

func TestTooLarge(t *testing.T) {
	if _, err := cose.Parse(make([]byte, cose.MaxMessage+1)); !errors.Is(err, cose.ErrTooLarge) {
		t.Error(err)
	}
	if _, err := cose.ParseClaims(make([]byte, cose.MaxMessage+1)); !errors.Is(err, cose.ErrClaims) {
		t.Error(err)
	}
}

// standard gives a key of ours to the standard library.
func standard(t *testing.T, key multikey.PublicKey) crypto.PublicKey {
	t.Helper()
	jwk := key.JWK()
	coordinate := func(name string) []byte {
		s, _ := jwk.GetString(name)
		data, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if key.Type() == multikey.Ed25519 {
		return ed25519.PublicKey(coordinate("x"))
	}
	curve := elliptic.P256()
	if key.Type() == multikey.P384 {
		curve = elliptic.P384()
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, coordinate("x"), coordinate("y")))
	if err != nil {
		t.Fatal(err)
	}
	return public
}

var foreign = map[multikey.Type]gocose.Algorithm{
	multikey.Ed25519: gocose.AlgorithmEdDSA, multikey.P256: gocose.AlgorithmES256, multikey.P384: gocose.AlgorithmES384,
}

// go-cose reads what is made here.
func TestReadByForeign(t *testing.T) {
	for typ, alg := range foreign {
		key := testKey(t, typ)
		data, err := cose.Sign(header, []byte(text), key)
		if err != nil {
			t.Fatal(err)
		}
		var m gocose.Sign1Message
		if err := m.UnmarshalCBOR(data); err != nil {
			t.Fatal(err)
		}
		verifier, err := gocose.NewVerifier(alg, standard(t, key.Public()))
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Verify(nil, verifier); err != nil {
			t.Errorf("%s: go-cose says %v", typ, err)
		}
		again, err := m.MarshalCBOR()
		if err != nil || !bytes.Equal(again, data) {
			t.Errorf("%s: go-cose writes %x for %x (%v)", typ, again, data, err)
		}
	}
}

// What go-cose makes is read here.
func TestReadForeign(t *testing.T) {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signers := map[multikey.Type]crypto.Signer{multikey.Ed25519: ed}
	for typ, curve := range map[multikey.Type]elliptic.Curve{multikey.P256: elliptic.P256(), multikey.P384: elliptic.P384()} {
		if signers[typ], err = ecdsa.GenerateKey(curve, rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	for typ, private := range signers {
		signer, err := gocose.NewSigner(foreign[typ], private)
		if err != nil {
			t.Fatal(err)
		}
		m := gocose.NewSign1Message()
		m.Headers.Protected.SetAlgorithm(foreign[typ])
		m.Headers.Protected[gocose.HeaderLabelContentType] = "application/vc"
		m.Headers.Unprotected[gocose.HeaderLabelKeyID] = []byte("key")
		m.Payload = []byte(text)
		if err := m.Sign(rand.Reader, nil, signer); err != nil {
			t.Fatal(err)
		}
		data, err := m.MarshalCBOR()
		if err != nil {
			t.Fatal(err)
		}
		read, err := cose.Parse(data)
		if err == nil {
			err = read.Verify(ours(t, private.Public()), nil)
		}
		if err != nil || read.KeyURL() != "key" || read.ContentType != "application/vc" {
			t.Errorf("%s by go-cose: %v, %+v", typ, err, read)
		}
	}
}

// compressed is the form of a point that a Multikey has.
func compressed(t *testing.T, public *ecdsa.PublicKey) []byte {
	t.Helper()
	point, err := public.Bytes() // 4, X, Y
	if err != nil {
		t.Fatal(err)
	}
	half := (len(point) - 1) / 2
	return append([]byte{2 + point[len(point)-1]&1}, point[1:1+half]...)
}

func ours(t *testing.T, public crypto.PublicKey) multikey.PublicKey {
	t.Helper()
	typ, raw := multikey.Ed25519, []byte(nil)
	switch public := public.(type) {
	case ed25519.PublicKey:
		raw = public
	case *ecdsa.PublicKey:
		typ = multikey.P256
		if public.Curve == elliptic.P384() {
			typ = multikey.P384
		}
		raw = compressed(t, public)
	}
	key, err := multikey.NewPublic(typ, raw)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestClaims(t *testing.T) {
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	c := cose.Claims{Issuer: "https://issuer.example", Subject: "s", Audience: []string{"a"}, Expires: at, NotBefore: at, IssuedAt: at,
		ID: []byte{1}, Other: map[int64][]byte{65533: {0xa0}, 65534: {0x18, 0x64}}}
	data, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	read, err := cose.ParseClaims(data)
	if err != nil {
		t.Fatal(err)
	}
	if read.Issuer != c.Issuer || read.Subject != "s" || len(read.Audience) != 1 || !read.Expires.Equal(at) || !read.NotBefore.Equal(at) ||
		!read.IssuedAt.Equal(at) || !bytes.Equal(read.ID, c.ID) || !bytes.Equal(read.Other[65533], []byte{0xa0}) || len(read.Other) != 2 {
		t.Errorf("%+v", read)
	}
	again, err := read.Encode()
	if err != nil || !bytes.Equal(again, data) {
		t.Errorf("%x, %v; want %x", again, err, data)
	}
	for _, bad := range []cose.Claims{{Other: map[int64][]byte{1: {0}}}, {Other: map[int64][]byte{99: {0x61}}}, {Other: map[int64][]byte{99: nil}}} {
		if _, err := bad.Encode(); !errors.Is(err, cose.ErrClaims) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// The claims of RFC 8392, A.1.
func TestClaimsOfRFC8392(t *testing.T) {
	c, err := cose.ParseClaims(unhex(t, "a70175636f61703a2f2f61732e6578616d706c652e636f6d02656572696b77037818636f61703a2f2f6c696768742e6578616d706c652e636f6d041a5612aeb0051a5610d9f0061a5610d9f007420b71"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Issuer != "coap://as.example.com" || c.Subject != "erikw" || c.Audience[0] != "coap://light.example.com" ||
		c.Expires.Unix() != 1444064944 || c.NotBefore.Unix() != 1443944944 || c.IssuedAt.Unix() != 1443944944 || hex.EncodeToString(c.ID) != "0b71" {
		t.Errorf("%+v", c)
	}
}

func TestBadClaims(t *testing.T) {
	for name, data := range map[string]string{
		"empty": "", "not a map": "80", "trailing": "a000", "duplicate": "a2016178016179", "without an end": "bf", "duplicate of indefinite length": "bf016178016179ff", "iss a number": "a10101", "sub bytes": "a1024178",
		"aud a number": "a10301", "aud of numbers": "a1038101", "exp text": "a1046131", "exp a tag": "a104c101", "exp infinite": "a104f97c00", "exp not a number": "a104f97e00",
		"exp too far": "a1041b7fffffffffffffff", "exp beyond": "a1041bffffffffffffffff", "nbf null": "a105f6", "iat bool": "a106f5", "cti text": "a1076178", "key bytes": "a1410101", "duplicate within another claim": "a11864a201010102", "big number of no bytes": "a11864c230",
		"aud of many": "a10391" + "6161616161616161616161616161616161616161616161616161616161616161" + "6161",
	} {
		if _, err := cose.ParseClaims(unhex(t, data)); !errors.Is(err, cose.ErrClaims) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, v := range newMaker(f).vectors() {
		if len(v.Message) < 4096 {
			f.Add(unhex(f, v.Message))
		}
	}
	key := testKey(f, multikey.Ed25519).Public()
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := cose.Parse(data)
		if err != nil {
			var e *cose.Error
			if !errors.As(err, &e) {
				t.Fatalf("%v is no *cose.Error", err)
			}
			return
		}
		if err := m.Verify(key, nil); err != nil && !errors.Is(err, cose.ErrSignature) && !errors.Is(err, cose.ErrKeyType) {
			t.Fatal(err)
		}
		if len(m.Payload) == 0 {
			t.Fatal("read a message without payload")
		}
	})
}

func FuzzClaims(f *testing.F) {
	f.Add(unhex(f, "a70175636f61703a2f2f61732e6578616d706c652e636f6d02656572696b77037818636f61703a2f2f6c696768742e6578616d706c652e636f6d041a5612aeb0051a5610d9f0061a5610d9f007420b71"))
	f.Add(unhex(f, "a104fb41d8000000000000"))
	f.Add([]byte("\xa10\xa1\xc200"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := cose.ParseClaims(data)
		if err != nil {
			return
		}
		encoded, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := cose.ParseClaims(encoded); err != nil || again.Issuer != c.Issuer || len(again.Other) != len(c.Other) {
			t.Fatalf("%+v, %v; want %+v", again, err, c)
		}
	})
}
