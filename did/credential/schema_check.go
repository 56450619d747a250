package credential

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tabard-id/tabard/did/credential/schema"
	"github.com/tabard-id/tabard/did/jcs"
)

// Types of credentialSchema that are evaluated (VC JSON Schema, 2).
const (
	JSONSchema           = "JsonSchema"
	JSONSchemaCredential = "JsonSchemaCredential"
)

// schemaOfSchemas is the schema that every JsonSchemaCredential names as its own. It
// says what jsonSchemaOf checks.
const schemaOfSchemas = "https://www.w3.org/ns/credentials/json-schema/v2.json"

// maxSchemaLookups bounds how many schemas one judgement asks for, of a credential or
// of a presentation whole; maxSchemaWork what evaluating them may take.
const (
	maxSchemaLookups = 16
	maxSchemaWork    = 2 * schema.MaxWork
)

// schema holds the credential, without its proof, to every one of its schemas. A
// schema of a type that is not known here leaves the check undecided: the data model
// lets verifiers ignore what it calls optional, and the row says so.
func (j *judgement) schema(ctx context.Context) {
	if len(j.credential.Schemas) == 0 {
		j.verdict.skip(CheckSchema, CodeAbsent, "")
		return
	}
	if !j.trusted {
		j.verdict.skip(CheckSchema, CodeNotChecked, "schemas are not asked for by a credential whose proof does not hold")
		return
	}
	unsupported := ""
	for _, entry := range j.credential.Schemas {
		kind := schemaKind(entry)
		if kind == "" {
			unsupported = "credentialSchema of type " + entry.Types[0]
			continue
		}
		if err := j.evaluate(ctx, entry, kind); err != nil {
			j.verdict.fail(CheckSchema, schemaCode(err), "credentialSchema "+entry.ID+": "+err.Error(), err)
			return
		}
	}
	if unsupported != "" {
		j.verdict.skip(CheckSchema, CodeSchemaUnsupported, unsupported)
		return
	}
	j.verdict.pass(CheckSchema)
}

// schemaKind recognises a type by its term and by its IRI, which say the same where a
// credential is signed as RDF.
func schemaKind(entry SchemaEntry) string {
	for _, kind := range []string{JSONSchema, JSONSchemaCredential} {
		if slices.Contains(entry.Types, kind) || slices.Contains(entry.Types, vocabulary+kind) {
			return kind
		}
	}
	return ""
}

// vocabulary is what the types of the data model begin with in RDF.
const vocabulary = "https://www.w3.org/2018/credentials#"

// schemaCode tells apart why a schema does not pass.
func schemaCode(err error) Code {
	var mismatch *schema.MismatchError
	switch {
	case errors.As(err, &mismatch):
		return CodeSchemaMismatch
	case errors.Is(err, schema.ErrUnsupported):
		return CodeSchemaUnsupported
	}
	return codeOf(err, CodeSchemaInvalid)
}

func (j *judgement) evaluate(ctx context.Context, entry SchemaEntry, kind string) error {
	if kind == JSONSchema && entry.ID == schemaOfSchemas {
		_, err := jsonSchemaOf(j.credential.Value)
		return err
	}
	if j.by.Schemas == nil {
		return &checkError{code: CodeSchemaUnavailable, detail: "there is no source of schemas"}
	}
	found, err := j.found(ctx, schemaOf{entry.ID, kind})
	if err != nil {
		return err
	}
	if err := j.intact(entry, found.data); err != nil {
		return err
	}
	if found.err != nil {
		return found.err
	}
	a := j.by.asked
	took, err := found.compiled.ValidateWithin(j.credential.Value.Without("proof"), maxSchemaWork-a.work)
	a.work += took
	return err
}

type schemaOf struct{ url, kind string }

// foundSchema is what is at a URL, compiled, or why that cannot be done.
type foundSchema struct {
	data     []byte
	compiled *schema.Schema
	err      error
}

// found fetches and compiles a schema once in a judgement.
func (j *judgement) found(ctx context.Context, key schemaOf) (foundSchema, error) {
	a := j.by.asked
	if found, ok := a.schemas[key]; ok {
		return found, nil
	}
	if len(a.schemas) >= maxSchemaLookups || a.work >= maxSchemaWork {
		return foundSchema{}, &checkError{code: CodeSchemaUnavailable, detail: "more schemas, or more work for them, than one document may ask for"}
	}
	data, err := j.by.Schemas.Schema(ctx, key.url)
	if err != nil {
		return foundSchema{}, &checkError{code: CodeSchemaUnavailable, err: err}
	}
	found := foundSchema{data: data}
	found.compiled, found.err = j.compile(ctx, key.url, key.kind, data)
	if a.schemas == nil {
		a.schemas = make(map[schemaOf]foundSchema)
	}
	a.schemas[key] = found
	return found, nil
}

// intact compares the schema's bytes with the digests that the credential gives for
// them, beside the schema or among its related resources.
func (j *judgement) intact(entry SchemaEntry, data []byte) error {
	all := []digests{entry.digests}
	for _, r := range j.credential.Resources {
		if r.ID == entry.ID {
			all = append(all, r.digests)
		}
	}
	for _, d := range all {
		if matches, _ := d.match(data); !matches {
			return &checkError{code: CodeDigestMismatch, detail: "the schema has another digest"}
		}
	}
	return nil
}

// compile reads the schema, or the credential that holds it and must be verified
// like any other.
func (j *judgement) compile(ctx context.Context, url, kind string, data []byte) (*schema.Schema, error) {
	if kind == JSONSchema {
		return j.by.Compiled.Compile(url, data, j.by.SchemaOptions)
	}
	if j.by.depth >= maxDepth || j.by.asked.exhausted {
		return nil, &checkError{code: CodeSchemaInvalid, detail: "schemas of schemas are not followed that far"}
	}
	doc, err := credentialOf(data)
	if err != nil {
		return nil, err
	}
	payload, by, err := open(doc)
	if err != nil {
		return nil, err
	}
	sub := *j.by
	sub.depth++
	sub.share()
	sub.Now = j.now
	inner := sub.judge(ctx, payload, by, nil, Options{})
	j.by.asked.exhausted = j.by.asked.exhausted || inner.exhausted
	if !inner.verdict.Verified {
		return nil, &checkError{code: CodeSchemaInvalid, detail: "the credential that holds it is not verified: " + inner.verdict.firstFailure()}
	}
	if id, _ := payload.GetString("id"); id != "" && id != url {
		return nil, &checkError{code: CodeSchemaInvalid, detail: "the credential there calls itself " + id}
	}
	held, err := jsonSchemaOf(payload)
	if err != nil {
		return nil, err
	}
	return j.by.SchemaOptions.CompileValue(url, held)
}

// credentialOf reads an object, a compact token or a COSE_Sign1, which begins like no
// text.
func credentialOf(data []byte) (jcs.Value, error) {
	text := bytes.TrimSpace(jcs.TrimBOM(data))
	switch {
	case len(text) > 0 && text[0] >= 0x80:
		return Envelope(MediaCredentialCOSE, data), nil
	case len(text) > 0 && text[0] == '{':
		v, err := jcs.Decode(text)
		if err != nil {
			return jcs.Value{}, fmt.Errorf("%w: %w", schema.ErrInvalid, err)
		}
		return v, nil
	}
	return jcs.FromString(string(text)), nil
}

// jsonSchemaOf returns the schema in a JsonSchemaCredential (VC JSON Schema, 2.2).
func jsonSchemaOf(payload jcs.Value) (jcs.Value, error) {
	invalid := &checkError{code: CodeSchemaInvalid, detail: "not a JsonSchemaCredential that holds a schema"}
	types, err := typesOf(payload, "type")
	if err != nil || !slices.Contains(types, JSONSchemaCredential) {
		return jcs.Value{}, invalid
	}
	subject, _ := payload.Get("credentialSubject")
	if subject.IsArray() && subject.Len() == 1 {
		subject = subject.At(0)
	}
	types, err = typesOf(subject, "type")
	held, _ := subject.Get("jsonSchema")
	if err != nil || !slices.Contains(types, JSONSchema) || !held.IsObject() {
		return jcs.Value{}, invalid
	}
	return held, nil
}
