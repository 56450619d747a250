package multikey_test

import (
	"testing"

	"github.com/tabard-id/tabard/did/multikey"
)

var types = []multikey.Type{multikey.Ed25519, multikey.X25519, multikey.P256, multikey.P384, multikey.Secp256k1}

// TestRoundTrip takes a key of every type through all its encodings.
func TestRoundTrip(t *testing.T) {
	for _, typ := range types {
		t.Run(typ.String(), func(t *testing.T) {
			private, err := multikey.Generate(typ)
			if err != nil {
				t.Fatal(err)
			}
			public := private.Public()
			again, err := multikey.ParsePrivate(private.Multibase())
			if err != nil || again.Public() != public {
				t.Errorf("secret Multikey: %v, %v", again, err)
			}
			if k, err := multikey.ParsePublic(public.String()); err != nil || k != public {
				t.Errorf("Multikey: %v, %v", k, err)
			}
			if k, err := multikey.PublicFromJWK(public.JWK()); err != nil || k != public {
				t.Errorf("JWK: %v, %v", k, err)
			}
			if k, err := multikey.NewPublic(typ, public.Bytes()); err != nil || k != public {
				t.Errorf("raw: %v, %v", k, err)
			}
		})
	}
}
