package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/node/api"
)

// listsPath is where a registry has status lists.
const listsPath = "/v1/status-lists"

// ErrNoList: the registry has no status list of that URL, or had none at that time.
var ErrNoList = errors.New("no such status list")

// StatusList returns the status list of that URL: one that the registry makes, or one that its issuer
// signed and published there. It is verified: it is the list of that URL, its proof holds and is its
// issuer's, and it is in force. Whether that issuer may speak of a credential is for the caller to
// decide: it is the credential's own, or the DID of the registry that the caller trusts.
func (c *Client) StatusList(ctx context.Context, listURL string, opts ...ReadOption) (*statuslist.List, error) {
	return c.statusList(ctx, listURL, "", time.Time{}, opts)
}

// StatusListBy is StatusList for a list that this issuer signed. Anyone may publish a list of any URL:
// whoever knows the issuer of the credential asks for that one's.
func (c *Client) StatusListBy(ctx context.Context, listURL string, issuer did.ID, opts ...ReadOption) (*statuslist.List, error) {
	list, err := c.statusList(ctx, listURL, issuer, time.Time{}, opts)
	if err == nil && list.Issuer != string(issuer) {
		return nil, fmt.Errorf("%w: asked for a status list of %s, got one of %s", ErrMismatch, issuer, list.Issuer)
	}
	return list, err
}

// StatusListAt returns the list as it was at a time, verified as of then. The time is taken in whole
// seconds.
func (c *Client) StatusListAt(ctx context.Context, listURL string, at time.Time, opts ...ReadOption) (*statuslist.List, error) {
	return c.statusList(ctx, listURL, "", at.UTC().Truncate(time.Second), opts)
}

func (c *Client) statusList(ctx context.Context, listURL string, issuer did.ID, at time.Time, opts []ReadOption) (*statuslist.List, error) {
	q := c.query(opts)
	if !at.IsZero() {
		q.Set("timestamp", at.Format(time.RFC3339))
	}
	a, err := c.fetchList(ctx, listURL, issuer, q)
	if isNotFound(err) {
		return nil, fmt.Errorf("%w: %w", ErrNoList, err)
	}
	if err != nil {
		return nil, err
	}
	v, err := jcs.Decode(a.body)
	if err != nil {
		return nil, fmt.Errorf("%w: status list: %w", ErrMismatch, err)
	}
	if at.IsZero() {
		at = c.now()
	}
	list, err := c.verifyList(ctx, v, at)
	if err == nil && list.ID != listURL {
		err = fmt.Errorf("%w: asked for the status list %s, got %s", ErrMismatch, listURL, list.ID)
	}
	if err != nil {
		return nil, err
	}
	return list, nil
}

// fetchList asks for a list by its path if that is a registry's, else by its whole URL and its issuer.
func (c *Client) fetchList(ctx context.Context, listURL string, issuer did.ID, q url.Values) (answer, error) {
	u, err := url.Parse(listURL)
	if err != nil {
		return answer{}, fmt.Errorf("status list %q: %w", listURL, err)
	}
	r := request{method: http.MethodGet, path: u.EscapedPath(), query: q, accept: api.TypeCredential}
	if issuer == "" && strings.HasPrefix(r.path, listsPath+"/") {
		a, err := c.do(ctx, r)
		if !isNotFound(err) {
			return a, err
		}
	}
	q.Set("url", listURL)
	if issuer != "" {
		q.Set("issuer", string(issuer))
	}
	r.path = listsPath
	return c.do(ctx, r)
}

// verifyList holds a list to being a credential that verifies at that time.
func (c *Client) verifyList(ctx context.Context, v jcs.Value, at time.Time) (*statuslist.List, error) {
	list, err := statuslist.ParseList(v)
	if err == nil {
		err = list.InForce(at)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: status list: %w", ErrMismatch, err)
	}
	verifier := credential.Verifier{Resolver: c, Now: at}
	verdict := verifier.Verify(ctx, v)
	if verdict.Verified {
		return list, nil
	}
	for _, row := range verdict.Checks {
		if row.Outcome == credential.Failed {
			return nil, fmt.Errorf("%w: status list: %s: %s %s", ErrMismatch, row.Name, row.Code, row.Detail)
		}
	}
	return nil, fmt.Errorf("%w: the status list does not verify", ErrMismatch)
}

// PublishStatusList records a status list that its issuer has signed. What was revoked in its last one
// must be so in this.
func (c *Client) PublishStatusList(ctx context.Context, list jcs.Value) (Receipt, error) {
	receipt, err := c.postJSON(ctx, listsPath, list)
	if err != nil {
		return receipt, err
	}
	return receipt, sameDigest(receipt, Digest(list))
}
