// Package multikey holds the public and private keys of DID documents and their
// two encodings: Multikey (Controlled Identifiers 1.0, 2.2.2) and JWK (RFC 7517,
// RFC 8037).
//
// A PublicKey has been checked when it was made: right length, a point of its
// curve, canonically encoded. What Verify accepts is the same on every path and
// every node:
//
//   - Ed25519 is verified without cofactor (RFC 8032, 5.1.7, with the equation
//     SB = R + kA compared as bytes), with S < L required and R compared in its
//     canonical encoding: what crypto/ed25519 accepts, neither more nor less. Keys of
//     small order and keys encoded non-canonically are refused before any signature is
//     looked at. There is no batch verification, which would accept signatures that this
//     rule refuses: the sum of several equations lets components of small order cancel,
//     however it is weighted, with a probability of one half to one eighth.
//   - P-256 hashes with SHA-256, P-384 with SHA-384; signatures are r‖s, each half
//     as long as the curve's order, never DER. Both s and n−s verify, so nothing
//     may be keyed on the bytes of a signature.
//   - X25519 and secp256k1 keys can be read and shown, but verify nothing.
package multikey
