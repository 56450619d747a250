// Package node is one process of a registry: a ledger, replicated by consensus,
// behind an HTTP surface.
//
// Start runs one node of a cluster from a Config; StartDev runs a whole cluster in
// one process, of the same nodes over the same protocols. The node that leads an
// empty cluster writes record 0, the registry's own DID, and keeps the nodes' keys
// in its document.
//
// In its directory a node keeps:
//
//	node.key    its signing key, mode 0600; it never leaves the node
//	ledger/     records and views
//	raft/       the log of consensus and its snapshots
//
// Losing the directory loses nothing that a majority has: a node that starts with
// an empty one makes a new key and fetches the ledger from its peers.
package node
