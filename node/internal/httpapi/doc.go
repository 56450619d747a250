// Package httpapi is the public HTTP surface of a node.
//
// What it promises:
//
//   - A request that is refused has changed nothing; the reply is an RFC 9457 problem with a stable
//     code (a DID resolution result with an error object on the resolution route), and a write's
//     problem states its outcome.
//   - Every body is bounded before it is read, every reply says as of which ledger position it holds
//     (Tabard-Seq), and a read that cannot be as fresh as it was asked to be is 503 status-stale.
//   - A write that returned a receipt is visible to the next read on the same node.
//   - Paths are matched as they were sent. Nothing is cleaned, decoded twice or redirected, so that a
//     percent-encoded DID means what its sender meant.
//   - What is asked of other hosts on behalf of a request is bounded in number and time; a verification
//     that waits for them lets others run.
//
// Routes are in route.go, and in words in node/api/README.md. Handlers return errors; one file turns
// them into problems.
package httpapi
