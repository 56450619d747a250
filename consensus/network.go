package consensus

import (
	"context"
	"net"
)

// Network makes connections between nodes. TLS runs above it.
type Network interface {
	Listen(address string) (net.Listener, error)
	// Dial connects to a peer's address as given in Config.Peers.
	Dial(ctx context.Context, address string) (net.Conn, error)
}

type tcp struct{}

func (tcp) Listen(address string) (net.Listener, error) { return net.Listen("tcp", address) }

func (tcp) Dial(ctx context.Context, address string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", address)
}
