package proof_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// TestIdsWrittenAsOthers: whoever holds a credential that is signed as RDF cannot have an
// id in it read as another one by a prefix or base of a context of his own.
func TestIdsWrittenAsOthers(t *testing.T) {
	k, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	method := "did:key:" + k.Public().String() + "#" + k.Public().String()
	decode := func(text string) jcs.Value {
		v, err := jcs.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	signed, err := proof.Sign(decode(`{"@context":["https://www.w3.org/ns/credentials/v2",{"ex":"https://example.org/","knows":{"@id":"ex:knows","@type":"@id"}}],
		"type":["VerifiableCredential"],"id":"https://vc.example/1","issuer":"did:key:`+k.Public().String()+`",
		"credentialSubject":{"id":"did:web:mallory.example:web:bank.example","knows":"ex:you"},
		"credentialStatus":{"id":"urn:entry:5","type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"5","statusListCredential":"https://lists.example/lists/1"}}`),
		k, proof.SignOptions{Cryptosuite: proof.EdDSARDFC2022, VerificationMethod: method, Purpose: did.AssertionMethod, Created: time.Unix(1780000000, 0)})
	if err != nil {
		t.Fatal(err)
	}
	verify := func(v jcs.Value) error {
		secured, err := proof.Open(v)
		if err != nil {
			return err
		}
		_, err = secured.Verify(context.Background(), proof.ResolverKeys(key.Resolver{}), proof.Options{Purpose: did.AssertionMethod, Now: time.Unix(1780000001, 0)})
		return err
	}
	if err := verify(signed); err != nil {
		t.Fatalf("as it was signed: %v", err)
	}
	contexts, _ := signed.Get("@context")
	with := func(context string) jcs.Value {
		return signed.With("@context", jcs.Array(contexts.At(0), contexts.At(1), decode(context)))
	}
	subject, _ := signed.Get("credentialSubject")
	status, _ := signed.Get("credentialStatus")
	text := jcs.FromString
	for name, v := range map[string]jcs.Value{
		"subject-by-prefix-did": signed.With("credentialSubject", subject.With("id", text("did:web:bank.example")).
			With("@context", decode(`[{"d":"did:web:mallory.example:"},{"did":{"@id":"d:","@prefix":true}}]`))),
		"subject-by-prefix": with(`{"bank":{"@id":"did:web:mallory.example:web:bank","@prefix":true}}`).
			With("credentialSubject", subject.With("id", text("bank:.example"))),
		"status-list-by-prefix": with(`{"l":"https://lists.example/"}`).
			With("credentialStatus", status.With("statusListCredential", text("l:lists/1"))),
		"status-list-by-base": with(`{"@base":"https://lists.example/"}`).
			With("credentialStatus", status.With("statusListCredential", text("lists/1"))),
		"id-by-prefix":    with(`{"v":"https://vc.example/"}`).With("id", text("v:1")),
		"prefix-inside":   signed.With("credentialStatus", status.With("@context", decode(`{"l":"https://lists.example/"}`)).With("statusListCredential", text("l:lists/1"))),
		"issuer-by-alias": with(`{"me":{"@id":"did:key:","@prefix":true}}`).With("issuer", text("me:"+k.Public().String())),
	} {
		if err := verify(v); !errors.Is(err, proof.ErrHidden) {
			t.Errorf("%s: %v", name, err)
		}
		cache := proof.NewCache(8)
		for _, accept := range []bool{true, false} {
			_, err := proof.Verify(context.Background(), v, proof.ResolverKeys(key.Resolver{}), proof.Options{
				Purpose: did.AssertionMethod, Now: time.Unix(1780000001, 0), AcceptHidden: accept, Cache: cache,
			})
			if accept != (err == nil) {
				t.Errorf("%s: accepted %v, and %v", name, accept, err)
			}
		}
	}
}
