package jwk_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jwk"
	"github.com/tabard-id/tabard/did/multikey"
)

// The two examples of the did:jwk specification.
const (
	p256Example   = "did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9"
	x25519Example = "did:jwk:eyJrdHkiOiJPS1AiLCJjcnYiOiJYMjU1MTkiLCJ1c2UiOiJlbmMiLCJ4IjoiM3A3YmZYdDl3YlRUVzJIQzdPUTFOei1EUThoYmVHZE5yZngtRkctSUswOCJ9"
)

func of(json string) did.ID {
	return did.ID("did:jwk:" + base64.RawURLEncoding.EncodeToString([]byte(json)))
}

const (
	okp  = `"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"`
	ec   = `"kty":"EC","crv":"P-256","x":"acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0"`
	ecY  = `"y":"_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE"`
	most = "assertionMethod authentication capabilityDelegation capabilityInvocation"
)

func TestExpand(t *testing.T) {
	for name, test := range map[string]struct {
		id   did.ID
		typ  multikey.Type
		used string
	}{
		"specification, P-256":  {p256Example, multikey.P256, most + " keyAgreement"},
		"specification, X25519": {x25519Example, multikey.X25519, "keyAgreement"},
		"use sig":               {of(`{` + okp + `,"use":"sig"}`), multikey.Ed25519, most},
		"other members":         {of(`{"kid":"a","alg":"EdDSA",` + okp + `}`), multikey.Ed25519, most + " keyAgreement"},
		"white space":           {of(`{ ` + okp + ` }`), multikey.Ed25519, most + " keyAgreement"},
	} {
		doc, err := jwk.Expand(test.id)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		methods := doc.VerificationMethods()
		if doc.ID() != test.id || len(methods) != 1 || methods[0].ID != string(test.id)+"#0" || methods[0].Key.Type() != test.typ {
			t.Errorf("%s: %s", name, doc.Value().Canonical())
		}
		var used []string
		for member, list := range doc.Value().Members() {
			if ref, ok := list.At(0).Str(); ok && ref == methods[0].ID {
				used = append(used, member)
			}
		}
		if got := strings.Join(used, " "); got != test.used {
			t.Errorf("%s: listed under %s", name, got)
		}
	}
}

func TestExpandRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		id   did.ID
		code did.ErrorCode
	}{
		"other method":     {"did:key:z6Mk", did.MethodNotSupported},
		"empty":            {"did:jwk:", did.InvalidDID},
		"padding":          {of(`{`+okp+`}`) + "=", did.InvalidDID},
		"line end":         {of(`{`+okp+`}`) + "\n", did.InvalidDID},
		"base64 not url":   {"did:jwk:" + did.ID(strings.ReplaceAll(p256Example[8:], "_", "/")) + "/", did.InvalidDID},
		"not JSON":         {of("key"), did.InvalidDID},
		"not an object":    {of(`"` + "x" + `"`), did.InvalidDID},
		"duplicate member": {of(`{` + okp + `,` + okp + `}`), did.InvalidDID},
		"trailing data":    {of(`{` + okp + `}{}`), did.InvalidDID},
		"private key":      {of(`{` + okp + `,"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}`), did.InvalidDID},
		"no y":             {of(`{` + ec + `}`), did.InvalidDID},
		"y off the curve":  {of(`{` + ec + `,"y":"_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSF"}`), did.InvalidDID},
		"kty of the other": {of(`{` + strings.Replace(ec, "EC", "OKP", 1) + `,` + ecY + `}`), did.InvalidDID},
		"RSA":              {of(`{"kty":"RSA","n":"AQAB","e":"AQAB"}`), did.UnsupportedPublicKeyType},
		"P-521":            {of(`{"kty":"EC","crv":"P-521","x":"AQAB","y":"AQAB"}`), did.UnsupportedPublicKeyType},
		"symmetric":        {of(`{"kty":"oct","k":"AQAB"}`), did.InvalidDID},
		"small order":      {of(`{"kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`), did.InvalidDID},
		"too large":        {of(`{` + okp + `,"kid":"` + strings.Repeat("a", 3000) + `"}`), did.InvalidDID},
	} {
		if _, err := jwk.Expand(test.id); did.CodeOf(err) != test.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFromPublic(t *testing.T) {
	for _, typ := range []multikey.Type{multikey.Ed25519, multikey.X25519, multikey.P256, multikey.P384, multikey.Secp256k1} {
		private, err := multikey.Generate(typ)
		if err != nil {
			t.Fatal(err)
		}
		id := jwk.FromPublic(private.Public())
		r, err := jwk.Resolver{}.Resolve(context.Background(), id, did.Options{})
		if err != nil || r.Document.VerificationMethods()[0].Key != private.Public() {
			t.Errorf("%s: %v, %v", typ, r, err)
		}
	}
	if id := jwk.FromPublic(multikey.PublicKey{}); id != "" {
		t.Errorf("no key: %s", id)
	}
}

func FuzzExpand(f *testing.F) {
	f.Add(p256Example[8:])
	f.Add(x25519Example[8:])
	f.Add("e30")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := did.Parse("did:jwk:" + s)
		if err != nil {
			return
		}
		doc, err := jwk.Expand(id)
		if err != nil {
			return
		}
		again, err := jcs.Decode(doc.Value().Canonical())
		if err != nil || !again.Equal(doc.Value()) || doc.VerificationMethods()[0].KeyErr != nil {
			t.Fatalf("%s: %s, %v", id, doc.Value().Canonical(), err)
		}
	})
}
