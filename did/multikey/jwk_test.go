package multikey_test

import (
	"encoding/hex"
	"errors"
	"testing"

	"github.com/multiformats/go-multibase"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
)

func multibaseHex(t *testing.T, s string) string {
	t.Helper()
	_, data, err := multibase.Decode(s)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(data)
}

// The keys of RFC 8037, A.2, and of the did:jwk specification.
const (
	okp = `"kty":"OKP","crv":"Ed25519"`
	ec  = `"kty":"EC","crv":"P-256"`
	okX = `"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"`
	ecX = `"x":"acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0"`
	ecY = `"y":"_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE"`
)

func TestPublicFromJWK(t *testing.T) {
	for name, test := range map[string]struct {
		in   string
		want error
	}{
		"RFC 8037":                   {`{` + okp + `,` + okX + `}`, nil},
		"EC":                         {`{` + ec + `,` + ecX + `,` + ecY + `}`, nil},
		"members about its use":      {`{` + okp + `,` + okX + `,"kid":"1","use":"sig","alg":"EdDSA","key_ops":["verify"]}`, nil},
		"not an object":              {`"` + "x" + `"`, multikey.ErrInvalidKey},
		"null":                       {`null`, multikey.ErrInvalidKey},
		"empty":                      {`{}`, multikey.ErrUnsupportedType},
		"private d":                  {`{` + okp + `,` + okX + `,"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}`, multikey.ErrInvalidKey},
		"private d, null":            {`{` + okp + `,` + okX + `,"d":null}`, multikey.ErrInvalidKey},
		"symmetric k":                {`{` + okp + `,` + okX + `,"k":"AA"}`, multikey.ErrInvalidKey},
		"no kty":                     {`{"crv":"Ed25519",` + okX + `}`, multikey.ErrInvalidKey},
		"kty EC for Ed25519":         {`{"kty":"EC","crv":"Ed25519",` + okX + `}`, multikey.ErrInvalidKey},
		"kty in lower case":          {`{"kty":"okp","crv":"Ed25519",` + okX + `}`, multikey.ErrInvalidKey},
		"no crv":                     {`{"kty":"OKP",` + okX + `}`, multikey.ErrUnsupportedType},
		"P-521":                      {`{"kty":"EC","crv":"P-521",` + ecX + `,` + ecY + `}`, multikey.ErrUnsupportedType},
		"Ed448":                      {`{"kty":"OKP","crv":"Ed448",` + okX + `}`, multikey.ErrUnsupportedType},
		"no x":                       {`{` + okp + `}`, multikey.ErrInvalidKey},
		"x a number":                 {`{` + okp + `,"x":7}`, multikey.ErrInvalidKey},
		"x padded":                   {`{` + okp + `,"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="}`, multikey.ErrInvalidKey},
		"x in plain base64":          {`{` + okp + `,"x":"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`, multikey.ErrInvalidKey},
		"x with stray bits":          {`{` + okp + `,"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp"}`, multikey.ErrInvalidKey},
		"x with a line end":          {`{` + okp + `,"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR\n"}`, multikey.ErrInvalidKey},
		"x of 31 bytes":              {`{` + okp + `,"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ"}`, multikey.ErrInvalidKey},
		"x of 33 bytes":              {`{` + okp + `,"x":"ANdamAGCsQq31Uv-08lkBzoO4XLz2qYjJa8CGmj3B1Ea"}`, multikey.ErrInvalidKey},
		"x of small order":           {`{` + okp + `,"x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`, multikey.ErrInvalidKey},
		"EC without y":               {`{` + ec + `,` + ecX + `}`, multikey.ErrInvalidKey},
		"EC without x":               {`{` + ec + `,` + ecY + `}`, multikey.ErrInvalidKey},
		"y off the curve, same sign": {`{` + ec + `,` + ecX + `,"y":"_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSM"}`, multikey.ErrInvalidKey},
		"y beyond p":                 {`{` + ec + `,` + ecX + `,"y":"__________________________________________8"}`, multikey.ErrInvalidKey},
		"x beyond p":                 {`{` + ec + `,"x":"__________________________________________8",` + ecY + `}`, multikey.ErrInvalidKey},
		"point at infinity":          {`{` + ec + `,"x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`, multikey.ErrInvalidKey},
		"P-256 point as secp256k1":   {`{"kty":"EC","crv":"secp256k1",` + ecX + `,` + ecY + `}`, multikey.ErrInvalidKey},
		"P-256 point as P-384":       {`{"kty":"EC","crv":"P-384",` + ecX + `,` + ecY + `}`, multikey.ErrInvalidKey},
	} {
		v, err := jcs.Decode([]byte(test.in))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		k, err := multikey.PublicFromJWK(v)
		if !errors.Is(err, test.want) || (err == nil) == k.IsZero() {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
}

// FuzzPublicFromJWK: what is accepted is written with the members it was read from.
func FuzzPublicFromJWK(f *testing.F) {
	f.Add([]byte(`{` + okp + `,` + okX + `}`))
	f.Add([]byte(`{` + ec + `,` + ecX + `,` + ecY + `}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := jcs.Decode(data)
		if err != nil {
			return
		}
		k, err := multikey.PublicFromJWK(v)
		if err != nil {
			return
		}
		for name, member := range k.JWK().Members() {
			if got, _ := v.Get(name); !got.Equal(member) {
				t.Fatalf("%s: %s is %s", data, name, member.Canonical())
			}
		}
		if again, err := multikey.ParsePublic(k.String()); err != nil || again != k {
			t.Fatalf("%s: %v, %v", data, again, err)
		}
	})
}
