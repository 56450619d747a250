package client

import (
	"context"
	"fmt"
	"net/http"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/node/api"
)

// DereferenceOptions are the options of DID URL dereferencing that do not stand in the DID URL.
type DereferenceOptions struct {
	// Endpoint asks where the services lie that the DID URL selects, instead of for the document with
	// those services alone.
	Endpoint bool
	// Relationship is the verificationRelationship that the method named by the fragment must be
	// authorised for; "" for none.
	Relationship string
}

// Dereferenced is the answer to a DID URL, as the node gave it.
type Dereferenced struct {
	// Status is the HTTP status: 200 with Content; 303 with Location; 410 for a deactivated DID, whose
	// Content is null.
	Status int
	// Content is the document or the node of it.
	Content jcs.Value
	// Metadata is the contentMetadata: that of the document.
	Metadata jcs.Value
	// Location is where the resource lies. Nobody has looked what is there.
	Location string
}

// Dereference asks a node what a DID URL means. The answer is not verified. Errors are *did.Error where
// the DID URL means nothing.
func (c *Client) Dereference(ctx context.Context, didURL string, o DereferenceOptions, opts ...ReadOption) (Dereferenced, error) {
	query := c.query(opts)
	if o.Relationship != "" {
		query.Set("verificationRelationship", o.Relationship)
	}
	accept := api.TypeDIDDereference
	if o.Endpoint {
		accept = api.TypeURIList
	}
	a, err := c.do(ctx, request{
		method: http.MethodGet, path: "/1.0/identifiers/" + pathEscape(didURL), query: query, accept: accept, stay: true,
		want: func(status int) bool { return status == http.StatusSeeOther || isResolution(status) },
	})
	if err != nil {
		return Dereferenced{}, err
	}
	if a.status == http.StatusSeeOther {
		location := a.header.Get("Location")
		if location == "" {
			return Dereferenced{}, fmt.Errorf("%w: 303 without a location", ErrMismatch)
		}
		return Dereferenced{Status: a.status, Location: location}, nil
	}
	v, err := jcs.Decode(a.body)
	if err != nil {
		return Dereferenced{}, fmt.Errorf("%w: dereferencing result: %w", ErrMismatch, err)
	}
	own, content, metadata := "dereferencingMetadata", "contentStream", "contentMetadata"
	if _, resolution := v.Get("didResolutionMetadata"); resolution {
		own, content, metadata = "didResolutionMetadata", "didDocument", "didDocumentMetadata"
	}
	meta, ok := v.Get(own)
	if !ok {
		return Dereferenced{}, api.ReadProblem(a.status, a.body)
	}
	if a.status != http.StatusOK && a.status != http.StatusGone {
		return Dereferenced{}, resolutionError(a.status, meta)
	}
	out := Dereferenced{Status: a.status}
	out.Content, _ = v.Get(content)
	out.Metadata, _ = v.Get(metadata)
	return out, nil
}
