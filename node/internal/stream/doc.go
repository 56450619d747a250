// Package stream serves the ledger to subscribers over WebSocket (RFC 6455).
//
// A subscriber is a position and a filter, not a queue. What it gets is read from
// the ledger by position, whether the record is a year old or was applied just
// now; applying only signals that there is more. So replay and live delivery are
// one code path, every record after the cursor is seen once and in order, and a
// reader that stops reading holds nothing but its position.
//
// A record becomes a WebSocket frame once, however many subscribers get it. Frames
// waiting for one subscriber leave in one write. Writes never wait: the workers
// write what the socket takes, and a socket that takes no more is left to a
// goroutine of its own until it drains or its deadline passes.
//
// Every interval a heartbeat tells each subscriber that it has been given all that
// its filter lets through up to a cursor. Heartbeats stop when the node can no
// longer tell that it is current, and after a while the streams are closed, so that
// silence means: trust no cached answer.
package stream
