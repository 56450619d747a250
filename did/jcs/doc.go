// Package jcs decodes strict JSON into immutable values and writes them back
// in the canonical form of RFC 8785 (JSON Canonicalization Scheme).
//
// Strict means that two parties cannot read one text differently: duplicate
// member names, invalid UTF-8, lone surrogates, a byte order mark, numbers
// beyond binary64 and anything after the value are refused, as RFC 7493
// (I-JSON) asks. Work is bounded by Limits.
//
// Everything that is hashed or signed goes through this package, so that it is
// hashed as it was checked: a Value has exactly one canonical form, and decoding
// that form gives an equal Value.
package jcs
