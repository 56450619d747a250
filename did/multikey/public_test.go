package multikey_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/multiformats/go-multibase"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
)

// Published keys: the examples of the did:key specification, and of Controlled
// Identifiers and the Data Integrity suites.
var published = map[string]multikey.Type{
	"z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH":                        multikey.Ed25519,
	"z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2":                        multikey.Ed25519,
	"z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc":                        multikey.X25519,
	"zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169":                       multikey.P256,
	"z82LkvCwHNreneWpsgPEbV3gu1C6NFJEBg4srfJ5gdxEsMGRJUz2sG9FE42shbn2xkZJh54": multikey.P384,
	"zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme":                       multikey.Secp256k1,
}

func TestPublishedKeys(t *testing.T) {
	for s, typ := range published {
		k, err := multikey.ParsePublic(s)
		if err != nil || k.Type() != typ || k.String() != s {
			t.Errorf("%s: %v %v, %v", s, k.Type(), k, err)
		}
	}
}

// raw returns multibase base58btc of hexadecimal.
func raw(hexadecimal string) string {
	data, err := hex.DecodeString(strings.ReplaceAll(hexadecimal, " ", ""))
	if err != nil {
		panic(err)
	}
	s, err := multibase.Encode(multibase.Base58BTC, data)
	if err != nil {
		panic(err)
	}
	return s
}

const (
	// good25519 is the public key of RFC 8032, 7.1, test 1.
	good25519 = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
	// xP256 is the abscissa of a point of P-256.
	xP256 = "69c6c8422b8cb378bcfeeb33123276b694ed44ce04537cb3f753c7e82747d95d"
)

func TestParsePublicRefuses(t *testing.T) {
	const zeros = "00000000000000000000000000000000000000000000000000000000000000"
	invalid, unsupported := multikey.ErrInvalidKey, multikey.ErrUnsupportedType
	for name, test := range map[string]struct {
		in   string
		want error
	}{
		"empty":                            {"", invalid},
		"header only":                      {"z", invalid},
		"no header":                        {raw("ed01" + good25519)[1:], invalid},
		"header Z":                         {"Z" + raw("ed01" + good25519)[1:], invalid},
		"base16":                           {"fed01" + good25519, invalid},
		"base64url":                        {"u7QHXWpgBgrEKt9VL_tPJZAc6DuFy89qmIyWvAhpo9wdRGg", invalid},
		"digit 0":                          {"z6Mk0THR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH", invalid},
		"digit l":                          {"z6MklTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktl", invalid},
		"space":                            {" " + raw("ed01"+good25519), invalid},
		"line end":                         {raw("ed01"+good25519) + "\n", invalid},
		"not ASCII":                        {"zé", invalid},
		"prefix only":                      {raw("ed01"), invalid},
		"one byte":                         {raw("ed"), invalid},
		"no prefix":                        {raw(good25519), unsupported},
		"prefix not a shortest varint":     {raw("ed8100" + good25519), unsupported},
		"prefix without its second byte":   {raw("ed" + good25519), unsupported},
		"prefix fixed width":               {raw("00ed" + good25519), unsupported},
		"leading zero byte":                {raw("00ed01" + good25519), unsupported},
		"31 bytes":                         {raw("ed01" + good25519[2:]), invalid},
		"33 bytes":                         {raw("ed01" + good25519 + "00"), invalid},
		"much longer":                      {"z" + strings.Repeat("2", 200), invalid},
		"very long":                        {"z" + strings.Repeat("2", 1<<20), invalid},
		"secret prefix":                    {raw("8026" + good25519), unsupported},
		"BLS12-381 G2":                     {raw("eb01" + strings.Repeat("11", 96)), unsupported},
		"P-521":                            {raw("8224 02" + strings.Repeat("11", 66)), unsupported},
		"RSA":                              {raw("8524" + good25519), unsupported},
		"Ed25519 not on the curve":         {raw("ed01 02" + zeros), invalid},
		"X25519 zero":                      {raw("ec01 00" + zeros), invalid},
		"X25519 one":                       {raw("ec01 01" + zeros), invalid},
		"X25519 p":                         {raw("ec01 ed" + strings.Repeat("ff", 30) + "7f"), invalid},
		"X25519 p-1":                       {raw("ec01 ec" + strings.Repeat("ff", 30) + "7f"), invalid},
		"X25519 high bit":                  {raw("ec01" + good25519[:62] + "9a"), invalid},
		"X25519 small order":               {raw("ec01 e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"), invalid},
		"X25519 small order, other":        {raw("ec01 5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"), invalid},
		"P-256 uncompressed tag":           {raw("8024 04" + xP256), invalid},
		"P-256 hybrid tag":                 {raw("8024 06" + xP256), invalid},
		"P-256 tag 0":                      {raw("8024 00" + xP256), invalid},
		"P-256 uncompressed":               {raw("8024 04" + xP256 + good25519), invalid},
		"P-256 not on the curve":           {raw("8024 02 00" + zeros[2:] + "01"), invalid},
		"P-256 x is p":                     {raw("8024 02 ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"), invalid},
		"P-256 infinity":                   {raw("8024 00"), invalid},
		"P-384 x is p":                     {raw("8124 02" + strings.Repeat("ff", 31) + "feffffffff0000000000000000ffffffff"), invalid},
		"P-384 bytes of P-256":             {raw("8124 02" + xP256), invalid},
		"secp256k1 uncompressed tag":       {raw("e701 04" + xP256), invalid},
		"secp256k1 x is p":                 {raw("e701 02 fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"), invalid},
		"secp256k1 not on the curve":       {raw("e701 02 00" + zeros[2:] + "05"), invalid},
		"Ed25519 key under P-256's prefix": {raw("8024" + good25519), invalid},
	} {
		if k, err := multikey.ParsePublic(test.in); !errors.Is(err, test.want) || !k.IsZero() {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
	if _, err := multikey.ParsePublic(raw("8024 03" + xP256)); err != nil {
		t.Errorf("the point that the negatives are made of: %v", err)
	}
}

func TestZeroKeys(t *testing.T) {
	var public multikey.PublicKey
	if public.Verify(nil, make([]byte, 64)) || public.String() != "" || public.Bytes() != nil || !public.IsZero() || public.JWK().Kind() != jcs.KindNull {
		t.Error("the zero PublicKey does something")
	}
	var private multikey.PrivateKey
	if _, err := private.Sign(nil); !errors.Is(err, multikey.ErrCannotSign) || private.Multibase() != "" {
		t.Error("the zero PrivateKey does something")
	}
	for _, typ := range []multikey.Type{0, 6, 255} {
		if _, err := multikey.NewPublic(typ, make([]byte, 32)); !errors.Is(err, multikey.ErrUnsupportedType) {
			t.Errorf("type %d: %v", typ, err)
		}
		if _, err := multikey.NewPrivate(typ, make([]byte, 32)); !errors.Is(err, multikey.ErrUnsupportedType) {
			t.Errorf("type %d: %v", typ, err)
		}
		if _, err := multikey.Generate(typ); !errors.Is(err, multikey.ErrUnsupportedType) {
			t.Errorf("type %d: %v", typ, err)
		}
		if typ.String() != "none" {
			t.Error(typ.String())
		}
	}
	for _, name := range []string{"", "none", "ed25519", "P-521", "secp256r1"} {
		if typ, err := multikey.ParseType(name); err == nil {
			t.Errorf("%q is %v", name, typ)
		}
	}
}

// FuzzParsePublic: a key has one spelling, in each of its encodings.
func FuzzParsePublic(f *testing.F) {
	for s := range published {
		f.Add(s)
	}
	f.Add(raw("ed01 01" + strings.Repeat("00", 31)))
	f.Add("z")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := multikey.ParsePublic(s)
		if err != nil {
			return
		}
		if k.String() != s {
			t.Fatalf("%s is written %s", s, k)
		}
		again, err := multikey.PublicFromJWK(k.JWK())
		if err != nil || again != k {
			t.Fatalf("%s as JWK: %v, %v", s, again, err)
		}
		_, data, err := multibase.Decode(s)
		if err != nil || !bytes.HasSuffix(data, k.Bytes()) {
			t.Fatalf("%s: %x, %v", s, data, err)
		}
	})
}
