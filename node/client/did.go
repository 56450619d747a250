package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
)

// AppendOption says more about log entries that are sent.
type AppendOption func(url.Values)

// Registration names, by its digest, a registered AgentRegistrationCredential: the word of a new DID's
// controller that it is an agent of its own, which a registry with an allow-list may want to have.
func Registration(digest string) AppendOption {
	return func(q url.Values) { q.Set(api.ParamRegistration, digest) }
}

// Append sends log entries of the did:webvh DID id to the registry, after the proofs of its witnesses
// if there are any. An entry that moves the DID to another domain is sent to the registry that it leaves
// by the DID it had there, and the whole log to that of its new domain by its new DID. The entries are accepted together or not at all; the receipt is that of the last.
//
// A Problem with code "stale-predecessor" carries the Head that somebody else's entry made.
func (c *Client) Append(ctx context.Context, id did.ID, entries []webvh.Entry, proofs []webvh.WitnessProof, opts ...AppendOption) (Receipt, error) {
	if len(entries) == 0 {
		return Receipt{}, errors.New("no log entries to append")
	}
	ident, err := webvh.ParseID(id)
	if err != nil {
		return Receipt{}, err
	}
	if len(proofs) > 0 {
		if err := c.stage(ctx, ident, proofs); err != nil {
			return Receipt{}, fmt.Errorf("witness proofs: %w", err)
		}
	}
	var body bytes.Buffer
	for _, e := range entries {
		body.Write(e.Value.Canonical())
		body.WriteByte('\n')
	}
	q := url.Values{}
	for _, o := range opts {
		o(q)
	}
	receipt, err := c.write(ctx, request{path: logPath(ident), query: q, contentType: api.TypeJSONLines, body: body.Bytes()})
	if err != nil {
		return receipt, err
	}
	if want := entries[len(entries)-1].VersionID; receipt.VersionID != want {
		return receipt, fmt.Errorf("%w: receipt for version %q, not %q", ErrMismatch, receipt.VersionID, want)
	}
	return receipt, nil
}

// stage leaves witness proofs with the registry for the entries that need them.
func (c *Client) stage(ctx context.Context, ident webvh.Identifier, proofs []webvh.WitnessProof) error {
	_, err := c.do(ctx, request{
		method: http.MethodPost, path: witnessPath(ident), contentType: api.TypeJSON,
		body: webvh.FormatWitnessFile(proofs).Canonical(),
	})
	return err
}

// write posts an operation and reads its receipt.
func (c *Client) write(ctx context.Context, r request) (Receipt, error) {
	r.method = http.MethodPost
	a, err := c.do(ctx, r)
	if err != nil {
		return Receipt{}, err
	}
	receipt, err := decode[Receipt](a)
	if err != nil {
		return receipt, err
	}
	c.wrote(receipt.Seq)
	return receipt, nil
}

// exact refuses to send what would be read as something else than it was decoded from.
func exact(v jcs.Value) error {
	if pointer, text, found := v.Inexact(); found {
		return fmt.Errorf("%s: %.64s is a number that readers take for another: write it as a string", pointer, text)
	}
	return nil
}

// postJSON posts a JSON value as an operation.
func (c *Client) postJSON(ctx context.Context, path string, v jcs.Value) (Receipt, error) {
	if err := exact(v); err != nil {
		return Receipt{}, err
	}
	return c.write(ctx, request{path: path, contentType: api.TypeJSON, body: v.Canonical()})
}
