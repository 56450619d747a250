// Package consensus replicates opaque commands over a static set of nodes with
// Raft and hands them, in one order, to a state machine on every node.
//
// What it promises:
//
//   - A command whose Propose returned a result is on the disks of a majority and
//     is applied exactly once, at one index, on every node.
//   - A write has three endings: a result, an error for which NotProposed holds
//     (the command is in no log and never will be), or ErrOutcomeUnknown.
//   - After ReadBarrier the local state includes every write acknowledged, on any
//     node, before the call.
//   - Nothing read from disk reaches the state machine unchecked: log entries lie
//     in envelopes that carry their own digest and that of their predecessor,
//     batches and snapshots carry theirs, and an error of the log store stops the
//     node (Config.Fatal) rather than let it go on with a log it cannot trust.
//
// Commands are gathered into batches in front of Raft, one log entry for up to
// Config.MaxBatchCommands of them, so that an fsync is shared by all who wait.
// Nodes talk over one listener, under TLS derived from a shared secret.
//
// The state machine keeps its own durable state. Raft's snapshots are therefore
// only checked metadata: taking one flushes the state machine, and its contents
// are streamed when, and only when, a follower has fallen behind the log.
package consensus
