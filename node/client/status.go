package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/node/api"
)

// StatusChange is what the issuer of a credential, or the controller of a DID, declares of it.
type StatusChange struct {
	// Ledger is the id of the ledger the change is for: it cannot be replayed in another.
	Ledger string
	// Target is a credential's digest in hex, or a DID.
	Target string
	// Status is active, suspended or revoked.
	Status string
	// Reason is for people, at most 256 characters; it becomes public.
	Reason string
	// InvalidFrom says since when what the target vouched for is not to be trusted; zero for "from now".
	InvalidFrom time.Time
	// Issued must be later than that of the target's previous change. Milliseconds count.
	Issued time.Time
}

// Sign returns the change as a signed document. The method is the DID URL of the key in the signer's
// document, where it must stand under assertionMethod.
func (s StatusChange) Sign(key proof.Signer, method string) (jcs.Value, error) {
	members := []jcs.Member{
		{Name: "type", Value: jcs.FromString("StatusChange")},
		{Name: "ledger", Value: jcs.FromString(s.Ledger)},
		{Name: "target", Value: jcs.FromString(s.Target)},
		{Name: "status", Value: jcs.FromString(s.Status)},
		{Name: "issued", Value: jcs.FromString(timestamp(s.Issued))},
	}
	if s.Reason != "" {
		members = append(members, jcs.Member{Name: "reason", Value: jcs.FromString(s.Reason)})
	}
	if !s.InvalidFrom.IsZero() {
		members = append(members, jcs.Member{Name: "invalidFrom", Value: jcs.FromString(timestamp(s.InvalidFrom))})
	}
	return proof.Sign(jcs.Object(members...), key, proof.SignOptions{
		VerificationMethod: method, Purpose: did.AssertionMethod, Created: s.Issued.UTC().Truncate(time.Second),
	})
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// ChangeStatus records a signed status change.
func (c *Client) ChangeStatus(ctx context.Context, change jcs.Value) (Receipt, error) {
	receipt, err := c.postJSON(ctx, "/v1/status", change)
	if err != nil {
		return receipt, err
	}
	target, _ := change.GetString("target")
	status, _ := change.GetString("status")
	if receipt.Target != target || receipt.Status != status {
		return receipt, fmt.Errorf("%w: receipt for %q %q, not %q %q", ErrMismatch, receipt.Target, receipt.Status, target, status)
	}
	return receipt, nil
}

// Status returns the status of a DID, or of a credential by its digest in hex. Anyone can register a
// digest they have come by: whoever knows the issuer asks with CredentialStatus.
func (c *Client) Status(ctx context.Context, target string, opts ...ReadOption) (api.Status, error) {
	return c.status(ctx, target, c.query(opts))
}

// CredentialStatus returns the status of the credential that this issuer registered by that digest.
func (c *Client) CredentialStatus(ctx context.Context, digest string, issuer did.ID, opts ...ReadOption) (api.Status, error) {
	q := c.query(opts)
	q.Set("issuer", string(issuer))
	got, err := c.status(ctx, digest, q)
	if err == nil && got.Issuer != string(issuer) {
		err = fmt.Errorf("%w: asked for a credential of %s, got one of %q", ErrMismatch, issuer, got.Issuer)
	}
	return got, err
}

// StatusByGraph returns the status of the credential of that issuer whose canonical N-Quads (RDFC-1.0),
// without its proof, have that SHA-256 in hex, and as Digest what it is registered by. A signature over
// RDF holds for every way of writing a credential: one that is not registered by its own digest may be
// a revoked one, written otherwise.
func (c *Client) StatusByGraph(ctx context.Context, graph string, issuer did.ID, opts ...ReadOption) (api.Status, error) {
	q := c.query(opts)
	q.Set("issuer", string(issuer))
	q.Set("by", api.ByGraph)
	got, err := c.status(ctx, graph, q)
	if err == nil && (got.Issuer != string(issuer) || got.Digest == "") {
		err = fmt.Errorf("%w: asked for a credential of %s, got one of %q with digest %q", ErrMismatch, issuer, got.Issuer, got.Digest)
	}
	return got, err
}

func (c *Client) status(ctx context.Context, target string, q url.Values) (api.Status, error) {
	a, err := c.do(ctx, request{method: http.MethodGet, path: "/v1/status/" + pathEscape(target), query: q})
	if err != nil {
		return api.Status{}, err
	}
	got, err := decode[api.Status](a)
	if err == nil && got.Target != target {
		err = fmt.Errorf("%w: asked for the status of %s, got that of %s", ErrMismatch, target, got.Target)
	}
	return got, err
}

// pathEscape makes one path segment of s. Colons are escaped too, as DIDs in paths want it.
func pathEscape(s string) string { return url.QueryEscape(s) }
