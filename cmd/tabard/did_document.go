package main

import (
	"bytes"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
)

// didPlaceholder stands for the DID in a document that is given as a file.
const didPlaceholder = "{DID}"

// signingRelationships are those under which a new signing key is listed.
var signingRelationships = []did.Relationship{did.Authentication, did.AssertionMethod}

// newDocument is the document that the flags describe, with one key.
func newDocument(c *cli.Context, id did.ID, key multikey.PublicKey) (jcs.Value, error) {
	if path := c.String("document"); path != "" {
		return documentFromFile(path, id)
	}
	doc := jcs.Object(
		jcs.Member{Name: "@context", Value: texts("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")},
		jcs.Member{Name: "id", Value: jcs.FromString(string(id))},
	)
	return describe(c, withKey(doc, key), id)
}

func documentFromFile(path string, id did.ID) (jcs.Value, error) {
	data, err := readBounded(path, webvh.MaxEntryBytes)
	if err != nil {
		return jcs.Value{}, usage("--document: %w", err)
	}
	v, err := jcs.Decode(bytes.ReplaceAll(data, []byte(didPlaceholder), []byte(id)))
	if err != nil {
		return jcs.Value{}, usage("--document %s: %w", path, err)
	}
	if pointer, text, found := v.Inexact(); found {
		return jcs.Value{}, usage("--document %s: %s: %.64s is a number that readers take for another: write it as a string", path, pointer, text)
	}
	return v, nil
}

// describe adds to a document what the flags say besides keys. Lists given replace those there are.
func describe(c *cli.Context, doc jcs.Value, id did.ID) (jcs.Value, error) {
	if list := c.StringSlice("controller"); len(list) > 0 {
		doc = doc.With("controller", texts(list...))
	}
	if list := c.StringSlice("also-known-as"); len(list) > 0 {
		doc = doc.With("alsoKnownAs", texts(list...))
	}
	for _, s := range c.StringSlice("service") {
		name, rest, ok := strings.Cut(s, "=")
		typ, endpoint, both := strings.Cut(rest, ",")
		if !ok || !both || name == "" || typ == "" || endpoint == "" {
			return doc, usage("--service %q: want NAME=TYPE,URL", s)
		}
		doc = withItem(doc, "service", jcs.Object(
			jcs.Member{Name: "id", Value: jcs.FromString(string(id) + "#" + name)},
			jcs.Member{Name: "type", Value: jcs.FromString(typ)},
			jcs.Member{Name: "serviceEndpoint", Value: jcs.FromString(endpoint)},
		))
	}
	return doc, nil
}

// withKey lists a key in a document for signing. Its fragment is the key itself, as in did:key.
func withKey(doc jcs.Value, key multikey.PublicKey) jcs.Value {
	id, _ := doc.GetString("id")
	method := id + "#" + key.String()
	doc = withItem(doc, "verificationMethod", jcs.Object(
		jcs.Member{Name: "id", Value: jcs.FromString(method)},
		jcs.Member{Name: "type", Value: jcs.FromString("Multikey")},
		jcs.Member{Name: "controller", Value: jcs.FromString(id)},
		jcs.Member{Name: "publicKeyMultibase", Value: jcs.FromString(key.String())},
	))
	for _, rel := range signingRelationships {
		doc = withItem(doc, string(rel), jcs.FromString(method))
	}
	return doc
}

// withoutMethod removes a verification method or service from wherever a document lists it.
func withoutMethod(doc jcs.Value, id string) (jcs.Value, bool) {
	base, _ := doc.GetString("id")
	relative := strings.TrimPrefix(id, base)
	removed := false
	for _, list := range []string{"verificationMethod", "service", "authentication", "assertionMethod", "keyAgreement", "capabilityInvocation", "capabilityDelegation"} {
		items, ok := doc.Get(list)
		if !ok || !items.IsArray() {
			continue
		}
		var kept []jcs.Value
		for item := range items.Elems() {
			name, isText := item.Str()
			if !isText {
				name, _ = item.GetString("id")
			}
			if name == id || name == relative {
				removed = true
				continue
			}
			kept = append(kept, item)
		}
		doc = doc.With(list, jcs.Array(kept...))
	}
	return doc, removed
}

// withItem puts an item at the end of one of a document's lists, in place of one of the same id.
func withItem(doc jcs.Value, list string, item jcs.Value) jcs.Value {
	var items []jcs.Value
	if old, ok := doc.Get(list); ok && old.IsArray() {
		items = slices.Collect(old.Elems())
	}
	id, named := item.GetString("id")
	items = slices.DeleteFunc(items, func(old jcs.Value) bool {
		oldID, _ := old.GetString("id")
		return named && oldID == id || old.Equal(item)
	})
	return doc.With(list, jcs.Array(append(items, item)...))
}

func texts(list ...string) jcs.Value {
	items := make([]jcs.Value, len(list))
	for i, s := range list {
		items[i] = jcs.FromString(s)
	}
	return jcs.Array(items...)
}
