// Package admission decides who may use a node, and how fast. It is a matter of one node's policy:
// what it lets through is judged by the ledger all the same, and what it turns away has changed
// nothing.
//
// A Policy counts per address, in a bounded table: an address that has not been seen for longest is
// forgotten first, which gives it a full bucket again. It promises to bound work, not to be fair.
package admission
