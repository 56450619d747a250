package dereference

import (
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
)

// Result is what a DID URL means. It is either Content, a DID document or a node of
// one, or the URLs where the resource lies.
type Result struct {
	Content jcs.Value
	// URLs is not empty if the resource lies elsewhere, the best first.
	URLs []string
}

// Dereference applies r to the document that its DID resolved to. With wantURLs the
// endpoints of selected services are asked for (the accept option text/uri-list);
// without, the document with those services alone, or the node in it that the
// fragment names. A did:webvh path leads to URLs in any case.
//
// Errors: NotFound where nothing has the fragment's id, no service is selected, none
// of those selected has a URL, or the DID's method gives the path no meaning;
// RepresentationNotSupported if URLs are asked for what has none;
// InvalidVerificationMethod and InvalidRelationship with verificationRelationship;
// InvalidDIDURL where a path leaves the folder of its DID, or a second fragment
// would have to be added to a URL; InvalidDID where a did:webvh path leads to a
// service that is not of the web, as that method says.
func (r *Request) Dereference(doc *did.Document, wantURLs bool) (Result, error) {
	switch {
	case r.URL.Path != "":
		return r.path(doc)
	case r.selects():
		return r.services(doc, wantURLs)
	case wantURLs:
		return Result{}, &did.Error{Code: did.RepresentationNotSupported, Detail: "this DID URL leads to no service endpoint"}
	case r.URL.Fragment == "":
		return Result{Content: doc.Value()}, nil
	}
	node, err := r.fragment(doc)
	return Result{Content: node}, err
}

// implicit is the document with the services that did:webvh adds to every one.
func implicit(doc *did.Document) (*did.Document, error) {
	if doc.ID().Method() != methodWebVH {
		return doc, nil
	}
	v, err := webvh.ImplicitServices(doc.Value())
	if err != nil {
		return nil, &did.Error{Code: did.InvalidDIDDocument, Detail: "implicit services", Err: err}
	}
	return did.ParseDocument(v)
}

// fragment finds what the fragment names ("Dereferencing the Fragment").
func (r *Request) fragment(doc *did.Document) (jcs.Value, error) {
	id := string(r.URL.DID) + "#" + r.URL.Fragment
	node, isMethod := method(doc, id)
	if !isMethod {
		full, err := implicit(doc)
		if err != nil {
			return jcs.Value{}, err
		}
		var ok bool
		if node, ok = full.Node(id); !ok {
			node, ok = find(r.URL.DID, full.Value(), id)
		}
		if !ok {
			return jcs.Value{}, notFound("the document has nothing of that id")
		}
	}
	if r.Relationship == "" {
		return inContext(doc, node), nil
	}
	if !isMethod {
		return jcs.Value{}, &did.Error{Code: did.InvalidVerificationMethod, Detail: "the fragment names no verification method"}
	}
	return r.authorised(doc, id)
}

// authorised returns the method of that id if the document lists it under the
// relationship asked for.
func (r *Request) authorised(doc *did.Document, id string) (jcs.Value, error) {
	for _, related := range doc.Related(r.Relationship) {
		if related != id {
			continue
		}
		for _, vm := range doc.VerificationMethods() {
			if vm.ID == id {
				return inContext(doc, vm.Value), nil
			}
		}
	}
	return jcs.Value{}, &did.Error{Code: did.InvalidRelationship, Detail: "the document does not list the method under " + string(r.Relationship)}
}

// method finds a verification method, wherever it is embedded.
func method(doc *did.Document, id string) (jcs.Value, bool) {
	for _, vm := range doc.VerificationMethods() {
		if vm.ID == id {
			return vm.Value, true
		}
	}
	return jcs.Value{}, false
}

// find looks for an object of that id anywhere in the document, in its order, for
// extensions may put nodes where they like. Objects that have an id and nothing else
// refer to a node and are none. Contexts describe terms, not nodes.
func find(base did.ID, v jcs.Value, id string) (jcs.Value, bool) {
	if v.IsArray() {
		for item := range v.Elems() {
			if node, ok := find(base, item, id); ok {
				return node, true
			}
		}
		return jcs.Value{}, false
	}
	if !v.IsObject() {
		return jcs.Value{}, false
	}
	if s, ok := v.GetString("id"); ok && v.Len() > 1 && (s == id || isRelative(s) && absolute(base, s) == id) {
		return v, true
	}
	for name, member := range v.Members() {
		if name == "@context" {
			continue
		}
		if node, ok := find(base, member, id); ok {
			return node, true
		}
	}
	return jcs.Value{}, false
}

// inContext gives a node the document's @context, so that it means by itself what
// it meant there.
func inContext(doc *did.Document, node jcs.Value) jcs.Value {
	if _, ok := node.Get("@context"); ok || !node.IsObject() {
		return node
	}
	if context, ok := doc.Value().Get("@context"); ok {
		return node.With("@context", context)
	}
	return node
}

// services selects services and gives the document with them alone, or where they
// lead ("Dereferencing the Resource").
func (r *Request) services(doc *did.Document, wantURLs bool) (Result, error) {
	full, err := implicit(doc)
	if err != nil {
		return Result{}, err
	}
	var selected []did.Service
	for _, service := range full.Services() {
		if r.matches(service) {
			selected = append(selected, service)
		}
	}
	if len(selected) == 0 {
		return Result{}, notFound("the document has no such service")
	}
	if wantURLs {
		urls, err := r.endpoints(selected)
		return Result{URLs: urls}, err
	}
	values := make([]jcs.Value, len(selected))
	for i := range selected {
		values[i] = selected[i].Value
	}
	narrowed := full.Value().With("service", jcs.Array(values...))
	if r.URL.Fragment == "" {
		return Result{Content: narrowed}, nil
	}
	narrow, err := did.ParseDocument(narrowed)
	if err != nil {
		return Result{}, err
	}
	within := Request{URL: r.URL, Relationship: r.Relationship}
	node, err := within.fragmentOf(narrow)
	return Result{Content: node}, err
}

// fragmentOf is fragment where the services were selected already.
func (r *Request) fragmentOf(doc *did.Document) (jcs.Value, error) {
	id := string(r.URL.DID) + "#" + r.URL.Fragment
	if _, isService := doc.Node(id); !isService && implicitID(r.URL.Fragment) {
		return jcs.Value{}, notFound("the service was not selected")
	}
	return r.fragment(doc)
}

func implicitID(fragment string) bool { return fragment == "files" || fragment == "whois" }

func (r *Request) matches(s did.Service) bool {
	if r.Service != "" && s.ID != r.serviceID() {
		return false
	}
	if r.ServiceType == "" {
		return true
	}
	for _, t := range s.Types {
		if t == r.ServiceType {
			return true
		}
	}
	return false
}

// serviceID is the absolute id that the service parameter means. A bare name is
// that of a fragment, as in ?service=files.
func (r *Request) serviceID() string {
	if isRelative(r.Service) && strings.IndexByte("#/?", r.Service[0]) < 0 {
		return string(r.URL.DID) + "#" + r.Service
	}
	return absolute(r.URL.DID, r.Service)
}
