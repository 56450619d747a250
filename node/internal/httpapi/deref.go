package httpapi

import (
	"errors"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// fragment finds the node of a document that a DID URL's fragment names (DID Resolution, 5.4.2): a
// verification method or a service. The document's @context comes along, so that the node means by
// itself what it meant there.
func fragment(doc *did.Document, q query) (jcs.Value, error) {
	id := string(q.url.DID) + "#" + q.url.Fragment
	if q.rel != "" {
		vm, err := doc.Method(id, q.rel)
		if err != nil {
			return jcs.Value{}, relationshipError(err)
		}
		return inContext(doc, vm.Value), nil
	}
	for _, vm := range doc.VerificationMethods() {
		if vm.ID == id {
			return inContext(doc, vm.Value), nil
		}
	}
	services, _ := doc.Value().Get("service")
	for service := range services.Elems() {
		name, _ := service.GetString("id")
		if strings.HasPrefix(name, "#") {
			name = string(doc.ID()) + name
		}
		if name == id {
			return inContext(doc, service), nil
		}
	}
	return jcs.Value{}, &did.Error{Code: did.NotFound, Detail: "the document has no such fragment"}
}

func inContext(doc *did.Document, node jcs.Value) jcs.Value {
	if _, ok := node.Get("@context"); ok {
		return node
	}
	if context, ok := doc.Value().Get("@context"); ok {
		return node.With("@context", context)
	}
	return node
}

func relationshipError(err error) error {
	if errors.Is(err, did.ErrInvalidVerificationMethod) {
		return &did.Error{Code: did.NotFound, Detail: "the document has no such verification method", Err: err}
	}
	return &did.Error{Code: did.InvalidOptions, Detail: "the method is not listed under that relationship", Err: err}
}
