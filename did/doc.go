// Package did holds what all DID methods share: the syntax of DIDs and DID URLs
// (DID 1.1, 3), DID documents and their verification methods (DID 1.1, 4–5;
// Controlled Identifiers 1.0), and the interface, metadata and errors of DID
// Resolution.
//
// The package is pure: it reads no network, no clock and no files. Documents are
// immutable once parsed and may be shared between goroutines.
package did
