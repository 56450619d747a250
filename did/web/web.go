// Package web implements the syntax of the DID method did:web and the checks on
// its documents (did:web Method Specification). It fetches nothing.
//
// A DID names one host in one spelling: a lower-case DNS name, never an address,
// with a percent-encoded port or none, and a path whose segments mean the same to
// every client and file system.
package web

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/internal/domain"
	"github.com/tabard-id/tabard/did/jcs"
)

// Method is the name of the method.
const Method = "web"

const prefix = "did:web:"

// Identifier is where a did:web document is found.
type Identifier struct {
	// Domain is the host, or host:port, as in a URL.
	Domain string
	// Path are the segments after it, percent-encoded as in the DID and in a URL.
	// Without any, the document is that of the host itself.
	Path []string
}

// ParseID reads a did:web. Errors are *did.Error: MethodNotSupported for other
// methods, InvalidDID for hosts and paths that are refused.
func ParseID(id did.ID) (Identifier, error) {
	suffix, ok := strings.CutPrefix(string(id), prefix)
	if !ok {
		return Identifier{}, &did.Error{Code: did.MethodNotSupported, Detail: fmt.Sprintf("%.64q is not a did:web", id)}
	}
	i, err := parse(strings.Split(suffix, ":"))
	if err != nil {
		return Identifier{}, &did.Error{Code: did.InvalidDID, Detail: fmt.Sprintf("%.128q", id), Err: err}
	}
	return i, nil
}

// parse reads the parts between the colons of a DID: the domain, then the path.
func parse(parts []string) (Identifier, error) {
	host, err := parseDomain(parts[0])
	if err != nil {
		return Identifier{}, err
	}
	for _, segment := range parts[1:] {
		if err := checkSegment(segment); err != nil {
			return Identifier{}, err
		}
	}
	return Identifier{Domain: host, Path: slices.Clip(parts[1:])}, nil
}

// ID returns the did:web of the place.
func (i Identifier) ID() did.ID {
	return did.ID(prefix + strings.Join(append([]string{domain.Segment(i.Domain)}, i.Path...), ":"))
}

// URL returns the address of the document.
func (i Identifier) URL() string { return i.Base() + "/did.json" }

// Base returns the address of the directory in which the document lies, without
// a slash at its end: "https://host/a/b", or "https://host/.well-known".
func (i Identifier) Base() string {
	if len(i.Path) == 0 {
		return "https://" + i.Domain + "/.well-known"
	}
	return "https://" + i.Domain + "/" + strings.Join(i.Path, "/")
}

// ParseDocument reads the document served for id and checks that it is id's.
// Errors are *did.Error with InvalidDIDDocument.
func ParseDocument(id did.ID, data []byte) (*did.Document, error) {
	v, err := jcs.Decode(data)
	if err != nil {
		return nil, &did.Error{Code: did.InvalidDIDDocument, Err: err}
	}
	doc, err := did.ParseDocument(v)
	if err != nil {
		return nil, err
	}
	if err := Check(id, doc); err != nil {
		return nil, err
	}
	return doc, nil
}

// Check reports, as InvalidDIDDocument, a document of another DID than id.
func Check(id did.ID, doc *did.Document) error {
	if doc.ID() != id {
		return &did.Error{Code: did.InvalidDIDDocument, Detail: fmt.Sprintf("the document of %.128q says it is of %.128q", id, doc.ID())}
	}
	return nil
}
