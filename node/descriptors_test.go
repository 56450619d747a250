package node

import (
	"net"
	"strings"
	"testing"
)

// What clients may have and what the node needs itself fits into what the process may open, whatever that
// is; below what a node needs it does not start.
func TestDescriptorsAreSharedOut(t *testing.T) {
	t.Parallel()
	peers := []Peer{{ID: "n1"}, {ID: "n2"}, {ID: "n3"}}
	for _, c := range []struct {
		limit, connections, perAddress int
		cfg                            Config
		refused                        string
	}{
		{limit: 1 << 20, connections: 14096, perAddress: 768},
		{limit: 20000, connections: 14096, perAddress: 768},
		{limit: 1024, connections: 568, perAddress: 142},
		{limit: 512, connections: 184, perAddress: 46},
		{limit: 256, refused: "may open 256 files, and a node needs at least 392"},
		{limit: 1024, connections: 472, perAddress: 118, cfg: Config{Foreign: Foreign{Enabled: true}}},
		{limit: 20000, connections: 100, perAddress: 25, cfg: Config{MaxConnections: 100}},
		{limit: 20000, connections: 100, perAddress: 100, cfg: Config{MaxConnections: 100, MaxConnectionsPerAddress: 500}},
		{limit: 1024, refused: "at most 568", cfg: Config{MaxConnections: 600}},
		{limit: 20000, connections: 5096, perAddress: 1274, cfg: Config{Streams: Streams{Max: 1000, MaxPerAddress: 1000}}},
		{limit: 1024, connections: 64, perAddress: 64, cfg: Config{nodesInProcess: 3, MaxConnectionsPerAddress: 1 << 30}},
	} {
		c.cfg.Peers = peers
		d, err := c.cfg.shareOut(c.limit)
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("limit %d: %v, want %q", c.limit, err, c.refused)
			}
			continue
		}
		if err != nil || d.connections != c.connections || d.perAddress != c.perAddress {
			t.Errorf("limit %d: %+v, %v; want %d connections, %d for each address", c.limit, d, err, c.connections, c.perAddress)
		}
		if c.cfg.nodesInProcess == 0 && d.connections+d.reserve > c.limit {
			t.Errorf("limit %d: %d connections and a reserve of %d", c.limit, d.connections, d.reserve)
		}
	}
}

// One client's idle connections leave room for others.
func TestOneClientCannotHaveAllConnections(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 1)
	c.change = func(_ int, cfg *Config) { cfg.MaxConnections, cfg.MaxConnectionsPerAddress = 8, 8 }
	c.start(0)
	c.ready(0)
	for range 20 {
		conn, err := net.Dial("tcp", c.nodes[0].Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
	}
	c.write(0)
}
