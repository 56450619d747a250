package fetch

import (
	"context"
	"net/netip"
)

type clientKey struct{}

// WithClient says for which client what is done under the context is done, so that no client has more
// than its part of what is done at once.
func WithClient(ctx context.Context, client netip.Addr) context.Context {
	return context.WithValue(ctx, clientKey{}, client)
}

// Client returns the client of a context; false if what is done is done for the node itself.
func Client(ctx context.Context) (netip.Addr, bool) {
	client, ok := ctx.Value(clientKey{}).(netip.Addr)
	return client, ok
}
