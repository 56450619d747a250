package did_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/multikey"
)

// jwks are public keys without the brace that would end them.
var jwks = map[string]string{
	"Ed25519": `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"`,
	"P-256":   `{"kty":"EC","crv":"P-256","x":"WfTi93YuhsQxKbD0ftnjOXJndqhnJ5kgDV-ZDGyrhBQ","y":"qUd_55EjX0mjKZ6W6mF4UXVYTQ41K6jfdnYFwN5uPyk"`,
	"X25519":  `{"kty":"OKP","crv":"X25519","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"`,
}

// A key that its JWK reserves for something else verifies nothing (RFC 7517, 4.2 to 4.4).
func TestJWKUse(t *testing.T) {
	for _, test := range []struct {
		key, says string
		rel       did.Relationship
		allowed   bool
	}{
		{"P-256", ``, did.AssertionMethod, true},
		{"P-256", `,"use":"sig"`, did.AssertionMethod, true},
		{"P-256", `,"use":"sig","key_ops":["verify"],"alg":"ES256"`, did.Authentication, true},
		{"P-256", `,"key_ops":["encrypt","verify"]`, did.AssertionMethod, true},
		{"P-256", `,"kid":"1","x5t":"AA","ext":true`, did.AssertionMethod, true},
		{"Ed25519", `,"alg":"EdDSA"`, did.AssertionMethod, true},
		{"Ed25519", `,"alg":"Ed25519"`, did.AssertionMethod, true},
		{"X25519", `,"use":"enc"`, did.KeyAgreement, true},
		{"X25519", `,"key_ops":["deriveBits"],"alg":"ECDH-ES"`, did.KeyAgreement, true},
		{"P-256", `,"alg":"ECDH-ES+A128KW"`, did.KeyAgreement, true},

		{"P-256", `,"use":"enc"`, did.AssertionMethod, false},
		{"P-256", `,"use":"enc"`, did.Authentication, false},
		{"P-256", `,"use":"enc"`, did.CapabilityInvocation, false},
		{"P-256", `,"use":"enc"`, did.CapabilityDelegation, false},
		{"P-256", `,"use":"SIG"`, did.AssertionMethod, false},
		{"P-256", `,"use":""`, did.AssertionMethod, false},
		{"P-256", `,"use":["sig"]`, did.AssertionMethod, false},
		{"P-256", `,"use":null`, did.AssertionMethod, false},
		{"P-256", `,"key_ops":["encrypt"]`, did.AssertionMethod, false},
		{"P-256", `,"key_ops":["sign"]`, did.AssertionMethod, false},
		{"P-256", `,"key_ops":[]`, did.AssertionMethod, false},
		{"P-256", `,"key_ops":"verify"`, did.AssertionMethod, false},
		{"P-256", `,"key_ops":[["verify"]]`, did.AssertionMethod, false},
		{"P-256", `,"use":"sig","key_ops":["deriveKey"]`, did.AssertionMethod, false},
		{"P-256", `,"alg":"ECDH-ES"`, did.AssertionMethod, false},
		{"P-256", `,"alg":"ES384"`, did.AssertionMethod, false},
		{"P-256", `,"alg":7`, did.AssertionMethod, false},
		{"Ed25519", `,"alg":"ES256"`, did.AssertionMethod, false},
		{"X25519", `,"use":"sig"`, did.KeyAgreement, false},
		{"P-256", `,"key_ops":["verify"]`, did.KeyAgreement, false},
	} {
		t.Run(fmt.Sprintf("%s%s for %s", test.key, test.says, test.rel), func(t *testing.T) {
			doc := mustParse(t, fmt.Sprintf(`{"id":"did:m:x","verificationMethod":[{"id":"#1","type":"JsonWebKey","controller":"did:m:x",
				"publicKeyJwk":%s%s}}],%q:["#1"]}`, jwks[test.key], test.says, test.rel))
			m, err := doc.Method("did:m:x#1", test.rel)
			if err != nil {
				t.Fatal(err)
			}
			if test.allowed != (m.KeyErr == nil) || test.allowed == m.Key.IsZero() {
				t.Errorf("key %s, error %v", m.Key, m.KeyErr)
			}
			if !test.allowed && (!errors.Is(m.KeyErr, multikey.ErrInvalidKey) || !strings.Contains(m.KeyErr.Error(), string(test.rel))) {
				t.Errorf("error %v", m.KeyErr)
			}
		})
	}
}

// Documents that embed one method in several relationships are taken: it is one method.
func TestMethodEmbeddedAgain(t *testing.T) {
	m := method("did:m:x#1", "did:m:x", ed25519Key)
	doc := mustParse(t, `{"id":"did:m:x","authentication":[`+m+`],"assertionMethod":[`+m+`]}`)
	for _, rel := range []did.Relationship{did.Authentication, did.AssertionMethod} {
		if got, err := doc.Method("did:m:x#1", rel); err != nil || got.Key.String() != ed25519Key {
			t.Errorf("%s: %+v, %v", rel, got, err)
		}
	}
	if _, err := doc.Method("did:m:x#1", did.CapabilityInvocation); !errors.Is(err, did.ErrInvalidRelationship) {
		t.Errorf("capabilityInvocation: %v", err)
	}
	if n := len(doc.VerificationMethods()); n != 1 {
		t.Errorf("%d methods", n)
	}
}
