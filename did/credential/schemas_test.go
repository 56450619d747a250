package credential_test

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"strconv"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/credential/schema"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/proof"
)

const (
	schemaURL   = "https://vc.example/schemas/agent.json"
	agentSchema = `{"$id":"https://vc.example/schemas/agent.json","$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
		"properties":{"credentialSubject":{"type":"object","properties":{"sponsor":{"type":"string","format":"uri"}},"required":["sponsor"]}},"required":["credentialSubject"]}`
)

// ofSchema is a signed credential with that credentialSchema.
func (c credentials) ofSchema(entry string) jcs.Value {
	return c.sign(c.unsigned().With("credentialSchema", decode(c.tb, entry)))
}

// TestSchemaVectors runs vectors/credential/schema.json.
func TestSchemaVectors(t *testing.T) {
	c := newCredentials(t)
	runJudged(t, "schema.json", judgedFile{
		Description: "Signed credentials with credentialSchema or relatedResource, and what is found at the URLs of schemas. codes are those of the checks that did not simply pass.",
		Source:      "VC JSON Schema; VC Data Model 2.0, 4.11 and 5.3; made by go test ./did/credential -update from fixed keys",
		Cases:       append(append(c.schemaCases(), c.schemaCredentialCases()...), c.resourceCases()...),
	})
}

func (c credentials) schemaCases() []judgedVector {
	good := decode(c.tb, agentSchema)
	const entry = `{"id":"` + schemaURL + `","type":"JsonSchema"}`
	vc := c.ofSchema(entry)
	row := func(code credential.Code) codes { return codes{credential.CheckSchema: code} }
	found := func(v jcs.Value) map[string]jcs.Value { return map[string]jcs.Value{schemaURL: v} }
	one := func(name, source string, at jcs.Value, code credential.Code) judgedVector {
		v := judgedVector{Name: name, Source: source, Input: vc, Schemas: found(at), Verified: code == ""}
		if code != "" {
			v.Codes = row(code)
		}
		return v
	}
	email := good.With("properties", decode(c.tb, `{"credentialSubject":{"properties":{"sponsor":{"format":"email"}}}}`))
	sum := sha512.Sum384(good.Canonical())
	digest := "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
	other := decode(c.tb, `{"$schema":"https://json-schema.org/draft/2020-12/schema","required":["evidence"]}`)
	const second = "https://vc.example/schemas/2.json"
	both := c.ofSchema(`[` + entry + `,{"id":"` + second + `","type":"JsonSchema"}]`)
	tampered := vc.With("validFrom", text("2026-01-02T00:00:00Z"))
	plain := c.unsigned().With("type", text(credential.Type)).With("credentialSubject", decode(c.tb, `{"id":"did:example:agent"}`)).With("credentialSchema", decode(c.tb, entry))
	rdf := c.sign(plain, func(o *proof.SignOptions) { o.Cryptosuite = proof.EdDSARDFC2022 })
	renamed := func(name string) jcs.Value {
		return rdf.With("credentialSchema", decode(c.tb, `{"id":"`+schemaURL+`","type":"`+name+`"}`))
	}
	inline := decode(c.tb, `["https://www.w3.org/ns/credentials/v2",{"Other":"https://www.w3.org/2018/credentials#JsonSchema"}]`)
	return []judgedVector{
		{Name: "rdfc-type-of-the-schema-by-its-iri", Source: "the same statement", Input: renamed("https://www.w3.org/2018/credentials#JsonSchema"), Schemas: found(good), Codes: row(credential.CodeSchemaMismatch)},
		{Name: "rdfc-schema-of-a-type-defined-in-line", Source: "VC Data Model 2.0, 4.11: other types may be ignored", Verified: true, Codes: row(credential.CodeSchemaUnsupported),
			Input: c.sign(plain.With("@context", decode(c.tb, `["https://www.w3.org/ns/credentials/v2",{"FooSchema":"https://vc.example/#FooSchema"}]`)).
				With("credentialSchema", decode(c.tb, `{"id":"`+schemaURL+`","type":"FooSchema"}`)), func(o *proof.SignOptions) { o.Cryptosuite = proof.EdDSARDFC2022 })},
		{Name: "rdfc-type-of-the-schema-under-another-name-and-prefixed-id", Source: "the same statement", Schemas: found(good),
			Codes: codes{credential.CheckProof: credential.CodeProofInvalid, credential.CheckSchema: credential.CodeNotChecked},
			Input: rdf.With("credentialSchema", decode(c.tb, `{"id":"x:agent.json","type":"Other"}`)).
				With("@context", decode(c.tb, `["https://www.w3.org/ns/credentials/v2",{"Other":"https://www.w3.org/2018/credentials#JsonSchema"},{"x":"https://vc.example/schemas/"}]`))},
		{Name: "rdfc-type-of-the-schema-under-another-name", Source: "the same statement", Input: renamed("Other").With("@context", inline), Schemas: found(good),
			Codes: codes{credential.CheckProof: credential.CodeProofInvalid, credential.CheckSchema: credential.CodeNotChecked}},
		one("fits", "5.3: success", good, ""),
		one("fits-draft-07", "4: may be supported", good.With("$schema", text("http://json-schema.org/draft-07/schema#")), ""),
		one("fits-2019-09", "4: may be supported", good.With("$schema", text("https://json-schema.org/draft/2019-09/schema")), ""),
		{Name: "digest-of-the-schema", Source: "5.2", Input: c.ofSchema(`{"id":"` + schemaURL + `","type":"JsonSchema","digestSRI":"` + digest + `"}`), Schemas: found(good), Verified: true},
		{Name: "schema-is-not-the-one-meant", Source: "5.2", Input: c.ofSchema(`{"id":"` + schemaURL + `","type":"JsonSchema","digestSRI":"` + digest + `"}`),
			Schemas: found(good.With("title", text("x"))), Codes: row(credential.CodeDigestMismatch)},
		{Name: "schema-is-not-the-related-resource", Source: "VC Data Model 2.0, 5.3", Schemas: found(good.With("title", text("x"))),
			Input: c.sign(c.unsigned().With("credentialSchema", decode(c.tb, entry)).With("relatedResource", decode(c.tb, `{"id":"`+schemaURL+`","digestSRI":"`+digest+`"}`))),
			Codes: codes{credential.CheckSchema: credential.CodeDigestMismatch, credential.CheckRelatedResource: credential.CodeResourceUnknown}},
		one("does-not-fit", "5.3: failure", other, credential.CodeSchemaMismatch),
		one("format-is-an-annotation", "JSON Schema Validation 2020-12, 7.2.1", email, ""),
		one("format-is-an-annotation-in-2019-09", "JSON Schema Validation 2019-09, 7.2", email.With("$schema", text("https://json-schema.org/draft/2019-09/schema")), ""),
		one("format-does-not-fit-in-draft-07", "JSON Schema Validation draft-07, 7.2: asserted here", email.With("$schema", text("http://json-schema.org/draft-07/schema#")), credential.CodeSchemaMismatch),
		one("pattern-with-lookahead", "5.3: indeterminate", good.With("pattern", text("^(?!did:)")), credential.CodeSchemaUnsupported),
		one("proof-is-no-part-of-it", "the secured document is evaluated", good.With("not", decode(c.tb, `{"required":["proof"]}`)), ""),
		one("no-schema-version", "4: MUST NOT be processed", good.Without("$schema"), credential.CodeSchemaInvalid),
		one("schema-version-unknown", "5.3: indeterminate", good.With("$schema", text("https://json-schema.org/draft/2099-12/schema")), credential.CodeSchemaUnsupported),
		one("schema-is-no-schema", "4", good.With("type", text("banana")), credential.CodeSchemaInvalid),
		one("schema-is-not-json", "4", text("<html>"), credential.CodeSchemaInvalid),
		one("schema-refers-elsewhere", "nothing is loaded", good.With("$ref", text("https://evil.example/schema.json")), credential.CodeSchemaInvalid),
		one("schema-refers-to-a-file", "nothing is loaded", good.With("$ref", text("file:///etc/passwd")), credential.CodeSchemaInvalid),
		one("schema-takes-for-ever", "work is bounded", decode(c.tb, exponential()), credential.CodeSchemaInvalid),
		one("schema-in-a-circle", "work is bounded", good.With("$ref", text("#")), credential.CodeSchemaInvalid),
		{Name: "no-schema-to-be-had", Source: "fails closed", Input: vc, Schemas: map[string]jcs.Value{}, Codes: row(credential.CodeSchemaUnavailable)},
		{Name: "no-source-of-schemas", Source: "fails closed", Input: vc, Codes: row(credential.CodeSchemaUnavailable)},
		{Name: "two-schemas-both-fit", Source: "VC Data Model 2.0, 4.11", Input: both, Schemas: map[string]jcs.Value{schemaURL: good, second: good}, Verified: true},
		{Name: "two-schemas-the-second-does-not-fit", Source: "VC Data Model 2.0, 4.11", Input: both, Schemas: map[string]jcs.Value{schemaURL: good, second: other}, Codes: row(credential.CodeSchemaMismatch)},
		{Name: "schema-of-unknown-type", Source: "VC Data Model 2.0, 1.3: optional properties may be ignored, and the verdict says so", Input: c.ofSchema(`{"id":"` + schemaURL + `","type":"ShapeExpression"}`),
			Verified: true, Codes: row(credential.CodeSchemaUnsupported)},
		{Name: "proof-does-not-hold-schema-not-asked", Source: "nothing a stranger points to is fetched", Input: tampered, Schemas: found(good),
			Codes: codes{credential.CheckProof: credential.CodeProofInvalid, credential.CheckSchema: credential.CodeNotChecked, credential.CheckStatus: credential.CodeUnregistered}, Statuses: map[string]string{}},
	}
}

// exponential is a schema of 25 definitions, each of which refers to the next twice.
func exponential() string {
	s := `{"$schema":"https://json-schema.org/draft/2020-12/schema","$ref":"#/$defs/a","$defs":{`
	for d := 'a'; d < 'z'; d++ {
		s += `"` + string(d) + `":{"allOf":[{"$ref":"#/$defs/` + string(d+1) + `"},{"$ref":"#/$defs/` + string(d+1) + `"}]},`
	}
	return s + `"z":true}}`
}

func (c credentials) schemaCredentialCases() []judgedVector {
	const url = "https://vc.example/credentials/schema"
	holder := c.unsigned().With("id", text(url)).With("type", jcs.Array(text(credential.Type), text("JsonSchemaCredential"))).
		With("credentialSubject", decode(c.tb, `{"id":"`+schemaURL+`","type":"JsonSchema","jsonSchema":`+agentSchema+`}`)).
		With("credentialSchema", decode(c.tb, `{"id":"https://www.w3.org/ns/credentials/json-schema/v2.json","type":"JsonSchema",
			"digestSRI":"sha384-S57yQDg1MTzF56Oi9DbSQ14u7jBy0RDdx0YbeV7shwhCS88G8SCXeFq82PafhCrW"}`))
	vc := c.ofSchema(`{"id":"` + url + `","type":"JsonSchemaCredential"}`)
	one := func(name string, at jcs.Value, code credential.Code) judgedVector {
		v := judgedVector{Name: name, Source: "VC JSON Schema, 2.2", Input: vc, Schemas: map[string]jcs.Value{url: at}, Verified: code == ""}
		if code != "" {
			v.Codes = codes{credential.CheckSchema: code}
		}
		return v
	}
	empty := change(holder, "jsonSchema", decode(c.tb, `{"$schema":"https://json-schema.org/draft/2020-12/schema","required":["evidence"]}`))
	return []judgedVector{
		one("schema-in-a-credential", c.sign(holder), ""),
		one("schema-in-a-credential-does-not-fit", c.sign(empty), credential.CodeSchemaMismatch),
		one("schema-in-a-credential-without-proof", holder, credential.CodeSchemaInvalid),
		one("schema-in-a-credential-tampered", change(c.sign(holder), "jsonSchema", decode(c.tb, `{}`)), credential.CodeSchemaInvalid),
		one("schema-in-a-credential-expired", c.sign(holder.With("validUntil", text("2026-05-01T00:00:00Z"))), credential.CodeSchemaInvalid),
		one("schema-in-a-credential-of-another-id", c.sign(holder.With("id", text("urn:x:1"))), credential.CodeSchemaInvalid),
		one("schema-in-a-credential-of-another-type", c.sign(holder.Without("credentialSchema").With("type", text(credential.Type))), credential.CodeSchemaInvalid),
		one("schema-in-a-credential-missing", c.sign(change(holder, "jsonSchema", text("x"))), credential.CodeSchemaInvalid),
		one("schema-where-a-credential-is-announced", decode(c.tb, agentSchema), credential.CodeSchemaInvalid),
	}
}

// bytesOf serves what is no JSON.
type bytesOf []byte

func (b bytesOf) Schema(context.Context, string) ([]byte, error) { return b, nil }

// TestSchemaCredentialInEveryForm: a JsonSchemaCredential is a credential however it is
// secured, and a schema may have a byte order mark before it.
func TestSchemaCredentialInEveryForm(t *testing.T) {
	c := newCredentials(t)
	holder := c.unsigned().With("id", text(schemaURL)).With("type", jcs.Array(text(credential.Type), text(credential.JSONSchemaCredential))).
		With("credentialSubject", decode(t, `{"id":"`+schemaURL+`#held","type":"JsonSchema","jsonSchema":{"$schema":"https://json-schema.org/draft/2020-12/schema","required":["evidence"]}}`))
	seal := func(media string) []byte {
		token, err := credential.Seal(holder, media, c.key, credential.SealOptions{KeyID: key.MethodID(c.key.Public())})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	signed := c.sign(holder).Canonical()
	for name, found := range map[string][]byte{
		"application/vc": signed, "byte order mark": append([]byte("\ufeff"), signed...),
		credential.MediaCredentialJWT: seal(credential.MediaCredentialJWT), credential.MediaCredentialSDJWT: seal(credential.MediaCredentialSDJWT),
		credential.MediaCredentialCOSE: seal(credential.MediaCredentialCOSE),
	} {
		verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, Schemas: bytesOf(found)}
		v := verifier.Verify(context.Background(), c.ofSchema(`{"id":"`+schemaURL+`","type":"JsonSchemaCredential"}`))
		if row, _ := v.Check(credential.CheckSchema); row.Code != credential.CodeSchemaMismatch || row.Detail != "credentialSchema "+schemaURL+": required: missing property 'evidence'" {
			t.Errorf("%s: %+v", name, row)
		}
	}
}

// TestAssertFormats: an option of the verifier.
func TestAssertFormats(t *testing.T) {
	c := newCredentials(t)
	vc := c.ofSchema(`{"id":"` + schemaURL + `","type":"JsonSchema"}`)
	found := schemas{schemaURL: decode(t, `{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"credentialSubject":{"properties":{"sponsor":{"format":"email"}}}}}`)}
	for assert, want := range map[bool]credential.Code{false: "", true: credential.CodeSchemaMismatch} {
		verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, Schemas: found, SchemaOptions: schema.Options{AssertFormats: assert}}
		v := verifier.Verify(context.Background(), vc)
		if row, _ := v.Check(credential.CheckSchema); row.Code != want || v.Verified != (want == "") {
			t.Errorf("asserted %t: %+v", assert, v.Checks)
		}
	}
}

func (c credentials) resourceCases() []judgedVector {
	const v2 = `"id":"https://www.w3.org/ns/credentials/v2"`
	with := func(resource string) jcs.Value {
		return c.sign(c.unsigned().With("relatedResource", decode(c.tb, resource)))
	}
	good := func(name, source, resource string) judgedVector {
		return judgedVector{Name: name, Source: source, Input: with(resource), Verified: true}
	}
	bad := func(name, source, resource string) judgedVector {
		return judgedVector{Name: name, Source: source, Input: with(resource), Codes: codes{credential.CheckRelatedResource: credential.CodeDigestMismatch}}
	}
	const hash, sri256 = "uEiBZlVztZpfWHgPyslVv6-UwirFoQoRvW1htfx963sknNA", "sha256-WZVc7WaX1h4D8rJVb+vlMIqxaEKEb1tYbX8fet7JJzQ="
	const sri384 = "sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU"
	return []judgedVector{
		good("context-by-sri", "5.3, B.1", `{`+v2+`,"digestSRI":"`+sri384+`"}`),
		good("context-by-multihash", "5.3, B.1", `{`+v2+`,"digestMultibase":"`+hash+`"}`),
		good("context-by-both", "5.3", `{`+v2+`,"mediaType":"application/ld+json","digestMultibase":"`+hash+`","digestSRI":"`+sri256+`"}`),
		good("context-by-the-bare-digest", "5.6: the examples have no header of a multihash", `{`+v2+`,"digestMultibase":"uWZVc7WaX1h4D8rJVb-vlMIqxaEKEb1tYbX8fet7JJzQ"}`),
		good("weaker-digest-wrong-the-stronger-right", "SRI, 3.3.3: the strongest counts", `{`+v2+`,"digestSRI":"sha256-n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg= `+sri384+`"}`),
		bad("context-is-another", "5.3: MUST produce an error", `{`+v2+`,"digestSRI":"`+sri+`"}`),
		bad("context-is-another-by-multihash", "5.3", `{`+v2+`,"digestMultibase":"uEiBZlVztZpfWHgPyslVv6-UwirFoQoRvW1htfx963sknNQ"}`),
		bad("stronger-digest-wrong-the-weaker-right", "SRI, 3.3.3: the strongest counts", `{`+v2+`,"digestSRI":"`+sri256+` `+sri+`"}`),
		bad("one-of-both-digests-wrong", "5.3", `{`+v2+`,"digestMultibase":"`+hash+`","digestSRI":"`+sri+`"}`),
		{Name: "resource-not-at-hand", Source: "5.3: made no use of", Input: with(`{"id":"https://vc.example/a.png","digestSRI":"` + sri + `"}`), Verified: true,
			Codes: codes{credential.CheckRelatedResource: credential.CodeResourceUnknown}},
		{Name: "hash-not-known-here", Source: "5.3", Input: with(`{` + v2 + `,"digestMultibase":"uFgQBAgME"}`), Verified: true, Codes: codes{credential.CheckRelatedResource: credential.CodeResourceUnknown}},
		{Name: "protected-term-redefined", Source: "5.2.1: compliant processors produce an error", Codes: codes{credential.CheckContext: credential.CodeContextInvalid}, Type: malformedType,
			Input: c.sign(c.unsigned().With("@context", decode(c.tb, `["https://www.w3.org/ns/credentials/v2",{"VerifiableCredential":"https://evil.example/#X"}]`)))},
		{Name: "context-of-version-1-after-that-of-2", Source: "5.2.1", Codes: codes{credential.CheckContext: credential.CodeContextInvalid},
			Input: c.sign(c.unsigned().With("@context", decode(c.tb, `["https://www.w3.org/ns/credentials/v2","https://www.w3.org/2018/credentials/v1"]`)))},
	}
}

// TestResource: what the verifier has beside the contexts is compared as well, and
// compiled schemas serve again.
func TestResource(t *testing.T) {
	c := newCredentials(t)
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, Compiled: schema.NewCache(2), Schemas: schemas{schemaURL: decode(t, agentSchema)},
		Resource: func(url string) ([]byte, bool) { return []byte("test"), url == "https://vc.example/a.txt" }}
	for digest, want := range map[string]credential.Code{sri: "", "sha256-WZVc7WaX1h4D8rJVb+vlMIqxaEKEb1tYbX8fet7JJzQ=": credential.CodeDigestMismatch} {
		vc := c.sign(c.unsigned().With("credentialSchema", decode(t, `{"id":"`+schemaURL+`","type":"JsonSchema"}`)).
			With("relatedResource", decode(t, `{"id":"https://vc.example/a.txt","digestSRI":"`+digest+`"}`)))
		v := verifier.Verify(context.Background(), vc)
		if row, _ := v.Check(credential.CheckRelatedResource); row.Code != want || v.Verified != (want == "") {
			t.Errorf("%+v, want %q", v.Checks, want)
		}
	}
}

// TestSchemaLookups: a presentation cannot have any number of schemas compiled.
func TestSchemaLookups(t *testing.T) {
	c := newCredentials(t)
	found := schemas{}
	var items []jcs.Value
	for i := range credential.MaxCredentials {
		var entries []jcs.Value
		for k := range credential.MaxSchemas {
			url := schemaURL + "?" + strconv.Itoa(i*credential.MaxSchemas+k)
			found[url] = decode(t, exponential())
			if k < 2 {
				found[url] = decode(t, agentSchema)
			}
			entries = append(entries, decode(t, `{"id":"`+url+`","type":"JsonSchema"}`))
		}
		items = append(items, c.sign(c.unsigned().With("credentialSchema", jcs.Array(entries...))))
	}
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, Schemas: found}
	begin := time.Now()
	v := verifier.VerifyPresentation(context.Background(), c.present(c.presentation(items...)), credential.PresentationOptions{})
	if took := time.Since(begin); v.Verified || took > patience {
		t.Errorf("%v after %v", v.Verified, took)
	}
	checkVerdict(t, v)
}
