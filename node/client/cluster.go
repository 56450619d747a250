package client

import (
	"context"
	"net/http"

	"github.com/tabard-id/tabard/node/api"
)

// Cluster describes the cluster as one of its nodes sees it: ledger id, domain, size, leader, peers.
func (c *Client) Cluster(ctx context.Context) (api.Cluster, error) {
	a, err := c.do(ctx, request{method: http.MethodGet, path: "/v1/cluster"})
	if err != nil {
		return api.Cluster{}, err
	}
	return decode[api.Cluster](a)
}

// Ready returns nil if the preferred node knows a leader and is current; it is asked once.
func (c *Client) Ready(ctx context.Context) error {
	_, err := c.once(ctx, c.bases[c.preferred.Load()], request{method: http.MethodGet, path: "/readyz"})
	return err
}
