// Package connections bounds the connections of a public listener, in sum and for each client address, so
// that strangers cannot take the file descriptors that the store and the peers need.
//
// Where a bound is reached, a connection that is idle makes room: it waits for a request, the first or the
// next. In sum it is one of the address with the most connections that gives way, and never for an address
// that has more. Where nothing is idle, the newcomer is closed. A connection that became a stream counts
// until it is closed.
package connections
