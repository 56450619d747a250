package proof_test

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"slices"
	"testing"
	"time"

	"github.com/multiformats/go-multibase"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// now is the time at which the tests and vectors take place.
var now = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// maker builds secured documents from fixed keys.
type maker struct {
	t                 testing.TB
	ed, p256, p384    multikey.PrivateKey
	other             multikey.PrivateKey
	document, noTerms jcs.Value
}

func newMaker(t testing.TB) *maker {
	m := &maker{t: t}
	m.ed, m.other = m.key(multikey.Ed25519, 1), m.key(multikey.Ed25519, 2)
	m.p256, m.p384 = m.key(multikey.P256, 3), m.key(multikey.P384, 4)
	m.document = m.decode(`{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"],
		"id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33","type":["VerifiableCredential","AlumniCredential"],
		"issuer":"https://vc.example/issuers/5678","credentialSubject":{"id":"did:example:abcdefgh","alumniOf":"The School of Examples","year":2023}}`)
	m.noTerms = m.decode(`{"myWebsite":"https://hello.world.example/"}`)
	return m
}

// key derives a private key from a number.
func (m *maker) key(t multikey.Type, n byte) multikey.PrivateKey {
	m.t.Helper()
	seed := make([]byte, 32, 48)
	if t == multikey.P384 {
		seed = seed[:48]
	}
	seed[len(seed)-1] = n
	k, err := multikey.NewPrivate(t, seed)
	if err != nil {
		m.t.Fatal(err)
	}
	return k
}

func (m *maker) decode(text string) jcs.Value {
	m.t.Helper()
	v, err := jcs.Decode([]byte(text))
	if err != nil {
		m.t.Fatalf("%v in %s", err, text)
	}
	return v
}

// options are those of an ordinary proof by the key's did:key.
func options(k multikey.PrivateKey) proof.SignOptions {
	return proof.SignOptions{
		VerificationMethod: key.MethodID(k.Public()),
		Purpose:            did.AssertionMethod,
		Created:            time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

// sign adds a proof by k, with the options that change sets.
func (m *maker) sign(doc jcs.Value, k multikey.PrivateKey, change ...func(*proof.SignOptions)) jcs.Value {
	m.t.Helper()
	opt := options(k)
	for _, f := range change {
		f(&opt)
	}
	signed, err := proof.Sign(doc, k, opt)
	if err != nil {
		m.t.Fatal(err)
	}
	return signed
}

// config returns the proof configuration that Sign would make for doc.
func (m *maker) config(doc jcs.Value, k multikey.PrivateKey) jcs.Value {
	return member(m.sign(doc.Without("proof"), k), "proof").Without("proofValue")
}

// attach signs as Sign does, but whatever configuration is given, over whatever
// document, and puts the proof on doc beside those that are there.
func (m *maker) attach(doc, signed, config jcs.Value, k multikey.PrivateKey) jcs.Value {
	return attached(doc, config.With("proofValue", jcs.FromString(m.value(k, append(hash(k, config), hash(k, signed)...)))))
}

// value signs a message and encodes the signature.
func (m *maker) value(k multikey.PrivateKey, message []byte) string {
	m.t.Helper()
	sig, err := k.Sign(message)
	if err != nil {
		m.t.Fatal(err)
	}
	return encoded(multibase.Base58BTC, sig)
}

func attached(doc, p jcs.Value) jcs.Value {
	old, present := doc.Get("proof")
	switch {
	case !present:
		return doc.With("proof", p)
	case old.IsArray():
		return doc.With("proof", jcs.Array(append(slices.Collect(old.Elems()), p)...))
	default:
		return doc.With("proof", jcs.Array(old, p))
	}
}

// hash is the hash that k signs.
func hash(k multikey.PrivateKey, v jcs.Value) []byte { return sum(k, v.Canonical()) }

func sum(k multikey.PrivateKey, text []byte) []byte {
	if k.Public().Type() == multikey.P384 {
		sum := sha512.Sum384(text)
		return sum[:]
	}
	sum := sha256.Sum256(text)
	return sum[:]
}

func encoded(base multibase.Encoding, data []byte) string {
	s, err := multibase.Encode(base, data)
	if err != nil {
		panic(err)
	}
	return s
}

func member(v jcs.Value, name string) jcs.Value {
	x, ok := v.Get(name)
	if !ok {
		panic("no member " + name)
	}
	return x
}

// edit changes the proof of a document that has one.
func edit(doc jcs.Value, name string, value jcs.Value) jcs.Value {
	return doc.With("proof", member(doc, "proof").With(name, value))
}

func cut(doc jcs.Value, names ...string) jcs.Value {
	return doc.With("proof", member(doc, "proof").Without(names...))
}

// documents resolves did:key, and other DIDs to given documents; an empty document
// stands for a DID that is deactivated.
type documents map[string]jcs.Value

func (d documents) Resolve(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	if id.Method() == key.Method {
		return key.Resolver{}.Resolve(ctx, id, opt)
	}
	v, ok := d[string(id)]
	if !ok {
		return did.Resolution{}, &did.Error{Code: did.NotFound}
	}
	if v.Len() == 0 {
		return did.Resolution{Metadata: did.Metadata{Deactivated: true}}, nil
	}
	doc, err := did.ParseDocument(v)
	return did.Resolution{Document: doc}, err
}
