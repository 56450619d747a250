package dereference

import (
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// Expand returns a document in which the relative DID URLs of verification methods,
// verification relationships, services and extensions are absolute ("DID Resolution
// Algorithm", expandRelativeUrls): the id of every object that a top-level property
// is or lists, and the references that relationships list.
func Expand(doc *did.Document) (*did.Document, error) {
	id, value := doc.ID(), doc.Value()
	out := value
	for name, member := range value.Members() {
		if name == "@context" || name == "id" {
			continue
		}
		expanded, changed := expandMember(id, member, isRelationship(name))
		if changed {
			out = out.With(name, expanded)
		}
	}
	return did.ParseDocument(out)
}

func expandMember(id did.ID, v jcs.Value, references bool) (jcs.Value, bool) {
	if !v.IsArray() {
		return expandItem(id, v, references)
	}
	changed := false
	items := make([]jcs.Value, 0, v.Len())
	for item := range v.Elems() {
		expanded, did := expandItem(id, item, references)
		changed = changed || did
		items = append(items, expanded)
	}
	if !changed {
		return v, false
	}
	return jcs.Array(items...), true
}

func expandItem(id did.ID, v jcs.Value, reference bool) (jcs.Value, bool) {
	if s, ok := v.Str(); ok && reference {
		return jcs.FromString(absolute(id, s)), isRelative(s)
	}
	if s, ok := v.GetString("id"); ok && isRelative(s) {
		return v.With("id", jcs.FromString(absolute(id, s))), true
	}
	return v, false
}

func isRelationship(name string) bool {
	switch did.Relationship(name) {
	case did.Authentication, did.AssertionMethod, did.KeyAgreement, did.CapabilityInvocation, did.CapabilityDelegation:
		return true
	}
	return false
}

// isRelative reports whether a URL in a document is relative: it has no scheme.
func isRelative(s string) bool { return schemeEnd(s) == 0 }

// absolute resolves a relative DID URL: RFC 3986, 5, with the DID's method and
// identifier for an authority (DID 1.1, "Relative DID URLs").
func absolute(id did.ID, s string) string {
	if !isRelative(s) {
		return s
	}
	const scheme = "did:"
	base := reference{scheme: "did", hasAuthority: true, authority: strings.TrimPrefix(string(id), scheme)}
	ref := split(s)
	if ref.hasAuthority {
		return s // "//…" has no meaning in a DID
	}
	out := resolve(base, ref)
	out.scheme, out.hasAuthority, out.authority = "", false, ""
	return string(id) + out.String()
}
