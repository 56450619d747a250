package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// Pin has the registry observe a did:web or did:webvh DID that lives elsewhere: fetch what its host
// serves now, record it if it is new, and look again now and then. Of a DID that is pinned already it
// is the newest observation; its Recorded says whether this call made it.
func (c *Client) Pin(ctx context.Context, id did.ID) (api.Observation, error) {
	body, err := json.Marshal(api.Pin{DID: string(id)})
	if err != nil {
		return api.Observation{}, err
	}
	a, err := c.do(ctx, request{method: http.MethodPost, path: "/v1/observations", contentType: api.TypeJSON, body: body})
	if err != nil {
		return api.Observation{}, err
	}
	got, err := decode[api.Observation](a)
	if err == nil && got.DID != string(id) {
		err = fmt.Errorf("%w: asked for %s, got an observation of %q", ErrMismatch, id, got.DID)
	}
	if err == nil && got.Recorded != nil && *got.Recorded {
		c.wrote(record.Seq(got.Seq))
	}
	return got, err
}

// Unpin sends a signed Unpin, after which a DID is not observed any more until somebody pins it again.
func (c *Client) Unpin(ctx context.Context, statement jcs.Value) (Receipt, error) {
	return c.postJSON(ctx, "/v1/observations", statement)
}

// ObservationQuery selects from the history of a DID.
type ObservationQuery struct {
	// At is a position or an RFC 3339 time: the history as it was then. "" is now.
	At string
	// After is the number of an observation: only those after it. Limit bounds how many;
	// 0 is as many as a page has.
	After, Limit int
}

// Observations returns what the registry observed of a DID.
func (c *Client) Observations(ctx context.Context, id did.ID, sel ObservationQuery, opts ...ReadOption) (api.Observations, error) {
	q := c.query(opts)
	if sel.At != "" {
		q.Set(api.ParamAt, sel.At)
	}
	if sel.After > 0 {
		q.Set("after", strconv.Itoa(sel.After))
	}
	if sel.Limit > 0 {
		q.Set("limit", strconv.Itoa(sel.Limit))
	}
	a, err := c.do(ctx, request{method: http.MethodGet, path: "/v1/observations/" + pathEscape(string(id)), query: q})
	if err != nil {
		return api.Observations{}, err
	}
	got, err := decode[api.Observations](a)
	if err == nil && got.DID != string(id) {
		err = fmt.Errorf("%w: asked for %s, got the observations of %q", ErrMismatch, id, got.DID)
	}
	return got, err
}

// PublishWhois publishes the presentation that a DID of this registry links itself to: one that the DID
// has signed for authentication.
func (c *Client) PublishWhois(ctx context.Context, id did.ID, presentation jcs.Value) (Receipt, error) {
	place, err := webvh.ParseID(id)
	if err != nil {
		return Receipt{}, err
	}
	if err := exact(presentation); err != nil {
		return Receipt{}, err
	}
	return c.write(ctx, request{path: whoisPath(place), contentType: "application/vp", body: presentation.Canonical()})
}

// Whois returns the presentation that a DID of this registry links itself to, as it was published. Who
// signed it, and what its credentials are worth, is for the caller to verify.
func (c *Client) Whois(ctx context.Context, id did.ID, opts ...ReadOption) (jcs.Value, error) {
	place, err := webvh.ParseID(id)
	if err != nil {
		return jcs.Value{}, err
	}
	a, err := c.do(ctx, request{method: http.MethodGet, path: whoisPath(place), query: c.query(opts), accept: "application/vp, application/json"})
	if err != nil {
		return jcs.Value{}, err
	}
	v, err := jcs.Decode(a.body)
	if err != nil {
		return jcs.Value{}, fmt.Errorf("%w: presentation: %w", ErrMismatch, err)
	}
	return v, nil
}

// whoisPath is where the presentation of a DID lies: not under .well-known, even at the domain's root.
func whoisPath(id webvh.Identifier) string {
	if len(id.Path) == 0 {
		return "/whois.vp"
	}
	return hostedPath(id, "whois.vp")
}

// Approve asks a node that is a did:webvh witness to approve the next entries of a log.
func (c *Client) Approve(ctx context.Context, entries []webvh.Entry) ([]webvh.WitnessProof, error) {
	var body bytes.Buffer
	for _, e := range entries {
		body.Write(e.Value.Canonical())
		body.WriteByte('\n')
	}
	a, err := c.do(ctx, request{method: http.MethodPost, path: "/v1/witness", contentType: api.TypeJSONLines, body: body.Bytes()})
	if err != nil {
		return nil, err
	}
	v, err := jcs.Decode(a.body)
	if err != nil {
		return nil, fmt.Errorf("%w: approval: %w", ErrMismatch, err)
	}
	proofs, err := webvh.ParseWitnessFile(v)
	if err != nil {
		return nil, fmt.Errorf("%w: approval: %w", ErrMismatch, err)
	}
	return proofs, nil
}
