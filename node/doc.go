// Package node is one process of a registry: a ledger, replicated by consensus,
// behind an HTTP surface.
//
// Start runs one node of a cluster from a Config; StartDev runs a whole cluster in
// one process, of the same nodes over the same protocols. The node that leads an
// empty cluster writes record 0, the registry's own DID, and keeps the nodes' keys
// in its document.
//
// A node may ask other hosts, if it is configured to, for what its ledger does not hold
// (Foreign): DIDs, status lists and schemas. The node that leads then also observes the
// DIDs that are pinned.
//
// In its directory a node keeps:
//
//	node.key    its signing key, mode 0600; it never leaves the node
//	ledger/     records and views
//	raft/       the log of consensus and its snapshots
//	witness/    the logs it has approved entries of, if it is a did:webvh witness
//
// Losing the directory loses nothing that a majority has: a node that starts with
// an empty one makes a new key and fetches the ledger from its peers. What a witness
// has approved no peer has: its folder is not to be lost.
package node
