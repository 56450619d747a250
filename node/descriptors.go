package node

import "fmt"

// What a node needs file descriptors for besides its clients' connections.
const (
	minStoreFiles = 64
	maxStoreFiles = 512
	storeWork     = 64 // what the store writes, and lists of files
	raftFiles     = 16
	greetings     = 64 // peers' connections that have not said whose they are
	forEachPeer   = 8
	forOtherHosts = 96 // requests, idle connections and look-ups of names
	forItself     = 32
	// minConnections is the least with which a node is of use.
	minConnections = 64
)

// How many connections there may be if nothing else is said: as many as streams, which have these bounds if
// nothing else is said, and some more.
const (
	defaultStreams       = 10_000
	defaultStreamsOfOne  = 256
	defaultRequests      = 4096
	defaultRequestsOfOne = 512
	leastOfOne           = 16
)

// descriptors is how a node shares out the file descriptors that its process may have.
type descriptors struct {
	limit      int // of the process
	storeFiles int // tables that the store keeps open
	reserve    int // for all but clients' connections
	// connections bounds those of the public listener, perAddress those of one client.
	connections, perAddress int
}

// shareOut decides how many descriptors are for what. limit is what the process may open; several nodes in
// one process each get a part.
func (c *Config) shareOut(limit int) (descriptors, error) {
	own := limit / max(1, c.nodesInProcess)
	d := descriptors{limit: limit, storeFiles: min(max(own/8, minStoreFiles), maxStoreFiles)}
	d.reserve = 2*d.storeFiles + storeWork + raftFiles + greetings + forEachPeer*len(c.Peers) + forItself
	if c.Foreign.Enabled {
		d.reserve += forOtherHosts
	}
	room := own - d.reserve
	if c.nodesInProcess > 1 {
		room = max(room, minConnections) // a development cluster: nobody but its owner connects
	}
	if room < minConnections {
		return d, fmt.Errorf("this process may open %d files, and a node needs at least %d: raise the limit (ulimit -n, LimitNOFILE)",
			limit, d.reserve+minConnections)
	}
	d.connections = c.MaxConnections
	if d.connections == 0 {
		d.connections = min(room, orElse(c.Streams.Max, defaultStreams)+defaultRequests)
	}
	if d.connections > room {
		return d, fmt.Errorf("%d connections: this process may open %d files, of which %d are needed for other things: raise the limit (ulimit -n, LimitNOFILE), or allow at most %d",
			d.connections, limit, d.reserve, room)
	}
	d.perAddress = c.MaxConnectionsPerAddress
	if d.perAddress == 0 {
		most := max(leastOfOne, d.connections/4)
		d.perAddress = min(most, orElse(c.Streams.MaxPerAddress, defaultStreamsOfOne)+defaultRequestsOfOne)
	}
	d.perAddress = min(d.perAddress, d.connections)
	return d, nil
}

func orElse(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// takeDescriptors raises the process's limit as far as it goes, and says what it is.
func (n *Node) takeDescriptors() error {
	limit, err := raiseFileLimit()
	if err != nil {
		return fmt.Errorf("limit on open files: %w", err)
	}
	if n.files, err = n.cfg.shareOut(limit); err != nil {
		return misconfigured(err)
	}
	n.log.Info("open files", "limit", limit, "storeFiles", n.files.storeFiles, "reserve", n.files.reserve,
		"connections", n.files.connections, "connectionsPerAddress", n.files.perAddress)
	return nil
}
