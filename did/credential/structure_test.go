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
		bad("terms-of-use-is-a-string", "5.5", "termsOfUse", v.With("termsOfUse", text("none"))),
	}
}
