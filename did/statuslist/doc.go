// Package statuslist reads and writes lists of statuses: W3C Bitstring Status
// List 1.0, and the IETF Token Status List of the same idea.
//
// The two differ in everything but the idea. A bitstring has its first entry at
// the left-most (most significant) bit of the first byte, is compressed with
// gzip, and stands in a credential. A token status list has its first entry at
// the right-most (least significant) bits, is compressed with zlib, and is the
// claim of a JWT or CWT.
//
// The package verifies no signature and fetches nothing: it is given a list whose
// proof the caller has checked, or checks, and answers what the list says. Input is
// bounded: compressed data are never expanded beyond MaxBytes. Every error is an
// *Error with the problem type that the specification gives it; whatever cannot be
// told is an error, never a status.
package statuslist
