package credential_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

var update = flag.Bool("update", false, "write the vectors anew")

const folder = "../../vectors/credential"

// now is the time at which the tests and vectors take place.
var now = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func testKey(tb testing.TB, t multikey.Type) multikey.PrivateKey {
	tb.Helper()
	seed := make([]byte, 32)
	if t == multikey.P384 {
		seed = make([]byte, 48)
	}
	seed[len(seed)-1] = 7
	private, err := multikey.NewPrivate(t, seed)
	if err != nil {
		tb.Fatal(err)
	}
	return private
}

func decode(tb testing.TB, text string) jcs.Value {
	tb.Helper()
	v, err := jcs.Decode([]byte(text))
	if err != nil {
		tb.Fatalf("%v in %s", err, text)
	}
	return v
}

func text(s string) jcs.Value { return jcs.FromString(s) }

func member(v jcs.Value, name string) jcs.Value {
	x, ok := v.Get(name)
	if !ok {
		panic("no member " + name)
	}
	return x
}

// credentials builds credentials by one issuer, a did:key.
type credentials struct {
	tb     testing.TB
	key    multikey.PrivateKey
	issuer string
}

func newCredentials(tb testing.TB) credentials {
	k := testKey(tb, multikey.Ed25519)
	return credentials{tb, k, string(key.FromPublic(k.Public()))}
}

// unsigned is an ordinary credential of version 2.
func (c credentials) unsigned() jcs.Value {
	return decode(c.tb, `{"@context":["https://www.w3.org/ns/credentials/v2"],"id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
		"type":["VerifiableCredential","AgentCredential"],"issuer":"`+c.issuer+`","validFrom":"2026-01-01T00:00:00Z",
		"validUntil":"2027-01-01T00:00:00Z","credentialSubject":{"id":"did:example:agent","sponsor":"mailto:a@example.com"}}`)
}

// defined gives every term of v a meaning.
func (c credentials) defined(v jcs.Value) jcs.Value {
	return v.With("@context", decode(c.tb, `["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/undefined-terms/v2"]`))
}

// version1 is the same in version 1.1.
func (c credentials) version1() jcs.Value {
	return c.unsigned().Without("validFrom", "validUntil").
		With("@context", jcs.Array(text(credential.ContextV1))).
		With("issuanceDate", text("2026-01-01T00:00:00Z")).
		With("expirationDate", text("2027-01-01T00:00:00Z"))
}

func (c credentials) sign(v jcs.Value, change ...func(*proof.SignOptions)) jcs.Value {
	return c.signWith(v, c.key, key.MethodID(c.key.Public()), change...)
}

func (c credentials) signWith(v jcs.Value, k multikey.PrivateKey, method string, change ...func(*proof.SignOptions)) jcs.Value {
	c.tb.Helper()
	opt := proof.SignOptions{VerificationMethod: method, Purpose: did.AssertionMethod}
	for _, f := range change {
		f(&opt)
	}
	signed, err := proof.Sign(v, k, opt)
	if err != nil {
		c.tb.Fatal(err)
	}
	return signed
}

// registry is a StatusSource and, beside did:key, a Resolver.
type registry struct {
	// Documents are what DIDs resolve to; an empty one is deactivated.
	Documents map[string]jcs.Value `json:"documents,omitempty"`
	// Statuses are of credentials by hexadecimal digest and of DIDs. The status
	// "unavailable" is an error.
	Statuses map[string]string `json:"statuses,omitempty"`
}

func (r registry) Resolve(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	if id.Method() == key.Method {
		return key.Resolver{}.Resolve(ctx, id, opt)
	}
	v, ok := r.Documents[string(id)]
	if !ok {
		return did.Resolution{}, &did.Error{Code: did.NotFound}
	}
	if v.Len() == 0 {
		return did.Resolution{Metadata: did.Metadata{Deactivated: true}}, nil
	}
	doc, err := did.ParseDocument(v)
	return did.Resolution{Document: doc}, err
}

func (r registry) CredentialStatus(digest [32]byte, _ did.ID) (credential.StatusInfo, bool, error) {
	return r.status(hexDigest(digest))
}

func (r registry) DIDStatus(id did.ID) (credential.StatusInfo, bool, error) {
	return r.status(string(id))
}

func (r registry) status(of string) (credential.StatusInfo, bool, error) {
	s, known := r.Statuses[of]
	if s == "unavailable" {
		return credential.StatusInfo{}, false, errors.New("the registry is not current")
	}
	return credential.StatusInfo{Status: s}, known, nil
}

// vectorsInto makes sure that the file holds what was made, and reads it.
func vectorsInto(t *testing.T, name string, made, into any) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(made); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, name)
	if *update {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, b.Bytes()) {
		t.Errorf("%s is not what its makers make", file)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}
