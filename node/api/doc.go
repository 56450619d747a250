// Package api holds what travels over a node's public HTTP surface: the shapes of requests and
// replies, the media types and headers, and the one table of problem codes that server, SDK and
// command line share.
//
// Field names are stable. A field may be added, never renamed; a reader ignores what it does not
// know. Numbers named seq are positions in the ledger, dense from 0; numbers named size count records.
package api
