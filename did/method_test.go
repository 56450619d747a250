package did_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
)

const (
	ed25519Key = "z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"
	x25519Key  = "z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"
	p256Key    = "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"
)

func parse(t testing.TB, text string) (*did.Document, error) {
	t.Helper()
	v, err := jcs.Decode([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return did.ParseDocument(v)
}

func mustParse(t testing.TB, text string) *did.Document {
	t.Helper()
	doc, err := parse(t, text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return doc
}

// method returns a verification method of did:m:x.
func method(id, controller, key string) string {
	return fmt.Sprintf(`{"id":%q,"type":"Multikey","controller":%q,"publicKeyMultibase":%q}`, id, controller, key)
}

// subject is a document that the retrieval table asks.
var subject = `{"id":"did:m:x","verificationMethod":[` + strings.Join([]string{
	method("did:m:x#1", "did:m:x", ed25519Key),
	method("#2", "did:m:x", p256Key),
	method("did:m:x#foreign", "did:m:y", ed25519Key),
	method("did:m:y#1", "did:m:y", ed25519Key),
	method("did:m:y#mine", "did:m:x", ed25519Key),
	`{"id":"#alone","type":"Multikey","publicKeyMultibase":"` + ed25519Key + `"}`,
	`{"id":"#bad","type":"Multikey","controller":"did:m:x","publicKeyMultibase":"z"}`,
	`{"id":"#strange","type":"Ed448VerificationKey","controller":"did:m:x"}`,
}, ",") + `],"assertionMethod":["did:m:x#1","#2","did:m:x#foreign","did:m:y#1","did:m:y#mine","#alone","#bad","#strange","#dangling"],
"authentication":[` + method("#embedded", "did:m:x", p256Key) + `],"keyAgreement":[]}`

func TestMethod(t *testing.T) {
	doc := mustParse(t, subject)
	for id, key := range map[string]string{"did:m:x#1": ed25519Key, "did:m:x#2": p256Key, "did:m:x#alone": ed25519Key} {
		m, err := doc.Method(id, did.AssertionMethod)
		if err != nil || m.ID != id || m.Key.String() != key || m.KeyErr != nil || m.Controller != "did:m:x" {
			t.Errorf("%s: %+v, %v", id, m, err)
		}
	}
	if m, err := doc.Method("did:m:x#embedded", did.Authentication); err != nil || m.Key.String() != p256Key {
		t.Errorf("embedded: %+v, %v", m, err)
	}
	for id, want := range map[string]error{"did:m:x#bad": multikey.ErrInvalidKey, "did:m:x#strange": multikey.ErrUnsupportedType} {
		if m, err := doc.Method(id, did.AssertionMethod); err != nil || !errors.Is(m.KeyErr, want) || !m.Key.IsZero() {
			t.Errorf("%s: %+v, %v", id, m, err)
		}
	}
}

func TestMethodRefuses(t *testing.T) {
	doc := mustParse(t, subject)
	for name, test := range map[string]struct {
		id   string
		rel  did.Relationship
		want error
	}{
		"relative":                       {"#1", did.AssertionMethod, did.ErrInvalidVerificationMethod},
		"empty":                          {"", did.AssertionMethod, did.ErrInvalidVerificationMethod},
		"https":                          {"https://example.com#1", did.AssertionMethod, did.ErrInvalidVerificationMethod},
		"no fragment":                    {"did:m:x", did.AssertionMethod, did.ErrInvalidVerificationMethod},
		"empty fragment":                 {"did:m:x#", did.AssertionMethod, did.ErrInvalidVerificationMethod},
		"not in the document":            {"did:m:x#3", did.AssertionMethod, did.ErrInvalidVerificationMethod},
		"referred to but missing":        {"did:m:x#dangling", did.AssertionMethod, did.ErrInvalidVerificationMethod},
		"of another controller":          {"did:m:x#foreign", did.AssertionMethod, did.ErrInvalidVerificationMethod},
		"of another document":            {"did:m:y#1", did.AssertionMethod, did.ErrInvalidControlledIdentifierDocumentID},
		"claimed from another document":  {"did:m:y#mine", did.AssertionMethod, did.ErrInvalidControlledIdentifierDocumentID},
		"with a path":                    {"did:m:x/a#1", did.AssertionMethod, did.ErrInvalidControlledIdentifierDocumentID},
		"with a query":                   {"did:m:x?versionId=1#1", did.AssertionMethod, did.ErrInvalidControlledIdentifierDocumentID},
		"not listed for the use":         {"did:m:x#1", did.Authentication, did.ErrInvalidRelationship},
		"embedded in another use":        {"did:m:x#embedded", did.AssertionMethod, did.ErrInvalidRelationship},
		"empty list":                     {"did:m:x#1", did.KeyAgreement, did.ErrInvalidRelationship},
		"no list":                        {"did:m:x#1", did.CapabilityInvocation, did.ErrInvalidRelationship},
		"verificationMethod is no use":   {"did:m:x#1", "verificationMethod", did.ErrInvalidRelationship},
		"no use":                         {"did:m:x#1", "", did.ErrInvalidRelationship},
		"use by a property of any other": {"did:m:x#1", "id", did.ErrInvalidRelationship},
	} {
		m, err := doc.Method(test.id, test.rel)
		if !errors.Is(err, test.want) || m.ID != "" {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

func TestKeyMaterial(t *testing.T) {
	const jwk = `{"kty":"EC","crv":"P-256","x":"acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0","y":"_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE"}`
	for name, test := range map[string]struct {
		members string
		want    error
	}{
		"Multikey":                             {`"type":"Multikey","publicKeyMultibase":"` + p256Key + `"`, nil},
		"Ed25519VerificationKey2020":           {`"type":"Ed25519VerificationKey2020","publicKeyMultibase":"` + ed25519Key + `"`, nil},
		"X25519KeyAgreementKey2020":            {`"type":"X25519KeyAgreementKey2020","publicKeyMultibase":"` + x25519Key + `"`, nil},
		"JsonWebKey":                           {`"type":"JsonWebKey","publicKeyJwk":` + jwk, nil},
		"JsonWebKey2020":                       {`"type":"JsonWebKey2020","publicKeyJwk":` + jwk, nil},
		"P-256 as Ed25519VerificationKey2020":  {`"type":"Ed25519VerificationKey2020","publicKeyMultibase":"` + p256Key + `"`, multikey.ErrInvalidKey},
		"Ed25519 as X25519KeyAgreementKey2020": {`"type":"X25519KeyAgreementKey2020","publicKeyMultibase":"` + ed25519Key + `"`, multikey.ErrInvalidKey},
		"no key":                               {`"type":"Multikey"`, multikey.ErrInvalidKey},
		"JWK in a Multikey":                    {`"type":"Multikey","publicKeyJwk":` + jwk, multikey.ErrInvalidKey},
		"multibase in a JsonWebKey":            {`"type":"JsonWebKey","publicKeyMultibase":"` + p256Key + `"`, multikey.ErrInvalidKey},
		"two keys":                             {`"type":"Multikey","publicKeyMultibase":"` + p256Key + `","publicKeyJwk":` + jwk, multikey.ErrInvalidKey},
		"key not a string":                     {`"type":"Multikey","publicKeyMultibase":["` + p256Key + `"]`, multikey.ErrInvalidKey},
		"JWK a string":                         {`"type":"JsonWebKey","publicKeyJwk":"x"`, multikey.ErrInvalidKey},
		"revealed secret":                      {`"type":"Multikey","publicKeyMultibase":"` + p256Key + `","secretKeyMultibase":"z"`, multikey.ErrInvalidKey},
		"revealed private JWK":                 {`"type":"JsonWebKey","publicKeyJwk":` + jwk + `,"privateKeyJwk":{}`, multikey.ErrInvalidKey},
		"private member in the JWK":            {`"type":"JsonWebKey","publicKeyJwk":` + jwk[:len(jwk)-1] + `,"d":"AA"}`, multikey.ErrInvalidKey},
		"type of another suite":                {`"type":"RsaVerificationKey2018","publicKeyPem":""`, multikey.ErrUnsupportedType},
		"type in lower case":                   {`"type":"multikey","publicKeyMultibase":"` + p256Key + `"`, multikey.ErrUnsupportedType},
	} {
		doc := mustParse(t, `{"id":"did:m:x","assertionMethod":[{"id":"#1","controller":"did:m:x",`+test.members+`}]}`)
		m, err := doc.Method("did:m:x#1", did.AssertionMethod)
		if err != nil || !errors.Is(m.KeyErr, test.want) || m.Key.IsZero() != (test.want != nil) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

// TestExpiresAndRevoked: an end that cannot be read may have passed, so the key
// is not used.
func TestExpiresAndRevoked(t *testing.T) {
	for name, test := range map[string]struct {
		members          string
		expires, revoked string
		want             error
	}{
		"neither":              {``, "", "", nil},
		"both":                 {`,"expires":"2026-01-01T00:00:00Z","revoked":"2025-01-01T00:00:00"`, "2026-01-01T00:00:00Z", "2025-01-01T00:00:00", nil},
		"revoked is true":      {`,"revoked":true`, "", "", multikey.ErrInvalidKey},
		"revoked is null":      {`,"revoked":null`, "", "", multikey.ErrInvalidKey},
		"revoked is empty":     {`,"revoked":""`, "", "", multikey.ErrInvalidKey},
		"revoked is a number":  {`,"revoked":1735689600`, "", "", multikey.ErrInvalidKey},
		"revoked is a list":    {`,"revoked":["2025-01-01T00:00:00Z"]`, "", "", multikey.ErrInvalidKey},
		"expires is a date":    {`,"expires":"2026-01-01"`, "2026-01-01", "", multikey.ErrInvalidKey},
		"expires is no time":   {`,"expires":"never"`, "never", "", multikey.ErrInvalidKey},
		"expires on no day":    {`,"expires":"2026-02-30T00:00:00Z"`, "2026-02-30T00:00:00Z", "", multikey.ErrInvalidKey},
		"one good and one not": {`,"expires":"2026-01-01T00:00:00Z","revoked":0`, "2026-01-01T00:00:00Z", "", multikey.ErrInvalidKey},
	} {
		doc := mustParse(t, `{"id":"did:m:x","assertionMethod":[{"id":"#1","type":"Multikey","publicKeyMultibase":"`+p256Key+`"`+test.members+`}]}`)
		m, err := doc.Method("did:m:x#1", did.AssertionMethod)
		if err != nil || !errors.Is(m.KeyErr, test.want) || m.Key.IsZero() != (test.want != nil) || m.Expires != test.expires || m.Revoked != test.revoked {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

func TestRelated(t *testing.T) {
	doc := mustParse(t, subject)
	if got := doc.Related(did.Authentication); !slices.Equal(got, []string{"did:m:x#embedded"}) {
		t.Error(got)
	}
	if got := doc.Related(did.AssertionMethod); len(got) != 9 || got[1] != "did:m:x#2" {
		t.Error(got)
	}
	if got := doc.Related("verificationMethod"); got != nil {
		t.Error(got)
	}
}
