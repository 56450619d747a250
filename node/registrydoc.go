package node

import (
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
)

// nodeKeys are the nodes' public keys by node id.
type nodeKeys map[string]multikey.PublicKey

// methodID is the DID URL of a node's key in the registry's document.
func methodID(registry did.ID, node string) string { return string(registry) + "#" + node }

// registryDocument is the first document of the registry: every node's key, for
// assertionMethod, so that whoever knows the DID can check what nodes sign.
func registryDocument(id did.ID, keys nodeKeys) jcs.Value {
	contexts := jcs.Array(jcs.FromString("https://www.w3.org/ns/did/v1"), jcs.FromString("https://w3id.org/security/multikey/v1"))
	empty := jcs.Object(
		jcs.Member{Name: "@context", Value: contexts},
		jcs.Member{Name: "id", Value: jcs.FromString(string(id))},
	)
	return withKeys(empty, id, keys)
}

// withKeys returns doc with the keys under verificationMethod and assertionMethod,
// in place of others of the same nodes. All else in doc stays.
func withKeys(doc jcs.Value, id did.ID, keys nodeKeys) jcs.Value {
	methods, relations := members(doc, "verificationMethod"), members(doc, "assertionMethod")
	for _, node := range sortedIDs(keys) {
		url := methodID(id, node)
		method := jcs.Object(
			jcs.Member{Name: "id", Value: jcs.FromString(url)},
			jcs.Member{Name: "type", Value: jcs.FromString("Multikey")},
			jcs.Member{Name: "controller", Value: jcs.FromString(string(id))},
			jcs.Member{Name: "publicKeyMultibase", Value: jcs.FromString(keys[node].String())},
		)
		methods = replaceOrAppend(methods, method, func(v jcs.Value) bool {
			other, _ := v.GetString("id")
			return other == url
		})
		relations = replaceOrAppend(relations, jcs.FromString(url), func(v jcs.Value) bool {
			other, _ := v.Str()
			return other == url
		})
	}
	return doc.With("verificationMethod", jcs.Array(methods...)).With("assertionMethod", jcs.Array(relations...))
}

// missingKeys returns those of keys that doc has not.
func missingKeys(doc *did.Document, keys nodeKeys) nodeKeys {
	missing := make(nodeKeys)
	for node, key := range keys {
		method, err := doc.Method(methodID(doc.ID(), node), did.AssertionMethod)
		if err != nil || method.KeyErr != nil || method.Key != key {
			missing[node] = key
		}
	}
	return missing
}

func members(doc jcs.Value, name string) []jcs.Value {
	list, _ := doc.Get(name)
	return slices.Collect(list.Elems())
}

func replaceOrAppend(list []jcs.Value, v jcs.Value, same func(jcs.Value) bool) []jcs.Value {
	if i := slices.IndexFunc(list, same); i >= 0 {
		list[i] = v
		return list
	}
	return append(list, v)
}

func sortedIDs(keys nodeKeys) []string {
	ids := make([]string, 0, len(keys))
	for id := range keys {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, strings.Compare)
	return ids
}
