package credential_test

import (
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
)

func hexDigest(digest [32]byte) string { return hex.EncodeToString(digest[:]) }

// structureFile is vectors/credential/structure.json.
type structureFile struct {
	Description string            `json:"description"`
	Source      string            `json:"source"`
	Cases       []structureVector `json:"cases"`
}

// structureVector is a credential without proof. Path is the property at fault,
// "" for the whole; Digest is that of a valid one.
type structureVector struct {
	Name   string    `json:"name"`
	Source string    `json:"source"`
	Input  jcs.Value `json:"input"`
	Code   string    `json:"code"`
	Path   string    `json:"path,omitempty"`
	Digest string    `json:"digest,omitempty"`
}

// TestStructure runs vectors/credential/structure.json, which it also writes with
// -update.
func TestStructure(t *testing.T) {
	var file structureFile
	vectorsInto(t, "structure.json", newCredentials(t).structureFile(), &file)
	for _, v := range file.Cases {
		t.Run(v.Name, func(t *testing.T) {
			c, err := credential.Parse(v.Input)
			if v.Code == "valid" {
				if err != nil {
					t.Fatal(err)
				}
				if c.Issuer == "" || c.Version == 0 || len(c.Types) == 0 {
					t.Errorf("read %+v", c)
				}
				if got := hexDigest(credential.Digest(v.Input)); got != v.Digest {
					t.Errorf("digest %s", got)
				}
				return
			}
			var e *credential.Error
			if !errors.As(err, &e) {
				t.Fatalf("%v", err)
			}
			want := map[string]string{"malformed": credential.MalformedValueError, "parsing": credential.ParsingError}[v.Code]
			if e.Type != want || e.Path != v.Path {
				t.Errorf("%s at %q, want %s at %q", e.Type, e.Path, want, v.Path)
			}
		})
	}
}

func (c credentials) structureFile() structureFile {
	f := structureFile{
		Description: "Credentials without proof: valid with their digest (SHA-256 of the RFC 8785 form), malformed with the property at fault, or parsing.",
		Source:      "made by go test ./did/credential -update; each case names the clause of VC Data Model 2.0 it is about, unless it says 1.1",
	}
	f.Cases = slices.Concat(c.wellFormed(), c.malformed())
	for i := range f.Cases {
		if f.Cases[i].Code == "valid" {
			f.Cases[i].Digest = hexDigest(credential.Digest(f.Cases[i].Input))
		}
	}
	return f
}

// sri is the digest of the text "test".
const sri = "sha384-doQSMg97CqWBL85CjcRwazyuUOAqZMqhangiSb/o78S37xzLEmJV0ZYEff7fF6Cp"

func (c credentials) wellFormed() []structureVector {
	v := c.unsigned()
	parse := func(s string) jcs.Value { return decode(c.tb, s) }
	return []structureVector{
		{"version-2", "4", v, "valid", "", ""},
		{"version-1", "1.1, 4", c.version1(), "valid", "", ""},
		{"version-1-with-valid-from", "1.1 context", c.version1().With("validFrom", text("2026-02-01T00:00:00Z")), "valid", "", ""},
		{"no-id", "4.4", v.Without("id"), "valid", "", ""},
		{"no-validity-period", "4.9", v.Without("validFrom", "validUntil"), "valid", "", ""},
		{"type-as-string", "4.5", v.With("type", text("VerifiableCredential")), "valid", "", ""},
		{"issuer-as-object", "4.7", v.With("issuer", parse(`{"id":"`+c.issuer+`","name":"Example"}`)), "valid", "", ""},
		{"issuer-https", "4.7", v.With("issuer", text("https://vc.example/issuers/1")), "valid", "", ""},
		{"subject-without-id", "4.8", v.With("credentialSubject", parse(`{"name":"x"}`)), "valid", "", ""},
		{"two-subjects", "4.8", v.With("credentialSubject", parse(`[{"id":"did:example:1"},{"name":"x"}]`)), "valid", "", ""},
		{"context-object", "4.3", v.With("@context", parse(`["https://www.w3.org/ns/credentials/v2",{"sponsor":"https://example.com/sponsor"}]`)), "valid", "", ""},
		{"status-entry", "4.10", v.With("credentialStatus", parse(`{"type":"BitstringStatusListEntry"}`)), "valid", "", ""},
		{"valid-for-an-instant", "4.9", v.With("validUntil", text("2026-01-01T00:00:00Z")), "valid", "", ""},
		{"valid-from-without-offset", "6.3: interpreted as UTC", v.With("validFrom", text("2026-01-01T00:00:00")), "valid", "", ""},
		{"name-as-string", "4.6", v.With("name", text("Agent")), "valid", "", ""},
		{"name-in-a-language", "4.6, 11.1", v.With("name", parse(`{"@value":"Agentin","@language":"de","@direction":"ltr"}`)), "valid", "", ""},
		{"description-in-two-languages", "4.6, 11.1", v.With("description", parse(`[{"@value":"an agent","@language":"en"},{"@value":"eine Agentin"}]`)), "valid", "", ""},
		{"version-1-name-of-any-kind", "1.1: not a property of the data model", c.version1().With("name", jcs.FromInt(1)), "valid", "", ""},
		{"name-of-the-issuer-in-two-languages", "4.6", v.With("issuer", parse(`{"id":"`+c.issuer+`","name":[{"@value":"x","@language":"en"},{"@value":"y","@language":"zh-Hant-TW"}],"description":"z"}`)), "valid", "", ""},
		{"name-in-a-claim-of-any-kind", "11.1: other contexts have language maps", v.With("credentialSubject", parse(`{"name":{"en":"x","fr":"y"}}`)), "valid", "", ""},
		{"type-as-url", "4.5", v.With("type", parse(`["https://vc.example/types#A","VerifiableCredential"]`)), "valid", "", ""},
		{"two-schemas", "4.11", v.With("credentialSchema", parse(`[{"id":"https://vc.example/1.json","type":"JsonSchema"},{"id":"https://vc.example/2.json","type":["X","Y"]}]`)), "valid", "", ""},
		{"refresh-without-id", "5.4", v.With("refreshService", parse(`{"type":"VerifiableCredentialRefreshService2021","url":"https://vc.example/refresh"}`)), "valid", "", ""},
		{"evidence-and-terms-of-use", "5.5, 5.6", v.With("evidence", parse(`[{"type":["Evidence"],"id":"urn:x:1"}]`)).With("termsOfUse", parse(`{"type":"TrustFrameworkPolicy"}`)), "valid", "", ""},
		{"related-resource-by-sri", "5.3", v.With("relatedResource", parse(`{"id":"https://vc.example/a.png","mediaType":"image/png","digestSRI":"`+sri+`"}`)), "valid", "", ""},
		{"related-resource-by-two-sri-in-one-string", "5.3", v.With("relatedResource", parse(`[{"id":"https://vc.example/a.png","digestSRI":"`+sri+` sha256-n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg=?x"}]`)), "valid", "", ""},
		{"related-resource-by-multihash", "5.3", v.With("relatedResource", parse(`[{"id":"https://vc.example/a.png","digestMultibase":["uEiBZlVztZpfWHgPyslVv6-UwirFoQoRvW1htfx963sknNA"]}]`)), "valid", "", ""},
		{"related-resource-by-a-hash-not-known-here", "5.3: multihash has many", v.With("relatedResource", parse(`[{"id":"urn:x:1","digestMultibase":"uFgQBAgME"}]`)), "valid", "", ""},
		{"digest-in-any-object", "5.3: may be annotated", v.With("evidence", parse(`{"type":"Evidence","id":"https://vc.example/v.mp4","digestMultibase":"uELq9FnJ5YLa5iAszyJ518bXcnlc5P7xp1u-5uJRDYKvc"}`)), "valid", "", ""},
		{"properties-nobody-knows", "5.2", v.With("colour", parse(`[null,{"deep":[1,2,{}]}]`)), "valid", "", ""},
		{"version-1-terms-free-in-it", "1.1 knows no relatedResource", c.version1().With("relatedResource", text("x")).With("renderMethod", text("y")), "valid", "", ""},
		{"issuance-date-of-an-own-context", "1.3, B.2: whoever defines a term says what it means", v.With("issuanceDate", text("yesterday")).
			With("@context", parse(`["https://www.w3.org/ns/credentials/v2",{"issuanceDate":{"@id":"https://x.example/issuanceDate"}}]`)), "valid", "", ""},
		{"expiration-date-of-a-context-not-at-hand", "1.3: the check of contexts tells", v.With("expirationDate", text("2020-01-01T00:00:00Z")).
			With("@context", parse(`["https://www.w3.org/ns/credentials/v2","https://vc.example/context/1"]`)), "valid", "", ""},
		{"version-1-issued-without-offset", "1.1, 4.6: dateTime", c.version1().With("issuanceDate", text("2026-01-01T00:00:00")), "valid", "", ""},
		{"version-1-with-milliseconds", "1.1, 4.6", c.version1().With("issuanceDate", text("2026-01-01T00:00:00.123Z")), "valid", "", ""},
		{"version-1-context-object", "1.1, 4.1", c.version1().With("@context", parse(`["https://www.w3.org/2018/credentials/v1",{"@vocab":"https://vc.example/#"}]`)), "valid", "", ""},
		{"version-1-refresh-with-id", "1.1, 5.4", c.version1().With("refreshService", parse(`{"id":"https://vc.example/r","type":"ManualRefreshService2018"}`)), "valid", "", ""},
		{"offset-of-fourteen-hours", "4.9", v.With("validFrom", text("2026-01-01T00:00:00+14:00")), "valid", "", ""},
		{"end-of-day-as-24", "6.3", v.With("validFrom", text("2026-01-01T24:00:00Z")), "valid", "", ""},
		{"period-by-instant-not-by-text", "4.9", v.With("validFrom", text("2026-01-01T12:00:00+14:00")).With("validUntil", text("2025-12-31T23:00:00Z")), "valid", "", ""},
	}
}

func (c credentials) malformed() []structureVector {
	v, v1 := c.unsigned(), c.version1()
	parse := func(s string) jcs.Value { return decode(c.tb, s) }
	one := jcs.FromInt(1)
	bad := func(name, source, path string, input jcs.Value) structureVector {
		return structureVector{name, source, input, "malformed", path, ""}
	}
	const status = "credentialStatus"
	return []structureVector{
		{"array", "4", jcs.Array(v), "parsing", "", ""},
		bad("no-context", "4.3", "@context", v.Without("@context")),
		bad("context-as-string", "4.3: an ordered set", "@context", v.With("@context", text(credential.ContextV2))),
		bad("context-empty", "4.3", "@context", v.With("@context", jcs.Array())),
		bad("context-of-another-kind-first", "4.3", "@context", v.With("@context", parse(`["https://w3id.org/security/v2","https://www.w3.org/ns/credentials/v2"]`))),
		bad("context-is-a-number", "4.3", "@context", v.With("@context", jcs.Array(text(credential.ContextV2), one))),
		bad("context-not-a-url", "4.3", "@context", v.With("@context", jcs.Array(text(credential.ContextV2), text("context")))),
		bad("id-not-a-url", "4.4", "id", v.With("id", text("58172aac"))),
		bad("id-is-an-array", "4.4", "id", v.With("id", jcs.Array(text("urn:x:1"), text("urn:x:2")))),
		bad("id-is-null", "4.4", "id", v.With("id", jcs.Value{})),
		bad("no-type", "4.5", "type", v.Without("type")),
		bad("type-empty", "4.5", "type", v.With("type", jcs.Array())),
		bad("type-is-a-number", "4.5", "type", v.With("type", jcs.Array(text(credential.Type), one))),
		bad("type-without-verifiable-credential", "4.5", "type", v.With("type", text("AgentCredential"))),
		bad("type-of-a-presentation", "4.5", "type", v.With("type", text("VerifiablePresentation"))),
		bad("no-issuer", "4.7", "issuer", v.Without("issuer")),
		bad("issuer-not-a-url", "4.7", "issuer", v.With("issuer", text("Example"))),
		bad("issuer-is-an-array", "4.7", "issuer", v.With("issuer", jcs.Array(text(c.issuer)))),
		bad("issuer-object-without-id", "4.7", "issuer.id", v.With("issuer", parse(`{"name":"Example"}`))),
		bad("no-subject", "4.8", "credentialSubject", v.Without("credentialSubject")),
		bad("subject-is-a-string", "4.8", "credentialSubject", v.With("credentialSubject", text("did:example:agent"))),
		bad("subject-empty", "4.8: one or more claims", "credentialSubject", v.With("credentialSubject", jcs.Object())),
		bad("subjects-empty", "4.8", "credentialSubject", v.With("credentialSubject", jcs.Array())),
		bad("one-of-two-subjects-empty", "4.8", "credentialSubject", v.With("credentialSubject", parse(`[{"id":"did:example:1"},{}]`))),
		bad("subject-id-not-a-url", "4.8", "credentialSubject.id", v.With("credentialSubject", parse(`{"id":"agent"}`))),
		bad("valid-from-is-a-date", "4.9: dateTimeStamp", "validFrom", v.With("validFrom", text("2026-01-01"))),
		bad("valid-from-is-a-number", "4.9", "validFrom", v.With("validFrom", one)),
		bad("valid-until-on-february-30", "4.9", "validUntil", v.With("validUntil", text("2026-02-30T00:00:00Z"))),
		bad("valid-until-before-valid-from", "4.9", "validUntil", v.With("validUntil", text("2025-12-31T23:59:59Z"))),
		bad("valid-until-the-zero-time-of-go", "an implementation that takes it for absent never expires it", "validUntil", v.Without("validFrom").With("validUntil", text("0001-01-01T00:00:00Z"))),
		bad("issuance-date-in-version-2", "no term of the 2.0 context", "issuanceDate", v.With("issuanceDate", text("2026-01-01T00:00:00Z"))),
		bad("expiration-date-in-version-2", "no term of the 2.0 context: would never expire", "expirationDate", v.With("expirationDate", text("2026-02-01T00:00:00Z"))),
		bad("expiration-date-defined-as-that-of-version-1", "would never expire", "expirationDate", v.With("expirationDate", text("2026-02-01T00:00:00Z")).
			With("@context", parse(`["https://www.w3.org/ns/credentials/v2",{"expirationDate":"https://www.w3.org/2018/credentials#expirationDate"}]`))),
		bad("issuance-date-defined-and-taken-back", "no term of the contexts", "issuanceDate", v.With("issuanceDate", text("2026-02-01T00:00:00Z")).
			With("@context", parse(`["https://www.w3.org/ns/credentials/v2",{"issuanceDate":"https://x.example/d"},{"issuanceDate":null}]`))),
		bad("issuance-date-of-no-context", "no term of the contexts", "issuanceDate", v.With("issuanceDate", text("2026-02-01T00:00:00Z")).
			With("@context", parse(`["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/undefined-terms/v2"]`))),
		bad("version-1-without-issuance-date", "1.1, 4.6", "issuanceDate", v1.Without("issuanceDate")),
		bad("version-1-expires-before-it-is-issued", "1.1, 4.8", "validUntil", v1.With("expirationDate", text("2025-01-01T00:00:00Z"))),
		bad("status-is-a-string", "4.10", status, v.With(status, text("active"))),
		bad("status-without-type", "4.10", status+".type", v.With(status, parse(`{"id":"urn:x:1"}`))),
		bad("status-with-empty-type", "4.10", status+".type", v.With(status, parse(`{"type":""}`))),
		bad("status-id-not-a-url", "4.10", status+".id", v.With(status, parse(`{"id":"1","type":"T"}`))),
		bad("version-1-status-without-id", "1.1, 4.9", status+".id", v1.With(status, parse(`{"type":"T"}`))),
		bad("seventeen-status-entries", "at most 16 are read", status, v.With(status, jcs.Array(slices.Repeat([]jcs.Value{parse(`{"type":"T"}`)}, 17)...))),
		bad("schema-without-id", "4.11", "credentialSchema.id", v.With("credentialSchema", parse(`{"type":"JsonSchema"}`))),
		bad("evidence-without-type", "5.6", "evidence.type", v.With("evidence", parse(`[{"type":"Evidence"},{}]`))),
		bad("name-is-a-number", "4.6", "name", v.With("name", one)),
		bad("name-is-null", "4.6", "name", v.With("name", jcs.Value{})),
		bad("name-is-an-array-of-strings", "4.6", "name", v.With("name", jcs.Array(text("a"), text("b")))),
		bad("name-is-an-empty-array", "4.6", "name", v.With("name", jcs.Array())),
		bad("name-object-without-value", "11.1", "name", v.With("name", parse(`{"@language":"de"}`))),
		bad("description-object-with-another-key", "11.1: no other keys", "description", v.With("description", parse(`{"@value":"x","id":"urn:x:1"}`))),
		bad("description-language-is-a-number", "11.1", "description", v.With("description", parse(`{"@value":"x","@language":1}`))),
		bad("context-is-null", "4.3", "@context", v.With("@context", jcs.Array(text(credential.ContextV2), jcs.Value{}))),
		bad("context-is-an-array", "4.3", "@context", v.With("@context", parse(`["https://www.w3.org/ns/credentials/v2",["https://vc.example/c"]]`))),
		bad("context-is-an-object-first", "4.3", "@context", v.With("@context", parse(`[{"@vocab":"https://vc.example/#"},"https://www.w3.org/ns/credentials/v2"]`))),
		bad("context-with-a-space-in-its-url", "4.3", "@context", v.With("@context", parse(`["https://www.w3.org/ns/credentials/v2","https ://vc.example/c"]`))),
		bad("context-is-relative", "4.3", "@context", v.With("@context", parse(`["https://www.w3.org/ns/credentials/v2","/contexts/1"]`))),
		bad("context-url-almost", "4.3: compared as a string", "@context", v.With("@context", parse(`["https://www.w3.org/ns/credentials/v2/"]`))),
		bad("context-of-version-2-over-http", "4.3", "@context", v.With("@context", parse(`["http://www.w3.org/ns/credentials/v2"]`))),
		bad("id-is-an-object", "4.4", "id", v.With("id", parse(`{"@id":"urn:x:1"}`))),
		bad("id-is-empty", "4.4", "id", v.With("id", text(""))),
		bad("id-is-relative", "4.4", "id", v.With("id", text("/credentials/1"))),
		bad("type-is-null", "4.5", "type", v.With("type", jcs.Value{})),
		bad("type-is-an-object", "4.5", "type", v.With("type", parse(`{"@id":"VerifiableCredential"}`))),
		bad("type-has-an-empty-string", "4.5", "type", v.With("type", parse(`["VerifiableCredential",""]`))),
		bad("type-is-a-keyword", "JSON-LD 1.1, 3: no term", "type", v.With("type", parse(`["VerifiableCredential","@json"]`))),
		bad("type-in-another-case", "4.5", "type", v.With("type", text("verifiablecredential"))),
		bad("type-by-its-url-alone", "6.1: compacted", "type", v.With("type", text("https://www.w3.org/2018/credentials#VerifiableCredential"))),
		bad("issuer-is-null", "4.7", "issuer", v.With("issuer", jcs.Value{})),
		bad("issuer-object-with-null-id", "4.7", "issuer.id", v.With("issuer", parse(`{"id":null}`))),
		bad("issuer-object-with-two-ids", "4.7", "issuer.id", v.With("issuer", parse(`{"id":["`+c.issuer+`","did:example:2"]}`))),
		bad("issuer-name-is-a-number", "4.6", "issuer.name", v.With("issuer", parse(`{"id":"`+c.issuer+`","name":1}`))),
		bad("issuer-description-with-another-key", "11.1", "issuer.description", v.With("issuer", parse(`{"id":"`+c.issuer+`","description":{"@value":"x","@type":"y"}}`))),
		bad("subject-is-null", "4.8", "credentialSubject", v.With("credentialSubject", jcs.Value{})),
		bad("one-of-two-subjects-a-string", "4.8: objects", "credentialSubject", v.With("credentialSubject", parse(`[{"id":"did:example:1"},"did:example:2"]`))),
		bad("subject-with-two-ids", "4.4", "credentialSubject.id", v.With("credentialSubject", parse(`{"id":["did:example:1","did:example:2"]}`))),
		bad("valid-from-is-null", "4.9", "validFrom", v.With("validFrom", jcs.Value{})),
		bad("valid-from-is-an-array", "6: a single value", "validFrom", v.With("validFrom", parse(`["2026-01-01T00:00:00Z"]`))),
		bad("valid-from-without-seconds", "4.9", "validFrom", v.With("validFrom", text("2026-01-01T00:00Z"))),
		bad("valid-from-in-lower-case", "6.3: dateTimeStamp has capitals", "validFrom", v.With("validFrom", text("2026-01-01t00:00:00z"))),
		bad("valid-from-with-a-space", "4.9", "validFrom", v.With("validFrom", text("2026-01-01 00:00:00Z"))),
		bad("valid-from-with-an-offset-of-fifteen-hours", "6.3", "validFrom", v.With("validFrom", text("2026-01-01T00:00:00+15:00"))),
		bad("valid-from-with-an-offset-without-colon", "6.3", "validFrom", v.With("validFrom", text("2026-01-01T00:00:00+0100"))),
		bad("valid-from-in-a-leap-second", "6.3: no second 60", "validFrom", v.With("validFrom", text("2016-12-31T23:59:60Z"))),
		bad("valid-until-before-valid-from-by-offset", "4.9: temporally", "validUntil", v.With("validFrom", text("2026-01-01T00:00:00Z")).With("validUntil", text("2026-01-01T00:30:00+01:00"))),
		bad("version-1-issuance-date-is-a-date", "1.1, 4.6", "issuanceDate", v1.With("issuanceDate", text("2026-01-01"))),
		bad("version-1-expiration-date-is-null", "1.1, 4.8", "expirationDate", v1.With("expirationDate", jcs.Value{})),
		bad("version-1-issuer-a-number", "1.1, 4.5", "issuer", v1.With("issuer", one)),
		bad("version-1-refresh-without-id", "1.1, 5.4", "refreshService.id", v1.With("refreshService", parse(`{"type":"ManualRefreshService2018"}`))),
		bad("version-1-context-of-version-2-first", "1.1, 4.1", "issuanceDate", v1.With("@context", parse(`["https://www.w3.org/ns/credentials/v2","https://www.w3.org/2018/credentials/v1"]`))),
		bad("status-is-null", "4.10", status, v.With(status, jcs.Value{})),
		bad("status-array-empty", "4.10: one or more", status, v.With(status, jcs.Array())),
		bad("status-type-is-a-number", "4.10", status+".type", v.With(status, parse(`{"type":2}`))),
		bad("status-with-two-ids", "4.10", status+".id", v.With(status, parse(`{"id":["urn:x:1","urn:x:2"],"type":"T"}`))),
		bad("schema-without-type", "4.11", "credentialSchema.type", v.With("credentialSchema", parse(`{"id":"https://vc.example/1.json"}`))),
		bad("schema-id-is-a-number", "4.11", "credentialSchema.id", v.With("credentialSchema", parse(`{"id":1,"type":"JsonSchema"}`))),
		bad("schema-is-a-url", "4.11", "credentialSchema", v.With("credentialSchema", text("https://vc.example/1.json"))),
		bad("schema-digest-of-the-wrong-length", "5.3", "credentialSchema.digestSRI", v.With("credentialSchema", parse(`{"id":"https://vc.example/1.json","type":"JsonSchema","digestSRI":"sha384-YWJj"}`))),
		bad("nine-schemas", "at most 8 are evaluated", "credentialSchema", v.With("credentialSchema", jcs.Array(slices.Repeat([]jcs.Value{parse(`{"id":"urn:x:1","type":"T"}`)}, 9)...))),
		bad("evidence-is-a-string", "5.6", "evidence", v.With("evidence", text("none"))),
		bad("evidence-id-not-a-url", "5.6", "evidence.id", v.With("evidence", parse(`{"type":"Evidence","id":"one"}`))),
		bad("refresh-without-type", "5.4", "refreshService.type", v.With("refreshService", parse(`{"id":"https://vc.example/r"}`))),
		bad("terms-of-use-without-type", "5.5", "termsOfUse.type", v.With("termsOfUse", parse(`[{"id":"https://vc.example/t"}]`))),
		bad("terms-of-use-id-not-a-url", "5.5", "termsOfUse.id", v.With("termsOfUse", parse(`{"type":"T","id":"terms"}`))),
		bad("render-method-without-type", "6.5: reserved properties have a type", "renderMethod.type", v.With("renderMethod", parse(`{"id":"https://vc.example/r"}`))),
		bad("confidence-method-is-a-string", "6.5", "confidenceMethod", v.With("confidenceMethod", text("high"))),
		bad("related-resource-is-a-url", "5.3", "relatedResource", v.With("relatedResource", parse(`["https://vc.example/a.png"]`))),
		bad("related-resource-without-id", "5.3", "relatedResource.id", v.With("relatedResource", parse(`{"digestSRI":"`+sri+`"}`))),
		bad("related-resource-named-twice", "5.3: unique", "relatedResource.id", v.With("relatedResource", parse(`[{"id":"urn:x:1","digestSRI":"`+sri+`"},{"id":"urn:x:1","digestMultibase":"uEiBZlVztZpfWHgPyslVv6-UwirFoQoRvW1htfx963sknNA"}]`))),
		bad("related-resource-without-digest", "5.3", "relatedResource", v.With("relatedResource", parse(`{"id":"urn:x:1"}`))),
		bad("related-resource-digest-is-a-number", "5.3", "relatedResource.digestSRI", v.With("relatedResource", parse(`{"id":"urn:x:1","digestSRI":1}`))),
		bad("related-resource-digest-empty", "5.3", "relatedResource.digestSRI", v.With("relatedResource", parse(`{"id":"urn:x:1","digestSRI":""}`))),
		bad("related-resource-digest-by-md5", "SRI, 3.5", "relatedResource.digestSRI", v.With("relatedResource", parse(`{"id":"urn:x:1","digestSRI":"md5-1B2M2Y8AsgTpgAmY7PhCfg=="}`))),
		bad("related-resource-multihash-too-short", "5.3", "relatedResource.digestMultibase", v.With("relatedResource", parse(`{"id":"urn:x:1","digestMultibase":"uEiBZlVzt"}`))),
		bad("related-resource-digest-in-no-base", "5.3", "relatedResource.digestMultibase", v.With("relatedResource", parse(`{"id":"urn:x:1","digestMultibase":"59955ced6697d61e"}`))),
		bad("related-resource-media-type-is-a-word", "5.3", "relatedResource.mediaType", v.With("relatedResource", parse(`{"id":"urn:x:1","mediaType":"picture","digestSRI":"`+sri+`"}`))),
		bad("name-in-no-language", "11.1: well-formed tag", "name", v.With("name", parse(`{"@value":"x","@language":"not a language"}`))),
		bad("name-with-an-underscore-in-its-language", "BCP 47", "name", v.With("name", parse(`{"@value":"x","@language":"en_US"}`))),
		bad("name-direction-unknown", "JSON-LD 1.1: ltr or rtl", "name", v.With("name", parse(`{"@value":"x","@direction":"up"}`))),
		bad("name-value-is-a-number", "11.1", "name", v.With("name", parse(`{"@value":1,"@language":"en"}`))),
		bad("name-as-a-language-map", "4.6: no map in the base context", "name", v.With("name", parse(`{"en":"x","fr":"y"}`))),
		bad("terms-of-use-is-a-string", "5.5", "termsOfUse", v.With("termsOfUse", text("none"))),
	}
}
