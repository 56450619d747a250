package multikey_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/elliptic"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabard-id/tabard/did/multikey"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	data, err := hex.DecodeString(strings.ToLower(s))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

const (
	seed25519 = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
	seedP256  = "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"
	seedP384  = "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5"
)

// TestPublishedSignatures: RFC 8032, 7.1, tests 1 to 3; RFC 6979, A.2.5 and A.2.6.
func TestPublishedSignatures(t *testing.T) {
	for name, test := range map[string]struct {
		typ           multikey.Type
		seed, message string
		sig           string
	}{
		"RFC 8032, test 1": {multikey.Ed25519, seed25519, "",
			"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
		"RFC 8032, test 2": {multikey.Ed25519, "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "\x72",
			"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
		"RFC 8032, test 3": {multikey.Ed25519, "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "\xaf\x82",
			"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
		"RFC 6979, P-256, sample": {multikey.P256, seedP256, "sample",
			"EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"},
		"RFC 6979, P-256, test": {multikey.P256, seedP256, "test",
			"F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"},
		"RFC 6979, P-384, sample": {multikey.P384, seedP384, "sample",
			"94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46" +
				"99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8"},
	} {
		key, err := multikey.NewPrivate(test.typ, unhex(t, test.seed))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sig, err := key.Sign([]byte(test.message))
		if err != nil || !bytes.Equal(sig, unhex(t, test.sig)) {
			t.Errorf("%s: %x, %v", name, sig, err)
		}
		if !key.Public().Verify([]byte(test.message), sig) {
			t.Errorf("%s does not verify", name)
		}
	}
}

func TestNewPrivateRefuses(t *testing.T) {
	zero := strings.Repeat("00", 32)
	for name, test := range map[string]struct {
		typ  multikey.Type
		seed string
	}{
		"Ed25519, 31 bytes":        {multikey.Ed25519, seed25519[2:]},
		"Ed25519, seed and public": {multikey.Ed25519, seed25519 + seed25519},
		"Ed25519, nothing":         {multikey.Ed25519, ""},
		"X25519, 33 bytes":         {multikey.X25519, seed25519 + "00"},
		"P-256, zero":              {multikey.P256, zero},
		"P-256, the order":         {multikey.P256, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"},
		"P-256, above the order":   {multikey.P256, strings.Repeat("ff", 32)},
		"P-256, 48 bytes":          {multikey.P256, seedP384},
		"P-384, 32 bytes":          {multikey.P384, seedP256},
		"P-384, zero":              {multikey.P384, strings.Repeat("00", 48)},
		"P-384, above the order":   {multikey.P384, strings.Repeat("ff", 48)},
		"secp256k1, zero":          {multikey.Secp256k1, zero},
		"secp256k1, the order":     {multikey.Secp256k1, "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"},
	} {
		k, err := multikey.NewPrivate(test.typ, unhex(t, test.seed))
		if !errors.Is(err, multikey.ErrInvalidKey) {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
}

func TestParsePrivateRefuses(t *testing.T) {
	for name, s := range map[string]string{
		"empty":              "",
		"public key":         raw("ed01" + good25519),
		"P-256 as Ed25519":   raw("8026" + seedP384),
		"31 bytes":           raw("8026" + seed25519[2:]),
		"unknown prefix":     raw("8326" + seed25519),
		"no header":          raw("8026" + seed25519)[1:],
		"base16":             "f8026" + seed25519,
		"much longer":        "z" + strings.Repeat("2", 1<<20),
		"P-256 out of range": raw("8626" + strings.Repeat("ff", 32)),
	} {
		k, err := multikey.ParsePrivate(s)
		if err == nil {
			t.Errorf("%s: %v", name, k)
			continue
		}
		if s != "" && strings.Contains(err.Error(), s) {
			t.Errorf("%s: the error shows the input: %v", name, err)
		}
	}
}

// TestPrivateKeyIsNotPrinted by any verb, nor inside other values.
func TestPrivateKeyIsNotPrinted(t *testing.T) {
	k, err := multikey.NewPrivate(multikey.Ed25519, unhex(t, seed25519))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := multikey.ParsePrivate(k.Multibase()); err != nil || again.Public() != k.Public() {
		t.Error(again, err)
	}
	holder := struct {
		Key *multikey.PrivateKey
		K   multikey.PrivateKey
	}{&k, k}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b", "%t"} {
		for _, x := range []any{k, &k, holder, []multikey.PrivateKey{k}} {
			s := fmt.Sprintf(format, x)
			for _, secret := range []string{seed25519, strings.ToUpper(seed25519), k.Multibase(), "157 97 177 157", "0x9d, 0x61"} {
				if strings.Contains(s, secret) {
					t.Errorf("%s of %T: %s", format, x, s)
				}
			}
		}
	}
	if k.String() != "PrivateKey(of "+k.Public().String()+")" || (multikey.PrivateKey{}).String() != "PrivateKey(none)" {
		t.Error(k.String())
	}
}

// TestSignThenVerify, and every change to key, message or signature is refused.
func TestSignThenVerify(t *testing.T) {
	other := map[multikey.Type]multikey.PublicKey{}
	keys := map[multikey.Type]multikey.PrivateKey{}
	for _, typ := range types {
		for _, m := range []func(multikey.PrivateKey){
			func(k multikey.PrivateKey) { keys[typ] = k },
			func(k multikey.PrivateKey) { other[typ] = k.Public() },
		} {
			k, err := multikey.Generate(typ)
			if err != nil {
				t.Fatal(err)
			}
			m(k)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		typ := rapid.SampledFrom([]multikey.Type{multikey.Ed25519, multikey.P256}).Draw(t, "type")
		message := rapid.SliceOf(rapid.Byte()).Draw(t, "message")
		sig, err := keys[typ].Sign(message)
		if err != nil {
			t.Fatal(err)
		}
		again, err := keys[typ].Sign(message)
		if err != nil || !bytes.Equal(sig, again) {
			t.Fatalf("not deterministic: %v", err)
		}
		public := keys[typ].Public()
		if !public.Verify(message, sig) {
			t.Fatal("refused")
		}
		bit := rapid.IntRange(0, 8*len(sig)-1).Draw(t, "bit")
		changed := slices.Clone(sig)
		changed[bit/8] ^= 1 << (bit % 8)
		if public.Verify(message, changed) {
			t.Fatal("changed signature accepted")
		}
		if public.Verify(append(message, 0), sig) || other[typ].Verify(message, sig) {
			t.Fatal("other message or key accepted")
		}
		if public.Verify(message, sig[1:]) || public.Verify(message, append(sig, 0)) || public.Verify(message, nil) {
			t.Fatal("signature of other length accepted")
		}
	})
	for _, typ := range []multikey.Type{multikey.X25519, multikey.Secp256k1} {
		if _, err := keys[typ].Sign(nil); !errors.Is(err, multikey.ErrCannotSign) {
			t.Errorf("%s: %v", typ, err)
		}
		if keys[typ].Public().Verify(nil, make([]byte, 64)) {
			t.Errorf("%s verifies", typ)
		}
	}
}

func TestECDSAEdges(t *testing.T) {
	for _, test := range []struct {
		typ   multikey.Type
		seed  string
		curve elliptic.Curve
	}{{multikey.P256, seedP256, elliptic.P256()}, {multikey.P384, seedP384, elliptic.P384()}} {
		key, err := multikey.NewPrivate(test.typ, unhex(t, test.seed))
		if err != nil {
			t.Fatal(err)
		}
		message := []byte("message")
		sig, err := key.Sign(message)
		if err != nil {
			t.Fatal(err)
		}
		half, n := len(sig)/2, test.curve.Params().N
		r, s := new(big.Int).SetBytes(sig[:half]), new(big.Int).SetBytes(sig[half:])
		pair := func(r, s *big.Int) []byte {
			return append(r.FillBytes(make([]byte, half)), s.FillBytes(make([]byte, half))...)
		}
		zero, sub := new(big.Int), new(big.Int).Sub(n, s)
		for name, c := range map[string]struct {
			sig  []byte
			want bool
		}{
			"as signed":       {pair(r, s), true},
			"n - s":           {pair(r, sub), true},
			"r and s swapped": {pair(s, r), false},
			"r zero":          {pair(zero, s), false},
			"s zero":          {pair(r, zero), false},
			"both zero":       {pair(zero, zero), false},
			"r is n":          {pair(n, s), false},
			"s is n":          {pair(r, n), false},
			"all ones":        {bytes.Repeat([]byte{0xff}, len(sig)), false},
			"DER":             {slices.Concat([]byte{0x30, byte(len(sig) + 4), 2, byte(half)}, sig[:half], []byte{2, byte(half)}, sig[half:]), false},
			"r alone":         {sig[:half], false},
			"P1363 and more":  {append(slices.Clone(sig), 0), false},
		} {
			if got := key.Public().Verify(message, c.sig); got != c.want {
				t.Errorf("%s, %s: %v", test.typ, name, got)
			}
		}
	}
}

// TestAgreement: the derived public key is that of the derived secret.
func TestAgreement(t *testing.T) {
	for range 50 {
		k, err := multikey.Generate(multikey.Ed25519)
		if err != nil {
			t.Fatal(err)
		}
		seed := unhex(t, multibaseHex(t, k.Multibase())[4:])
		digest := sha512.Sum512(seed)
		secret, err := ecdh.X25519().NewPrivateKey(digest[:32])
		if err != nil {
			t.Fatal(err)
		}
		got, err := k.Public().Agreement()
		if err != nil || !bytes.Equal(got.Bytes(), secret.PublicKey().Bytes()) {
			t.Fatalf("%v, %v", got, err)
		}
	}
	for s, typ := range published {
		k, err := multikey.ParsePublic(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Agreement(); (err == nil) != (typ == multikey.Ed25519) {
			t.Errorf("%s: %v", typ, err)
		}
	}
}
