// Package bench measures a Tabard cluster beside the limit each figure should be read against, in
// the same run and on the same machine: the bare signature check, a handler that writes the same
// bytes, Raft and boltdb without any checks. Machines differ and drift, so rounds alternate between
// Tabard and its peer and the report quotes the median ratio.
//
// Every workload is bounded in count, talks to loopback only, and removes what it wrote.
package bench
