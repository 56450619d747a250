package key_test

import (
	"context"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
)

func TestCacheAnswersAsTheResolverDoes(t *testing.T) {
	ids := []did.ID{"did:key:z6MkNot", "did:web:example.com", "did:key:"}
	for range 7 {
		k, err := multikey.Generate(multikey.Ed25519)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, key.FromPublic(k.Public()))
	}
	cache := key.NewCache(2) // smaller than what is asked: generations turn over
	for range 3 {
		for _, id := range ids {
			for _, opt := range []did.Options{{}, {VersionNumber: 1}, {VersionID: "1"}} {
				want, wantErr := key.Resolver{}.Resolve(context.Background(), id, opt)
				got, gotErr := cache.Resolve(context.Background(), id, opt)
				if (wantErr == nil) != (gotErr == nil) || wantErr != nil && wantErr.Error() != gotErr.Error() {
					t.Fatalf("%s: error %v, want %v", id, gotErr, wantErr)
				}
				if wantErr == nil && !got.Document.Value().Equal(want.Document.Value()) {
					t.Fatalf("%s: another document", id)
				}
			}
		}
	}
}

func TestCacheRemembers(t *testing.T) {
	k, err := multikey.Generate(multikey.P256)
	if err != nil {
		t.Fatal(err)
	}
	cache, id := key.NewCache(8), key.FromPublic(k.Public())
	first, err := cache.Expand(id)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := cache.Expand(id); err != nil || again != first {
		t.Fatalf("expanded anew: %v", err)
	}
}
